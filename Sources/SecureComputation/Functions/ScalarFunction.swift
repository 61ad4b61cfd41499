import Algebra

extension ProgramBuilder {
    /// ReLU, exact: the sign, and a selection in the narrowest ring that holds the input.
    /// - Communication: that of a sign and of a selection with one bit.
    public func relu(_ x: Secret) throws -> Secret {
        let narrow = x.narrowed(to: min(x.width, width(holding: x.magnitude)))
        return try tiled(narrow) { try select(try sign($0), $0) }
    }
}

extension PiecewisePolynomial {
    /// The function times a public factor of magnitude at most one; its errors shrink along with it, but for the rounding
    /// of coefficients at the result scale.
    func scaled(by factor: Double) -> PiecewisePolynomial {
        PiecewisePolynomial(
            trustedName: name, inputScale: inputScale, comparisonScale: comparisonScale, resultScale: resultScale,
            knots: knots, origins: origins,
            coefficients: coefficients.map { $0.map { Int64((Double($0) * factor).rounded()) } },
            inputRange: inputRange, domain: domain, errorBound: errorBound, relativeErrorBound: relativeErrorBound,
            relativeErrorFloor: relativeErrorFloor, outputBound: outputBound)
    }
}
