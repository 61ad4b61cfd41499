/// `e^x` for `x` up to 1/16 as a table of exponentials times a short product, in integers that every machine computes alike.
///
/// With `n = 1/16 + 2^-12 - x` at ``inputScale``, rounded to within a unit, `cell` its bits from ``cellBits`` on and `digit`
/// those below: `e^x` is `values[cell]·(1 - (digit - 2^(cellBits-1))·2^-inputScale)`, zero from cell 2^``indexBits`` on. Of
/// the value in the second term the lowest ``droppedBits`` are left out.
package struct ExponentialTable: Sendable, Hashable {
    /// Fraction bits of the values.
    package let scale: Int
    /// By cell: the exponential at its middle, and a little more, so that the line's error is the same on both sides.
    package let values: [UInt64]

    /// Fraction bits of the input.
    package static let inputScale = 13
    package static let indexBits = 8
    /// Cells of 1/16.
    package static let cellBits = inputScale - 4
    package static let droppedBits = 4
    /// `2^-inputScale` of a value but for the digit's part: `2^inputScale + 2^(cellBits-1) - (2^cellBits - 1)`.
    package static let base: Int64 = 1 << 13 + 1 << 8 - (1 << 9 - 1)
    /// What `-x` is added to, at 16 fraction bits.
    package static let start: Int64 = 1 << 12 + 1 << 4

    /// The largest error relative to `e^x`; one unit of the scale comes to it.
    package static let relativeErrorBound = 4e-4
    /// What inputs beyond the table have at most.
    package static let tailBound = 1.2e-7

    /// - Precondition: 5 to 24 fraction bits.
    package init(scale: Int) {
        precondition((5...24).contains(scale))
        self.scale = scale
        // At the scale of the powers.
        let shift = UInt64(FixedPointExponential.inputScale - 4)
        let middles = (0..<(1 << UInt64(Self.indexBits))).map { UInt64($0) << shift + 1 << (shift - 1) }
        // e^(1/16 + 2^-12)·(1 + 2^-12) at 30 fraction bits.
        let constant: UInt64 = 1_143_550_426
        let drop = UInt64(30 - scale)
        values = FixedPointExponential.power(middles).map {
            ($0.multipliedFullWidth(by: constant).high + 1 << (drop - 1)) >> drop
        }
    }

    /// Bits of a value.
    package var valueBits: Int { 64 - values[0].leadingZeroBitCount }

    /// Fraction bits of ``product(cell:digit:)``.
    package var productScale: Int { scale - Self.droppedBits + Self.inputScale }

    /// What a cell and a digit give.
    package func product(cell: Int, digit: Int64) -> Int64 {
        let value = Int64(values[cell])
        let (high, low) = (value >> Int64(Self.droppedBits), value & (1 << Int64(Self.droppedBits) - 1))
        let complement = (1 << Int64(Self.cellBits) - 1) - digit
        return high * (Self.base + complement) + low << Int64(Self.inputScale - Self.droppedBits)
    }
}
