import SottoAlgebra
import SottoPreprocessing

/// Additive shares of products of a uniform bit of one party and a uniform number of the other, in rings of given widths: a
/// correlated OT of random numbers for each. Two parties need a random OT for each, and nothing besides.
package struct BitNumberProducts: Correlation {
    package let count: Int
    /// Widths of the numbers of either party; the bits are the other's.
    package let widths: ByParty<[Int]>

    package init(count: Int, widths: ByParty<[Int]>) {
        self.count = count
        self.widths = widths
    }

    private func tensors(_ widths: [Int]) -> [CorrelationFields.Tensor] {
        widths.map { CorrelationFields.Tensor(count: count, width: $0) }
    }

    /// Bits, and numbers.
    package func masks(of party: Party) -> CorrelationFields {
        CorrelationFields(vectors: widths[party.peer].count, bits: count, tensors: tensors(widths[party]))
    }
    /// With numbers of the server, then with those of the client.
    package var products: CorrelationFields {
        CorrelationFields(vectors: 0, bits: count, tensors: tensors(widths.server + widths.client))
    }
    package var corrected: Corrected { .shares(of: .server) }

    package func products<Domain: ShareDomain>(
        of masks: ByParty<CorrelationMaterial<Domain.Elements>>, _ dealer: borrowing DealerView<Domain>
    ) throws -> CorrelationMaterial<Domain.Elements> {
        let domain = dealer.domain
        return CorrelationMaterial(
            tensors: [Party.server, .client].flatMap { party in
                zip(masks[party].tensors, masks[party.peer].bits).map { domain.selected($0, where: $1) }
            })
    }

    package func share<Domain: ShareDomain>(
        from given: CorrelationMaterial<Domain.Elements>, at party: Party, _ view: borrowing PartyView<Domain>
    ) throws -> CorrelationMaterial<Domain.Elements> {
        given
    }

    package func encode(into encoder: inout CanonicalEncoder) {
        encoder.append("bit number products")
        encoder.append(count)
        encoder.append(widths.server)
        encoder.append(widths.client)
    }
}
