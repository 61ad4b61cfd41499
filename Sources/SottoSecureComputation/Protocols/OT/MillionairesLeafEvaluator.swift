import SottoAlgebra

/// One party's side of a leaf of a millionaires' tree, two bits wide, or one for the odd leaf on top.
///
/// With private bits `p` of party 0 and `q` of party 1, opened under masks `α` and `β`: the carry of both digits' sum is
/// `p1·q1 ^ (p1 ^ q1)·p0·q0`, and it propagates a carry from below when `(p1 ^ q1)·(p0 ^ q0)`.
struct MillionairesLeafEvaluator {
    let isServer: Bool
    /// This party's private bits and their masks, low bit first.
    let own: [BitVector]
    let masks: [BitVector]
    /// The peer's bits under the peer's masks.
    let peer: [BitVector]
    /// Shares of the products of masks, in the order of ``MillionairesLeaves``.
    let products: [BitVector]

    func evaluate() -> CarryPair {
        guard own.count == 2 else {
            let product = isServer ? own[0] & peer[0] : peer[0] & masks[0]
            return CarryPair(carry: product ^ products[0], propagate: own[0])
        }
        let count = own[0].count
        var carry = [UInt64](repeating: 0, count: own[0].words.count)
        var propagate = carry
        let bits = (own.map(\.words), masks.map(\.words), peer.map(\.words), products.map(\.words))
        for word in carry.indices {
            let share = LeafWords(
                own: (bits.0[0][word], bits.0[1][word]), masks: (bits.1[0][word], bits.1[1][word]),
                peer: (bits.2[0][word], bits.2[1][word]))
            let (z11, z10, z01, z00) = (bits.3[0][word], bits.3[1][word], bits.3[2][word], bits.3[3][word])
            carry[word] =
                share.carry(isServer) ^ z11 ^ (share.p(isServer).1 & z00) ^ (share.p(isServer).0 & z10)
                ^ bits.3[4][word]
                ^ (share.q(isServer).1 & z00) ^ (share.q(isServer).0 & z01) ^ bits.3[5][word]
            propagate[word] = share.propagate(isServer) ^ z10 ^ z01
        }
        return CarryPair(
            carry: BitVector(words: carry, count: count), propagate: BitVector(words: propagate, count: count))
    }
}

/// Sixty-four leaves at one party: what it adds by itself to the shares of the products of masks.
///
/// A product `p_i·q_j` is `p_i·(q_j ^ β_j)` at party 0 and `(p_i ^ α_i)·β_j` at party 1, both with a share of `α_i·β_j`;
/// `p1·p0·q0` and `p0·q1·q0` go alike, with the opened `p` or `q` in front of shared products of masks.
private struct LeafWords {
    let own: (UInt64, UInt64)
    let masks: (UInt64, UInt64)
    let peer: (UInt64, UInt64)

    private var mine: (UInt64, UInt64) { (own.0 ^ masks.0, own.1 ^ masks.1) }

    /// The opened bits of party 0 and of party 1.
    @inline(__always)
    func p(_ isServer: Bool) -> (UInt64, UInt64) { isServer ? mine : peer }

    @inline(__always)
    func q(_ isServer: Bool) -> (UInt64, UInt64) { isServer ? peer : mine }

    @inline(__always)
    func carry(_ isServer: Bool) -> UInt64 {
        let pairOfOwn = own.1 & own.0 & peer.0
        return isServer
            ? (own.1 & peer.1) ^ pairOfOwn ^ (masks.0 & peer.1 & peer.0)
            : (peer.1 & masks.1) ^ (peer.1 & peer.0 & masks.0) ^ pairOfOwn
    }

    @inline(__always)
    func propagate(_ isServer: Bool) -> UInt64 {
        let both = own.0 & own.1
        return isServer
            ? both ^ (own.1 & peer.0) ^ (own.0 & peer.1) : both ^ (peer.1 & masks.0) ^ (peer.0 & masks.1)
    }
}
