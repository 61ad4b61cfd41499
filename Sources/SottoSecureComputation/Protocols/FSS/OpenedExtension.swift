import SottoAlgebra

/// How a value `x` that was opened under a mask in a ring of `width` bits is read in a wider ring, where nothing has to be sent
/// (the counts behind it are in docs/protocols.md): magnitudes below `2^(width-2)` leave one bit free, so that the highest bits
/// of the opened difference and of the mask say whether their sum wraps.
///
/// With `e` the difference raised by `2^(width-2)`, `x` is `e - 2^(width-2) - 2^width + a` where the highest bit of `e` is
/// set, and elsewhere `e - 2^(width-2)` plus the mask read as a signed number.
struct OpenedExtension: Sendable, Hashable {
    let width: Int

    /// - Precondition: 3 to 63 bits.
    init(width: Int) {
        precondition((3...63).contains(width))
        self.width = width
    }

    /// What a mask gives: its word and, where the difference leaves the wrap to it, its highest bit's weight.
    var weight: UInt64 { 1 << UInt64(width) }

    /// - Returns: what is added to the mask to give `x`, and all ones where the mask is read as signed.
    @inline(__always)
    func opened(_ difference: UInt64) -> (shift: UInt64, isSigned: UInt64) {
        let quarter: UInt64 = 1 << UInt64(width - 2)
        let raised = (difference &+ quarter) & (weight &- 1)
        let top = raised >> UInt64(width - 1)
        return (raised &- quarter &- (top << UInt64(width)), top &- 1)
    }

    /// The mask below `2^width`, and its highest bit.
    func parts(_ masks: [UInt64]) -> (masks: [UInt64], signs: [UInt64]) {
        let words = masks.map { $0 & (weight &- 1) }
        return (words, words.map { $0 >> UInt64(width - 1) })
    }
}
