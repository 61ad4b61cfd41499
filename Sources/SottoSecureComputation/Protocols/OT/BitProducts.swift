import SottoAlgebra
import SottoPreprocessing

/// XOR-shared random bits `l_0 ... l_(planes-1)` and shares of the products over the given `subsets` (bit sets): bit triples
/// for products of up to several factors (ABY2.0, USENIX Security 2021). `copies` independent items.
package struct BitProducts: Correlation {
    package let count: Int
    package let copies: Int
    package let planes: Int
    /// Ascending, each of two planes or more.
    package let subsets: [UInt32]

    package init(count: Int, copies: Int, planes: Int, subsets: [UInt32]) {
        self.count = count
        self.copies = copies
        self.planes = planes
        self.subsets = subsets
    }

    /// `masks[copy][plane]`
    package func masks(of party: Party) -> CorrelationFields { .vectors(copies * planes, bits: count) }
    /// `products[copy][subset]`
    package var products: CorrelationFields { .vectors(copies * subsets.count, bits: count) }
    package var corrected: Corrected { .shares(of: .server) }

    package func products<Domain: ShareDomain>(
        of masks: ByParty<CorrelationMaterial<Domain.Elements>>, _ dealer: borrowing DealerView<Domain>
    ) throws -> CorrelationMaterial<Domain.Elements> {
        let bits = zip(masks.server.bits, masks.client.bits).map { $0 ^ $1 }
        var products: [BitVector] = []
        products.reserveCapacity(copies * subsets.count)
        for masks in bits.grouped(by: planes) {
            for subset in subsets {
                let factors = masks.indices.filter { subset >> UInt32($0) & 1 == 1 }.map { masks[$0] }
                products.append(factors.dropFirst().reduce(factors[0]) { $0 & $1 })
            }
        }
        return CorrelationMaterial(bits: products)
    }

    package func share<Domain: ShareDomain>(
        from given: CorrelationMaterial<Domain.Elements>, at party: Party, _ view: borrowing PartyView<Domain>
    ) throws -> CorrelationMaterial<Domain.Elements> {
        given
    }

    package func encode(into encoder: inout CanonicalEncoder) {
        encoder.append("bit products")
        encoder.append([count, copies, planes])
        encoder.append(subsets.map(Int.init))
    }
}
