import SottoAlgebra
import SottoApproximation

/// A positive secret brought to a fixed interval by a power of a base, and the bits that say by which.
///
/// With buckets `[base^j, base^(j+1))` of the raw value, `j` from `lowest` to `highest`, one comparison with all bucket
/// limits gives unary bits; the value times `base^(highest - j)` is then exact and lies in `[1, base)` at scale
/// `log2(base)·highest`. A value below the lowest bucket keeps that bucket's factor.
struct NormalizedSecret {
    let value: Secret
    let bits: SecretBits
    let lowest: Int
    let highest: Int
}

extension ProgramBuilder {
    /// - Parameters:
    ///   - x: raw value below `2^(baseBits·(highest+1))`.
    ///   - baseBits: log2 of the base.
    /// - Communication: one comparison with `highest - lowest` thresholds and one selection.
    func normalize(_ x: Secret, baseBits: Int, lowest: Int, highest: Int) throws -> NormalizedSecret {
        let scale = baseBits * highest
        let thresholds = (lowest..<highest).map { Int64(1) << Int64(baseBits * ($0 + 1)) }
        let bits = try compare(x, thresholds: thresholds, nonNegative: true)
        let rows: [[Int64]] = (lowest...highest).map { [0, 1 << Int64(baseBits * (highest - $0))] }
        let magnitude = scaled(1, by: scale + baseBits).nextDown
        let wide = try resized(x, toWidth: max(x.width, width(holding: magnitude)))
        let value = try select(
            bits, SelectionTable(rows: rows), of: wide, scale: scale, magnitude: magnitude)
        return NormalizedSecret(value: value, bits: bits, lowest: lowest, highest: highest)
    }

    /// `r` times `2^exponent(j)` for the bucket `j` of a normalised value; exponents must not be negative.
    /// - Communication: one selection.
    func denormalize(
        _ r: Secret, by normalized: NormalizedSecret, exponent: (Int) -> Int, scale: Int, magnitude: Double
    ) throws -> Secret {
        let exponents = (normalized.lowest...normalized.highest).map(exponent)
        guard exponents.allSatisfy({ (0..<62).contains($0) }) else {
            throw ProgramError.headroom(path: path("select"), needed: exponents.max()!, available: 62)
        }
        return try select(
            normalized.bits, SelectionTable(rows: exponents.map { [0, 1 << Int64($0)] }), of: r, scale: scale,
            magnitude: magnitude)
    }

    /// `1/x` for a positive secret `x` of at least `minimum` and at most its bound, at `scale` fraction bits.
    ///
    /// Range reduction by powers of two, the `reciprocal` specification on [1, 2), and a shift back. Relative error: that
    /// of the specification and one unit at the reduced scale.
    public func reciprocal(_ x: Secret, minimum: Double, scale: Int, minimumWidth: Int = 0) throws -> Secret {
        let lowest = Int(scaled(minimum, by: x.scale).exponent)
        // Where nothing is promised to reach the minimum, as of no elements, one bucket is left.
        let highest = max(lowest, Self.bits(x.magnitude) - 1)
        let normalized = try step("normalize") { try normalize(x, baseBits: 1, lowest: lowest, highest: highest) }
        let inverse = try step("reciprocal") { try evaluate(BuiltInFunctions.reciprocal, at: normalized.value) }
        // 1/x = 2^(x.scale - j) / m for m in [1, 2) and bucket j.
        let kept = scale + x.scale - highest
        guard kept >= 0 else {
            throw ProgramError.headroom(path: path("reciprocal"), needed: highest, available: scale + x.scale)
        }
        let bound = scaled(1, by: scale) / minimum
        return try step("denormalize") {
            let short = try rescale(inverse, to: kept, minimumWidth: max(minimumWidth, width(holding: 2.1 * bound)))
            return try denormalize(
                short, by: normalized, exponent: { highest - $0 }, scale: scale, magnitude: 2.1 * bound)
        }
    }
}
