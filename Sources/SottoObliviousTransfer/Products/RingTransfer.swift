import SottoAlgebra

/// Additive shares, modulo `2^width`, of a bit of the receiver times a value of the sender: correlated OT over the ring
/// (Gilboa, CRYPTO 1999; Asharov et al., CCS 2013).
/// - Communication: with `n` products of `width` bits, `ceil(n·width/8)` bytes from the sender; for bits of the receiver's
///   choice `ceil(n/8)` bytes from the receiver before.
package enum RingTransfer {
    package static func bytes(count: Int, width: Int) -> Int { BitPacking.byteCount(count: count, width: width) }
    package static func choiceBytes(count: Int) -> Int { BitVector.byteCount(count) }

    /// - Parameters:
    ///   - flips: where the receiver's bit is not the one of the OT; nil where it is everywhere.
    ///   - lane: each use of the same OTs with other values has its own.
    package static func send(
        _ values: [UInt64], width: Int, _ transfers: SentTransfers, flips: BitVector? = nil, lane: Int = 0,
        _ hash: TweakableHash
    ) throws -> (shares: [UInt64], message: [UInt8]) {
        precondition(values.count == transfers.count)
        let mask = Ring64.mask(width)
        let pads = try transfers.pads(hash, lane: lane)
        var shares = [UInt64](repeating: 0, count: values.count)
        var differences = shares
        for index in values.indices {
            let exchanged = (pads.zero[index].x ^ pads.one[index].x) & (0 &- (flips?.bit(index) ?? 0))
            let (zero, one) = (pads.zero[index].x ^ exchanged, pads.one[index].x ^ exchanged)
            shares[index] = (0 &- zero) & mask
            differences[index] = (zero &+ values[index] &- one) & mask
        }
        return (shares, BitPacking.pack(differences, width: width))
    }

    /// - Parameter choices: the receiver's bits where `transfers` have others, as flipped before.
    package static func receive(
        _ message: [UInt8], width: Int, _ transfers: ReceivedTransfers, choices: BitVector? = nil,
        lane: Int = 0, _ hash: TweakableHash
    ) throws -> [UInt64] {
        let choices = choices ?? transfers.choices
        precondition(choices.count == transfers.count)
        let differences = try BitPacking.unpack(message, count: transfers.count, width: width)
        let mask = Ring64.mask(width)
        let pads = try transfers.pads(hash, lane: lane)
        return differences.indices.map { index in
            (pads[index].x &+ (differences[index] & (0 &- choices.bit(index)))) & mask
        }
    }

    /// What tells the sender the receiver's bits, which the OTs' uniform ones hide.
    package static func flips(_ choices: BitVector, _ transfers: ReceivedTransfers) -> BitVector {
        choices ^ transfers.choices
    }
}
