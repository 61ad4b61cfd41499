extension PiecewisePolynomial {
    private static let largestInput: Int64 = 1 << 61

    func validate() throws {
        try validateScales()
        try validateShape()
        try validateRanges()
        try validateKnots()
    }

    private func validateScales() throws {
        guard (0...30).contains(inputScale) else {
            throw PiecewisePolynomialError.scaleOutOfRange(.input, value: inputScale, allowed: 0...30)
        }
        guard (0...inputScale).contains(comparisonScale) else {
            throw PiecewisePolynomialError.scaleOutOfRange(
                .comparison, value: comparisonScale, allowed: 0...inputScale)
        }
        guard (0...61).contains(resultScale) else {
            throw PiecewisePolynomialError.scaleOutOfRange(.result, value: resultScale, allowed: 0...61)
        }
    }

    private func validateShape() throws {
        let intervals = knots.count + 1
        guard origins.count == intervals else {
            throw PiecewisePolynomialError.wrongNumberOfOrigins(origins.count, intervals: intervals)
        }
        guard coefficients.count == intervals else {
            throw PiecewisePolynomialError.wrongNumberOfRows(coefficients.count, intervals: intervals)
        }
        let length = coefficients[0].count
        guard (1...Self.maximumDegree + 1).contains(length) else {
            throw PiecewisePolynomialError.wrongDegree(length - 1, maximum: Self.maximumDegree)
        }
        if let row = coefficients.firstIndex(where: { $0.count != length }) {
            throw PiecewisePolynomialError.raggedCoefficients(
                row: row, count: coefficients[row].count, expected: length)
        }
        guard resultScale >= degree * inputScale else {
            throw PiecewisePolynomialError.resultScaleTooSmall(resultScale, needed: degree * inputScale)
        }
        if let index = origins.firstIndex(where: { $0.magnitude >= Self.largestInput.magnitude }) {
            throw PiecewisePolynomialError.originTooLarge(index: index)
        }
    }

    private func validateRanges() throws {
        let unit = Double(sign: .plus, exponent: inputScale, significand: 1)
        guard inputBound * unit < Double(Self.largestInput) else {
            throw PiecewisePolynomialError.inputRangeTooWide
        }
        guard inputRange.contains(domain.lowerBound), inputRange.contains(domain.upperBound) else {
            throw PiecewisePolynomialError.domainOutsideInputRange
        }
        for bound in [errorBound, relativeErrorBound ?? 0, relativeErrorFloor] where !(bound >= 0 && bound.isFinite) {
            throw PiecewisePolynomialError.invalidErrorBound
        }
    }

    private func validateKnots() throws {
        for index in knots.indices.dropFirst() where knots[index - 1] >= knots[index] {
            throw PiecewisePolynomialError.knotsNotAscending(index: index)
        }
        let unit = Double(sign: .plus, exponent: comparisonScale, significand: 1)
        for (index, knot) in knots.enumerated() {
            let real = Double(knot) / unit
            guard real > inputRange.lowerBound, real <= inputRange.upperBound else {
                throw PiecewisePolynomialError.knotOutsideInputRange(index: index)
            }
        }
    }

    /// The exact maximum of `|y|` over all reachable inputs, as a real number rounded up.
    func largestOutput() throws -> Double {
        let limit = Int128(1) << Self.resultBits
        var largest: Int128 = 0
        for interval in coefficients.indices {
            for v in extremalOffsets(of: interval, coefficients[interval]) {
                guard let y = exactValue(coefficients[interval], at: v), y < limit, -y < limit else {
                    throw PiecewisePolynomialError.overflow(interval: interval)
                }
                largest = max(largest, y.magnitudeAsSigned)
            }
        }
        let rounded = Double(largest)
        let upper = Int128(rounded) < largest ? rounded.nextUp : rounded
        return upper / Double(sign: .plus, exponent: resultScale, significand: 1)
    }

    /// The ends of an interval's reachable offsets and the integers around the zeros of a row's derivative between them.
    func extremalOffsets(of interval: Int, _ row: [Int64]) -> [Int64] {
        let reachable = inputs(reaching: interval)
        let low = reachable.lowerBound - origins[interval]
        let high = reachable.upperBound - origins[interval]
        var offsets = [low, high]
        for root in derivativeRoots(of: row.map(Double.init)) {
            guard root > Double(low), root < Double(high) else { continue }
            let centre = Int64(root)
            offsets += (-2...2).map { min(max(centre + $0, low), high) }
        }
        return offsets
    }

    /// The real zeros of the derivative of a polynomial of degree at most 3.
    private func derivativeRoots(of c: [Double]) -> [Double] {
        let constant = c.count > 1 ? c[1] : 0
        let linear = c.count > 2 ? 2 * c[2] : 0
        let quadratic = c.count > 3 ? 3 * c[3] : 0
        guard quadratic != 0 else { return linear == 0 ? [] : [-constant / linear] }
        let discriminant = linear * linear - 4 * quadratic * constant
        guard discriminant >= 0 else { return [] }
        // The form without cancellation.
        let q = -0.5 * (linear + (linear < 0 ? -1 : 1) * discriminant.squareRoot())
        return q == 0 ? [0] : [q / quadratic, constant / q]
    }

    /// A row's polynomial over the integers, or nil where it leaves 128 bits.
    package func exactValue(_ row: [Int64], at v: Int64) -> Int128? {
        var y: Int128 = 0
        for c in row.reversed() {
            let (product, overflowed) = y.multipliedReportingOverflow(by: Int128(v))
            guard !overflowed else { return nil }
            let (sum, carried) = product.addingReportingOverflow(Int128(c))
            guard !carried else { return nil }
            y = sum
        }
        return y
    }
}

extension Int128 {
    /// For values above `Int128.min`.
    fileprivate var magnitudeAsSigned: Int128 { self < 0 ? -self : self }
}
