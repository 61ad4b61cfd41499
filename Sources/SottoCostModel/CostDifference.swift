import SottoAlgebra
import SottoSecureComputation

/// The first place where two accounts that must be equal are not.
public struct CostDifference: Sendable, Hashable, CustomStringConvertible {
    public let path: String
    /// What differs there, such as `online bytes_sent`.
    public let quantity: String
    public let expected: String
    public let found: String

    public var description: String { "\(path): \(quantity) is \(found) where \(expected) was expected" }
}

extension CostReport {
    /// The first operation whose bytes, rounds, depth or flops differ, or nil. Times are not compared.
    public func firstDifference(from expected: CostReport) -> CostDifference? {
        for (mine, other) in zip(operations, expected.operations) {
            if let difference = mine.firstDifference(from: other) { return difference }
        }
        guard operations.count != expected.operations.count else { return nil }
        let common = min(operations.count, expected.operations.count)
        let longer = operations.count > common ? operations : expected.operations
        return CostDifference(
            path: longer[common].path, quantity: "number of operations", expected: "\(expected.operations.count)",
            found: "\(operations.count)")
    }
}

extension CostReport.Operation {
    fileprivate func firstDifference(from expected: Self) -> CostDifference? {
        let quantities: [(String, String, String)] = [
            ("path", path, expected.path), ("phase", phase.rawValue, expected.phase.rawValue),
            ("bytes_sent", "\(bytesSent.values)", "\(expected.bytesSent.values)"),
            ("dealer_bytes", "\(dealerBytes.values)", "\(expected.dealerBytes.values)"),
            ("rounds", "\(rounds)", "\(expected.rounds)"),
            ("depth", "\(depth)", "\(expected.depth)"), ("flops", "\(flops)", "\(expected.flops)"),
        ]
        return quantities.first { $0.1 != $0.2 }.map {
            CostDifference(
                path: expected.path, quantity: "\(expected.phase.rawValue) \($0.0)", expected: $0.2, found: $0.1)
        }
    }
}

extension Trace {
    /// The first message, or the first correlation's bytes from the dealer, that differs from those of another trace of
    /// the same program, or nil. Times are not compared.
    public func firstDifference(from expected: Trace, in program: Program) -> CostDifference? {
        let instructions = program.instructions
        func difference(_ found: TraceEvent?, _ wanted: TraceEvent?) -> CostDifference {
            func text(_ event: TraceEvent?) -> String {
                event.map { "\($0.bytes) bytes of the \($0.sender.name) at depth \($0.depth)" } ?? "no message"
            }
            let place = [found, wanted].compactMap { $0 }.min {
                ($0.instruction, $0.round) < ($1.instruction, $1.round)
            }!
            return CostDifference(
                path: instructions[place.instruction].path, quantity: "the message in round \(place.round)",
                expected: text(wanted), found: text(found))
        }
        for index in 0..<max(events.count, expected.events.count) {
            let found = index < events.count ? events[index] : nil
            let wanted = index < expected.events.count ? expected.events[index] : nil
            if found != wanted { return difference(found, wanted) }
        }
        for instruction in instructions {
            for correlation in instruction.correlations {
                for (name, bytes) in [("dealer_bytes", \Trace.dealerBytes), ("bytes_sent", \Trace.makingBytes)] {
                    let (found, wanted) = (
                        self[keyPath: bytes][correlation] ?? .zero, expected[keyPath: bytes][correlation] ?? .zero
                    )
                    guard found != wanted else { continue }
                    return CostDifference(
                        path: instruction.path, quantity: "\(name) of correlation \(correlation)",
                        expected: "\(wanted.values)", found: "\(found.values)")
                }
            }
        }
        return nil
    }
}
