import SottoRandomness

/// The distributed point function that keys are for, `x -> β` at `x = α` and 0 elsewhere, with `α` and `β` hidden: shares of its
/// values at all inputs, modulo a power of two (Boyle, Gilboa and Ishai, CCS 2016, ePrint 2018/707, with early termination).
public struct PointFormat: Sendable, Hashable {
    /// `x` and `α` are below `2^inputBits`.
    public let inputBits: Int
    /// Values are modulo `2^ring`.
    public let ring: Int

    /// - Precondition: 1 to 24 bits of input, since all inputs are evaluated; values modulo 2^1 to 2^64.
    public init(inputBits: Int, ring: Int) {
        precondition((1...24).contains(inputBits) && (1...64).contains(ring))
        self.inputBits = inputBits
        self.ring = ring
    }

    /// Bits of a block that a value takes: a power of two.
    var slotBits: Int { ring == 1 ? 1 : 1 << (Int.bitWidth - (ring - 1).leadingZeroBitCount) }
    /// Levels that a leaf of one block replaces.
    var leafBits: Int { min(inputBits, (128 / slotBits).trailingZeroBitCount) }
    package var levels: Int { inputBits - leafBits }
    var leafEntries: Int { 1 << leafBits }
    var mask: UInt64 { ring == 64 ? .max : (1 << UInt64(ring)) - 1 }

    /// Bits of a key without its root seed, the same for both parties: a level's correction of seeds (128) and of the right
    /// child's control bit (1), and of a leaf's values.
    public var keyBits: Int { levels * 129 + leafEntries * ring }

    /// A value of a leaf's block; the bits above the ring are any.
    @inline(__always)
    func value(_ entry: Int, of block: Block) -> UInt64 {
        let bit = entry * slotBits
        return (bit < 64 ? block.x : block.y) >> UInt64(bit & 63)
    }
}

/// The corrections of a batch of keys, the same for both parties.
public struct PointCorrections: Sendable, Equatable {
    /// By level, then by key, two words: 127 bits that correct a child's seed, and in the lowest bit the left child's control
    /// bit.
    public var seeds: [UInt64]
    /// By level and key: the right child's control bit.
    public var rightBits: [Bool]
    /// By entry of a leaf and key.
    public var values: [UInt64]
}
