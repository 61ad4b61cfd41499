import SottoAlgebra
import SottoRandomness

/// 1-of-N oblivious transfer of short strings, for small powers of two `N` (Naor and Pinkas, J. Cryptology 2005; Kolesnikov
/// and Kumaresan, CRYPTO 2013): `log2 N` random OTs give the sender `N` pads, each the sum of a hash for every bit of its
/// number, and the receiver the one that it chooses.
/// - Communication: with `n` transfers of `width` bits, `ceil(n·log2(N)/8)` bytes from the receiver, then
///   `ceil(n·N·width/8)` from the sender.
package struct ChosenTransfer: Sendable, Hashable {
    /// `log2 N`, 1 to 8.
    package let choiceBits: Int
    /// 1 to 64.
    package let width: Int

    /// - Precondition: both in range.
    package init(choiceBits: Int, width: Int) {
        precondition((1...8).contains(choiceBits) && (1...64).contains(width))
        self.choiceBits = choiceBits
        self.width = width
    }

    package var messages: Int { 1 << choiceBits }
    /// Correlated OTs of `count` transfers.
    package func transfers(_ count: Int) -> Int { count * choiceBits }
    package func choiceBytes(_ count: Int) -> Int { BitVector.byteCount(transfers(count)) }
    package func bytes(_ count: Int) -> Int { BitPacking.byteCount(count: count * messages, width: width) }

    /// What the receiver says: its numbers' bits, hidden by the OTs' uniform ones. OT `i·log2(N) + j` is bit `j` of transfer
    /// `i`.
    /// - Parameter choices: below `N`.
    package func choose(_ choices: [UInt64], _ transfers: ReceivedTransfers) -> BitVector {
        precondition(transfers.count == self.transfers(choices.count))
        return bits(choices) ^ transfers.choices
    }

    /// The sender's message.
    /// - Parameters:
    ///   - strings: `N` for each transfer.
    ///   - flips: of the receiver.
    package func send(
        _ strings: [UInt64], _ transfers: SentTransfers, flips: BitVector, _ hash: TweakableHash
    ) throws -> [UInt8] {
        let count = strings.count / messages
        precondition(strings.count == count * messages && transfers.count == self.transfers(count))
        precondition(flips.count == transfers.count)
        let mask = Ring64.mask(width)
        var masked = strings.map { $0 & mask }
        for message in 0..<messages {
            // Every message has a tweak of its own, so that no pad is a sum of others.
            var pads = transfers.blocks
            for index in pads.indices {
                let bit = UInt64(message >> (index % choiceBits)) ^ flips.bit(index)
                pads[index] ^= transfers.difference & Block.mask(bit)
            }
            try pads.withUnsafeMutableBufferPointer {
                try hash.hash($0, tweak: transfers.index, kind: kind(message))
            }
            for index in pads.indices { masked[index / choiceBits * messages + message] ^= pads[index].x & mask }
        }
        return BitPacking.pack(masked, width: width)
    }

    /// The chosen strings.
    package func receive(
        _ message: [UInt8], choices: [UInt64], _ transfers: ReceivedTransfers, _ hash: TweakableHash
    ) throws -> [UInt64] {
        let masked = try BitPacking.unpack(message, count: choices.count * messages, width: width)
        let mask = Ring64.mask(width)
        var result = [UInt64](repeating: 0, count: choices.count)
        // All messages are tried, so that no index is a choice.
        for message in 0..<messages {
            var pads = transfers.blocks
            try pads.withUnsafeMutableBufferPointer {
                try hash.hash($0, tweak: transfers.index, kind: kind(message))
            }
            for index in choices.indices {
                var string = masked[index * messages + message]
                for bit in 0..<choiceBits { string ^= pads[index * choiceBits + bit].x & mask }
                let difference = choices[index] ^ UInt64(message)
                // All ones where the difference is zero.
                let chosen = ((difference &- 1) & ~difference) >> 63
                result[index] |= string & (0 &- chosen)
            }
        }
        return result
    }

    private func kind(_ message: Int) -> UInt64 { HashKind.message + UInt64(messages + message) }

    private func bits(_ choices: [UInt64]) -> BitVector {
        let count = transfers(choices.count)
        var words = [UInt64](repeating: 0, count: BitVector.wordCount(count))
        for index in 0..<count {
            let bit = (choices[index / choiceBits] >> UInt64(index % choiceBits)) & 1
            words[index >> 6] |= bit << UInt64(index & 63)
        }
        return BitVector(words: words, count: count)
    }
}
