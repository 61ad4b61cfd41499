import Algebra
import Foundation

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
    /// - Returns: error at most `2e-3·(1 + |y|)`.
    /// - Communication: two openings of `[rows, columns]` in the 64-bit ring in one round; the rest is for rows only.
    public func layerNorm(
        _ x: Secret, rows: Int, columns: Int, epsilon: Double, scale: Int, minimumWidth: Int = 0
    ) throws -> Secret {
        let format = try LayerNormFormat(x, columns: columns, epsilon: epsilon, path: path("layernorm"))
        let grid = Segments(rows: rows, columns: columns)
        let centred = try step("centre") { () -> Secret in
            let wide = try resized(x, toWidth: profile.maximumWidth)
            let sums = try map(wide, .segmentSum(grid), shape: [rows])
            let spread = try map(sums, .segmentBroadcast(grid), shape: x.shape)
            return try combine([(wide, Int64(columns)), (spread, -1)]).promisedMagnitude(format.centredMagnitude)
        }
        let (masked, squares) = try step("variance") { () -> (MaskedSecret, Secret) in
            let short = try truncate(centred, by: format.shift, toWidth: profile.maximumWidth)
            let opened = try openMasked(format.shift == 0 ? [centred] : [centred, short])
            let sum = try multiply(
                opened.last!, opened.last!, shape: .rowDots(rows: rows, columns: columns), outputShape: [rows],
                bound: scaled(format.varianceMagnitude, by: -2 * short.scale))
            return (opened[0], try combine([(sum, 1)], constant: format.epsilon))
        }
        let factor = try step("inverse-square-root") { try inverseRoot(squares, format) }
        return try step("normalize") {
            let spread = try map(try openMasked(factor), .segmentBroadcast(grid), shape: x.shape)
            let product = try multiply(
                masked.rescaled(to: 0), spread, shape: .elementwise(count: x.count), outputShape: x.shape,
                bound: format.outputBound)
            return try rescale(product, to: scale, minimumWidth: minimumWidth)
        }
    }

    /// `2^productScale / (columns · 2^x.scale · sqrt(variance + epsilon))`, the factor of `c`, as a raw integer.
    private func inverseRoot(_ squares: Secret, _ format: LayerNormFormat) throws -> Secret {
        let normalized = try step("normalize") {
            try normalize(squares, baseBits: 2, lowest: format.lowestBucket, highest: LayerNormFormat.highestBucket)
        }
        let root = try evaluate(BuiltInFunctions.inverseSquareRoot.scaled(by: format.rootFactor), at: normalized.value)
        return try step("denormalize") {
            let short = try rescale(root, to: format.rootScale, minimumWidth: profile.maximumWidth)
            return try denormalize(
                short, by: normalized, exponent: { LayerNormFormat.highestBucket - $0 }, scale: format.productScale,
                magnitude: format.factorMagnitude)
        }
    }
}

extension MaskedSecret {
    /// The same integers read at another scale.
    func rescaled(to scale: Int) -> MaskedSecret {
        MaskedSecret(slot: slot, view: view, shape: shape, scale: scale, magnitude: magnitude, width: width)
    }
}

/// Scales and bounds inside LayerNorm, from the bound of its input and the number of columns alone.
///
/// With `c = columns·x_raw - sum` and `c' = c / 2^shift`, the sum of squares is `V = variance · columns · F^2` for
/// `F = columns · 2^(x.scale - shift)`, so that
/// `1/(columns · 2^x.scale · sqrt(variance + epsilon)) = sqrt(columns) · 2^-shift / sqrt(V + columns·epsilon·F^2)`.
struct LayerNormFormat: Sendable {
    /// Buckets are powers of four below 2^62.
    static let highestBucket = 30

    let shift: Int
    let centredMagnitude: Double
    let varianceMagnitude: Double
    let epsilon: Int64
    let lowestBucket: Int
    let outputBound: Double
    /// Fraction bits of the product of `c` with the factor.
    let productScale: Int
    /// `sqrt(columns)` is `rootFactor · 2^(rootExponent)` with a factor in (1/2, 1].
    let rootFactor: Double
    let rootScale: Int
    let factorMagnitude: Double

    init(_ x: Secret, columns: Int, epsilon: Double, path: String) throws {
        let n = Double(columns)
        centredMagnitude = 2 * n * x.magnitude
        // Sum of (c / 2^shift)^2, and one unit for the truncation, must stay below 2^62; sum c^2 <= n · (n·max|x|)^2.
        func sum(_ shift: Int) -> Double {
            let c = scaled(n * x.magnitude, by: -shift) + (shift == 0 ? 0 : 1)
            return n * c * c
        }
        let limit = scaled(0.98, by: 62)
        guard let shift = (0...40).first(where: { sum($0) < limit }) else {
            throw ProgramError.headroom(path: path, needed: 64, available: 62)
        }
        self.shift = shift
        let f = n * scaled(1, by: x.scale - shift)
        let addition = (n * epsilon * f * f).rounded()
        guard addition >= 1, addition < scaled(0.01, by: 62) else {
            throw ProgramError.unsupported(
                path: path, reason: "epsilon \(epsilon) is out of range for \(columns) columns")
        }
        self.epsilon = Int64(addition)
        varianceMagnitude = sum(shift)
        lowestBucket = Int(addition.exponent) / 2
        outputBound = n.squareRoot() + 1
        let root = n.squareRoot()
        let rootExponent = root == root.binade ? Int(root.exponent) : Int(root.exponent) + 1
        rootFactor = scaled(root, by: -rootExponent)
        productScale = 61 - ProgramBuilder.bits(outputBound)
        // factor = root · 2^(productScale - shift - bucket); the root keeps what is left at the highest bucket.
        rootScale = productScale - shift + rootExponent - Self.highestBucket
        guard rootScale >= 8 else {
            throw ProgramError.headroom(path: path, needed: 8 - rootScale + 64, available: 64)
        }
        factorMagnitude = scaled(rootFactor * 1.01, by: productScale - shift + rootExponent - lowestBucket)
    }
}
