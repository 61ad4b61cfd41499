import SottoAlgebra

/// Some bits of an integer.
package struct MaskDigit: Sendable, Hashable, CanonicallyEncodable {
    package let low: Int
    package let bits: Int

    package init(low: Int, bits: Int) {
        self.low = low
        self.bits = bits
    }

    /// Bits of a digit whose row of indicators fits a word.
    static let largest = 6

    package func of(_ word: UInt64) -> UInt64 { (word >> UInt64(low)) & Ring64.mask(bits) }

    package func encode(into encoder: inout CanonicalEncoder) { encoder.append([low, bits]) }
}

/// A window of `2^indexBits` cells of `2^cellBits` in a ring, and where in it a value `x = d + r` lies of which the difference
/// `d` to a mask `r` is open.
///
/// With `d` moved by the window's start, digits of `d` and `r` are added up: the index of the cell, then two more above it.
/// What carries over from below the cells is left out, so that the cell is the right one or the one before.
package struct MaskedWindow: Sendable, Hashable, CanonicallyEncodable {
    /// Bits of the ring that `d` and `r` are in.
    package let width: Int
    package let start: Int64
    package let cellBits: Int
    package let indexBits: Int

    /// - Returns: nil where too few or too many bits are left above the index.
    package init?(width: Int, start: Int64, cellBits: Int, indexBits: Int) {
        let above = width - cellBits - indexBits
        guard width <= DomainProfile.widestRing, cellBits >= 0, indexBits > 0, above >= 2,
            above <= 2 * MaskDigit.largest
        else { return nil }
        (self.width, self.start, self.cellBits, self.indexBits) = (width, start, cellBits, indexBits)
    }

    var index: MaskDigit { MaskDigit(low: cellBits, bits: indexBits) }
    var middle: MaskDigit { MaskDigit(low: cellBits + indexBits, bits: (width - cellBits - indexBits) / 2) }
    var top: MaskDigit { MaskDigit(low: middle.low + middle.bits, bits: width - middle.low - middle.bits) }
    var digits: [MaskDigit] { [index, middle, top] }

    /// `d` moved by the start.
    func moved(_ d: UInt64) -> UInt64 { (d &- UInt64(bitPattern: start)) & Ring64.mask(width) }

    package func encode(into encoder: inout CanonicalEncoder) {
        encoder.append([width, cellBits, indexBits])
        encoder.append(start)
    }
}

/// XOR-shared bits about the place of a value in a ``MaskedWindow``. All are sums of indicators of the mask's digits, at
/// places that the opened difference says.
enum WindowFactor: Int, CaseIterable {
    /// The index carries over.
    case carry
    /// The middle digit is zero; whether it then carries over is public.
    case middleZero
    /// The top digit is zero with the carry of `middleZero`.
    case topZero
    /// The middle digit is all ones.
    case middleOnes
    /// The top digit is zero with a carry.
    case topZeroAfterCarry
    /// The cell is in the upper half of the window, and the index does not carry over.
    case upperPlain
    /// It is, and the index does.
    case upperCarry
    /// The top digit without its highest bit is all ones.
    case topOnes
    /// The middle digit carries over.
    case middleCarry
    /// The highest bit of the top digit, without a carry.
    case sign

    var plane: UInt32 { 1 << UInt32(rawValue) }
    /// Those that say whether a value is in the window.
    static let ofPlace = 5

    /// Sums of products.
    static func product(_ factors: WindowFactor...) -> UInt32 { factors.reduce(0) { $0 | $1.plane } }

    /// In the window with a carry of the index, and without one.
    static let insideCarry = [product(.carry, .middleOnes, .topZeroAfterCarry)]
    static let insidePlain = [product(.middleZero, .topZero), product(.carry, .middleZero, .topZero)]
    static let inside = insideCarry + insidePlain
    /// In the upper half of the window, or above it up to half the ring; plus one.
    static let notUpper =
        inside + [
            product(.sign), product(.topOnes, .middleCarry), product(.topOnes, .middleOnes, .carry),
            product(.upperPlain, .middleZero, .topZero), product(.upperCarry, .middleOnes, .topZeroAfterCarry),
        ]
}

extension Int64 {
    /// The nearest number that a ring of so many bits has, as a word: what is beyond a bound stays on its side of a window in
    /// the clear, where it is looked for.
    func clamped(toBits width: Int) -> UInt64 {
        let limit = Int64.max >> Int64(64 - width)
        return UInt64(bitPattern: Swift.min(Swift.max(self, -limit - 1), limit))
    }
}
