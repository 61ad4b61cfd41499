import SottoAlgebra
import SottoTraining

/// The product `[m, k] * [k, n]` modulo 2^64 and in single precision, on one core, with inputs made beforehand.
public struct MatrixWorkload {
    public let m: Int
    public let k: Int
    public let n: Int

    private let ringA: [UInt64]
    private let ringB: [UInt64]
    private var ringC: [UInt64]
    private let floatA: [Float]
    private let floatB: [Float]
    private var floatC: [Float]

    public init(m: Int, k: Int, n: Int) {
        (self.m, self.k, self.n) = (m, k, n)
        var generator = SystemRandomNumberGenerator()
        ringA = (0..<m * k).map { _ in generator.next() }
        ringB = (0..<k * n).map { _ in generator.next() }
        ringC = [UInt64](repeating: 0, count: m * n)
        floatA = (0..<m * k).map { _ in Float.random(in: -1...1, using: &generator) }
        floatB = (0..<k * n).map { _ in Float.random(in: -1...1, using: &generator) }
        floatC = [Float](repeating: 0, count: m * n)
    }

    public var name: String { "[\(m), \(k)] x [\(k), \(n)]" }

    /// Multiplications and additions in the product.
    public var operations: Double { 2 * Double(m) * Double(k) * Double(n) }

    /// Adds the product modulo 2^64 to the result.
    public mutating func multiplyRing(_ kernel: RingKernel) {
        RingMatrixProduct.multiplyAccumulate(
            into: &ringC, ringA, ringB, batch: 1, m: m, k: k, n: n, threads: 1, kernel: kernel)
    }

    /// Adds the product in single precision to the result.
    public mutating func multiplySingle(by openBLAS: OpenBLAS) {
        openBLAS.multiplyAccumulate(into: &floatC, floatA, floatB, m: m, k: k, n: n)
    }
}
