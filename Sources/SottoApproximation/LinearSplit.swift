/// A function as lines, whose slopes and offsets are whole at its input's scale, and what is left of it, which is small at
/// every input: both then fit rings that are much narrower than one that holds the function at its result scale.
public struct LinearSplit: Sendable, Hashable {
    /// By piece, `slope·x + offset` at the input's scale.
    public struct Line: Sendable, Hashable {
        public let slope: Int64
        public let offset: Int64

        public init(slope: Int64, offset: Int64) {
            (self.slope, self.offset) = (slope, offset)
        }
    }

    public let lines: [Line]
    /// By piece, the coefficients that are left, of `x` above the function's origin.
    public let rows: [[Int64]]
    /// The largest magnitude of what is left, as an integer at the result scale.
    public let bound: Int64
}

extension PiecewisePolynomial {
    /// - Parameter bits: what is left is below two to this power, at most 62.
    /// - Returns: nil where a piece is too far from every such line, or a coefficient leaves 64 bits. Lines are zero where that
    ///   is enough, else without an offset.
    public func linearSplit(within bits: Int) -> LinearSplit? {
        let limit = Int128(1) << Int128(bits)
        var (lines, rows): ([LinearSplit.Line], [[Int64]]) = ([], [])
        var bound: Int128 = 0
        for piece in coefficients.indices {
            guard let (line, row, largest) = split(piece, below: limit) else { return nil }
            lines.append(line)
            rows.append(row)
            bound = max(bound, largest)
        }
        return LinearSplit(lines: lines, rows: rows, bound: Int64(bound))
    }

    private func split(
        _ piece: Int, below limit: Int128
    ) -> (line: LinearSplit.Line, row: [Int64], largest: Int128)? {
        for slope: Int64 in [0, 1, -1] {
            let line = LinearSplit.Line(slope: slope, offset: 0)
            guard let row = rest(of: piece, line), let range = values(of: row, piece) else { continue }
            if range.magnitude < limit { return (line, row, range.magnitude) }
        }
        for slope: Int64 in [0, 1, -1] {
            guard let bare = rest(of: piece, .init(slope: slope, offset: 0)), let range = values(of: bare, piece)
            else { continue }
            // The middle, to a unit of the input's scale.
            let middle = (range.lowerBound + range.upperBound) >> Int128(resultScale - inputScale + 1)
            guard let offset = Int64(exactly: middle) else { continue }
            let line = LinearSplit.Line(slope: slope, offset: offset)
            guard let row = rest(of: piece, line), let range = values(of: row, piece) else { continue }
            if range.magnitude < limit { return (line, row, range.magnitude) }
        }
        return nil
    }

    /// A piece's coefficients less a line's; nil where they leave 64 bits.
    private func rest(of piece: Int, _ line: LinearSplit.Line) -> [Int64]? {
        guard degree > 0, line.slope != 0 || line.offset != 0 else { return coefficients[piece] }
        let unit = Int128(1) << Int128(resultScale - inputScale)
        let atOrigin = Int128(line.slope) * Int128(origins[piece]) + Int128(line.offset)
        var row = coefficients[piece].map { Int128($0) }
        let (product, overflowed) = atOrigin.multipliedReportingOverflow(by: unit)
        guard !overflowed else { return nil }
        row[0] -= product
        row[1] -= Int128(line.slope) * unit
        let exact = row.compactMap { Int64(exactly: $0) }
        return exact.count == row.count ? exact : nil
    }

    /// The least and the largest value that a row has where it can be met.
    private func values(of row: [Int64], _ piece: Int) -> ClosedRange<Int128>? {
        var range: ClosedRange<Int128>?
        for offset in extremalOffsets(of: piece, row) {
            guard let value = exactValue(row, at: offset) else { return nil }
            range = range.map { min($0.lowerBound, value)...max($0.upperBound, value) } ?? value...value
        }
        return range
    }
}

extension ClosedRange<Int128> {
    fileprivate var magnitude: Int128 { Swift.max(upperBound, 0 - lowerBound) }
}
