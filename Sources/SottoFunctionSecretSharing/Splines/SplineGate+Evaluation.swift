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
        precondition(!isMultiplied)
        return try evaluate(differences, factors: [], keys, kernel: kernel)
    }

    /// Shares of every function at every opened value, times a secret that was opened under a mask of its own.
    ///
    /// - Parameters:
    ///   - factors: the secret's opened differences.
    ///   - keys: a party's, of ``keyFormat``, with the secret's masks in their payload.
    /// - Returns: by function.
    /// - Throws: as ``ComparisonEvaluator``.
    public func evaluate(
        _ differences: [UInt64], times factors: [UInt64], _ keys: PartyComparisonKeys,
        kernel: TreeHash.Kernel = .fastest
    ) throws -> [[UInt64]] {
        precondition(isMultiplied && factors.count == differences.count)
        return try evaluate(differences, factors: factors, keys, kernel: kernel)
    }

    private func evaluate(
        _ differences: [UInt64], factors: [UInt64], _ keys: PartyComparisonKeys, kernel: TreeHash.Kernel
    ) throws -> [[UInt64]] {
        let mask: UInt64 = ring == 64 ? .max : 1 << UInt64(ring) &- 1
        let components = keyFormat.components
        let tables = functions.map { SplineTable($0, stride: components) }
        let evaluator = try ComparisonEvaluator(keyFormat, party: keys.party, kernel: kernel)
        let payloads = try evaluator.payloads(keys.corrections, roots: keys.roots)
        let (rowSize, powers, one) = (pointsOfKey * components, degree + 1, UInt64(keys.party == .server ? 1 : 0))
        let last = rowSize - components
        var results = functions.map { _ in [UInt64](repeating: 0, count: differences.count) }
        var payload = [one] + [UInt64](repeating: 0, count: components - 1)
        try evaluator.evaluate(
            keys.corrections, roots: keys.roots, points: circle.points(differences), clusters: clusters
        ) { chunk, values in
            for function in tables.indices {
                let table = tables[function]
                results[function].withUnsafeMutableBufferPointer { results in
                    for (place, key) in chunk.enumerated() {
                        for index in 1..<components { payload[index] = payloads[key * (components - 1) + index - 1] }
                        let opened = circle.opened(differences[key])
                        let (wrapped, passed) = (opened.shift &- 1 << UInt64(width), circle.passed(opened))
                        func share(_ first: Int) -> UInt64 {
                            payload.withUnsafeBufferPointer { payload in
                                let row = values + place * rowSize + first
                                return table.result(
                                    opened.shift, wrapped: wrapped, passed: passed, row, wrap: row + last,
                                    payload.baseAddress! + first)
                            }
                        }
                        var result = share(0)
                        if isMultiplied { result = result &* factors[key] &+ share(powers) }
                        results[key] = result & mask
                    }
                }
            }
        }
        return results
    }
}

/// A function's polynomials as words, of `x` itself and not of what is above an origin.
private final class SplineTable {
    private let components: Int
    /// Of a point's components among all.
    private let stride: Int
    /// By piece and power.
    private let pieces: UnsafeMutableBufferPointer<UInt64>
    /// By knot at which the polynomial changes, and power: by how much.
    private let steps: UnsafeMutableBufferPointer<UInt64>
    private let knots: UnsafeMutableBufferPointer<Int>

    init(_ function: SplineFunction, stride: Int) {
        self.stride = stride
        let components = function.degree + 1
        let rows = zip(function.rows, function.origins).map { Self.moved($0, to: $1) }
        let changes = rows.indices.dropLast().filter { rows[$0] != rows[$0 + 1] }
        self.components = components
        pieces = Self.allocate(rows.flatMap { $0 })
        steps = Self.allocate(changes.flatMap { knot in zip(rows[knot + 1], rows[knot]).map { $0 &- $1 } })
        knots = Self.allocate(changes)
    }

    deinit {
        pieces.deallocate()
        steps.deallocate()
        knots.deallocate()
    }

    private static func allocate<Element>(_ values: [Element]) -> UnsafeMutableBufferPointer<Element> {
        let buffer = UnsafeMutableBufferPointer<Element>.allocate(capacity: values.count)
        _ = buffer.initialize(from: values)
        return buffer
    }

    /// A polynomial of what is above an origin as one of `x`, by Horner's rule for polynomials (synthetic division).
    private static func moved(_ row: [Int64], to origin: Int64) -> [UInt64] {
        var moved = row.map { UInt64(bitPattern: $0) }
        let shift = 0 &- UInt64(bitPattern: origin)
        for start in 0..<row.count - 1 {
            for power in Swift.stride(from: row.count - 2, through: start, by: -1) {
                moved[power] &+= shift &* moved[power + 1]
            }
        }
        return moved
    }

    /// The piece that holds where the mask is least, and at every point what changes there.
    /// - Parameters:
    ///   - shift: what the mask lacks of `x`, before it wraps.
    ///   - passed: knots that the least mask is beyond.
    ///   - row: shares of the key's function, by point and component.
    ///   - wrap: of the last point, where `x` wraps.
    ///   - payload: shares of the payload.
    @inline(__always)
    func result(
        _ shift: UInt64, wrapped: UInt64, passed: Int, _ row: UnsafePointer<UInt64>, wrap: UnsafePointer<UInt64>,
        _ payload: UnsafePointer<UInt64>
    ) -> UInt64 {
        let (pieces, steps) = (UnsafePointer(pieces.baseAddress!), UnsafePointer(steps.baseAddress!))
        let lastPiece = pieces + (self.pieces.count - components)
        var sum =
            value(pieces + passed * components, shift, payload) &+ value(pieces, wrapped, wrap)
            &- value(lastPiece, shift, wrap)
        for index in 0..<knots.count {
            let knot = knots[index]
            sum &+= value(steps + index * components, knot < passed ? wrapped : shift, row + knot * stride)
        }
        return sum
    }

    /// The polynomial of `a + shift` from a multiple of the powers of `a`.
    @inline(__always)
    private func value(
        _ row: UnsafePointer<UInt64>, _ shift: UInt64, _ powers: UnsafePointer<UInt64>
    ) -> UInt64 {
        let first = powers[1] &+ shift &* powers[0]
        let sum = row[0] &* powers[0] &+ row[1] &* first
        guard components > 2 else { return sum }
        let second = powers[2] &+ shift &* (powers[1] &+ first)
        guard components > 3 else { return sum &+ row[2] &* second }
        let third = 3 &* powers[2] &+ shift &* (3 &* powers[1] &+ shift &* powers[0])
        return sum &+ row[2] &* second &+ row[3] &* (powers[3] &+ shift &* third)
    }
}
