import SottoAlgebra
import SottoApproximation

extension ProgramBuilder {
    /// ReLU, exact, in the narrowest ring that holds the input.
    /// - Communication: that of the suite's rectifier, or of a sign and of a selection with one bit.
    public func relu(_ x: Secret) throws -> Secret {
        try rectified(x.narrowed(to: min(x.width, width(holding: x.magnitude))))
    }

    /// ReLU at a scale in a ring of at least `minimumWidth` bits: exact of `x` at that scale, or where the suite opens what it
    /// rectifies of `x` at ``ProtocolSuite/rectifierScale``, whose rounding is within one unit.
    /// - Communication: that of ``relu(_:)``, and of an extension.
    public func relu(_ x: Secret, scale: Int, minimumWidth: Int) throws -> Secret {
        let kept = min(scale, suite.rectifierScale ?? scale)
        let short = try relu(try rescale(x, to: kept))
        let wide = try resized(short, toWidth: max(short.width, minimumWidth - (scale - kept)))
        return try refined(wide, toScale: scale)
    }

    /// `x` where it is not negative, else zero, in the ring of `x`.
    func rectified(_ x: Secret) throws -> Secret {
        try tiledBySuite(x) { x in
            suite.rectifies(x, over: profile) ? try suite.rectify(x, in: self) : try select(try sign(x), x)
        }
    }
}
