/// The largest magnitude that a program's author declared for a tensor: a property of the architecture that the private
/// run relies on and that only a run in plaintext can check.
package struct DeclaredBound: Sendable, Hashable {
    /// The operation that makes the tensor.
    package let path: String
    /// What the author calls the bound.
    package let name: String
    /// In real units.
    package let bound: Double
    /// Fraction bits of the tensor.
    package let scale: Int
}

/// How near a run in plaintext came to a bound.
public struct RangeFinding: Sendable, Hashable {
    /// The operation.
    public let path: String
    /// What its bound is called; nil where it follows from others.
    public let name: String?
    /// The largest magnitude seen; at least that where 64 bits could not hold it.
    public let magnitude: Double
    public let bound: Double

    public var isWithin: Bool { magnitude <= bound }

    /// Above 1 beyond the bound.
    var ratio: Double { magnitude / bound }

    /// The one that is farther beyond its bound, or else nearer to it.
    package static func worse(_ a: RangeFinding?, _ b: RangeFinding?) -> RangeFinding? {
        guard let a, let b else { return a ?? b }
        return b.ratio > a.ratio ? b : a
    }
}

/// Exact for every scale in use: a power of two.
func scaled(_ value: Double, by scale: Int) -> Double {
    Double(sign: .plus, exponent: scale, significand: 1) * value
}
