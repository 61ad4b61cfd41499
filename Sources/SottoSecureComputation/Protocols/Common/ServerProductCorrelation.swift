import SottoAlgebra
import SottoPreprocessing

/// Shares of `R·W` for a mask `R` of the client and a matrix `W` of the server.
///
/// A dealer knows the mask `B` of `W` and shares `R·B`; the client, who has `E = W - B` from the setup, adds `R·E`.
public struct ServerProductCorrelation: Correlation {
    public let mask: MaskView<ClientMask>
    public let weight: WeightView
    public let shape: ProductShape
    public let width: Int

    public init(mask: MaskView<ClientMask>, weight: WeightView, shape: ProductShape, width: Int) {
        self.mask = mask
        self.weight = weight
        self.shape = shape
        self.width = width
    }

    public func masks(of party: Party) -> CorrelationFields { .none }
    public var products: CorrelationFields { .tensor(count: shape.outputCount, width: width) }
    public var correctedParty: Party { .server }

    public func products<Domain: ShareDomain>(
        of masks: ByParty<CorrelationMaterial<Domain.Elements>>, _ dealer: borrowing DealerView<Domain>
    ) throws -> CorrelationMaterial<Domain.Elements> {
        let product = dealer.domain.product(
            try dealer.mask(mask), try dealer.weightMask(weight), shape: shape, threads: dealer.threads)
        return CorrelationMaterial(tensors: [product])
    }

    public func share<Domain: ShareDomain>(
        from given: CorrelationMaterial<Domain.Elements>, at party: Party, _ view: borrowing PartyView<Domain>
    ) throws -> CorrelationMaterial<Domain.Elements> {
        guard party == .client else { return given }
        let product = view.domain.product(
            try view.mask(mask), try view.maskedWeight(weight), shape: shape, threads: view.threads)
        return CorrelationMaterial(tensors: [view.domain.add(given.tensors[0], product)])
    }

    public func encode(into encoder: inout CanonicalEncoder) {
        encoder.append("server product")
        encoder.append(mask)
        encoder.append(weight)
        encoder.append(shape)
        encoder.append(width)
    }
}
