import SottoAlgebra
import SottoRandomness

extension SplineGate {
    /// Shares of every function at every opened value.
    ///
    /// - Parameter keys: a party's, of ``keyFormat``.
    /// - Returns: by function.
    /// - Throws: as ``ComparisonEvaluator``.
    public func evaluate(_ differences: [UInt64], _ keys: PartyComparisonKeys, kernel: TreeHash.Kernel = .fastest)
        throws -> [[UInt64]]
    {
        let mask: UInt64 = ring == 64 ? .max : 1 << UInt64(ring) &- 1
        let tables = functions.map { SplineTable($0) }
        let evaluator = try ComparisonEvaluator(keyFormat, party: keys.party, kernel: kernel)
        let payloads = try evaluator.payloads(keys.corrections, roots: keys.roots)
        let (rowSize, degree, one) = (pointsOfKey * (degree + 1), degree, UInt64(keys.party == .server ? 1 : 0))
        var results = functions.map { _ in [UInt64](repeating: 0, count: differences.count) }
        var payload = [one] + [UInt64](repeating: 0, count: degree)
        try evaluator.evaluate(
            keys.corrections, roots: keys.roots, points: circle.points(differences), clusters: clusters
        ) { chunk, values in
            for (place, key) in chunk.enumerated() {
                for power in 0..<degree { payload[power + 1] = payloads[key * degree + power] }
                let opened = circle.opened(differences[key])
                for function in tables.indices {
                    results[function][key] =
                        result(tables[function], opened, values + place * rowSize, payload) & mask
                }
            }
        }
        return results
    }

    /// The piece that holds where the mask is least, and at every point what changes there.
    /// - Parameters:
    ///   - row: shares of the key's function, by point and component.
    ///   - payload: shares of the payload.
    @inline(__always)
    private func result(
        _ table: SplineTable, _ opened: KnotCircle.Opened, _ row: UnsafePointer<UInt64>,
        _ payload: UnsafePointer<UInt64>
    ) -> UInt64 {
        let (components, knots) = (degree + 1, circle.knots)
        let wrapped = opened.shift &- 1 << UInt64(width)
        var (sum, passed) = (UInt64(0), 0)
        for (knot, start) in knots.enumerated() {
            let isPassed = circle.isPassed(start, opened)
            passed += isPassed ? 1 : 0
            sum &+= table.step(knot, at: isPassed ? wrapped : opened.shift, row + knot * components)
        }
        let last = row + knots.count * components
        return sum &+ table.piece(passed, at: opened.shift, payload)
            &+ table.piece(0, at: wrapped, last) &- table.piece(knots.count, at: opened.shift, last)
    }
}

/// A function's polynomials as words, and the differences of neighbours; of `x` itself, not of what is above an origin.
private struct SplineTable {
    private let degree: Int
    /// By piece and power.
    private let pieces: [UInt64]
    private let steps: [UInt64]

    init(_ function: SplineFunction) {
        degree = function.degree
        let pieces = zip(function.rows, function.origins).map { row, origin -> [UInt64] in
            var moved = row.map { UInt64(bitPattern: $0) }
            let shift = 0 &- UInt64(bitPattern: origin)
            // Horner's rule for polynomials (synthetic division).
            for start in 0..<row.count - 1 {
                for power in stride(from: row.count - 2, through: start, by: -1) {
                    moved[power] &+= shift &* moved[power + 1]
                }
            }
            return moved
        }
        self.pieces = pieces.flatMap { $0 }
        steps = zip(pieces, pieces.dropFirst()).flatMap { zip($1, $0).map { $0 &- $1 } }
    }

    @inline(__always)
    func piece(_ index: Int, at shift: UInt64, _ powers: UnsafePointer<UInt64>) -> UInt64 {
        value(pieces, index, shift, powers)
    }

    @inline(__always)
    func step(_ index: Int, at shift: UInt64, _ powers: UnsafePointer<UInt64>) -> UInt64 {
        value(steps, index, shift, powers)
    }

    /// The polynomial of `a + shift` from a multiple of the powers of `a`.
    @inline(__always)
    private func value(
        _ table: [UInt64], _ index: Int, _ shift: UInt64, _ powers: UnsafePointer<UInt64>
    ) -> UInt64 {
        let row = index * (degree + 1)
        let first = powers[1] &+ shift &* powers[0]
        var sum = table[row] &* powers[0] &+ table[row + 1] &* first
        guard degree > 1 else { return sum }
        let second = powers[2] &+ shift &* (powers[1] &+ first)
        sum &+= table[row + 2] &* second
        guard degree > 2 else { return sum }
        let third = 3 &* powers[2] &+ shift &* (3 &* powers[1] &+ shift &* powers[0])
        return sum &+ table[row + 3] &* (powers[3] &+ shift &* third)
    }
}
