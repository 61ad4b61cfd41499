import Algebra

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
    /// Shares of the products of masks, in the order of `MillionairesLeaf`.
    let products: [BitVector]

    func evaluate() -> CarryPair {
        guard own.count == 2 else { return CarryPair(carry: cross(0, 0, products[0]), propagate: own[0]) }
        let both = own[0] & own[1]
        let mine = zip(own, masks).map { $0 ^ $1 }
        let (p, q) = isServer ? (mine, peer) : (peer, mine)
        let carry = cross(1, 1, products[0]) ^ serverPair(p) ^ clientPair(q)
        return CarryPair(carry: carry, propagate: both ^ cross(1, 0, products[1]) ^ cross(0, 1, products[2]))
    }

    /// `p_i·q_j`: party 0 adds `p_i·(q_j ^ β_j)`, party 1 `(p_i ^ α_i)·β_j`, both a share of `α_i·β_j`.
    private func cross(_ i: Int, _ j: Int, _ product: BitVector) -> BitVector {
        (isServer ? own[i] & peer[j] : peer[i] & masks[j]) ^ product
    }

    /// `p1·p0·q0`, from the opened `p`.
    private func serverPair(_ p: [BitVector]) -> BitVector {
        let local = isServer ? own[1] & own[0] & peer[0] : p[1] & p[0] & masks[0]
        return local ^ (p[1] & products[3]) ^ (p[0] & products[1]) ^ products[4]
    }

    /// `p0·q1·q0`, from the opened `q`.
    private func clientPair(_ q: [BitVector]) -> BitVector {
        let local = isServer ? masks[0] & q[1] & q[0] : own[1] & own[0] & peer[0]
        return local ^ (q[1] & products[3]) ^ (q[0] & products[2]) ^ products[5]
    }
}
