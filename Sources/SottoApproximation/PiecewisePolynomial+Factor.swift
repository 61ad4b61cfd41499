extension PiecewisePolynomial {
    /// The function times a public factor of magnitude at most one; its errors shrink along with it, but for the rounding
    /// of coefficients at the result scale.
    package func scaled(by factor: Double) -> PiecewisePolynomial {
        PiecewisePolynomial(
            trustedName: name, inputScale: inputScale, comparisonScale: comparisonScale, resultScale: resultScale,
            knots: knots, origins: origins,
            coefficients: coefficients.map { $0.map { Int64((Double($0) * factor).rounded()) } },
            inputRange: inputRange, domain: domain, errorBound: errorBound, relativeErrorBound: relativeErrorBound,
            relativeErrorFloor: relativeErrorFloor, outputBound: outputBound)
    }
}
