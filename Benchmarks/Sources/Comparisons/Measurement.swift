import Foundation

/// The seconds of processor time that this thread has used: what else runs on the machine counts less than in time
/// on the clock.
func threadSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}

/// Two activities timed in turn, ABAB, so that both see the same state of the machine.
struct Comparison {
    /// Median seconds of one run of each, and the median of the ratios of neighbours.
    let first: Double
    let second: Double
    let ratio: Double

    static let pairs = 21

    /// - Parameter repetitions: runs in one timing; enough for it to take a millisecond or more.
    init(repetitions: Int, _ first: () throws -> Void, _ second: () throws -> Void) rethrows {
        func seconds(_ body: () throws -> Void) rethrows -> Double {
            let start = threadSeconds()
            for _ in 0..<repetitions { try body() }
            return (threadSeconds() - start) / Double(repetitions)
        }
        // Once untimed, so that memory is mapped and caches are filled.
        _ = try seconds(first)
        _ = try seconds(second)
        var timings: [(Double, Double)] = []
        for _ in 0..<Self.pairs { timings.append((try seconds(first), try seconds(second))) }
        self.first = Self.median(timings.map(\.0))
        self.second = Self.median(timings.map(\.1))
        ratio = Self.median(timings.map { $0.0 / $0.1 })
    }

    private static func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
}

/// Keeps the compiler from leaving out what made the value.
@inline(never)
func keep<Value>(_ value: Value) {}

/// Prints a line: the ratio, and the time and rate of both.
func report(_ name: String, _ comparison: Comparison, amount: Double, unit: String) {
    let rates = [comparison.first, comparison.second].map { String(format: "%.2f", amount / $0 * 1e-9) }
    let times = [comparison.first, comparison.second].map { String(format: "%.4g", $0 * 1e6) }
    let ratio = String(format: "%.2f", comparison.ratio)
    print("\(name): \(ratio) (\(times[0]) us to \(times[1]) us, \(rates[0]) \(unit) to \(rates[1]) \(unit))")
}
