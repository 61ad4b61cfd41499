import Algebra

extension ProgramBuilder {
    /// Any scalar function given as piecewise polynomials: one packed comparison with all knots at the coarse scale, next
    /// to it the conversion of the input to the polynomial's scale, then one selection.
    ///
    /// The input must keep within the function's input range. The error is the specification's bound; the result is at
    /// the specification's result scale, to be rescaled by the caller (one unit more).
    /// - Communication: that of ``Comparison`` with `n` knots on the bits that the input's bound needs at the comparison
    ///   scale, of one ``Truncation`` and of one ``Selection`` with origins; rounds `max(compare, 1) + 2`.
    public func evaluate(_ function: PiecewisePolynomial, at x: Secret) throws -> Secret {
        // The polynomial reads its input at its own scale; a coarser one gets there without rounding.
        let x = try refined(x, toScale: function.inputScale)
        let magnitude = scaled(function.outputBound, by: function.resultScale)
        let width = try checkWidth(width(holding: magnitude), "select")
        let (bits, input) = try parallel(
            {
                try compare(
                    try coarse(x, to: function.comparisonScale), thresholds: function.knots,
                    nonNegative: function.inputRange.lowerBound >= 0)
            },
            { try truncate(x, by: x.scale - function.inputScale, toWidth: width) })
        return try select(
            bits, SelectionTable(rows: function.coefficients), of: input, origins: function.origins,
            scale: function.resultScale, magnitude: magnitude)
    }

    /// `x` at a coarser scale for a comparison, by a local truncation.
    private func coarse(_ x: Secret, to scale: Int) throws -> Secret {
        let shift = x.scale - scale
        return shift > 0 ? try truncate(x, by: shift, toWidth: profile.hasNarrowRings ? x.width - shift : x.width) : x
    }

    /// ReLU, exact: the sign, and a selection in the narrowest ring that holds the input.
    /// - Communication: that of ``Comparison`` with one threshold and of ``Selection`` with one bit.
    public func relu(_ x: Secret) throws -> Secret {
        let narrow = x.narrowed(to: min(x.width, width(holding: x.magnitude)))
        return try select(try compare(narrow, thresholds: [0]), narrow)
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
