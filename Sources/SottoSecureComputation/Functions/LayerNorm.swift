import Foundation
import SottoAlgebra

extension ProgramBuilder {
    /// LayerNorm without its affine part: `(x - mean) / sqrt(variance + epsilon)` over rows of `[rows, columns]`.
    ///
    /// `c = columns·x - sum` is exact and has the mean removed. Its squares are summed up after a shift that follows from
    /// the bound, so that no variance of inputs within the bound overflows; epsilon is added as an integer. The sum is
    /// normalised by powers of four, `1/sqrt` of it comes from a specification on [1, 4) whose coefficients carry the
    /// constant that the number of columns leaves, and the result multiplies the exact `c`.
    ///
    /// - Parameters:
    ///   - x: `[rows, columns]` with `|x|` up to its bound, columns up to 8192.
    ///   - scale, minimumWidth: fraction bits and least ring width of the result, which is bounded by `sqrt(columns)`.
    /// - Returns: error at most `2e-3·(1 + |y|)`, up to twice that where the bound of `x` is large for epsilon, see
    ///   ``NormFormat``.
    /// - Throws: ``ProgramError`` where the bound is too large for that.
    /// - Communication: two openings of `[rows, columns]` in the 64-bit ring in one round; the rest is for rows only.
    public func layerNorm(
        _ x: Secret, rows: Int, columns: Int, epsilon: Double, scale: Int, minimumWidth: Int = 0
    ) throws -> Secret {
        let format = try NormFormat(
            x, columns: columns, centred: true, isShort: suite.extendsOpenings, epsilon: epsilon,
            path: path("layernorm"))
        return try tiledRows(x.reshaped([rows, columns]), elementsOfRow: 4 * columns) {
            try layerNormRows($0, format, scale: scale, minimumWidth: minimumWidth)
        }
    }

    private func layerNormRows(_ x: Secret, _ format: NormFormat, scale: Int, minimumWidth: Int) throws -> Secret {
        let (rows, columns) = (x.shape[0], x.shape[1])
        let grid = Segments(rows: rows, columns: columns)
        let centred = try step("centre") { () -> Secret in
            let wide = try resized(x, toWidth: min(operandWidth(format) + format.operandShift, profile.maximumWidth))
            let sums = try map(wide, .segmentSum(grid), shape: [rows])
            let spread = try map(sums, .segmentBroadcast(grid), shape: x.shape)
            let exact = try combine([(wide, Int64(columns)), (spread, -1)])
                .promisedMagnitude(2 * Double(columns) * x.magnitude)
            guard format.operandShift > 0 else { return exact }
            return try truncate(exact, by: format.operandShift, toWidth: exact.width - format.operandShift)
                .promisedMagnitude(format.operandMagnitude)
        }
        return try normalizeRows(grid, format, squares: "variance", scale: scale, minimumWidth: minimumWidth) {
            guard format.shift > 0, !suite.extendsOpenings else { return (centred, nil) }
            return (centred, try truncate(centred, by: format.shift, toWidth: profile.maximumWidth))
        }
    }
}
