import Algebra
import Randomness

extension PseudorandomGenerator: UniformWords {}

/// What a party's seed expands to: its masks, and for party 1 also its shares of every product.
///
/// Every correlation of a plan has its own PRG domain, so that shares can be made in any order and again, and no two
/// of them overlap.
public struct SeedExpansion<Domain: ShareDomain>: Sendable {
    public let domain: Domain
    public let party: Int
    let seed: Seed

    public init(domain: Domain, party: Int, seed: Seed) {
        self.domain = domain
        self.party = party
        self.seed = seed
    }

    /// The part of correlation `index` that the seed alone determines. Party 0's products are empty: they come as
    /// corrections.
    func expand(_ correlation: Correlation, index: Int) throws -> CorrelationShare<Domain.Elements> {
        var generator = try PseudorandomGenerator(seed: seed, domain: UInt64(index))
        let owed = party == 1
        func elements(_ count: Int, _ width: Int) throws -> Domain.Elements {
            try domain.uniform(count: owed ? count : 0, width: width, from: &generator)
        }
        switch correlation {
        case .ringMask(let count, let width):
            return .elements(try domain.uniform(count: count, width: width, from: &generator))
        case .clientMask(let count, let width):
            return .elements(try elements(count, width))
        case .beaverProduct(_, _, let shape, let width), .serverProduct(_, _, let shape, let width):
            return .elements(try elements(shape.outputCount, width))
        case .correlatedOT(let count, let width):
            let own = try generator.bits(count)
            return .correlatedOT(own: own, product: try elements(count, width))
        case .millionairesLeaves(let count, let bits, let thresholds):
            let own = try Self.planes(party == 0 ? thresholds : 1, bits, count, &generator)
            let products = MillionairesLeaf.productCount(bits: bits)
            return .leaves(own: own, products: owed ? try Self.planes(thresholds, products, count, &generator) : [])
        case .bitProducts(let count, let copies, let planes, let subsets):
            let masks = try Self.planes(copies, planes, count, &generator)
            return .bitProducts(
                masks: masks, products: owed ? try Self.planes(copies, subsets.count, count, &generator) : [])
        case .selection(let count, let thresholds, let degree, let masked, let width):
            let bits = try Self.planes(1, thresholds, count, &generator)[0]
            let mask = masked ? try domain.uniform(count: count, width: width, from: &generator) : nil
            let powers = SelectionTable.powerCount(thresholds: thresholds, degree: degree, count: count)
            return .selection(bits: bits, mask: mask, powers: try elements(powers, width))
        }
    }

    private static func planes(
        _ outer: Int, _ inner: Int, _ count: Int, _ generator: inout PseudorandomGenerator
    ) throws -> [[BitVector]] {
        try (0..<outer).map { _ in try (0..<inner).map { _ in try generator.bits(count) } }
    }
}

/// The masks `B` of a server's weights; known to the server and the dealer, one for each weight of a model.
public struct WeightMasks<Domain: ShareDomain>: Sendable {
    let domain: Domain
    let seed: Seed

    public init(domain: Domain, seed: Seed) {
        self.domain = domain
        self.seed = seed
    }

    public func mask(_ weight: WeightDeclaration, index: Int) throws -> Domain.Elements {
        var generator = try PseudorandomGenerator(seed: seed, domain: UInt64(index))
        return try domain.uniform(count: weight.count, width: weight.width, from: &generator)
    }

    /// `W - B`, what the server sends to the client in the setup.
    public func masked(_ weight: WeightDeclaration, index: Int, value: Domain.Elements) throws -> Domain.Elements {
        domain.subtract(value, try mask(weight, index: index))
    }
}

extension ShareDomain {
    /// `x` through several maps, first to last.
    public func apply(_ maps: [LinearMap], to x: Elements) -> Elements {
        maps.reduce(x) { apply($1, to: $0) }
    }
}
