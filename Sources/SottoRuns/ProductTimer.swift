import SottoAlgebra
import SottoTransport

/// Times of matrix products on one thread, two kernels in turn so that both see the same state of the machine.
///
/// Entries are any: no kernel's time depends on them.
struct ProductTimer {
    let ladder: CrossoverLadder

    /// Long beside a reading of the clock.
    private static let leastTiming = Duration.microseconds(100)
    private static let longProduct = Duration.milliseconds(1)

    /// Times of products in a ring by two kernels, which depend on rows where a crossover chooses them.
    func ring(
        _ widths: ProductWidths, isPrepared: Bool, depths: [Int]? = nil, first: (_ rows: Int) -> RingKernel,
        rival: (_ rows: Int) -> RingKernel
    ) -> [KernelTimes] {
        (depths ?? ladder.depths).flatMap { depth -> [KernelTimes] in
            let columns = ladder.columns
            let right = Self.entries(depth * columns, bits: widths.rightMagnitudeBits ?? widths.ring)
            let prepared = isPrepared ? RightMatrix(right, batch: 1, k: depth, n: columns, widths: widths) : nil
            return ladder.rows.map { rows in
                let left = Self.entries(rows * depth, bits: widths.ring)
                var sum = [UInt64](repeating: 0, count: rows * columns)
                func multiply(_ kernel: RingKernel) {
                    if let prepared {
                        RingMatrixProduct.multiplyAccumulate(
                            into: &sum, left, prepared, m: rows, ring: widths.ring, threads: 1, kernel: kernel)
                    } else {
                        RingMatrixProduct.multiplyAccumulate(
                            into: &sum, left, right, batch: 1, m: rows, k: depth, n: columns, widths: widths,
                            threads: 1, kernel: kernel)
                    }
                }
                let (one, other) = (first(rows), rival(rows))
                return times(rows, depth, { multiply(one) }, { multiply(other) })
            }
        }
    }

    /// Times of products modulo a prime.
    func field(
        _ prime: PrimeModulus, first: (_ rows: Int, _ depth: Int) -> FieldMatrixKernel, rival: FieldMatrixKernel
    ) -> [KernelTimes] {
        let field = PrimeField(prime)
        let columns = ladder.fieldColumns
        return ladder.fieldDepths.flatMap { depth -> [KernelTimes] in
            let right = field.encode(Self.entries(depth * columns, bits: 63).map { Int64($0) })
            return ladder.fieldRows.map { rows in
                let left = field.encode(Self.entries(rows * depth, bits: 63).map { Int64($0) })
                func multiply(_ kernel: FieldMatrixKernel) {
                    _ = field.matrixProduct(
                        left, right, batch: 1, m: rows, k: depth, n: columns, threads: 1, kernel: kernel)
                }
                let one = first(rows, depth)
                return times(rows, depth, { multiply(one) }, { multiply(rival) })
            }
        }
    }

    private func times(_ rows: Int, _ depth: Int, _ first: () -> Void, _ rival: () -> Void) -> KernelTimes {
        let once = (first: Self.once(first), rival: Self.once(rival))
        let isLong = max(once.first, once.rival) > Self.longProduct
        var timings: [(Double, Double)] = []
        for _ in 0..<max(1, isLong ? min(3, ladder.repetitions) : ladder.repetitions) {
            timings.append(
                (Self.seconds(Self.count(once.first), first), Self.seconds(Self.count(once.rival), rival)))
        }
        func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
        return KernelTimes(
            rows: rows, depth: depth, first: median(timings.map(\.0)), rival: median(timings.map(\.1)))
    }

    /// What it takes about; first done untimed, so that memory is mapped and caches are filled.
    private static func once(_ body: () -> Void) -> Duration {
        body()
        let start = ProcessorTime.now
        body()
        return max(ProcessorTime.now - start, .nanoseconds(100))
    }

    /// How often it must be done to be timed.
    private static func count(_ once: Duration) -> Int { max(1, Int((leastTiming / once).rounded(.up))) }

    /// Of one.
    private static func seconds(_ count: Int, _ body: () -> Void) -> Double {
        let start = ProcessorTime.now
        for _ in 0..<count { body() }
        return (ProcessorTime.now - start) / .seconds(1) / Double(count)
    }

    /// Numbers below `2^bits`, all over it.
    private static func entries(_ count: Int, bits: Int) -> [UInt64] {
        (0..<count).map { (UInt64($0 + 1) &* 0x9E37_79B9_7F4A_7C15) >> UInt64(64 - bits) }
    }
}
