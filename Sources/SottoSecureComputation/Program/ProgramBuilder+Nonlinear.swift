import SottoAlgebra
import SottoApproximation

// The checks of nonlinear operations, which end in the suite.

extension ProgramBuilder {
    /// `[x >= t]` for raw `thresholds` at the scale of `x`, in the narrowest ring that holds every `x - t`. With
    /// `nonNegative` the program promises that neither `x` nor a threshold is negative.
    public func compare(_ x: Secret, thresholds: [Int64], nonNegative: Bool = false) throws -> SecretBits {
        let limits = thresholds.map { Double($0.magnitude) }
        let reach = limits.map { nonNegative ? max(x.magnitude, $0) : x.magnitude + $0 }.max() ?? x.magnitude
        let width = try comparisonWidth(x, reach: reach)
        return try tiledBits(x) { try suite.compare($0, thresholds: thresholds, width: width, in: self) }
    }

    /// `[x >= 0]`.
    public func sign(_ x: Secret) throws -> SecretBits {
        let width = try comparisonWidth(x, reach: x.magnitude)
        return try tiledBits(x) { try suite.sign($0, width: width, in: self) }
    }

    private func comparisonWidth(_ x: Secret, reach: Double) throws -> Int {
        try checkHeadroom(reach, width: x.width, "compare")
        return profile.resolved(max(2, Self.bits(reach) + profile.signBits))
    }

    private func tiledBits(_ x: Secret, _ body: (Secret) throws -> SecretBits) throws -> SecretBits {
        let ranges = tiling.ranges(count: x.count)
        guard ranges.count > 1, !suite.tilesSteps else { return try body(x) }
        let tiles = try tiles(ranges) { range in
            let bits = try body(try elements(range, of: x))
            let parts = bits.parts.map { part in
                SecretBits.Part(
                    slot: part.slot,
                    range: (range.lowerBound + part.range.lowerBound)..<(range.lowerBound + part.range.upperBound))
            }
            return SecretBits(parts: parts, planes: bits.planes, count: range.count)
        }
        return SecretBits(parts: tiles.flatMap(\.parts), planes: tiles[0].planes, count: x.count)
    }

    /// The polynomial of `table` that `bits` select, at `x` minus the selected origin. The result has the given scale and
    /// magnitude (raw) and lives in the ring of `x`, which must hold it.
    package func select(
        _ bits: SecretBits, _ table: SelectionTable, of x: Secret, origins: [Int64] = [], scale: Int,
        magnitude: Double
    ) throws -> Secret {
        guard bits.count == x.count, bits.planes == table.thresholds, table.degree > 0 else {
            throw ProgramError.shape(
                path: path("select"), expected: "\(table.thresholds) bits for each of \(x.count) elements",
                got: "\(bits.planes) bits for \(bits.count)")
        }
        try checkHeadroom(magnitude, width: x.width, "select")
        return try selected(bits, shape: x.shape) { part, range in
            let x = try elements(range, of: x)
            return SelectionRequest(
                bits: part, table: table, x: x, origins: origins, shape: bits.parts.count > 1 ? [range.count] : x.shape,
                scale: scale, magnitude: magnitude, width: x.width)
        }
    }

    /// Bits as additively shared zeros and ones (a "B2A" conversion), in a ring of `width` bits: the number of set planes
    /// of every element.
    public func arithmetic(_ bits: SecretBits, width: Int) throws -> Secret {
        let width = try checkWidth(max(width, Self.bits(Double(bits.planes)) + profile.signBits), "select")
        let table = SelectionTable(rows: (0...bits.planes).map { [Int64($0)] })
        return try selected(bits, shape: [bits.count]) { part, range in
            SelectionRequest(
                bits: part, table: table, x: nil, origins: [], shape: [range.count], scale: 0,
                magnitude: Double(bits.planes), width: width)
        }
    }

    private func selected(
        _ bits: SecretBits, shape: [Int], _ request: (SecretBits, Range<Int>) throws -> SelectionRequest
    ) throws -> Secret {
        let parts = bits.parts.map { part in
            (
                SecretBits(
                    parts: [SecretBits.Part(slot: part.slot, range: 0..<part.range.count)], planes: bits.planes,
                    count: part.range.count), part.range
            )
        }
        guard parts.count > 1 else { return try suite.select(try request(parts[0].0, parts[0].1), in: self) }
        let results = try branches(parts, areTiles: true) { part in
            try suite.select(try request(part.0, part.1), in: self)
        }
        return try joined(results, shape: shape)
    }

    /// `b·x` for one bit plane: `x` where it is set, zero elsewhere.
    public func select(_ bit: SecretBits, _ x: Secret) throws -> Secret {
        try select(bit, SelectionTable(rows: [[0, 0], [0, 1]]), of: x, scale: x.scale, magnitude: x.magnitude)
    }

    /// Any scalar function given as piecewise polynomials.
    ///
    /// Where the input's bound is beyond the function's input range, the function is continued by its tails. The error is
    /// the specification's bound; the result is at the specification's result scale, to be rescaled by the caller (one unit
    /// more).
    /// - Throws: ``ProgramError/beyondFunction(path:bound:limit:)`` where it has no such tails.
    /// - Communication: that of the suite.
    public func evaluate(_ function: PiecewisePolynomial, at x: Secret) throws -> Secret {
        let (function, x) = try atItsScale(function, x)
        let magnitude = scaled(function.outputBound, by: function.resultScale)
        let width = try checkWidth(width(holding: magnitude), "select")
        return try tiledBySuite(x) {
            try suite.evaluate(function, at: $0, width: width, magnitude: magnitude, in: self)
        }
    }

    /// A function that reaches as far as its input, and the input at the function's scale or a finer one.
    func atItsScale(_ function: PiecewisePolynomial, _ x: Secret) throws -> (PiecewisePolynomial, Secret) {
        let reach = scaled(x.magnitude, by: -x.scale)
        guard let function = function.reaching(reach) else {
            throw ProgramError.beyondFunction(path: path(function.name), bound: reach, limit: function.largestReach)
        }
        // The polynomial reads its input at its own scale; a coarser one gets there without rounding.
        return (function, try refined(x, toScale: function.inputScale))
    }
}
