/// One row of a specification.
struct FittedRow {
    var origin: Int64
    var coefficients: [Int64]
    /// The largest error over the tolerance, as the fit's grid sees it.
    var ratio: Double
}

struct FittedPieces {
    var knots: [Int64] = []
    var rows: [FittedRow] = []
}

/// Places knots.
struct PartitionSearch {
    let fitter: ScalarFunctionFitter
    let specification: ScalarFunctionFitter.Specification
    let exact: (Double) -> Double

    /// The grid of a fit is finite; what it may miss between its points is covered by this margin.
    private static let safeRatio = 0.998

    /// The tolerance's knots, as few as possible; then, with as many knots, the smallest tolerance.
    func fewestPieces() throws -> FittedPieces {
        var best = try pieces(tolerance: specification.tolerance)
        var low = 0.0
        var high = 1.0
        for _ in 0..<14 {
            let middle = (low + high) / 2
            if let candidate = try? pieces(tolerance: specification.tolerance.scaled(by: middle)),
                candidate.knots.count <= best.knots.count
            {
                best = candidate
                high = middle
            } else {
                low = middle
            }
        }
        return best
    }

    /// Rows for given knots.
    func pieces(knots: [Int64]) throws -> FittedPieces {
        let lowest = comparisonUnits(specification.domain.lowerBound)
        let highest = comparisonUnits(specification.domain.upperBound)
        let hasTail = specification.left != .none || specification.right != .none
        guard knots.count >= (hasTail ? 1 : 0), zip(knots, knots.dropFirst()).allSatisfy(<),
            knots.allSatisfy({ Double($0) > lowest && Double($0) < highest })
        else { throw ScalarFunctionFitterError.invalidKnots }
        let fit = IntervalFit(fitter: fitter, domain: specification.domain, tolerance: specification.tolerance, exact)
        let rows = try (0...knots.count).map { index in
            let lower = index > 0 ? knots[index - 1] : nil
            let upper = index < knots.count ? knots[index] : nil
            if index == 0, let row = fit.tail(specification.left, from: nil, to: upper) { return row }
            if index == knots.count, let row = fit.tail(specification.right, from: lower, to: nil) { return row }
            guard let row = fit.row(from: lower, to: upper, always: true) else {
                throw ScalarFunctionFitterError.toleranceUnreachable(
                    near: lower.map(realInput) ?? specification.domain.lowerBound)
            }
            return row
        }
        return FittedPieces(knots: knots, rows: rows)
    }

    /// From left to right, each interval as long as the tolerance allows: no partition has fewer.
    private func pieces(tolerance: ScalarFunctionFitter.Tolerance) throws -> FittedPieces {
        let fit = IntervalFit(fitter: fitter, domain: specification.domain, tolerance: tolerance, exact)
        let lowest = Int64(comparisonUnits(specification.domain.lowerBound).rounded(.down))
        let highest = Int64(comparisonUnits(specification.domain.upperBound).rounded(.up))
        var result = FittedPieces()
        if specification.left != .none {
            let tail = longest(lowest + 1, highest - 1) { accepted(fit.tail(specification.left, from: nil, to: $0)) }
            guard let (knot, row) = tail else {
                throw ScalarFunctionFitterError.toleranceUnreachable(near: specification.domain.lowerBound)
            }
            result = FittedPieces(knots: [knot], rows: [row])
        }
        while true {
            let lower = result.knots.last
            if let row = lastRow(fit, from: lower) {
                result.rows.append(row)
                return result
            }
            let start = lower ?? lowest
            guard let (knot, row) = longest(start + 1, highest - 1, { accepted(fit.row(from: lower, to: $0)) }) else {
                throw ScalarFunctionFitterError.toleranceUnreachable(near: realInput(start))
            }
            result.knots.append(knot)
            result.rows.append(row)
        }
    }

    /// The row that reaches to the end of the inputs, if one from here is good enough.
    private func lastRow(_ fit: IntervalFit, from lower: Int64?) -> FittedRow? {
        guard specification.right != .none else { return accepted(fit.row(from: lower, to: nil)) }
        guard let lower else { return nil }
        return accepted(fit.tail(specification.right, from: lower, to: nil))
    }

    private func accepted(_ row: FittedRow?) -> FittedRow? {
        row.flatMap { $0.ratio <= Self.safeRatio ? $0 : nil }
    }

    /// The largest knot for which there is a row, and the row.
    private func longest(
        _ first: Int64, _ last: Int64, _ row: (Int64) -> FittedRow?
    ) -> (Int64, FittedRow)? {
        guard first <= last, var best = row(first) else { return nil }
        var low = first
        var high = last + 1
        // Doubling first: most intervals are short compared with the domain.
        var step: Int64 = 1
        while low + step < high {
            guard let longer = row(low + step) else {
                high = low + step
                break
            }
            best = longer
            low += step
            step *= 2
        }
        while high - low > 1 {
            let middle = (low + high) / 2
            if let longer = row(middle) { (low, best) = (middle, longer) } else { high = middle }
        }
        return (low, best)
    }

    private func comparisonUnits(_ x: Double) -> Double {
        x * Double(sign: .plus, exponent: fitter.comparisonScale, significand: 1)
    }

    private func realInput(_ comparisonInput: Int64) -> Double {
        Double(comparisonInput) / Double(sign: .plus, exponent: fitter.comparisonScale, significand: 1)
    }
}
