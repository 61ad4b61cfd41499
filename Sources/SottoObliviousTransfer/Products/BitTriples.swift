import SottoAlgebra

/// XOR shares of products of bits from random OTs, with nothing sent: the sender's factor is what its two pads differ by, the
/// receiver's is its choice (Asharov et al., CCS 2013, section 5.1).
package enum RandomBitProducts {
    /// The sender's factors `a` and its shares of `a·b`.
    package static func send(_ transfers: SentTransfers, _ hash: TweakableHash) throws -> (
        factor: BitVector, share: BitVector
    ) {
        let pads = try transfers.pads(hash)
        let share = pads.zero.lowestBits
        return (share ^ pads.one.lowestBits, share)
    }

    /// The receiver's factors `b` and its shares of `a·b`.
    package static func receive(_ transfers: ReceivedTransfers, _ hash: TweakableHash) throws -> (
        factor: BitVector, share: BitVector
    ) {
        (transfers.choices, try transfers.pads(hash).lowestBits)
    }
}

/// XOR shares of uniform bits `x`, `y` and of their product `z = x·y` (Beaver, CRYPTO 1991): one OT of either direction each.
/// - Communication: none beyond the OTs.
package struct BitTriples: Sendable {
    package let x: BitVector
    package let y: BitVector
    package let z: BitVector

    /// Either party's part, from as many OTs that it sends as it receives.
    package init(sent: SentTransfers, received: ReceivedTransfers, _ hash: TweakableHash) throws {
        precondition(sent.count == received.count)
        let (own, first) = try RandomBitProducts.send(sent, hash)
        let (choice, second) = try RandomBitProducts.receive(received, hash)
        (x, y, z) = (own, choice, (own & choice) ^ first ^ second)
    }
}
