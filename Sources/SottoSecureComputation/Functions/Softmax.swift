import SottoAlgebra
import SottoApproximation

extension ProgramBuilder {
    /// Causal softmax: `exp(s - max) / sum` over every row of the causal triangle. Masked positions are not there, so they
    /// cost nothing.
    ///
    /// The maximum is taken of scores truncated to ``SoftmaxFormat/maximumScale`` fraction bits, which is within two of
    /// those units of the true one; the result does not depend on it beyond the exponential's range.
    ///
    /// - Parameters:
    ///   - scores: packed rows of the triangle.
    ///   - longestRow: for which rings are made wide enough; by default the longest of `rows`.
    ///   - scale, minimumWidth: fraction bits and least ring width of the result.
    /// - Returns: probabilities of the same shape. Absolute error at most 1e-3 for rows of up to 1024 positions.
    public func softmax(
        _ scores: Secret, rows: Segments, longestRow: Int? = nil, scale: Int, minimumWidth: Int = 0
    ) throws -> Secret {
        let longest = max(rows.longest, longestRow ?? 0)
        let format = SoftmaxFormat(longestRow: longest)
        let exponential = BuiltInFunctions.exponential
        let maximum = try step("maximum") {
            // Differences of two scores need one bit more than the scores.
            // In a field a comparison costs the same at every scale, and a truncation a round.
            let coarse =
                profile.hasNarrowRings
                ? try rescale(
                    scores, to: format.maximumScale,
                    minimumWidth: width(
                        holding: scaled(2 * scores.magnitude, by: format.maximumScale - scores.scale) + 2) - 1)
                : scores
            return try refined(try self.maximum(coarse, rows: rows), toScale: scores.scale)
        }
        let exponentials = try step("exponential") {
            let spread = try map(maximum, .segmentBroadcast(rows), shape: scores.shape)
            let shifted = try subtract(scores, spread.narrowed(to: scores.width))
            // Where openings are extended the ring need only hold the sums.
            let sum = Double(longest) * scaled(exponential.outputBound, by: format.exponentialScale)
            return try self.exponential(
                shifted, scale: format.exponentialScale,
                minimumWidth: suite.extendsOpenings ? width(holding: sum) : format.productWidth)
        }
        // Rings are those of the longest row of all tiles.
        let sums = try map(exponentials, .segmentSum(rows), shape: [rows.rowCount])
            .withMagnitude(exponentials.magnitude * Double(longest))
            .promised(below: Double(longest) * exponential.outputBound)
        let inverse = try step("sum") {
            try coarseReciprocal(
                sums, minimum: format.smallestSum, scale: format.reciprocalScale, minimumWidth: format.productWidth)
                ?? reciprocal(
                    sums, minimum: format.smallestSum, scale: format.reciprocalScale,
                    minimumWidth: format.productWidth)
        }
        return try step("normalize") {
            let product = try shares(exponentials, inverse, rows, format)
            return try rescale(product, to: scale, minimumWidth: minimumWidth)
        }
    }
}

extension ProgramBuilder {
    /// Every exponential times the inverse of its row's sum.
    private func shares(
        _ exponentials: Secret, _ inverse: Secret, _ rows: Segments, _ format: SoftmaxFormat
    ) throws -> Secret {
        let exponentials = try suite.extendsOpenings ? narrowedForExtension(exponentials) : exponentials
        let masked = try openMasked([exponentials, inverse].map { $0.narrowed(to: format.productWidth) })
        let spread = try map(masked[1], .segmentBroadcast(rows), shape: exponentials.shape)
        guard suite.extendsOpenings else {
            return try multiply(
                masked[0], spread, shape: .elementwise(count: exponentials.count), outputShape: exponentials.shape,
                bound: format.largestProbability)
        }
        return try multiplyExtended(masked[0], spread, bound: format.largestProbability)
    }
}

/// Scales inside softmax.
package struct SoftmaxFormat: Sendable {
    /// Fraction bits of the scores when the maximum is sought.
    let maximumScale = 6
    /// Fraction bits of exponentials and of the reciprocal of their sum.
    package let exponentialScale = 22
    package let reciprocalScale: Int
    /// The largest exponential of a row is at least `exp(-2^-5)`.
    let smallestSum = 0.75
    let largestProbability = 1.5

    package init(longestRow: Int) {
        // The reciprocal keeps at least 16 fraction bits before it is shifted back by up to the bits of the sum.
        reciprocalScale = 18 + ProgramBuilder.bits(Double(longestRow) * 2)
    }

    /// Bits of a probability at the sum of both scales, and two more.
    package var productWidth: Int { exponentialScale + reciprocalScale + 3 }
}
