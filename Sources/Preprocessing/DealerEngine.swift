import Algebra
import Randomness

/// What a dealer deals for: correlations in the order of use, and the weights that they refer to.
public struct CorrelationPlan: Sendable, Hashable {
    public let correlations: [Correlation]
    public let weights: [WeightDeclaration]

    public init(correlations: [Correlation], weights: [WeightDeclaration]) {
        self.correlations = correlations
        self.weights = weights
    }
}

/// Computes the corrections that turn two independent seed expansions into correlations.
public struct DealerEngine<Domain: ShareDomain>: Sendable {
    let domain: Domain
    let plan: CorrelationPlan
    let parties: [SeedExpansion<Domain>]
    let weightMasks: WeightMasks<Domain>
    let threads: Int

    public init(
        domain: Domain, plan: CorrelationPlan, seeds: [Seed], weightMasks: WeightMasks<Domain>, threads: Int = 1
    ) {
        self.domain = domain
        self.plan = plan
        self.parties = [0, 1].map { SeedExpansion(domain: domain, party: $0, seed: seeds[$0]) }
        self.weightMasks = weightMasks
        self.threads = threads
    }

    /// Party 0's corrections for correlation `index`, packed; nil where none are needed.
    public func corrections(_ index: Int) throws -> [UInt8]? {
        let correlation = plan.correlations[index]
        switch correlation {
        case .ringMask, .clientMask:
            return nil
        case .beaverProduct(let left, let right, let shape, let width):
            let product = domain.product(
                try sharedMask(left), try sharedMask(right), shape: shape, threads: threads)
            return try correct(product, correlation, index, width)
        case .serverProduct(let mask, let weight, let shape, let width):
            let matrix = domain.apply(
                weight.maps, to: try weightMasks.mask(plan.weights[weight.weight], index: weight.weight))
            let product = domain.product(try clientMask(mask), matrix, shape: shape, threads: threads)
            return try correct(product, correlation, index, width)
        case .correlatedOT(_, let width):
            guard case .correlatedOT(let a, _) = try parties[0].expand(correlation, index: index),
                case .correlatedOT(let c, let product) = try parties[1].expand(correlation, index: index)
            else { throw PreprocessingError.wrongKind(index: index) }
            return domain.pack(domain.subtract(domain.fromBits(a & c), product), width: width)
        case .millionairesLeaves:
            return try leafCorrections(correlation, index)
        case .bitProducts(_, _, _, let subsets):
            return try bitCorrections(correlation, subsets, index)
        case .selection(let count, _, let degree, _, let width):
            return try selectionCorrections(correlation, index, count: count, degree: degree, width: width)
        }
    }

    private func correct(
        _ product: Domain.Elements, _ correlation: Correlation, _ index: Int, _ width: Int
    ) throws -> [UInt8] {
        guard case .elements(let share) = try parties[1].expand(correlation, index: index) else {
            throw PreprocessingError.wrongKind(index: index)
        }
        return domain.pack(domain.subtract(product, share), width: width)
    }

    private func sharedMask(_ view: MaskView) throws -> Domain.Elements {
        let correlation = plan.correlations[view.mask]
        guard case .ringMask = correlation,
            case .elements(let share0) = try parties[0].expand(correlation, index: view.mask),
            case .elements(let share1) = try parties[1].expand(correlation, index: view.mask)
        else { throw PreprocessingError.wrongKind(index: view.mask) }
        return domain.apply(view.maps, to: domain.add(share0, share1))
    }

    private func clientMask(_ view: MaskView) throws -> Domain.Elements {
        let correlation = plan.correlations[view.mask]
        guard case .clientMask = correlation,
            case .elements(let mask) = try parties[1].expand(correlation, index: view.mask)
        else { throw PreprocessingError.wrongKind(index: view.mask) }
        return domain.apply(view.maps, to: mask)
    }

    private func leafCorrections(_ correlation: Correlation, _ index: Int) throws -> [UInt8] {
        guard case .leaves(let alpha, _) = try parties[0].expand(correlation, index: index),
            case .leaves(let beta, let shares) = try parties[1].expand(correlation, index: index)
        else { throw PreprocessingError.wrongKind(index: index) }
        var corrections: [BitVector] = []
        for (own, share) in zip(alpha, shares) {
            for (product, share) in zip(MillionairesLeaf.products(of: own, beta[0]), share) {
                corrections.append(product ^ share)
            }
        }
        return BitVector.pack(corrections)
    }

    private func bitCorrections(_ correlation: Correlation, _ subsets: [UInt32], _ index: Int) throws -> [UInt8] {
        guard case .bitProducts(let masks0, _) = try parties[0].expand(correlation, index: index),
            case .bitProducts(let masks1, let shares) = try parties[1].expand(correlation, index: index)
        else { throw PreprocessingError.wrongKind(index: index) }
        var corrections: [BitVector] = []
        for copy in masks0.indices {
            let masks = zip(masks0[copy], masks1[copy]).map { $0 ^ $1 }
            for (subset, share) in zip(subsets, shares[copy]) {
                let factors = masks.indices.filter { subset >> UInt32($0) & 1 == 1 }.map { masks[$0] }
                corrections.append(factors.dropFirst().reduce(factors[0]) { $0 & $1 } ^ share)
            }
        }
        return BitVector.pack(corrections)
    }

    private func selectionCorrections(
        _ correlation: Correlation, _ index: Int, count: Int, degree: Int, width: Int
    ) throws -> [UInt8] {
        guard case .selection(let bits0, let mask0, _) = try parties[0].expand(correlation, index: index),
            case .selection(let bits1, let mask1, let shares) = try parties[1].expand(correlation, index: index)
        else { throw PreprocessingError.wrongKind(index: index) }
        let bits = zip(bits0, bits1).map { $0 ^ $1 }
        let mask = mask0.flatMap { mask0 in mask1.map { domain.add(mask0, $0) } }
        let powers = domain.selectionPowers(bits: bits, mask: mask, count: count, degree: degree)
        return domain.pack(domain.subtract(powers, shares), width: width)
    }
}
