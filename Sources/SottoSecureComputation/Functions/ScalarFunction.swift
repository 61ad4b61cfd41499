import SottoAlgebra
import SottoApproximation

extension ProgramBuilder {
    /// ReLU, exact, in the narrowest ring that holds the input.
    /// - Communication: that of the suite's rectifier, or of a sign and of a selection with one bit.
    public func relu(_ x: Secret) throws -> Secret {
        try rectified(x.narrowed(to: min(x.width, width(holding: x.magnitude))))
    }

    /// `x` where it is not negative, else zero, in the ring of `x`.
    func rectified(_ x: Secret) throws -> Secret {
        try tiled(x) { x in
            suite.rectifies(x, over: profile) ? try suite.rectify(x, in: self) : try select(try sign(x), x)
        }
    }
}
