/// A scalar function with the tails 0 and x, such as GELU, as `max(x, 0)` minus a table of its even remainder: for every
/// cell of `|x|` a line.
///
/// A protocol that has the bits of `x` gets those of `|x|`, but for one unit, by adding the sign to each, and the slope of the
/// other side by adding the sign to its bits; half the cells of a table of the function itself are enough, and lines are
/// bounded by a small remainder. On `x` at ``inputScale``, rounded to within a unit:
///
/// 1. `m = x` where that is not negative, else `-x - 1`; `cell` and `digit` are the bits of `m` from ``cellBits`` on and
///    of `x` below, `v = digit - 2^(cellBits-1)`.
/// 2. `y = max(x, 0) - (offsets[cell]·2^-offsetScale + slope·v·2^-(slopeScale + inputScale))`, with `slope` half of
///    `2·slopes[cell] - (2^slopeBits - 1)`, and its opposite for a negative `x`; beyond the window the offset is zero and
///    the slope is half a unit.
///
/// Lines instead of values as in ``TabulatedFunction``.
public struct RemainderTable: Sendable, Hashable {
    /// That of the polynomials.
    public let name: String
    /// Cells are `2^-cellScale` long.
    public let cellScale: Int
    /// The window has `2^indexBits` cells from zero on.
    public let indexBits: Int
    /// By cell, at ``offsetScale``, not negative.
    public let offsets: [UInt64]
    /// By cell, of ``slopeBits`` bits.
    public let slopes: [UInt64]
    public let slopeBits: Int
    /// The largest difference to the polynomials that was met, lost units of the input included.
    public let deviation: Double
    /// The largest magnitude of a line.
    public let lineBound: Double

    /// Fraction bits of the input.
    public static let inputScale = 12
    public static let offsetScale = 13
    public static let slopeScale = 6
    /// Fraction bits of a line's value: slopes are halves.
    public static let resultScale = inputScale + slopeScale + 1

    /// Bits of the input below a cell.
    public var cellBits: Int { Self.inputScale - cellScale }
    /// Bits of an offset.
    public var offsetBits: Int { 64 - (offsets.max() ?? 0).leadingZeroBitCount }
    /// What the slope is beyond the window: half a unit.
    public var outerSlope: UInt64 { 1 << UInt64(slopeBits - 1) }
    /// Twice what is subtracted from a slope.
    public var slopeCentre: Int64 { 1 << Int64(slopeBits) - 1 }

    /// The line of a cell of positive inputs at ``resultScale``.
    /// - Parameters:
    ///   - cell: nil beyond the window.
    ///   - digit: below `2^cellBits`.
    public func line(cell: Int?, digit: Int64) -> Int64 {
        let slope = 2 * Int64(cell.map { slopes[$0] } ?? outerSlope) - slopeCentre
        let offset = Int64(cell.map { offsets[$0] } ?? 0)
        return offset << Int64(Self.resultScale - Self.offsetScale) + slope * (digit - 1 << Int64(cellBits - 1))
    }

    /// Cells as long as `tolerance` allows.
    ///
    /// Additions, products, quotients and roundings of stored integers alone, so that every machine makes the same table.
    /// - Parameter tolerance: how far the table may be from the polynomials.
    /// - Returns: nil for a function with other tails or an odd remainder, or where the window would have more than
    ///   2^``largestIndex`` cells.
    public init?(_ function: PiecewisePolynomial, tolerance: Double) {
        guard function.hasTailsOfReLU, let first = function.knots.first, let last = function.knots.last else {
            return nil
        }
        let unit = Double(sign: .plus, exponent: function.comparisonScale, significand: 1)
        let reach = Double(max(first.magnitude, last.magnitude)) / unit
        let reachBits = Int(reach.exponent) + (reach == reach.binade ? 0 : 1)
        for cellScale in 3... {
            let indexBits = reachBits + cellScale
            guard indexBits <= Self.largestIndex, cellScale < Self.inputScale else { return nil }
            guard indexBits > 0 else { continue }
            let table = RemainderTable(function, cellScale: cellScale, indexBits: indexBits)
            guard let table, table.deviation <= tolerance else { continue }
            self = table
            return
        }
        return nil
    }

    /// Bits of an index at most.
    public static let largestIndex = 9

    private init?(_ function: PiecewisePolynomial, cellScale: Int, indexBits: Int) {
        let length = 1 / Double(1 << cellScale)
        let cells = (0..<(1 << indexBits)).map { cell in
            RemainderSamples(function, from: Double(cell) * length, length: length)
        }
        // The outermost slopes are half a unit less than half their number.
        let steepest = Int((cells.map { $0.chord.magnitude }.max()! * Double(2 << Self.slopeScale)).rounded(.up))
        let slopeBits = max(1, Int.bitWidth - max(0, steepest - 1).leadingZeroBitCount)
        let half = Double(1 << slopeBits - 1) / 2
        var (offsets, slopes): ([UInt64], [UInt64]) = ([], [])
        // Beyond the window.
        var deviation = length / 2 / Double(2 << Self.slopeScale)
        var bound = deviation
        for cell in cells {
            let slope = min(max((cell.chord * Double(1 << Self.slopeScale) + half).rounded(), 0), 2 * half)
            let used = (slope - half) / Double(1 << Self.slopeScale)
            let fitted = cell.fitted(slope: used, unit: Double(1 << Self.offsetScale))
            guard fitted.offset >= 0 else { return nil }
            slopes.append(UInt64(slope))
            offsets.append(UInt64(fitted.offset))
            deviation = max(deviation, fitted.deviation + (used.magnitude + 1 / 64) / Double(1 << Self.inputScale))
            bound = max(bound, fitted.offset / Double(1 << Self.offsetScale) + used.magnitude * length / 2)
        }
        name = function.name
        (self.cellScale, self.indexBits, self.slopeBits) = (cellScale, indexBits, slopeBits)
        (self.offsets, self.slopes, self.deviation, lineBound) = (offsets, slopes, deviation, bound)
    }
}

/// The remainder on both sides of a cell.
private struct RemainderSamples {
    /// From the middle of the cell.
    private let samples: [(x: Double, y: Double)]
    /// Slope of the line through the means of both sides' ends.
    let chord: Double

    init(_ function: PiecewisePolynomial, from start: Double, length: Double) {
        let points = 64
        samples = (0...points).flatMap { point -> [(x: Double, y: Double)] in
            let x = start + length * Double(point) / Double(points)
            let v = x - start - length / 2
            return [(v, x - function.nearestValue(x)), (v, -function.nearestValue(-x))]
        }
        let last = samples.count - 1
        chord = ((samples[last].y + samples[last - 1].y) - (samples[0].y + samples[1].y)) / 2 / length
    }

    /// The offset that leaves the same error above and below.
    func fitted(slope: Double, unit: Double) -> (offset: Double, deviation: Double) {
        let rest = samples.map { $0.y - slope * $0.x }
        let (low, high) = (rest.min()!, rest.max()!)
        let offset = ((low + high) / 2 * unit).rounded()
        return (offset, max(high - offset / unit, offset / unit - low))
    }
}
