import SottoAlgebra
import SottoRandomness

/// XOR shares of a bit of the receiver times several bits of the sender, for many OTs at a time: bit `i` of every plane goes
/// with OT `i`.
/// - Communication: with `n` OTs and `p` planes, `ceil(n/8)` bytes from the receiver where its bits are not those of the OTs,
///   then `ceil(p·n/8)` from the sender.
public enum PlaneTransfer {
    public static func choiceBytes(count: Int) -> Int { BitVector.byteCount(count) }
    public static func bytes(planes: Int, count: Int) -> Int { BitVector.byteCount(planes * count) }

    /// The sender's shares and message.
    /// - Parameter flips: where the receiver's bit is not the one of the OT; nil where it is everywhere.
    package static func send(
        _ planes: [BitVector], _ transfers: SentTransfers, flips: BitVector? = nil, _ hash: TweakableHash
    ) throws -> (shares: [BitVector], message: [BitVector]) {
        var shares: [BitVector] = []
        var message: [BitVector] = []
        for start in stride(from: 0, to: planes.count, by: 128) {
            let pads = try transfers.pads(hash, lane: start / 128)
            let part = planes[start..<min(start + 128, planes.count)]
            let (zero, one) = (pads.zero.planes(part.count), pads.one.planes(part.count))
            for (plane, (zero, one)) in zip(part, zip(zero, one)) {
                let difference = zero ^ one
                shares.append(flips.map { zero ^ ($0 & difference) } ?? zero)
                message.append(difference ^ plane)
            }
        }
        return (shares, message)
    }

    /// The receiver's shares.
    /// - Parameter choices: the receiver's bits, those that the flips have made of the OTs'.
    package static func receive(
        _ message: [BitVector], _ transfers: ReceivedTransfers, choices: BitVector, _ hash: TweakableHash
    ) throws -> [BitVector] {
        var shares: [BitVector] = []
        for start in stride(from: 0, to: message.count, by: 128) {
            let part = message[start..<min(start + 128, message.count)]
            let pads = try transfers.pads(hash, lane: start / 128).planes(part.count)
            shares += zip(part, pads).map { $1 ^ (choices & $0) }
        }
        return shares
    }
}

extension [Block] {
    /// The lowest bits of all blocks, plane by plane.
    func planes(_ count: Int) -> [BitVector] {
        precondition((1...128).contains(count))
        if count == 1 { return [lowestBits] }
        // Closures: key paths into a vector are looked up for every element.
        let low = BitPlanes.planes(of: map { $0.x }, width: Swift.min(count, 64))
        return count <= 64 ? low : low + BitPlanes.planes(of: map { $0.y }, width: count - 64)
    }
}
