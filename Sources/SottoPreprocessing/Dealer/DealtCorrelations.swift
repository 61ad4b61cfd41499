import SottoAlgebra
import SottoRandomness
import SottoTransport

/// Where a party gets the dealer's corrections from.
package protocol CorrectionStream: AnyObject {
    /// The corrections of correlation `index`, exactly `byteCount` bytes.
    func corrections(_ index: Int, byteCount: Int) throws -> [UInt8]

    /// Whether corrections are made here, and not waited for.
    var isDealer: Bool { get }
}

/// Correlations of a dealer: from a party's seed, from its corrections, and for the client from the masked weights
/// `E = W - B` of the setup.
package final class DealtCorrelations<Domain: ShareDomain>: CorrelationSource {
    private let plan: CorrelationPlan
    private let view: PartyView<Domain>
    private let stream: any CorrectionStream
    private var used: [Bool]
    package private(set) var receivedBytes: [Int: Int] = [:]
    private var times: [Int: CorrelationTimes] = [:]

    /// - Parameter maskedWeights: `E` for every weight of the plan, at the client; none at the server.
    package init(
        domain: Domain, plan: CorrelationPlan, party: Party, seed: Seed, keptSeed: Seed? = nil,
        stream: any CorrectionStream,
        maskedWeights: ReceivedWeights<Domain>, threads: Int = 1
    ) {
        self.plan = plan
        self.stream = stream
        view = PartyView(
            domain: domain, plan: plan,
            expansion: SeedExpansion(domain: domain, party: party, seed: seed, keptSeed: keptSeed),
            maskedWeights: maskedWeights, threads: threads)
        used = [Bool](repeating: false, count: plan.correlations.count)
    }

    package func take(_ index: Int) throws -> CorrelationShare<Domain.Elements> {
        guard used.indices.contains(index) else {
            throw PreprocessingError.notInPlan(index: index, count: used.count)
        }
        guard !used[index] else { throw PreprocessingError.alreadyUsed(index: index) }
        used[index] = true
        var spent = CorrelationTimes()
        let start = ProcessorTime.now
        let share = try make(index, &spent)
        spent.preparation = ProcessorTime.now - start - spent.dealing
        if !stream.isDealer { spent.dealing = .zero }
        times[index] = spent
        return share
    }

    package func times(of index: Int) -> CorrelationTimes { times[index] ?? CorrelationTimes() }

    /// - Parameter spent: its `dealing` is set to the time in the stream.
    private func make(_ index: Int, _ spent: inout CorrelationTimes) throws -> CorrelationShare<Domain.Elements> {
        let correlation = plan.correlations[index]
        let party = view.party
        let drawn = try view.expansion.expand(correlation, index: index)
        var given = drawn.products
        if correlation.corrected.includes(party) {
            let byteCount = correlation.products.bytes
            var bytes: [UInt8] = []
            // Corrections of empty tensors have no bytes, but their products still need their shape.
            if byteCount > 0 {
                let start = ProcessorTime.now
                bytes = try stream.corrections(index, byteCount: byteCount)
                spent.dealing = ProcessorTime.now - start
                receivedBytes[index] = bytes.count
            }
            given = try view.domain.unpack(bytes, correlation.products)
        }
        return CorrelationShare(masks: drawn.masks, products: try correlation.share(from: given, at: party, view))
    }
}

/// What a party knows when it makes its share of a correlation.
package struct PartyView<Domain: ShareDomain> {
    package let domain: Domain
    let plan: CorrelationPlan
    let expansion: SeedExpansion<Domain>
    let maskedWeights: ReceivedWeights<Domain>
    package let threads: Int

    var party: Party { expansion.party }

    /// What this party has drawn of a mask, through its maps; at the client a client's mask itself.
    package func mask<Mask: MaskCorrelation>(_ view: MaskView<Mask>) throws -> Domain.Elements {
        let drawn = try view.masks.map { mask in
            let material = try expansion.masks(plan.correlations[mask], index: mask)
            guard let elements = material.tensors.first else { throw PreprocessingError.otherPlan(index: mask) }
            return elements
        }
        return domain.apply(view.maps, to: domain.concatenate(drawn))
    }

    /// `W - B` through its maps; at the client.
    /// - Throws: ``PreprocessingError/missingWeight(name:)``.
    package func maskedWeight(_ view: WeightView) throws -> Domain.Elements {
        guard let elements = maskedWeights.elements(view.weight) else { throw missing(view) }
        return domain.apply(view.maps, to: elements)
    }

    /// The product of `x` with `W - B` through its maps; at the client.
    /// - Throws: ``PreprocessingError/missingWeight(name:)``.
    package func product(
        _ x: Domain.Elements, maskedWeight view: WeightView, shape: ProductShape, ring: Int
    ) throws -> Domain.Elements {
        // Matrices that maps make, such as parts of others, are read once in a run.
        guard domain.preparesRightOperands, case .matrix = shape, view.maps.isEmpty else {
            return domain.product(
                x, try maskedWeight(view), shape: shape, widths: ProductWidths(ring: ring), threads: threads)
        }
        let width = plan.weights[view.weight].width
        guard let operand = try maskedWeights.operand(view.weight, shape: shape, width: width) else {
            throw missing(view)
        }
        return domain.product(x, operand, shape: shape, ring: ring, threads: threads)
    }

    private func missing(_ view: WeightView) -> PreprocessingError {
        .missingWeight(name: plan.weights[view.weight].name)
    }
}
