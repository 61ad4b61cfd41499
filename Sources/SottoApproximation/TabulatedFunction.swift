/// A scalar function with the tails 0 and x, such as GELU, as a table: inside a window around zero the nearer tail plus a line
/// for each cell of a uniform grid, beyond it the tail.
///
/// A protocol that looks cells up pays for their number and for the bits of their lines, not for comparisons, so that many
/// short lines replace a few cubics. On a secret input `x` at ``inputScale``:
///
/// 1. `x - start = cell·2^cellBits + rest`, where `cell` is the one that `x` lies in or the one before it: a carry from
///    below the cells may be lost, so that `0 <= rest < 2·2^cellBits`.
/// 2. `digit` is `rest / 2^droppedBits` rounded down by up to two units, `v = digit - centre`.
/// 3. `y = tail(cell) + offsets[cell]·2^-offsetScale + slopes[cell]·v·2^-(slopeScale + digitScale)`, where `tail` is 0
///    in the lower half of the window and `x` in the upper; 0 below the window and `x` above it.
///
/// The bound of the error holds for every outcome. Tables of masked indices: TinyTable (Damgård et al., CRYPTO 2017) and
/// FLUTE (Brüggemann et al., S&P 2023); lines instead of values keep them short.
public struct TabulatedFunction: Sendable, Hashable {
    /// That of the polynomials.
    public let name: String
    /// Cells are `2^-cellScale` long.
    public let cellScale: Int
    /// The window has `2^indexBits` cells, half of them below zero.
    public let indexBits: Int
    /// By cell, at ``offsetScale``; lines are taken at the middle of the two cells that may meet them.
    public let offsets: [Int64]
    /// By cell, at ``slopeScale``.
    public let slopes: [Int64]
    /// The largest difference to the polynomials that was met, lost units of the digit included.
    public let deviation: Double
    /// The largest magnitude of a line.
    public let lineBound: Double

    /// Fraction bits of the input.
    public static let inputScale = 16
    public static let offsetScale = 13
    public static let slopeScale = 6
    public static let digitScale = 12
    /// Fraction bits of a line's value before it is truncated.
    public static let resultScale = slopeScale + digitScale

    /// Bits of the input below a cell.
    public var cellBits: Int { Self.inputScale - cellScale }
    /// Of those, what the digit leaves out.
    public static let droppedBits = inputScale - digitScale
    /// The start of the window, at ``inputScale``.
    public var start: Int64 { -(1 << Int64(indexBits - 1 + cellBits)) }
    /// What is subtracted from a digit.
    public var centre: Int64 { (1 << Int64(cellBits - Self.droppedBits)) - 1 }

    /// The line of a cell at ``resultScale``.
    /// - Parameter digit: from 0 to `2·(2^(cellBits - droppedBits) - 1)`.
    public func line(cell: Int, digit: Int64) -> Int64 {
        offsets[cell] << Int64(Self.resultScale - Self.offsetScale) + slopes[cell] * (digit - centre)
    }

    /// Cells as long as `tolerance` allows, lines through the ends of what may meet them.
    ///
    /// Additions, products, quotients and roundings of stored integers alone, so that every machine makes the same table.
    /// - Parameter tolerance: how far the table may be from the polynomials.
    /// - Returns: nil for a function with other tails, or where the window would have more than 2^``largestIndex`` cells.
    public init?(_ function: PiecewisePolynomial, tolerance: Double) {
        guard function.hasTailsOfReLU, let first = function.knots.first, let last = function.knots.last else {
            return nil
        }
        let unit = Double(sign: .plus, exponent: function.comparisonScale, significand: 1)
        let reach = Double(max(first.magnitude, last.magnitude)) / unit
        let halfBits = Int(reach.exponent) + (reach == reach.binade ? 0 : 1)
        for cellScale in 3... {
            let indexBits = halfBits + 1 + cellScale
            guard indexBits <= Self.largestIndex, cellScale < Self.digitScale else { return nil }
            guard indexBits > 0 else { continue }
            let table = TabulatedFunction(function, cellScale: cellScale, indexBits: indexBits)
            guard table.deviation > tolerance else {
                self = table
                return
            }
        }
        return nil
    }

    /// Bits of an index at most.
    public static let largestIndex = 10

    private init(_ function: PiecewisePolynomial, cellScale: Int, indexBits: Int) {
        name = function.name
        self.cellScale = cellScale
        self.indexBits = indexBits
        let lines = (0..<(1 << indexBits)).map { cell in
            FittedLine(
                function, from: Double(cell - 1 << (indexBits - 1)) / Double(1 << cellScale),
                length: 2 / Double(1 << cellScale), tail: cell >= 1 << (indexBits - 1) ? 1 : 0)
        }
        offsets = lines.map(\.offset)
        slopes = lines.map(\.slope)
        deviation = lines.map(\.deviation).max() ?? 0
        lineBound = lines.map(\.bound).max() ?? 0
    }
}

/// One line of a table.
private struct FittedLine {
    let offset: Int64
    let slope: Int64
    let deviation: Double
    let bound: Double

    /// The chord with its slope rounded, moved to where its errors are the same on both sides.
    init(_ function: PiecewisePolynomial, from start: Double, length: Double, tail: Double) {
        let points = 64
        let middle = start + length / 2
        let samples = (0...points).map { point -> (x: Double, y: Double) in
            let x = start + length * Double(point) / Double(points)
            return (x - middle, function.nearestValue(x) - tail * x)
        }
        let slopeUnit = Double(1 << TabulatedFunction.slopeScale)
        let offsetUnit = Double(1 << TabulatedFunction.offsetScale)
        let rounded = ((samples.last!.y - samples[0].y) / length * slopeUnit).rounded()
        let rest = samples.map { $0.y - rounded / slopeUnit * $0.x }
        let (low, high) = (rest.min()!, rest.max()!)
        let level = ((low + high) / 2 * offsetUnit).rounded()
        slope = Int64(rounded)
        offset = Int64(level)
        // A digit errs by up to a unit on either side.
        let lost = rounded.magnitude / slopeUnit / Double(1 << TabulatedFunction.digitScale)
        deviation = max(high - level / offsetUnit, level / offsetUnit - low) + lost
        bound = level.magnitude / offsetUnit + rounded.magnitude / slopeUnit * length / 2
    }
}

extension PiecewisePolynomial {
    /// Whether it is 0 left of its knots and x right of them.
    var hasTailsOfReLU: Bool {
        guard let left = coefficients.first, let right = coefficients.last, coefficients.count > 1 else { return false }
        let slope = resultScale - inputScale
        return left.allSatisfy { $0 == 0 } && right.count > 1 && right[0] == 0 && origins[origins.count - 1] == 0
            && (0..<63).contains(slope) && right[1] == 1 << Int64(slope) && right.dropFirst(2).allSatisfy { $0 == 0 }
            && inputRange.lowerBound < domain.lowerBound && inputRange.upperBound > domain.upperBound
    }

    /// The value at the nearest input below `x`.
    func nearestValue(_ x: Double) -> Double {
        let raw = Int64((x * Double(sign: .plus, exponent: inputScale, significand: 1)).rounded(.down))
        return realValue(x: raw, interval: interval(forComparisonInput: raw >> Int64(inputScale - comparisonScale)))
    }
}
