import Foundation
import SottoAlgebra

/// `1/x` as lines on pieces of `x` itself, for suites that evaluate splines for next to nothing: one round where a range
/// reduction takes three.
///
/// Pieces begin at `2^j·(1 + i/16)` below 3/2 of a power of two and `2^j·(1 + i/12)` from there on, from `minimum` up; twice as
/// many below 2. A line is within `(w/x)²/8` of `1/x` for a piece of width `w`, relative to it: 1.3e-4 below 2, 5e-4 from there on.
package struct CoarseReciprocal {
    /// What an input is truncated to: one unit is 1.7e-4 of the least input of softmax.
    package static let inputScale = 13
    /// Slopes are rounded to units that move a line by less than 2^-13 of its value.
    private static let slopeBits = 7

    package let resultScale: Int
    /// At ``inputScale``.
    package let knots: [Int64]
    /// By piece, the coefficients for `x` as an integer.
    package let rows: [[Int64]]
    package let bound: Double

    /// - Returns: nil where coefficients or results are too large for 62 bits, or nothing is promised to reach `minimum`.
    package init?(minimum: Double, bound: Double) {
        precondition(minimum > 0 && minimum.isFinite && bound.isFinite)
        let scale = Self.inputScale + Self.slopeBits + Int((2 * log2(max(bound, 1))).rounded(.up))
        guard bound >= minimum, scale + Int(log2(max(1, 1 / minimum)).rounded(.up)) < 61 else { return nil }
        var limits = [minimum]
        var octave = scaled(1, by: Int(minimum.exponent))
        while limits.last! <= bound {
            let parts = octave < 2 ? 2 : 1
            let lower = (0..<8 * parts).map { 1 + Double($0) / Double(16 * parts) }
            let upper = (6 * parts..<12 * parts).map { 1 + Double($0) / Double(12 * parts) }
            limits += (lower + upper).map { octave * $0 }.filter { $0 > minimum }
            octave *= 2
        }
        limits = limits.filter { $0 <= bound } + [limits.first { $0 > bound }!]
        resultScale = scale
        knots = limits.dropFirst().dropLast().map { Int64(scaled($0, by: Self.inputScale).rounded()) }
        rows = zip(limits, limits.dropFirst()).map { low, high in Self.line(from: low, to: high, resultScale: scale) }
        self.bound = 1.01 / minimum
    }

    /// The line that is as far above `1/x` at both ends as it is below it in the middle.
    private static func line(from low: Double, to high: Double, resultScale: Int) -> [Int64] {
        let slope = (scaled(-1 / (low * high), by: resultScale - inputScale)).rounded()
        // With the rounded slope: the middle between the errors at the ends and that at sqrt(low·high).
        let real = scaled(slope, by: inputScale - resultScale)
        func rest(_ x: Double) -> Double { 1 / x - real * x }
        let values = [rest(low), rest(high), rest((low * high).squareRoot())]
        let constant = (values.min()! + values.max()!) / 2
        return [Int64(scaled(constant, by: resultScale).rounded()), Int64(slope)]
    }
}

extension ProgramBuilder {
    /// `1/x` for a secret `x` from `minimum` up to its bound, at `scale` in a ring of at least `minimumWidth` bits; nil where the
    /// suite has no splines or no ring is wide enough.
    ///
    /// Error at most 7e-4 of the result from 2 on and 3.5e-4 below, and one unit.
    /// - Communication: that of one spline, and of a truncation that is local.
    package func coarseReciprocal(_ x: Secret, minimum: Double, scale: Int, minimumWidth: Int) throws -> Secret? {
        let shift = x.scale - CoarseReciprocal.inputScale
        guard suite.extendsOpenings, shift >= 0,
            let function = CoarseReciprocal(minimum: minimum, bound: scaled(x.magnitude, by: -x.scale)),
            function.resultScale >= scale
        else { return nil }
        let magnitude = scaled(function.bound, by: function.resultScale)
        let width = max(minimumWidth + function.resultScale - scale, width(holding: magnitude))
        guard width <= profile.maximumWidth else { return nil }
        let short = try truncate(x, by: shift, toWidth: x.width - shift)
        let request = SplineRequest(
            knots: function.knots,
            functions: [.init(rows: function.rows, scale: function.resultScale, magnitude: magnitude)], width: width)
        guard let value = try suite.evaluate(request, at: short, in: self)?.first else { return nil }
        return try rescale(value, to: scale, minimumWidth: minimumWidth)
    }
}
