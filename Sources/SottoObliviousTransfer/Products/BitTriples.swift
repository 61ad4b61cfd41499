import SottoAlgebra

/// XOR shares of uniform bits `x`, `y` and of their product `z = x·y` (Beaver, CRYPTO 1991): one OT of either direction each.
/// - Communication: none beyond the OTs.
package struct BitTriples: Sendable {
    package let x: BitVector
    package let y: BitVector
    package let z: BitVector

    /// Either party's part, from as many OTs that it sends as it receives.
    package init(sent: SentTransfers, received: ReceivedTransfers, _ hash: TweakableHash) throws {
        precondition(sent.count == received.count)
        let own = try RandomPlaneProducts.send(planes: 1, sent, hash)
        let other = try RandomPlaneProducts.receive(planes: 1, received, hash)
        (x, y) = (own.factors[0], other.factor)
        z = (x & y) ^ own.shares[0] ^ other.shares[0]
    }
}
