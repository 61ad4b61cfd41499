import SottoAlgebra
import SottoRandomness

/// Correlated OTs at the party that holds `Δ` and blocks `q`. Hashed, each is a random OT: the sender has two pads, the
/// receiver the one that its bit chooses. Whoever makes pads of them uses them up.
public struct SentTransfers {
    package let difference: Block
    package let blocks: [Block]
    /// Of the first, in its session.
    package let index: UInt64

    public var count: Int { blocks.count }

    /// Both pads of every OT.
    /// - Parameter lane: for more than one pad of 128 bits, from 0.
    func pads(_ hash: TweakableHash, lane: Int = 0) throws -> (zero: [Block], one: [Block]) {
        let kind = HashKind.pad(lane)
        var zero = blocks
        var one = blocks.map { $0 ^ difference }
        try zero.withUnsafeMutableBufferPointer { try hash.hash($0, tweak: index, kind: kind) }
        try one.withUnsafeMutableBufferPointer { try hash.hash($0, tweak: index, kind: kind) }
        return (zero, one)
    }
}

/// Correlated OTs at the party that gets `t = q ⊕ u·Δ`.
public struct ReceivedTransfers {
    package let blocks: [Block]
    package let index: UInt64

    public var count: Int { blocks.count }

    /// The uniform bits `u`.
    public var choices: BitVector {
        var words = [UInt64](repeating: 0, count: BitVector.wordCount(count))
        for (index, block) in blocks.enumerated() { words[index >> 6] |= block.lowestBit << UInt64(index & 63) }
        return BitVector(words: words, count: count)
    }

    /// The chosen pad of every OT.
    func pads(_ hash: TweakableHash, lane: Int = 0) throws -> [Block] {
        let kind = HashKind.pad(lane)
        var pads = blocks
        try pads.withUnsafeMutableBufferPointer { try hash.hash($0, tweak: index, kind: kind) }
        return pads
    }
}

extension [Block] {
    /// The lowest bits.
    var lowestBits: BitVector {
        var words = [UInt64](repeating: 0, count: BitVector.wordCount(count))
        for (index, block) in enumerated() { words[index >> 6] |= block.lowestBit << UInt64(index & 63) }
        return BitVector(words: words, count: count)
    }
}

extension SentTransfers {
    /// Those of `range`.
    package subscript(range: Range<Int>) -> SentTransfers {
        SentTransfers(
            difference: difference, blocks: Array(blocks[range]), index: index + UInt64(range.lowerBound))
    }
}

extension ReceivedTransfers {
    /// Those of `range`.
    package subscript(range: Range<Int>) -> ReceivedTransfers {
        ReceivedTransfers(blocks: Array(blocks[range]), index: index + UInt64(range.lowerBound))
    }
}
