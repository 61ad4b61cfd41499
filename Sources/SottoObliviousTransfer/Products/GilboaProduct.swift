import SottoAlgebra

/// Additive shares, modulo `2^width`, of a product of one number of either party (Gilboa, CRYPTO 1999): one correlated OT for
/// each bit of the receiver's number, and bit `j` only needs the sender's number modulo `2^(width-j)`.
/// - Communication: with `n` products and numbers of `bits` bits at the receiver, `ceil(n·bits/8)` bytes from the receiver,
///   then `ceil(n·(width-j)/8)` for each `j` from 0 to `bits - 1` from the sender.
package struct GilboaProduct: Sendable, Hashable {
    /// Of the receiver's numbers, which are not negative; at most the width.
    package let bits: Int
    /// 1 to 64.
    package let width: Int

    /// - Precondition: both in range.
    package init(bits: Int, width: Int) {
        precondition((1...64).contains(width) && (1...width).contains(bits))
        self.bits = bits
        self.width = width
    }

    /// Correlated OTs of `count` products.
    package func transfers(_ count: Int) -> Int { count * bits }
    package func choiceBytes(_ count: Int) -> Int { BitVector.byteCount(transfers(count)) }
    package func bytes(_ count: Int) -> Int {
        (0..<bits).reduce(0) { $0 + RingTransfer.bytes(count: count, width: width - $1) }
    }

    /// What the receiver says: its numbers' bits, hidden; OT `j·count + i` is bit `j` of number `i`.
    package func choose(_ numbers: [UInt64], _ transfers: ReceivedTransfers) -> BitVector {
        RingTransfer.flips(planes(numbers), transfers)
    }

    /// The sender's shares and message.
    package func send(
        _ numbers: [UInt64], _ transfers: SentTransfers, flips: BitVector, _ hash: TweakableHash
    ) throws -> (shares: [UInt64], message: [UInt8]) {
        precondition(transfers.count == self.transfers(numbers.count) && flips.count == transfers.count)
        var shares = [UInt64](repeating: 0, count: numbers.count)
        var message: [UInt8] = []
        for bit in 0..<bits {
            let range = bit * numbers.count..<(bit + 1) * numbers.count
            let part = try RingTransfer.send(
                numbers, width: width - bit, transfers[range], flips: flips.slice(range), hash)
            message += part.message
            for index in shares.indices { shares[index] &+= part.shares[index] << UInt64(bit) }
        }
        return (shares.map { $0 & Ring64.mask(width) }, message)
    }

    /// The receiver's shares.
    package func receive(
        _ message: [UInt8], numbers: [UInt64], _ transfers: ReceivedTransfers, _ hash: TweakableHash
    ) throws -> [UInt64] {
        try ObliviousTransferError.check(message, bytes(numbers.count), "products")
        let planes = planes(numbers)
        var shares = [UInt64](repeating: 0, count: numbers.count)
        var rest = message[...]
        for bit in 0..<bits {
            let range = bit * numbers.count..<(bit + 1) * numbers.count
            let size = RingTransfer.bytes(count: numbers.count, width: width - bit)
            let part = try RingTransfer.receive(
                Array(rest.prefix(size)), width: width - bit, transfers[range], choices: planes.slice(range), hash)
            rest = rest.dropFirst(size)
            for index in shares.indices { shares[index] &+= part[index] << UInt64(bit) }
        }
        return shares.map { $0 & Ring64.mask(width) }
    }

    private func planes(_ numbers: [UInt64]) -> BitVector {
        BitVector.concatenating(BitPlanes.planes(of: numbers, width: bits))
    }
}
