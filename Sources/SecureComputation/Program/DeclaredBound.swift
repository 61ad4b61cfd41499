/// The largest magnitude that a program's author declared for a tensor: a property of the architecture that the private
/// run relies on and that only a run in plaintext can check.
public struct DeclaredBound: Sendable, Hashable {
    /// The operation that makes the tensor.
    public let path: String
    /// What the author calls the bound.
    public let name: String
    /// In real units.
    public let bound: Double
    /// Fraction bits of the tensor.
    public let scale: Int
}

extension ProgramBuilder {
    /// `x` under a bound (real units) that is declared, not proved: the plaintext interpreter compares it with the values.
    ///
    /// Declare it on the last of a chain of linear operations: what they pass through may wrap.
    public func declared(_ x: Secret, below bound: Double, as name: String) -> Secret {
        let tighter = bounds[x.slot].map { $0.bound <= bound } ?? false
        if !tighter {
            bounds[x.slot] = DeclaredBound(path: path(of: x.slot), name: name, bound: bound, scale: x.scale)
        }
        return x.promised(below: bound)
    }
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
    public static func worse(_ a: RangeFinding?, _ b: RangeFinding?) -> RangeFinding? {
        guard let a, let b else { return a ?? b }
        return b.ratio > a.ratio ? b : a
    }
}
