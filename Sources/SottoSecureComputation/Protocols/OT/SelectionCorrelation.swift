import SottoAlgebra
import SottoPreprocessing

/// XOR-shared random bits `r_i`, an additively shared mask `a` (when `isMasked`), and additive shares of `a^2 ... a^degree`
/// and then, for every bit, of `r_i·a^0 ... r_i·a^degree`; blocks of `count` elements.
package struct SelectionCorrelation: Correlation {
    package let count: Int
    package let thresholds: Int
    package let degree: Int
    package let isMasked: Bool
    package let width: Int

    package init(count: Int, thresholds: Int, degree: Int, isMasked: Bool, width: Int) {
        self.count = count
        self.thresholds = thresholds
        self.degree = degree
        self.isMasked = isMasked
        self.width = width
    }

    /// Elements of one party's powers for `count` inputs.
    package static func powerCount(thresholds: Int, degree: Int, count: Int) -> Int {
        count * (max(0, degree - 1) + thresholds * (degree + 1))
    }

    package func masks(of party: Party) -> CorrelationFields {
        CorrelationFields(
            vectors: thresholds, bits: count,
            tensors: isMasked ? [CorrelationFields.Tensor(count: count, width: width)] : [])
    }

    package var products: CorrelationFields {
        .tensor(count: Self.powerCount(thresholds: thresholds, degree: degree, count: count), width: width)
    }
    package var corrected: Corrected { .shares(of: .server) }

    package func products<Domain: ShareDomain>(
        of masks: ByParty<CorrelationMaterial<Domain.Elements>>, _ dealer: borrowing DealerView<Domain>
    ) throws -> CorrelationMaterial<Domain.Elements> {
        let domain = dealer.domain
        let mask = isMasked ? domain.add(masks.server.tensors[0], masks.client.tensors[0]) : nil
        let bits = zip(masks.server.bits, masks.client.bits).map { $0 ^ $1 }
        return CorrelationMaterial(tensors: [powers(of: mask, bits: bits, in: domain)])
    }

    /// The products of a mask and bits, in their order.
    package func powers<Domain: ShareDomain>(
        of mask: Domain.Elements?, bits: [BitVector], in domain: Domain
    ) -> Domain.Elements {
        var powers: [Domain.Elements] = []
        if let mask, degree > 0 {
            powers = (1..<degree).reduce(into: [mask]) { powers, _ in
                powers.append(domain.product(powers.last!, mask, shape: .elementwise(count: count), threads: 1))
            }
        }
        var result = domain.empty(capacity: Self.powerCount(thresholds: thresholds, degree: degree, count: count))
        for power in powers.dropFirst() { domain.append(power, to: &result) }
        for vector in bits {
            domain.append(domain.fromBits(vector), to: &result)
            for power in powers { domain.append(domain.selected(power, where: vector), to: &result) }
        }
        return result
    }

    package func share<Domain: ShareDomain>(
        from given: CorrelationMaterial<Domain.Elements>, at party: Party, _ view: borrowing PartyView<Domain>
    ) throws -> CorrelationMaterial<Domain.Elements> {
        given
    }

    package func encode(into encoder: inout CanonicalEncoder) {
        encoder.append("selection")
        encoder.append([count, thresholds, degree, isMasked ? 1 : 0, width])
    }
}
