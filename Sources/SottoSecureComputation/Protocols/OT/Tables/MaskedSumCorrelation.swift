import SottoAlgebra
import SottoPreprocessing

/// For a mask `r` and functions `F` of it, XOR-shared random bits `b_j`, one for each term, and additive shares of `F(r)`, of
/// `b_j` and of `b_j·F(r)`, each in the ring that its power of two leaves.
///
/// Two parties make `b_j` by one correlated OT of its length, and `b_j·F(r)` by two from shares of `F(r)`. Those of a digit are
/// sums of the bits of a mask that is drawn bit by bit, see ``MaskIndicators``; `e^r` is the product of one number of either
/// party, by about 40 correlated OTs, and a choice by the carry of their digits, by two more.
package struct MaskedSumCorrelation: Correlation {
    package let mask: MaskView<RingMask>
    package let count: Int
    package let width: Int
    package let functions: [MaskFunction]
    package let terms: [MaskedTerm]

    package init(
        mask: MaskView<RingMask>, count: Int, width: Int, functions: [MaskFunction], terms: [MaskedTerm]
    ) {
        self.mask = mask
        self.count = count
        self.width = width
        self.functions = functions
        self.terms = terms
    }

    /// A part of the products.
    package enum Part: Hashable {
        case secretPart(function: Int)
        case bit(term: Int)
        case product(term: Int)
    }

    /// In their order, with their widths.
    package var parts: [(part: Part, width: Int)] {
        var parts: [(part: Part, width: Int)] = functions.indices.filter { functions[$0].dealsSecretPart }.map {
            (.secretPart(function: $0), width)
        }
        for (index, term) in terms.enumerated() {
            let function = functions[term.function]
            if function.hasPublicPart { parts.append((.bit(term: index), width - term.exponent)) }
            if function.hasSecretPart { parts.append((.product(term: index), width - term.exponent)) }
        }
        return parts
    }

    package func masks(of party: Party) -> CorrelationFields { .vectors(terms.count, bits: count) }
    package var products: CorrelationFields {
        CorrelationFields(
            vectors: 0, bits: count, tensors: parts.map { CorrelationFields.Tensor(count: count, width: $0.width) })
    }
    package var corrected: Corrected { .shares(of: .server) }

    package func products<Domain: ShareDomain>(
        of masks: ByParty<CorrelationMaterial<Domain.Elements>>, _ dealer: borrowing DealerView<Domain>
    ) throws -> CorrelationMaterial<Domain.Elements> {
        let (domain, words) = (dealer.domain, try dealer.ringWords())
        let mask = words.words(try dealer.mask(mask))
        let secretParts = functions.map { words.elements($0.secretPart(mask)) }
        let bits = zip(masks.server.bits, masks.client.bits).map { $0 ^ $1 }
        return CorrelationMaterial(
            tensors: parts.map { part, _ in
                switch part {
                case .secretPart(let function): secretParts[function]
                case .bit(let term): domain.fromBits(bits[term])
                case .product(let term): domain.selected(secretParts[terms[term].function], where: bits[term])
                }
            })
    }

    package func share<Domain: ShareDomain>(
        from given: CorrelationMaterial<Domain.Elements>, at party: Party, _ view: borrowing PartyView<Domain>
    ) throws -> CorrelationMaterial<Domain.Elements> {
        given
    }

    package func encode(into encoder: inout CanonicalEncoder) {
        encoder.append("masked sum")
        encoder.append(mask)
        encoder.append([count, width])
        encoder.append(functions)
        encoder.append(terms)
    }
}
