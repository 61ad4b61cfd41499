import SottoAlgebra
import SottoPreprocessing

/// Additively shared uniform `a`: the mask that a Beaver opening subtracts (Beaver, CRYPTO 1991).
package struct RingMask: MaskCorrelation {
    package let count: Int
    package let width: Int
    package let kept: KeptElements?

    package init(count: Int, width: Int, kept: KeptElements? = nil) {
        precondition(kept.map { $0.range.count == count } ?? true)
        self.count = count
        self.width = width
        self.kept = kept
    }

    package func masks(of party: Party) -> CorrelationFields { .tensor(count: count, width: width) }

    package static func value<Domain: ShareDomain>(
        _ masks: ByParty<CorrelationMaterial<Domain.Elements>>, _ domain: Domain
    ) -> Domain.Elements {
        domain.add(masks.server.tensors[0], masks.client.tensors[0])
    }

    package func encode(into encoder: inout CanonicalEncoder) {
        encoder.append("ring mask")
        encoder.append([count, width])
        if let kept { encoder.append(kept) }
    }
}

/// Uniform `R` that the client knows and nobody else.
package struct ClientMask: MaskCorrelation {
    package let count: Int
    package let width: Int

    package init(count: Int, width: Int) {
        self.count = count
        self.width = width
    }

    package func masks(of party: Party) -> CorrelationFields {
        party == .client ? .tensor(count: count, width: width) : .none
    }

    package static func value<Domain: ShareDomain>(
        _ masks: ByParty<CorrelationMaterial<Domain.Elements>>, _ domain: Domain
    ) -> Domain.Elements {
        masks.client.tensors[0]
    }

    package func encode(into encoder: inout CanonicalEncoder) {
        encoder.append("client mask")
        encoder.append([count, width])
    }
}

extension RingMask: TwoPartyCorrelation {}
extension ClientMask: TwoPartyCorrelation {}
