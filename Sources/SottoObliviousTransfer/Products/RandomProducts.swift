import SottoAlgebra

/// XOR shares of a bit of the receiver times several bits of the sender, all of them uniform, from random OTs with nothing
/// sent: the sender's bits are what its two pads differ by, the receiver's is its choice (Asharov et al., CCS 2013,
/// section 5.1).
package enum RandomPlaneProducts {
    /// The sender's bits `a_i` and its shares of `a_i·b`, plane by plane.
    package static func send(
        planes: Int, _ transfers: SentTransfers, _ hash: TweakableHash
    ) throws -> (factors: [BitVector], shares: [BitVector]) {
        var (factors, shares): ([BitVector], [BitVector]) = ([], [])
        for (lane, planes) in lanes(planes) {
            let pads = try transfers.pads(hash, lane: lane)
            let zero = pads.zero.planes(planes)
            shares += zero
            factors += zip(zero, pads.one.planes(planes)).map { $0 ^ $1 }
        }
        return (factors, shares)
    }

    /// The receiver's bits `b` and its shares of `a_i·b`.
    package static func receive(
        planes: Int, _ transfers: ReceivedTransfers, _ hash: TweakableHash
    ) throws -> (factor: BitVector, shares: [BitVector]) {
        let shares = try lanes(planes).flatMap { try transfers.pads(hash, lane: $0).planes($1) }
        return (transfers.choices, shares)
    }

    /// Pads have 128 bits.
    private static func lanes(_ planes: Int) -> [(lane: Int, planes: Int)] {
        stride(from: 0, to: planes, by: 128).map { ($0 / 128, min(128, planes - $0)) }
    }
}

/// Additive shares, modulo `2^width`, of a bit of the receiver times a number of the sender, both uniform, from random OTs
/// with nothing sent.
package enum RandomRingProducts {
    /// The sender's numbers `d` and its shares of `b·d`.
    package static func send(
        width: Int, _ transfers: SentTransfers, _ hash: TweakableHash
    ) throws -> (numbers: [UInt64], shares: [UInt64]) {
        let (pads, mask) = (try transfers.pads(hash), Ring64.mask(width))
        return (
            zip(pads.zero, pads.one).map { ($1.x &- $0.x) & mask }, pads.zero.map { (0 &- $0.x) & mask }
        )
    }

    /// The receiver's bits `b` and its shares of `b·d`.
    package static func receive(
        width: Int, _ transfers: ReceivedTransfers, _ hash: TweakableHash
    ) throws -> (bits: BitVector, shares: [UInt64]) {
        let mask = Ring64.mask(width)
        return (transfers.choices, try transfers.pads(hash).map { $0.x & mask })
    }
}

/// Additive shares, modulo `2^width`, of a bit of the receiver times a row of numbers of the sender, all of them uniform, from
/// one random OT for each row with nothing sent: a pad is as long as the row.
package enum RandomRowProducts {
    /// The sender's numbers `d`, row by row, and its shares of `b·d`.
    package static func send(
        columns: Int, width: Int, _ transfers: SentTransfers, _ hash: TweakableHash
    ) throws -> (numbers: [UInt64], shares: [UInt64]) {
        let mask = Ring64.mask(width)
        var numbers = [UInt64](repeating: 0, count: transfers.count * columns)
        var shares = numbers
        for (lane, places) in lanes(columns) {
            let pads = try transfers.pads(hash, lane: lane)
            for row in 0..<transfers.count {
                for (word, place) in places.enumerated() {
                    let (zero, one) = (pads.zero[row][word], pads.one[row][word])
                    numbers[row * columns + place] = (one &- zero) & mask
                    shares[row * columns + place] = (0 &- zero) & mask
                }
            }
        }
        return (numbers, shares)
    }

    /// The receiver's bits `b` and its shares of `b·d`.
    package static func receive(
        columns: Int, width: Int, _ transfers: ReceivedTransfers, _ hash: TweakableHash
    ) throws -> (bits: BitVector, shares: [UInt64]) {
        let mask = Ring64.mask(width)
        var shares = [UInt64](repeating: 0, count: transfers.count * columns)
        for (lane, places) in lanes(columns) {
            let pads = try transfers.pads(hash, lane: lane)
            for row in 0..<transfers.count {
                for (word, place) in places.enumerated() {
                    shares[row * columns + place] = pads[row][word] & mask
                }
            }
        }
        return (transfers.choices, shares)
    }

    /// Pads have two words of 64 bits.
    private static func lanes(_ columns: Int) -> [(lane: Int, places: Range<Int>)] {
        stride(from: 0, to: columns, by: 2).map { ($0 / 2, $0..<min($0 + 2, columns)) }
    }
}
