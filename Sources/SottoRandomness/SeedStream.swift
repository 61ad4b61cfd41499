/// Seeds that all follow from one, each given once: as secret as that one is.
package struct SeedStream: SeedSource {
    private let root: Seed
    private var given: UInt64 = 0

    package init(_ root: Seed) { self.root = root }

    package mutating func nextSeed() throws -> Seed {
        defer { given += 1 }
        return try PseudorandomGenerator(seed: root, domain: given).seed()
    }
}
