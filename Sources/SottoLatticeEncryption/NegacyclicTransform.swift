/// The number-theoretic transform of polynomials modulo `X^degree + 1` and the largest prime of its size, with a given
/// kernel: for measurements of the kernels.
public struct NegacyclicTransform: Sendable {
    private let modulus: TransformModulus

    /// The prime.
    public var prime: UInt64 { modulus.p }

    /// - Parameter primeBits: 30 to 50.
    /// - Parameter degree: a power of two from 32 to 16384.
    /// - Parameter kernel: must be available.
    public init(primeBits: Int, degree: Int, kernel: LatticeKernel) {
        precondition((30...50).contains(primeBits) && (32...16384).contains(degree), "the transform is not built")
        let prime = PublicNumbers.transformPrimes(bits: primeBits, count: 1, degree: degree)[0]
        modulus = TransformModulus(p: prime, degree: degree, kernel: kernel)
    }

    /// Coefficients, words below the prime, to values in bit-reversed order.
    public func forward(_ x: inout [UInt64]) {
        precondition(x.count == modulus.degree, "a polynomial has as many words as its ring's degree")
        x.withUnsafeMutableBufferPointer { modulus.forward($0.baseAddress!) }
    }

    /// Values to coefficients.
    public func inverse(_ x: inout [UInt64]) {
        precondition(x.count == modulus.degree, "a polynomial has as many words as its ring's degree")
        x.withUnsafeMutableBufferPointer { modulus.inverse($0.baseAddress!) }
    }
}
