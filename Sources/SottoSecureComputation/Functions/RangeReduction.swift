import SottoAlgebra
import SottoApproximation

/// A positive secret brought to a fixed interval by a power of a base, and the bits that say by which.
///
/// With buckets `[base^j, base^(j+1))` of the raw value, `j` from `lowest` to `highest`, one comparison with all bucket
/// limits gives unary bits; the value times `base^(highest - j)` is then exact and lies in `[1, base)` at scale
/// `log2(base)·highest`. A value below the lowest bucket keeps that bucket's factor.
struct NormalizedSecret {
    /// What tells the bucket.
    enum Bucket {
        /// How many limits the value has passed, in unary.
        case bits(SecretBits)
        /// `2^(highest - j)`.
        case factor(Secret)
    }

    let value: Secret
    let bucket: Bucket
    let lowest: Int
    let highest: Int
}

extension ProgramBuilder {
    /// - Parameters:
    ///   - x: raw value below `2^(baseBits·(highest+1))`.
    ///   - baseBits: log2 of the base.
    ///   - factorWidth: of the ring that the bucket's factor will be wanted in.
    /// - Communication: one comparison with `highest - lowest` thresholds and one selection, or that of a suite's splines.
    func normalize(
        _ x: Secret, baseBits: Int, lowest: Int, highest: Int, factorWidth: Int
    ) throws -> NormalizedSecret {
        let scale = baseBits * highest
        let thresholds = (lowest..<highest).map { Int64(1) << Int64(baseBits * ($0 + 1)) }
        let rows: [[Int64]] = (lowest...highest).map { [0, 1 << Int64(baseBits * (highest - $0))] }
        let magnitude = scaled(1, by: scale + baseBits).nextDown
        let factors: [[Int64]] = (lowest...highest).map { [1 << Int64(highest - $0), 0] }
        let splines = SplineRequest(
            knots: thresholds,
            functions: [
                .init(rows: rows, scale: scale, magnitude: magnitude),
                .init(rows: factors, scale: 0, magnitude: Double(factors[0][0])),
            ], width: try checkWidth(max(factorWidth, width(holding: magnitude)), "normalize"))
        if let results = try suite.evaluate(splines, at: x, in: self) {
            return NormalizedSecret(value: results[0], bucket: .factor(results[1]), lowest: lowest, highest: highest)
        }
        let bits = try compare(x, thresholds: thresholds, nonNegative: true)
        let wide = try resized(x, toWidth: max(x.width, width(holding: magnitude)))
        let value = try select(
            bits, SelectionTable(rows: rows), of: wide, scale: scale, magnitude: magnitude)
        return NormalizedSecret(value: value, bucket: .bits(bits), lowest: lowest, highest: highest)
    }

    /// `r`, of which `kept` fraction bits are kept, times `2^(highest - j)` for the bucket `j` of a normalised value, at `scale`
    /// in a ring of `width` bits.
    /// - Communication: that of a truncation and one selection; or of one opening of two values.
    func denormalize(
        _ r: Secret, keeping kept: Int, by normalized: NormalizedSecret, scale: Int, width: Int, magnitude: Double
    ) throws -> Secret {
        let exponents = (normalized.lowest...normalized.highest).map { normalized.highest - $0 }
        guard exponents.allSatisfy({ (0..<62).contains($0) }) else {
            throw ProgramError.headroom(path: path("select"), needed: exponents.max()!, available: 62)
        }
        switch normalized.bucket {
        case .bits(let bits):
            return try select(
                bits, SelectionTable(rows: exponents.map { [0, 1 << Int64($0)] }),
                of: try rescale(r, to: kept, minimumWidth: width), scale: scale, magnitude: magnitude)
        case .factor(let factor):
            let short = try rescale(r, to: kept)
            let opened = try openMasked([try narrowedForExtension(short), factor.narrowed(to: width)])
            let product = try multiplyExtended(opened[0], opened[1], bound: scaled(magnitude, by: -kept))
            return Secret(
                slot: product.slot, shape: product.shape, scale: scale, magnitude: magnitude, width: product.width)
        }
    }

    /// `1/x` for a positive secret `x` of at least `minimum` and at most its bound, at `scale` fraction bits.
    ///
    /// Range reduction by powers of two, the `reciprocal` specification on [1, 2), and a shift back. Relative error: that
    /// of the specification and one unit at the reduced scale.
    public func reciprocal(_ x: Secret, minimum: Double, scale: Int, minimumWidth: Int = 0) throws -> Secret {
        let lowest = Int(scaled(minimum, by: x.scale).exponent)
        // Where nothing is promised to reach the minimum, as of no elements, one bucket is left.
        let highest = max(lowest, Self.bits(x.magnitude) - 1)
        let bound = scaled(1, by: scale) / minimum
        let ring = try checkWidth(max(minimumWidth, width(holding: 2.1 * bound)), "reciprocal")
        let normalized = try step("normalize") {
            try normalize(x, baseBits: 1, lowest: lowest, highest: highest, factorWidth: ring)
        }
        let inverse = try step("reciprocal") { try evaluate(BuiltInFunctions.reciprocal, at: normalized.value) }
        // 1/x = 2^(x.scale - j) / m for m in [1, 2) and bucket j.
        let kept = scale + x.scale - highest
        guard kept >= 0 else {
            throw ProgramError.headroom(path: path("reciprocal"), needed: highest, available: scale + x.scale)
        }
        return try step("denormalize") {
            try denormalize(
                inverse, keeping: kept, by: normalized, scale: scale, width: ring, magnitude: 2.1 * bound)
        }
    }
}
