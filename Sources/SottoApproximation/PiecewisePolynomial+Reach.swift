extension PiecewisePolynomial {
    /// The function for inputs up to `bound` in magnitude: itself within its input range, beyond it continued by tails that
    /// are exact there, a constant or a line with an exact slope.
    ///
    /// - Returns: nil where neither side of the input range has such a tail, or a result would reach 2^``resultBits``.
    package func reaching(_ bound: Double) -> PiecewisePolynomial? {
        guard bound > inputBound else { return self }
        let left = inputRange.lowerBound < domain.lowerBound && isExactTail(coefficients[0])
        let right = inputRange.upperBound > domain.upperBound && isExactTail(coefficients[coefficients.count - 1])
        guard left || right, bound < 0x1p30 else { return nil }
        let range = (left ? -bound : inputRange.lowerBound)...(right ? bound : inputRange.upperBound)
        let continued = PiecewisePolynomial(
            trustedName: name, inputScale: inputScale, comparisonScale: comparisonScale, resultScale: resultScale,
            knots: knots, origins: origins, coefficients: coefficients, inputRange: range, domain: domain,
            errorBound: errorBound, relativeErrorBound: relativeErrorBound, relativeErrorFloor: relativeErrorFloor,
            outputBound: .infinity)
        guard let output = try? continued.largestOutput() else { return nil }
        return PiecewisePolynomial(
            trustedName: name, inputScale: inputScale, comparisonScale: comparisonScale, resultScale: resultScale,
            knots: knots, origins: origins, coefficients: coefficients, inputRange: range, domain: domain,
            errorBound: errorBound, relativeErrorBound: relativeErrorBound, relativeErrorFloor: relativeErrorFloor,
            outputBound: output)
    }

    /// The largest whole bound that ``reaching(_:)`` takes, or the function's own if that is larger.
    package var largestReach: Double {
        var (reached, refused) = (inputBound, 0x1p30)
        while refused - reached > 1 {
            let middle = ((reached + refused) / 2).rounded(.down)
            if reaching(middle) != nil { reached = middle } else { refused = middle }
        }
        return reached
    }

    /// Whether a row is a constant, or a line whose slope the scales hold exactly: a power of two.
    private func isExactTail(_ row: [Int64]) -> Bool {
        let slope = row.count > 1 ? row[1] : 0
        return row.dropFirst(2).allSatisfy { $0 == 0 } && (slope == 0 || slope.magnitude.nonzeroBitCount == 1)
    }
}
