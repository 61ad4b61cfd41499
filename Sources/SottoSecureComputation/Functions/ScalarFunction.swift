import SottoAlgebra
import SottoApproximation

extension ProgramBuilder {
    /// ReLU, exact: the sign, and a selection in the narrowest ring that holds the input.
    /// - Communication: that of a sign and of a selection with one bit.
    public func relu(_ x: Secret) throws -> Secret {
        let narrow = x.narrowed(to: min(x.width, width(holding: x.magnitude)))
        return try tiled(narrow) { try select(try sign($0), $0) }
    }
}
