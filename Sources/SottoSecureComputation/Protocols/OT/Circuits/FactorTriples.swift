import SottoAlgebra
import SottoPreprocessing

/// Bit triples that share factors: for every lane an XOR-shared uniform bit `a` and several `b_i`, and shares of the products
/// `a·b_i` (Beaver, CRYPTO 1991, with one factor for several products).
///
/// Two parties need no more than two random OTs a lane: either party's share of `a` is what it chooses in one, and what the
/// pads of the other differ by are its shares of all `b_i`.
package struct FactorTriples: Correlation {
    package let count: Int
    /// How many bits the factor of each lane is multiplied with.
    package let lanes: [Int]

    package init(count: Int, lanes: [Int]) {
        self.count = count
        self.lanes = lanes
    }

    var total: Int { lanes.reduce(0, +) }

    /// The factors, then lane by lane what they are multiplied with.
    package func masks(of party: Party) -> CorrelationFields { .vectors(lanes.count + total, bits: count) }
    /// Lane by lane.
    package var products: CorrelationFields { .vectors(total, bits: count) }
    package var corrected: Corrected { .shares(of: .server) }

    package func products<Domain: ShareDomain>(
        of masks: ByParty<CorrelationMaterial<Domain.Elements>>, _ dealer: borrowing DealerView<Domain>
    ) throws -> CorrelationMaterial<Domain.Elements> {
        let bits = zip(masks.server.bits, masks.client.bits).map { $0 ^ $1 }
        return CorrelationMaterial(bits: products(bits))
    }

    /// Every factor times what its lane has.
    package func products(_ bits: [BitVector]) -> [BitVector] {
        var others = bits.dropFirst(lanes.count)
        return lanes.enumerated().flatMap { lane, size in
            defer { others = others.dropFirst(size) }
            return others.prefix(size).map { bits[lane] & $0 }
        }
    }

    package func share<Domain: ShareDomain>(
        from given: CorrelationMaterial<Domain.Elements>, at party: Party, _ view: borrowing PartyView<Domain>
    ) throws -> CorrelationMaterial<Domain.Elements> {
        given
    }

    package func encode(into encoder: inout CanonicalEncoder) {
        encoder.append("factor triples")
        encoder.append(count)
        encoder.append(lanes)
    }
}

/// XOR shares of products of a uniform bit of the server and one of the client: what a carry out of a bit of both shares
/// takes. Two parties need a random OT for each.
package struct PrivateBitProducts: Correlation {
    package let count: Int
    package let planes: Int

    package init(count: Int, planes: Int) {
        self.count = count
        self.planes = planes
    }

    package func masks(of party: Party) -> CorrelationFields { .vectors(planes, bits: count) }
    package var products: CorrelationFields { .vectors(planes, bits: count) }
    package var corrected: Corrected { .shares(of: .server) }

    package func products<Domain: ShareDomain>(
        of masks: ByParty<CorrelationMaterial<Domain.Elements>>, _ dealer: borrowing DealerView<Domain>
    ) throws -> CorrelationMaterial<Domain.Elements> {
        CorrelationMaterial(bits: zip(masks.server.bits, masks.client.bits).map { $0 & $1 })
    }

    package func share<Domain: ShareDomain>(
        from given: CorrelationMaterial<Domain.Elements>, at party: Party, _ view: borrowing PartyView<Domain>
    ) throws -> CorrelationMaterial<Domain.Elements> {
        given
    }

    package func encode(into encoder: inout CanonicalEncoder) {
        encoder.append("private bit products")
        encoder.append([count, planes])
    }
}
