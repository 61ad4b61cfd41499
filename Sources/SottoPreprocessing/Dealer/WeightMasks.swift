import SottoAlgebra
import SottoRandomness

/// The masks `B` of a server's weights; known to the server and the dealer, one for each weight of a model.
package struct WeightMasks<Domain: ShareDomain>: Sendable {
    let domain: Domain
    let seed: Seed

    package init(domain: Domain, seed: Seed) {
        self.domain = domain
        self.seed = seed
    }

    /// The mask of a weight, one tile after the other.
    struct Tiles {
        let domain: Domain
        let width: Int
        var generator: PseudorandomGenerator

        mutating func next(_ range: Range<Int>) throws -> Domain.Elements {
            try domain.uniform(count: range.count, width: width, from: &generator)
        }
    }

    func tiles(_ weight: WeightDeclaration, index: Int) throws -> Tiles {
        Tiles(
            domain: domain, width: weight.width,
            generator: try PseudorandomGenerator(seed: seed, domain: UInt64(index)))
    }

    package func mask(_ weight: WeightDeclaration, index: Int) throws -> Domain.Elements {
        var tiles = try tiles(weight, index: index)
        let ranges = weight.tiles
        guard ranges.count > 1 else { return try tiles.next(ranges[0]) }
        var mask = domain.empty(capacity: weight.count)
        for range in ranges { domain.append(try tiles.next(range), to: &mask) }
        return mask
    }
}
