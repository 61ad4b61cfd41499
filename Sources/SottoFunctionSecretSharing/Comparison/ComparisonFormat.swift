import SottoAlgebra
import SottoRandomness

/// The distributed comparison function that keys are for, `x -> β` where `x < α` and 0 elsewhere, with `α` and the payload
/// `β` hidden: `β` is a vector of elements modulo a power of two, and so are the shares of the function's values (Boyle et
/// al., EUROCRYPT 2021, ePrint 2020/1392, section 3).
///
/// A node contributes to a value only where `x` goes left of it, so that each level has one correction of the values and
/// none is left for the leaves. The lowest levels are one leaf, a table of values, where that makes keys shorter.
public struct ComparisonFormat: Sendable, Hashable {
    /// `x` and `α` are below `2^inputBits`.
    public let inputBits: Int
    /// Elements of the payload.
    public let components: Int
    /// The elements are modulo `2^ring`.
    public let ring: Int
    /// Leading components whose payload is publicly 1: of the others the parties get shares of the payload itself too.
    public let publicComponents: Int
    /// Levels that a leaf replaces.
    public let leafBits: Int

    /// - Parameter leafBits: by default as many as keep keys within 2 % of the shortest.
    /// - Precondition: 1 to 64 bits of input, 1 to 8 components modulo 2^1 to 2^64, at most 7 bits in a leaf.
    public init(inputBits: Int, components: Int, ring: Int, publicComponents: Int = 0, leafBits: Int? = nil) {
        precondition((1...64).contains(inputBits) && (1...8).contains(components) && (1...64).contains(ring))
        precondition((0...components).contains(publicComponents))
        let choices = 0...min(7, inputBits)
        precondition(leafBits.map { choices.contains($0) } ?? true)
        self.inputBits = inputBits
        self.components = components
        self.ring = ring
        self.publicComponents = publicComponents
        func bits(_ leafBits: Int) -> Int {
            Self.keyBits(inputBits: inputBits, leafBits: leafBits, payloadBits: components * ring)
        }
        // Leaves are faster than levels: the largest whose keys are hardly longer than the shortest.
        let least = choices.map(bits).min()!
        self.leafBits = leafBits ?? choices.last { bits($0) * 50 <= least * 51 }!
    }

    // MARK: Sizes

    /// Levels of nodes with two children.
    var levels: Int { inputBits - leafBits }
    /// Levels whose children are nodes or leaves with seeds of their own.
    package var seedLevels: Int { leafBits > 0 ? levels : levels - 1 }
    /// Values in a leaf: none is needed at its last point, where the function is zero for every `α` in it.
    var leafEntries: Int { (1 << leafBits) - 1 }
    /// Components of whose payload there are shares.
    package var sharedComponents: Int { components - publicComponents }
    /// Elements that correct values, of one key.
    package var valueCount: Int { (levels + leafEntries) * components + sharedComponents }

    /// Bits of a key without its root seed, the same for both parties: each level's correction of seeds (128) and of the
    /// right child's control bit (1), and of values.
    public var keyBits: Int {
        Self.keyBits(inputBits: inputBits, leafBits: leafBits, payloadBits: components * ring)
            + sharedComponents * ring
    }

    private static func keyBits(inputBits: Int, leafBits: Int, payloadBits: Int) -> Int {
        let levels = inputBits - leafBits
        let seedLevels = leafBits > 0 ? levels : levels - 1
        return seedLevels * 129 + (levels + (1 << leafBits) - 1) * payloadBits
    }

    var mask: UInt64 { ring == 64 ? .max : (1 << UInt64(ring)) - 1 }

    /// Whether four components share a block of values, in words of 32 bits, instead of two.
    var isNarrow: Bool { ring <= 32 }
    var componentsOfBlock: Int { isNarrow ? 4 : 2 }
    /// Blocks of values of a node, or of an entry of a leaf.
    var valueBlocks: Int { (components + componentsOfBlock - 1) / componentsOfBlock }
    var payloadBlocks: Int { (sharedComponents + componentsOfBlock - 1) / componentsOfBlock }

    /// The components of a block among so many.
    func components(ofBlock block: Int, of count: Int) -> Range<Int> {
        componentsOfBlock * block..<min(componentsOfBlock * (block + 1), count)
    }

    /// A component's word of its block.
    @inline(__always)
    func word(_ component: Int, of block: Block) -> UInt64 {
        guard isNarrow else { return component & 1 == 0 ? block.x : block.y }
        let half = component & 2 == 0 ? block.x : block.y
        return half >> UInt64(32 * (component & 1)) & 0xffff_ffff
    }
}

/// The corrections of a batch of keys, the same for both parties: uniform to either, who has one root seed for each key.
public struct ComparisonCorrections: Sendable, Equatable {
    /// By level, then by key, two words: 127 bits that correct a child's seed, and in the lowest bit the left child's control
    /// bit.
    public var seeds: [UInt64]
    /// By level a word of 64 keys' bits after the other: the right child's control bits.
    public var rightBits: [UInt64]
    /// By level, by entry of a leaf and at last for the payload; there by key and component.
    public var values: [UInt64]

    public init(seeds: [UInt64], rightBits: [UInt64], values: [UInt64]) {
        self.seeds = seeds
        self.rightBits = rightBits
        self.values = values
    }

    /// Room for so many keys.
    init(_ format: ComparisonFormat, count: Int) {
        seeds = [UInt64](repeating: 0, count: 2 * format.seedLevels * count)
        rightBits = [UInt64](repeating: 0, count: format.seedLevels * Self.bitWords(count))
        values = [UInt64](repeating: 0, count: format.valueCount * count)
    }

    package static func bitWords(_ count: Int) -> Int { (count + 63) / 64 }

    /// Whether these are as many as `count` keys need.
    func fits(_ format: ComparisonFormat, count: Int) -> Bool {
        seeds.count == 2 * format.seedLevels * count && values.count == format.valueCount * count
            && rightBits.count == format.seedLevels * Self.bitWords(count)
    }
}

/// A party's part of a batch of keys.
public struct PartyComparisonKeys: Sendable {
    public let party: Party
    /// Seeds, one for each key.
    public let roots: [Block]
    public let corrections: ComparisonCorrections

    public init(party: Party, roots: [Block], corrections: ComparisonCorrections) {
        self.party = party
        self.roots = roots
        self.corrections = corrections
    }
}
