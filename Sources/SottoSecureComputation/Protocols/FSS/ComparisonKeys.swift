import SottoAlgebra
import SottoApproximation
import SottoFunctionSecretSharing
import SottoPreprocessing
import SottoRandomness

/// Keys of a distributed comparison function, one for each element of a mask: the masks of this correlation are the parties'
/// root seeds, its products the corrections of the keys, which both parties get.
///
/// The hidden point is the opened element's mask without its lowest bits, and the payload a function of the mask. Corrections
/// are uniform to either party, who does not have the other's seeds.
package struct ComparisonKeys: Correlation {
    /// What a key's function is worth below its hidden point.
    package enum Payload: Int, Sendable, Hashable {
        /// As many as there are components: 1, the mask, its square, ...
        case powers
        /// The secret factors of ``FixedPointExponential``, with a carry and without.
        case exponentials
        /// Powers as above, and the same times the mask of a secret.
        case multipliedPowers
    }

    package let mask: MaskView<RingMask>
    package let count: Int
    /// Of the mask.
    package let width: Int
    package let droppedBits: Int
    package let format: ComparisonFormat
    package let payload: Payload
    /// Of ``Payload/multipliedPowers``.
    package let factor: MaskView<RingMask>?

    package init(
        mask: MaskView<RingMask>, count: Int, width: Int, droppedBits: Int, format: ComparisonFormat,
        payload: Payload = .powers, factor: MaskView<RingMask>? = nil
    ) {
        precondition((factor != nil) == (payload == .multipliedPowers))
        self.factor = factor
        self.mask = mask
        self.count = count
        self.width = width
        self.droppedBits = droppedBits
        self.format = format
        self.payload = payload
    }

    package func masks(of party: Party) -> CorrelationFields { .tensor(count: 2 * count, width: 64) }
    package var products: CorrelationFields {
        CorrelationFields(
            vectors: format.seedLevels, bits: count,
            tensors: [
                .init(count: 2 * format.seedLevels * count, width: 64),
                .init(count: format.valueCount * count, width: format.ring),
            ])
    }
    package var corrected: Corrected { .both }

    package func products<Domain: ShareDomain>(
        of masks: ByParty<CorrelationMaterial<Domain.Elements>>, _ dealer: borrowing DealerView<Domain>
    ) throws -> CorrelationMaterial<Domain.Elements> {
        let words = try dealer.ringWords()
        let low: UInt64 = width == 64 ? .max : (1 << UInt64(width)) - 1
        let mask = words.words(try dealer.mask(mask)).map { $0 & low }
        let roots = ByParty { Self.roots(words.words(masks[$0].tensors[0])) }
        var factors: [UInt64] = []
        if let factor { factors = words.words(try dealer.mask(factor)) }
        let corrections = try ComparisonKeyGenerator(format).corrections(
            alphas: mask.map { $0 >> UInt64(droppedBits) }, payloads: payloads(mask, factors), roots: roots)
        return CorrelationMaterial(
            bits: corrections.rightBits(count: count),
            tensors: [words.elements(corrections.seeds), words.elements(corrections.values)])
    }

    private func payloads(_ masks: [UInt64], _ factors: [UInt64]) -> [UInt64] {
        switch payload {
        case .powers:
            return format.powers(of: masks)
        case .multipliedPowers:
            return format.multipliedPowers(of: masks, by: factors)
        case .exponentials:
            let factors = [true, false].map { FixedPointExponential.secretFactor(masks, carry: $0) }
            return masks.indices.flatMap { [factors[0][$0], factors[1][$0]] }
        }
    }

    package func share<Domain: ShareDomain>(
        from given: CorrelationMaterial<Domain.Elements>, at party: Party, _ view: borrowing PartyView<Domain>
    ) throws -> CorrelationMaterial<Domain.Elements> {
        given
    }

    package func encode(into encoder: inout CanonicalEncoder) {
        encoder.append("comparison keys")
        encoder.append(mask)
        encoder.append([
            count, width, droppedBits, format.inputBits, format.components, format.ring, format.publicComponents,
            format.leafBits, payload.rawValue,
        ])
        if let factor { encoder.append(factor) }
    }

    static func roots(_ words: [UInt64]) -> [Block] {
        (0..<words.count / 2).map { Block(words[2 * $0], words[2 * $0 + 1]) }
    }
}

extension PartyState {
    /// This party's keys, which are used up.
    func take(
        _ handle: CorrelationHandle<ComparisonKeys>, _ words: any RingWords<Domain.Elements>
    ) throws -> PartyComparisonKeys {
        let share = try take(handle)
        return PartyComparisonKeys(
            party: party, roots: ComparisonKeys.roots(words.words(share.masks.tensors[0])),
            corrections: ComparisonCorrections(
                seeds: words.words(share.products.tensors[0]), rightBits: share.products.bits.flatMap(\.words),
                values: words.words(share.products.tensors[1])))
    }
}
