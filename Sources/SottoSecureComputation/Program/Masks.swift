import SottoAlgebra
import SottoPreprocessing

/// Additively shared uniform `a`: the mask that a Beaver opening subtracts (Beaver, CRYPTO 1991).
public struct RingMask: MaskCorrelation {
    public let count: Int
    public let width: Int

    public init(count: Int, width: Int) {
        self.count = count
        self.width = width
    }

    public func masks(of party: Party) -> CorrelationFields { .tensor(count: count, width: width) }
    public var products: CorrelationFields { .none }
    public var correctedParty: Party { .server }

    public static func value<Domain: ShareDomain>(
        _ masks: ByParty<CorrelationMaterial<Domain.Elements>>, _ domain: Domain
    ) -> Domain.Elements {
        domain.add(masks.server.tensors[0], masks.client.tensors[0])
    }

    public func products<Domain: ShareDomain>(
        of masks: ByParty<CorrelationMaterial<Domain.Elements>>, _ dealer: borrowing DealerView<Domain>
    ) throws -> CorrelationMaterial<Domain.Elements> {
        CorrelationMaterial()
    }

    public func share<Domain: ShareDomain>(
        from given: CorrelationMaterial<Domain.Elements>, at party: Party, _ view: borrowing PartyView<Domain>
    ) throws -> CorrelationMaterial<Domain.Elements> {
        given
    }

    public func encode(into encoder: inout CanonicalEncoder) {
        encoder.append("ring mask")
        encoder.append([count, width])
    }
}

/// Uniform `R` that the client knows and nobody else.
public struct ClientMask: MaskCorrelation {
    public let count: Int
    public let width: Int

    public init(count: Int, width: Int) {
        self.count = count
        self.width = width
    }

    public func masks(of party: Party) -> CorrelationFields {
        party == .client ? .tensor(count: count, width: width) : .none
    }
    public var products: CorrelationFields { .none }
    public var correctedParty: Party { .server }

    public static func value<Domain: ShareDomain>(
        _ masks: ByParty<CorrelationMaterial<Domain.Elements>>, _ domain: Domain
    ) -> Domain.Elements {
        masks.client.tensors[0]
    }

    public func products<Domain: ShareDomain>(
        of masks: ByParty<CorrelationMaterial<Domain.Elements>>, _ dealer: borrowing DealerView<Domain>
    ) throws -> CorrelationMaterial<Domain.Elements> {
        CorrelationMaterial()
    }

    public func share<Domain: ShareDomain>(
        from given: CorrelationMaterial<Domain.Elements>, at party: Party, _ view: borrowing PartyView<Domain>
    ) throws -> CorrelationMaterial<Domain.Elements> {
        given
    }

    public func encode(into encoder: inout CanonicalEncoder) {
        encoder.append("client mask")
        encoder.append([count, width])
    }
}
