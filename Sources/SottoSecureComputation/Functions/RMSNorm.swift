import SottoAlgebra

extension ProgramBuilder {
    /// RMSNorm without its factors: `x / sqrt(mean of x² + epsilon)` over rows of `[rows, columns]`.
    ///
    /// As ``layerNorm(_:rows:columns:epsilon:scale:minimumWidth:)`` without the mean: the squares are summed up after a
    /// shift that follows from the bound, so that none overflows, and `1/sqrt` of their sum multiplies the exact `x`.
    /// `x` stays short, so that the product needs a narrower ring.
    ///
    /// - Parameters:
    ///   - x: `[rows, columns]` with `|x|` up to its bound, columns up to 8192.
    ///   - scale, minimumWidth: fraction bits and least ring width of the result, which is bounded by `sqrt(columns)`.
    /// - Returns: error at most `2e-3·(1 + |y|)`, up to twice that where the bound of `x` is large for epsilon, see
    ///   ``NormFormat``.
    /// - Throws: ``ProgramError`` where the bound is too large for that.
    /// - Communication: `[rows, columns]` is opened once in the 64-bit ring for the squares and, in the same round, once in
    ///   a ring of at most 56 bits for the product; below 63 columns one opening serves both. Before it an extension and a
    ///   truncation at the same time, after it a truncation of `[rows, columns]`; the rest is for rows only.
    public func rmsNorm(
        _ x: Secret, rows: Int, columns: Int, epsilon: Double, scale: Int, minimumWidth: Int = 0
    ) throws -> Secret {
        let format = try NormFormat(x, columns: columns, centred: false, epsilon: epsilon, path: path("rmsnorm"))
        return try tiledRows(x.reshaped([rows, columns]), elementsOfRow: 4 * columns) {
            try rmsNormRows($0, format, scale: scale, minimumWidth: minimumWidth)
        }
    }

    private func rmsNormRows(_ x: Secret, _ format: NormFormat, scale: Int, minimumWidth: Int) throws -> Secret {
        let (rows, columns) = (x.shape[0], x.shape[1])
        let grid = Segments(rows: rows, columns: columns)
        return try normalizeRows(grid, format, squares: "mean-square", scale: scale, minimumWidth: minimumWidth) {
            let widest = profile.maximumWidth
            guard format.shift > 0, !suite.extendsOpenings else {
                return (try resized(x, toWidth: operandWidth(format)), nil)
            }
            return try parallel(
                { try resized(x, toWidth: min(format.productWidth, widest)) },
                { try truncate(x, by: format.shift, toWidth: widest) })
        }
    }
}
