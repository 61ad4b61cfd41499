import SottoAlgebra
import SottoPreprocessing

/// Shares of `R·W` for a mask `R` of the client and a matrix `W` of the server.
///
/// A dealer knows the mask `B` of `W` and shares `R·B`; the client, who has `E = W - B` from the setup, adds `R·E`.
package struct ServerProductCorrelation: Correlation {
    package let mask: MaskView<ClientMask>
    package let weight: WeightView
    package let shape: ProductShape
    package let width: Int
    /// Entries of W are integers of magnitude at most `2^magnitudeBits`, where that is declared.
    package let magnitudeBits: Int?

    package init(
        mask: MaskView<ClientMask>, weight: WeightView, shape: ProductShape, width: Int, magnitudeBits: Int? = nil
    ) {
        self.mask = mask
        self.weight = weight
        self.shape = shape
        self.width = width
        self.magnitudeBits = magnitudeBits
    }

    package func masks(of party: Party) -> CorrelationFields { .none }
    package var products: CorrelationFields { .tensor(count: shape.outputCount, width: width) }
    package var corrected: Corrected { .shares(of: .server) }

    package func products<Domain: ShareDomain>(
        of masks: ByParty<CorrelationMaterial<Domain.Elements>>, _ dealer: borrowing DealerView<Domain>
    ) throws -> CorrelationMaterial<Domain.Elements> {
        let product = dealer.domain.product(
            try dealer.mask(mask), try dealer.weightMask(weight), shape: shape, widths: ProductWidths(ring: width),
            threads: dealer.threads)
        return CorrelationMaterial(tensors: [product])
    }

    package func share<Domain: ShareDomain>(
        from given: CorrelationMaterial<Domain.Elements>, at party: Party, _ view: borrowing PartyView<Domain>
    ) throws -> CorrelationMaterial<Domain.Elements> {
        guard party == .client else { return given }
        let product = try view.product(
            try view.mask(mask), maskedWeight: weight, shape: shape, ring: width)
        return CorrelationMaterial(tensors: [view.domain.add(given.tensors[0], product)])
    }

    package func encode(into encoder: inout CanonicalEncoder) {
        encoder.append("server product")
        encoder.append(mask)
        encoder.append(weight)
        encoder.append(shape)
        encoder.append(width)
        encoder.append(magnitudeBits ?? -1)
    }
}
