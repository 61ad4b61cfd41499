import SottoAlgebra
import SottoApproximation

extension ProgramBuilder {
    /// `c / sqrt(mean of c² + epsilon)` over the rows of a grid, the common part of LayerNorm and RMSNorm.
    ///
    /// The squares of `c`, or of `c` after a shift that follows from its bound, are summed up; epsilon is added as an
    /// integer. The sum is normalised by powers of four, `1/sqrt` of it comes from a specification on [1, 4) whose
    /// coefficients carry the constant that the number of columns leaves, and the result multiplies the exact `c`.
    ///
    /// - Parameters:
    ///   - squares: name of the step that squares.
    ///   - operands: `c` itself and, where there is a shift, `c` after it.
    func normalizeRows(
        _ grid: Segments, _ format: NormFormat, squares name: String, scale: Int, minimumWidth: Int,
        operands: () throws -> (exact: Secret, short: Secret?)
    ) throws -> Secret {
        guard !suite.extendsOpenings else {
            return try normalizeRowsNarrowly(
                grid, format, squares: name, scale: scale, minimumWidth: minimumWidth, operands: operands)
        }
        let (rows, columns) = (grid.rowCount, grid.longest)
        let (masked, squares) = try step(name) { () -> (MaskedSecret, Secret) in
            let (exact, short) = try operands()
            let opened = try openMasked(short.map { [exact, $0] } ?? [exact])
            let sum = try multiply(
                opened.last!, opened.last!, shape: .rowDots(rows: rows, columns: columns), outputShape: [rows],
                bound: scaled(format.squaresMagnitude, by: -2 * opened.last!.scale))
            return (opened[0], try combine([(sum, 1)], constant: format.epsilon))
        }
        let factor = try step("inverse-square-root") { try inverseRoot(squares, format) }
        return try step("normalize") {
            let shape = [rows, columns]
            let spread = try map(
                try openMasked(factor.narrowed(to: masked.width)), .segmentBroadcast(grid), shape: shape)
            let product = try multiply(
                masked.rescaled(to: 0), spread, shape: .elementwise(count: grid.elementCount), outputShape: shape,
                bound: format.outputBound)
            return try rescale(product, to: scale, minimumWidth: minimumWidth)
        }
    }

    /// The ring in which `c` is made: the widest, or the one that it is opened in where openings are extended.
    func operandWidth(_ format: NormFormat) -> Int {
        suite.extendsOpenings ? Self.widthForExtension(format.operandMagnitude) : profile.maximumWidth
    }

    /// The same with one opening of `c`, in the narrowest ring that holds it.
    private func normalizeRowsNarrowly(
        _ grid: Segments, _ format: NormFormat, squares name: String, scale: Int, minimumWidth: Int,
        operands: () throws -> (exact: Secret, short: Secret?)
    ) throws -> Secret {
        let widest = profile.maximumWidth
        let (masked, squares) = try step(name) { () -> (MaskedSecret, Secret) in
            let opened = try openMasked(try narrowedForExtension(try operands().exact))
            let sum = try sumsOfSquares(
                opened, rows: grid.rowCount, columns: grid.longest, droppedBits: format.shift, width: widest,
                magnitude: format.squaresMagnitude)
            return (opened, try combine([(sum, 1)], constant: format.epsilon))
        }
        let factor = try step("inverse-square-root") { try inverseRoot(squares, format) }
        return try step("normalize") {
            let spread = try map(
                try openMasked(factor), .segmentBroadcast(grid), shape: [grid.rowCount, grid.longest])
            let product = try multiplyExtended(masked.rescaled(to: 0), spread, bound: format.outputBound)
            return try rescale(product, to: scale, minimumWidth: minimumWidth)
        }
    }

    /// `2^productScale / (columns · 2^x.scale · sqrt(variance + epsilon))`, the factor of `c`, as a raw integer.
    private func inverseRoot(_ squares: Secret, _ format: NormFormat) throws -> Secret {
        let normalized = try step("normalize") {
            try normalize(
                squares, baseBits: 2, lowest: format.lowestBucket, highest: NormFormat.highestBucket,
                factorWidth: profile.maximumWidth)
        }
        let denormalized = try denormalizedRoot(
            of: normalized, times: format.rootFactor, keeping: format.rootScale, scale: format.productScale,
            width: profile.maximumWidth, magnitude: format.factorMagnitude)
        if let denormalized { return denormalized }
        let root = try evaluate(BuiltInFunctions.inverseSquareRoot.scaled(by: format.rootFactor), at: normalized.value)
        return try step("denormalize") {
            try denormalize(
                root, keeping: format.rootScale, by: normalized, scale: format.productScale,
                width: profile.maximumWidth, magnitude: format.factorMagnitude)
        }
    }
}

extension MaskedSecret {
    /// The same integers read at another scale.
    func rescaled(to scale: Int) -> MaskedSecret {
        MaskedSecret(slot: slot, view: view, shape: shape, scale: scale, magnitude: magnitude, width: width)
    }
}

/// Scales and bounds inside LayerNorm and RMSNorm, from the bound of the input and the number of columns alone.
///
/// With `c = u·x_raw`, for LayerNorm minus the sum of the row, and `u` the number of columns, over `2^operandShift` where `c` is
/// opened in the narrowest ring, for RMSNorm `u = 1`, and with `c' = c / 2^shift`, the sum of squares is `V = m · columns · F^2` for `F = u · 2^(x.scale - shift)` and `m` the
/// variance or mean square, so that
/// `1/(u · 2^x.scale · sqrt(m + epsilon)) = sqrt(columns) · 2^-shift / sqrt(V + columns·epsilon·F^2)`.
struct NormFormat: Sendable {
    /// Buckets are powers of four below 2^62.
    static let highestBucket = 30
    /// The least `epsilon·F^2`: what a truncation of the operands adds to the mean square counts for at most that part of
    /// epsilon. The error of the result is below 4e-3·(1 + |y|) there, and below 2e-3·(1 + |y|) from four times that on.
    static let leastEpsilon = 16.0
    /// Fraction bits of `1/sqrt` at the highest bucket that are enough for the error bound.
    static let sufficientRootScale = 18

    /// Lowest bits of the centred integers that `c` does without.
    let operandShift: Int
    let shift: Int
    let operandMagnitude: Double
    let squaresMagnitude: Double
    let epsilon: Int64
    let lowestBucket: Int
    let outputBound: Double
    /// Fraction bits of the product of `c` with the factor.
    let productScale: Int
    /// `sqrt(columns)` is `rootFactor · 2^(rootExponent)` with a factor in (1/2, 1].
    let rootFactor: Double
    let rootScale: Int
    let factorMagnitude: Double

    /// Ring that is wide enough for the product of `c` with the factor.
    var productWidth: Int { productScale + ProgramBuilder.bits(outputBound) + 3 }

    /// Bits of `sqrt(epsilon)·u·2^x.scale` that a shift of `c` leaves: what its rounding moves a result by, at most 2^-10.
    private static let sufficientEpsilonBits = 10

    /// - Parameter isShort: whether `c` is to have no more bits than it needs.
    init(
        _ x: Secret, columns: Int, centred: Bool, isShort: Bool = false, epsilon: Double, path: String
    ) throws {
        let n = Double(columns)
        let least = (epsilon.squareRoot() * scaled(n, by: x.scale)).exponent
        operandShift = isShort && centred ? max(0, Int(clamping: least) - Self.sufficientEpsilonBits) : 0
        let u = centred ? scaled(n, by: -operandShift) : 1
        let rounding = operandShift > 0 ? 1.0 : 0
        operandMagnitude = (centred ? 2 * u * x.magnitude : x.magnitude) + rounding
        // Sum of (c / 2^shift)^2, and one unit for the truncation, must stay below 2^62; sum c^2 <= n · (u·max|x|)^2.
        func sum(_ shift: Int) -> Double {
            let c = scaled(u * x.magnitude + rounding, by: -shift) + (shift == 0 ? 0 : 1)
            return n * c * c
        }
        let limit = scaled(0.98, by: 62)
        guard let shift = (0...40).first(where: { sum($0) < limit }) else {
            throw ProgramError.headroom(path: path, needed: 64, available: 62)
        }
        self.shift = shift
        let f = u * scaled(1, by: x.scale - shift)
        let addition = (n * epsilon * f * f).rounded()
        guard addition >= 1 || shift == 0 else {
            throw ProgramError.imprecise(path: path, bound: scaled(x.magnitude, by: -x.scale))
        }
        guard addition >= 1, addition < scaled(0.01, by: 62) else {
            throw ProgramError.unsupported(
                path: path, reason: "epsilon \(epsilon) is out of range for \(columns) columns")
        }
        guard shift == 0 || epsilon * f * f >= Self.leastEpsilon else {
            throw ProgramError.imprecise(path: path, bound: scaled(x.magnitude, by: -x.scale))
        }
        self.epsilon = Int64(addition)
        squaresMagnitude = sum(shift)
        lowestBucket = Int(addition.exponent) / 2
        outputBound = n.squareRoot() + 1
        let root = n.squareRoot()
        let rootExponent = root == root.binade ? Int(root.exponent) : Int(root.exponent) + 1
        rootFactor = scaled(root, by: -rootExponent)
        // factor = root · 2^(productScale - shift - bucket); the root keeps what is left at the highest bucket. What
        // RMSNorm has to spare there makes its ring narrower; LayerNorm, whose `c` is longer, has next to nothing.
        let largestScale = 61 - ProgramBuilder.bits(outputBound)
        let largestRootScale = largestScale - shift + rootExponent - Self.highestBucket
        let spare = centred ? 0 : max(0, largestRootScale - Self.sufficientRootScale)
        productScale = largestScale - spare
        rootScale = largestRootScale - spare
        guard rootScale >= 8 else {
            throw ProgramError.headroom(path: path, needed: 8 - rootScale + 64, available: 64)
        }
        factorMagnitude = scaled(rootFactor * 1.01, by: productScale - shift + rootExponent - lowestBucket)
    }
}
