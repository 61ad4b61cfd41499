import SottoAlgebra
import SottoTraining

/// The product `[m, k] * [k, n]` in a ring and in single precision, on one core, with inputs made beforehand.
public struct MatrixWorkload {
    public let m: Int
    public let k: Int
    public let n: Int
    public let widths: ProductWidths

    private let ringA: [UInt64]
    private let ringB: [UInt64]
    private let operand: RightMatrix
    private var ringC: [UInt64]
    private let floatA: [Float]
    private let floatB: [Float]
    private var floatC: [Float]

    /// - Parameter widths: of the ring, and of the right matrix, whose entries are uniform within them.
    public init(m: Int, k: Int, n: Int, widths: ProductWidths = .words) {
        (self.m, self.k, self.n, self.widths) = (m, k, n, widths)
        var generator = SystemRandomNumberGenerator()
        let mask: UInt64 = widths.ring >= 64 ? .max : (1 << UInt64(widths.ring)) - 1
        ringA = (0..<m * k).map { _ in generator.next() & mask }
        ringB = (0..<k * n).map { _ in
            guard let bits = widths.rightMagnitudeBits else { return generator.next() & mask }
            return UInt64(bitPattern: Int64.random(in: -(1 << Int64(bits))...(1 << Int64(bits)), using: &generator))
        }
        operand = RightMatrix(ringB, batch: 1, k: k, n: n, widths: widths)
        ringC = [UInt64](repeating: 0, count: m * n)
        floatA = (0..<m * k).map { _ in Float.random(in: -1...1, using: &generator) }
        floatB = (0..<k * n).map { _ in Float.random(in: -1...1, using: &generator) }
        floatC = [Float](repeating: 0, count: m * n)
    }

    public var name: String { "[\(m), \(k)] x [\(k), \(n)]" }

    /// Multiplications and additions in the product.
    public var operations: Double { 2 * Double(m) * Double(k) * Double(n) }

    /// The kernels that this processor has for the ring.
    public var kernels: [RingKernel] {
        RingKernel.allCases.filter { $0.isAvailable && $0.isExact(ring: widths.ring) && $0 != .portableLimbs }
    }

    /// Adds the product in the ring to the result.
    public mutating func multiplyRing(_ kernel: RingKernel) {
        RingMatrixProduct.multiplyAccumulate(
            into: &ringC, ringA, ringB, batch: 1, m: m, k: k, n: n, widths: widths, threads: 1, kernel: kernel)
    }

    /// The same with the right matrix prepared.
    public mutating func multiplyPrepared(_ kernel: RingKernel) {
        RingMatrixProduct.multiplyAccumulate(
            into: &ringC, ringA, operand, m: m, ring: widths.ring, threads: 1, kernel: kernel)
    }

    /// Adds the product in single precision to the result.
    public mutating func multiplySingle(by openBLAS: OpenBLAS) {
        openBLAS.multiplyAccumulate(into: &floatC, floatA, floatB, m: m, k: k, n: n)
    }
}
