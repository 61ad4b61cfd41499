import Foundation

/// Fits one interval: a weighted minimax polynomial, and then integers.
struct IntervalFit {
    private let fitter: ScalarFunctionFitter
    private let domain: ClosedRange<Double>
    private let tolerance: ScalarFunctionFitter.Tolerance
    private let exact: (Double) -> Double
    private let unit: Double

    private static let gridPoints = 97
    /// Coefficients are multiples of the power of two at which each moves the result by less than the tolerance over
    /// two to this power.
    private static let spareBits = 11

    init(
        fitter: ScalarFunctionFitter, domain: ClosedRange<Double>, tolerance: ScalarFunctionFitter.Tolerance,
        _ exact: @escaping (Double) -> Double
    ) {
        self.fitter = fitter
        self.domain = domain
        self.tolerance = tolerance
        self.exact = exact
        unit = Double(sign: .plus, exponent: -fitter.inputScale, significand: 1)
    }

    /// The values to meet on the part of the domain that can reach an interval.
    private struct Grid {
        var centre: Double
        var halfWidth: Double
        /// Offsets from the centre over the half width.
        var points: [Double] = []
        var values: [Double] = []
        /// What the tolerance leaves after the truncation of the input; not positive where it leaves nothing.
        var weights: [Double] = []
    }

    /// A tail as integers with its ratio, or nil for `.none`.
    func tail(_ tail: ScalarFunctionFitter.Tail, from lower: Int64?, to upper: Int64?) -> FittedRow? {
        guard let (intercept, slope) = tail.line else { return nil }
        var coefficients = [Int64](repeating: 0, count: fitter.degree + 1)
        for (power, value) in [intercept, slope].enumerated() where value != 0 {
            coefficients[power] = Int64((value * scale(ofPower: power)).rounded())
        }
        let grid = grid(from: lower, to: upper)
        var ratio = 0.0
        for (point, value) in zip(grid.points, grid.values) {
            let x = grid.centre + grid.halfWidth * point
            // The tail sees the truncated input; the slope is the tail's and not the function's.
            let error = abs(slope * x + intercept - value) + abs(slope) * unit
            ratio = max(ratio, error / tolerance.allowed(at: value))
        }
        return FittedRow(origin: 0, coefficients: coefficients, ratio: ratio)
    }

    /// A fitted row, or nil where none meets the tolerance.
    ///
    /// - Parameter always: fit even then, with the tolerance as weight; nil only where there is no weight or no
    ///   coefficient that fits 64 bits.
    func row(from lower: Int64?, to upper: Int64?, always: Bool = false) -> FittedRow? {
        var grid = grid(from: lower, to: upper)
        guard grid.values.allSatisfy(\.isFinite) else { return nil }
        if always {
            grid.weights = zip(grid.weights, grid.values).map { max($0, tolerance.allowed(at: $1) / 16) }
        }
        guard grid.weights.allSatisfy({ $0 > 0 }) else { return nil }
        let best = MinimaxPolynomial(
            points: grid.points, values: grid.values, weights: grid.weights, degree: fitter.degree)
        // Rounding does not improve the best polynomial.
        guard best.ratio <= (always ? .greatestFiniteMagnitude : 1) else { return nil }
        let rounded = roundedCoefficients(grid, minimax: best)
        guard rounded.ratio.isFinite else { return nil }
        let origin = Int64((grid.centre / unit).rounded())
        return FittedRow(origin: origin, coefficients: rounded.coefficients, ratio: rounded.ratio)
    }

    /// Rounds the highest coefficient both ways, fits the lower ones again, and so on; the best outcome wins.
    private func roundedCoefficients(
        _ grid: Grid, minimax: MinimaxPolynomial
    ) -> (coefficients: [Int64], ratio: Double) {
        let power = minimax.coefficients.count - 1
        let toRaw = scale(ofPower: power) / grid.halfWidth.raised(to: power)
        let step = quantum(ofPower: power, grid)
        let exactCoefficient = minimax.coefficients[power] * toRaw / step
        let candidates =
            power >= 2
            ? Set([exactCoefficient.rounded(.down), exactCoefficient.rounded(.up)]).sorted()
            : [exactCoefficient.rounded()]
        var best: (coefficients: [Int64], ratio: Double) = ([], .infinity)
        for candidate in candidates {
            guard let raw = Int64(exactly: candidate * step) else { continue }
            var rest = grid
            let normalized = candidate * step / toRaw
            for index in rest.points.indices {
                rest.values[index] -= normalized * rest.points[index].raised(to: power)
            }
            if power == 0 {
                let ratio = zip(rest.values, rest.weights).map { abs($0) / $1 }.max() ?? 0
                return ([raw], ratio)
            }
            let lower = MinimaxPolynomial(
                points: rest.points, values: rest.values, weights: rest.weights, degree: power - 1)
            guard lower.ratio.isFinite else { continue }
            let outcome = roundedCoefficients(rest, minimax: lower)
            if outcome.ratio < best.ratio { best = (outcome.coefficients + [raw], outcome.ratio) }
        }
        return best
    }

    private func quantum(ofPower power: Int, _ grid: Grid) -> Double {
        let smallest = grid.weights.min() ?? 0
        let effect = smallest / grid.halfWidth.raised(to: power) * scale(ofPower: power)
        let exponent = Int(log2(min(max(effect, 1), 0x1p61)).rounded(.down)) - Self.spareBits
        return Double(sign: .plus, exponent: max(exponent, 0), significand: 1)
    }

    private func scale(ofPower power: Int) -> Double {
        Double(sign: .plus, exponent: fitter.resultScale - power * fitter.inputScale, significand: 1)
    }

    /// - Parameters:
    ///   - lower: the knot below, or nil for the start of the domain. Inputs up to one comparison unit below it count.
    ///   - upper: the knot above, or nil for the end of the domain.
    private func grid(from lower: Int64?, to upper: Int64?) -> Grid {
        let comparisonUnit = Double(sign: .plus, exponent: -fitter.comparisonScale, significand: 1)
        let low = max(domain.lowerBound, lower.map { Double($0 - 1) * comparisonUnit } ?? -.infinity)
        let high = min(domain.upperBound, upper.map { Double($0) * comparisonUnit } ?? .infinity)
        // The origin is an integer at the input scale.
        let centre = ((low + high) / 2 / unit).rounded(.down) * unit
        let halfWidth = max(high - centre, unit)
        var grid = Grid(centre: centre, halfWidth: halfWidth)
        for index in 0..<Self.gridPoints {
            let angle = Double.pi * Double(index) / Double(Self.gridPoints - 1)
            let x = (low + high) / 2 - (high - low) / 2 * cos(angle)
            let value = exact(clamped(x))
            let before = abs(exact(clamped(x - unit)) - value)
            let after = abs(exact(clamped(x + unit)) - value)
            grid.points.append((x - centre) / halfWidth)
            grid.values.append(value)
            grid.weights.append(tolerance.allowed(at: value) - max(before, after))
        }
        return grid
    }

    private func clamped(_ x: Double) -> Double { min(max(x, domain.lowerBound), domain.upperBound) }
}

extension Double {
    /// A small power by products alone, which every platform rounds alike.
    fileprivate func raised(to power: Int) -> Double { (0..<power).reduce(1) { product, _ in product * self } }
}
