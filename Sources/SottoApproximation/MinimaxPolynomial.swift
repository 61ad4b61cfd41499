/// The best weighted approximation of values on a grid by a polynomial, by the exchange algorithm of Remez.
package struct MinimaxPolynomial {
    /// `p(u) = sum_j coefficients[j] * u^j`.
    package let coefficients: [Double]
    /// The largest `|p(u) - value| / weight` over the grid; infinite, without coefficients, where points coincide.
    package let ratio: Double

    /// - Parameters:
    ///   - points: strictly ascending, at least `degree` + 2 of them; of magnitude about 1.
    ///   - weights: positive.
    package init(points: [Double], values: [Double], weights: [Double], degree: Int) {
        let count = points.count
        // Chebyshev extrema are a good first reference on a grid of Chebyshev density, where they are equidistant.
        var reference = (0...degree + 1).map { $0 * (count - 1) / (degree + 1) }
        var best: (coefficients: [Double], ratio: Double) = ([], .infinity)
        for _ in 0..<60 {
            let (candidate, level) = Self.levelled(points, values, weights, reference)
            var residuals = [Double](repeating: 0, count: count)
            var worst = 0
            for index in 0..<count {
                residuals[index] = (values[index] - Self.value(candidate, at: points[index])) / weights[index]
                if abs(residuals[index]) > abs(residuals[worst]) { worst = index }
            }
            let ratio = abs(residuals[worst])
            if ratio < best.ratio { best = (candidate, ratio) }
            if ratio <= abs(level) * (1 + 1e-9) || reference.contains(worst) { break }
            Self.exchange(&reference, with: worst, residuals: residuals)
        }
        coefficients = best.coefficients
        ratio = best.ratio
    }

    static func value(_ coefficients: [Double], at u: Double) -> Double {
        coefficients.reversed().reduce(0) { $0 * u + $1 }
    }

    /// The polynomial whose weighted residuals on the reference are equal and alternate in sign.
    private static func levelled(
        _ points: [Double], _ values: [Double], _ weights: [Double], _ reference: [Int]
    ) -> (coefficients: [Double], level: Double) {
        let unknowns = reference.count
        var rows = reference.enumerated().map { position, index in
            var row = [Double](repeating: 1, count: unknowns + 1)
            for power in 1..<max(unknowns - 1, 1) { row[power] = row[power - 1] * points[index] }
            row[unknowns - 1] = (position.isMultiple(of: 2) ? 1 : -1) * weights[index]
            row[unknowns] = values[index]
            return row
        }
        for pivot in 0..<unknowns {
            let best = (pivot..<unknowns).max { abs(rows[$0][pivot]) < abs(rows[$1][pivot]) }!
            rows.swapAt(pivot, best)
            for other in 0..<unknowns where other != pivot {
                let factor = rows[other][pivot] / rows[pivot][pivot]
                for column in pivot...unknowns { rows[other][column] -= factor * rows[pivot][column] }
            }
        }
        let solution = (0..<unknowns).map { rows[$0][unknowns] / rows[$0][$0] }
        return (Array(solution.dropLast()), solution[unknowns - 1])
    }

    /// Brings a point into the reference so that the signs of the residuals on it still alternate.
    private static func exchange(_ reference: inout [Int], with worst: Int, residuals: [Double]) {
        let positive = residuals[worst] > 0
        let last = reference.count - 1
        if worst < reference[0] {
            if (residuals[reference[0]] > 0) != positive { reference.removeLast() } else { reference.removeFirst() }
            reference.insert(worst, at: 0)
        } else if worst > reference[last] {
            if (residuals[reference[last]] > 0) != positive { reference.removeFirst() } else { reference.removeLast() }
            reference.append(worst)
        } else {
            let above = reference.firstIndex { $0 > worst }!
            reference[(residuals[reference[above]] > 0) == positive ? above : above - 1] = worst
        }
    }
}
