import SottoAlgebra

/// `1/sqrt(x)` on [1, 4) as lines, for suites that evaluate splines for next to nothing and multiply them by a secret in the same
/// round, which gives the way back from a range reduction.
///
/// 32 pieces on [1, 2) and 32 on [2, 4): a line is within 5e-5 of the function, relative to it.
package struct CoarseInverseRoot {
    /// What an input is truncated to: one unit moves the function by at most 1.3e-4 of it.
    package static let inputScale = 12
    /// The fewest fraction bits that leave slopes 10.
    static let leastResultScale = 22

    /// At ``inputScale``.
    package let knots: [Int64]
    /// By piece, the coefficients for `x` as an integer.
    package let rows: [[Int64]]

    /// - Parameter factor: what the function is multiplied by, at most 1.
    package init(times factor: Double, resultScale: Int) {
        precondition(resultScale >= Self.leastResultScale && factor > 0 && factor <= 1)
        let octave: [Double] = (0..<32).map { 1 + Double($0) / 32 }
        let limits: [Double] = octave + octave.map { 2 * $0 } + [4 + 1.0 / 16]
        knots = limits.dropFirst().dropLast().map { Int64(scaled($0, by: Self.inputScale)) }
        rows = zip(limits, limits.dropFirst()).map { low, high in
            func exact(_ x: Double) -> Double { factor / x.squareRoot() }
            let slope = scaled((exact(high) - exact(low)) / (high - low), by: resultScale - Self.inputScale).rounded()
            let real = scaled(slope, by: Self.inputScale - resultScale)
            // The middle of what the slope leaves at both ends and where it leaves least.
            let rest = [low, high, ((low + high) / 2)].map { exact($0) - real * $0 }
            let constant = (rest.min()! + rest.max()!) / 2
            return [Int64(scaled(constant, by: resultScale).rounded()), Int64(slope)]
        }
    }
}

extension ProgramBuilder {
    /// `factor/sqrt(m)` for a normalised value, as ``denormalize(_:keeping:by:scale:width:magnitude:)`` gives it, in one round; nil
    /// where the suite has no splines or too few bits are kept.
    ///
    /// Error at most 2e-4 of the result, and one unit of what is kept.
    /// - Communication: that of one spline times a factor.
    func denormalizedRoot(
        of normalized: NormalizedSecret, times factor: Double, keeping kept: Int, scale: Int, width: Int,
        magnitude: Double
    ) throws -> Secret? {
        guard suite.extendsOpenings, kept >= CoarseInverseRoot.leastResultScale,
            case .factor(let power) = normalized.bucket
        else { return nil }
        let value = normalized.value
        let shift = value.scale - CoarseInverseRoot.inputScale
        let short = try truncate(value, by: shift, toWidth: value.width - shift)
        let function = CoarseInverseRoot(times: factor, resultScale: kept)
        let request = SplineRequest(
            knots: function.knots, functions: [.init(rows: function.rows, scale: kept, magnitude: magnitude)],
            width: width, factor: power)
        guard let product = try suite.evaluate(request, at: short, in: self)?.first else { return nil }
        // The power of two is one of the scale.
        return Secret(
            slot: product.slot, shape: product.shape, scale: scale, magnitude: magnitude, width: product.width)
    }
}
