import SottoAlgebra
import SottoObliviousTransfer
import SottoPreprocessing

// Correlations that random OTs are already: two parties make them without a message.

extension FactorTriples: TwoPartyCorrelation {
    package var transfers: ByParty<Int> { .both(lanes.count * count) }
    package func steps(_ encryption: PlanEncryption?) -> [ByParty<Int>] { [] }

    /// `(a_0 ^ a_1)·(b_0 ^ b_1)`: either party's own product, and one of each OT.
    package func make(_ view: TwoPartyView) throws -> TwoPartyMaking {
        var (factors, others, products): ([BitVector], [BitVector], [BitVector]) = ([], [], [])
        for (lane, planes) in lanes.enumerated() {
            let range = lane * count..<(lane + 1) * count
            let sent = try RandomPlaneProducts.send(planes: planes, view.sent[range], view.hash)
            let received = try RandomPlaneProducts.receive(planes: planes, view.received[range], view.hash)
            factors.append(received.factor)
            others += sent.factors
            products += sent.factors.indices.map {
                (received.factor & sent.factors[$0]) ^ sent.shares[$0] ^ received.shares[$0]
            }
        }
        let share = CorrelationShare<[UInt64]>(
            masks: CorrelationMaterial(bits: factors + others), products: CorrelationMaterial(bits: products))
        return TwoPartyMaking { share }
    }
}

extension PrivateBitProducts: TwoPartyCorrelation {
    package var transfers: ByParty<Int> { ByParty(server: planes * count, client: 0) }
    package func steps(_ encryption: PlanEncryption?) -> [ByParty<Int>] { [] }

    package func make(_ view: TwoPartyView) throws -> TwoPartyMaking {
        var (masks, products): ([BitVector], [BitVector]) = ([], [])
        for plane in 0..<planes {
            let range = plane * count..<(plane + 1) * count
            if view.party == .server {
                let sent = try RandomPlaneProducts.send(planes: 1, view.sent[range], view.hash)
                masks += sent.factors
                products += sent.shares
            } else {
                let received = try RandomPlaneProducts.receive(planes: 1, view.received[range], view.hash)
                masks.append(received.factor)
                products += received.shares
            }
        }
        let share = CorrelationShare<[UInt64]>(
            masks: CorrelationMaterial(bits: masks), products: CorrelationMaterial(bits: products))
        return TwoPartyMaking { share }
    }
}

extension BitNumberProducts: TwoPartyCorrelation {
    package var transfers: ByParty<Int> { widths.map { $0.count * count } }
    package func steps(_ encryption: PlanEncryption?) -> [ByParty<Int>] { [] }

    package func make(_ view: TwoPartyView) throws -> TwoPartyMaking {
        let party = view.party
        let sent = try widths[party].enumerated().map { place, width in
            try RandomRingProducts.send(width: width, view.sent[place * count..<(place + 1) * count], view.hash)
        }
        let received = try widths[party.peer].enumerated().map { place, width in
            try RandomRingProducts.receive(
                width: width, view.received[place * count..<(place + 1) * count], view.hash)
        }
        let (own, other) = (sent.map(\.shares), received.map(\.shares))
        let share = CorrelationShare<[UInt64]>(
            masks: CorrelationMaterial(bits: received.map(\.bits), tensors: sent.map(\.numbers)),
            products: CorrelationMaterial(tensors: party == .server ? own + other : other + own))
        return TwoPartyMaking { share }
    }
}
