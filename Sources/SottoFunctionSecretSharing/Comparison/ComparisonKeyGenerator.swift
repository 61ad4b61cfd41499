import SottoAlgebra
import SottoRandomness

/// Makes the keys of distributed comparison functions, level by level for a whole batch: a dealer's work.
///
/// Along the path of `α` both parties' nodes differ: their control bits do, and their seeds are independent. Beside it they
/// are equal, so that the shares of all contributions there cancel. A level's correction of the seeds makes the child beside
/// the path equal, that of the values makes the left child contribute `β` where the path goes right, and nothing else.
///
/// No branch and no address depends on `α`, `β` or a seed.
public final class ComparisonKeyGenerator {
    public let format: ComparisonFormat
    private let hash: TreeHash

    /// Keys at a time; what they need stays in the second-level cache.
    private static let chunk = 1024

    public init(_ format: ComparisonFormat, kernel: TreeHash.Kernel = .fastest) throws(RandomnessError) {
        self.format = format
        hash = try TreeHash(kernel: kernel)
    }

    /// - Parameters:
    ///   - alphas: below `2^inputBits`, one for each key.
    ///   - payloads: by key and component.
    ///   - roots: uniform, one for each key; their lowest bits are not used.
    public func corrections(
        alphas: [UInt64], payloads: [UInt64], roots: ByParty<[Block]>
    ) throws(RandomnessError) -> ComparisonCorrections {
        let count = alphas.count
        precondition(payloads.count == count * format.components)
        precondition(roots.server.count == count && roots.client.count == count)
        var corrections = ComparisonCorrections(format, count: count)
        for start in stride(from: 0, to: count, by: Self.chunk) {
            let keys = start..<min(start + Self.chunk, count)
            var path = ComparisonKeyPath(
                format: format, hash: hash, keys: keys, count: count, alphas: alphas, payloads: payloads,
                nodes: ByParty { .init(roots[$0][keys], $0) })
            try path.correctPayload(&corrections)
            for level in 0..<format.levels { try path.correctLevel(level, &corrections) }
            try path.correctLeaf(&corrections)
        }
        return corrections
    }
}

/// A chunk of keys on the way down the paths of their `α`.
private struct ComparisonKeyPath {
    let format: ComparisonFormat
    let hash: TreeHash
    /// Of the batch.
    let keys: Range<Int>
    let count: Int
    let alphas: [UInt64]
    let payloads: [UInt64]
    /// Both parties' nodes on the path.
    var nodes: ByParty<Nodes>

    /// A party's.
    struct Nodes {
        var seeds: [Block]
        /// All ones where the bit is set.
        var control: [UInt64]
        var left: [Block] = []
        var right: [Block] = []
        /// Of the values' block at hand.
        var values: [Block] = []

        init(_ roots: ArraySlice<Block>, _ party: Party) {
            seeds = roots.map { $0.even }
            control = [UInt64](repeating: party == .server ? 0 : .max, count: roots.count)
        }
    }

    // MARK: Levels

    mutating func correctLevel(
        _ level: Int, _ corrections: inout ComparisonCorrections
    ) throws(RandomnessError) {
        let shift = UInt64(format.inputBits - 1 - level)
        let row = level * format.components * count
        for block in 0..<format.valueBlocks {
            try hashValues(TreeHash.Tweak.values(block))
            let components = format.components(ofBlock: block, of: format.components)
            correctValues(&corrections, row: row, components) { (alphas[$0] >> shift) & 1 }
        }
        guard level < format.seedLevels else { return }
        for party in Party.allCases {
            nodes[party].left = try hash.hashes(nodes[party].seeds, TreeHash.Tweak.child(isRight: false))
            nodes[party].right = try hash.hashes(nodes[party].seeds, TreeHash.Tweak.child(isRight: true))
        }
        let bits = level * ComparisonCorrections.bitWords(count)
        for (slot, key) in keys.enumerated() {
            let bit = (alphas[key] >> shift) & 1
            let goesRight = Block.mask(bit)
            let (server, client) = (nodes.server, nodes.client)
            let (left, right) = (server.left[slot] ^ client.left[slot], server.right[slot] ^ client.right[slot])
            // That of the child beside the path, which it makes equal at both.
            let seed = (right ^ (goesRight & (left ^ right))).even
            let leftBit = left.lowestBit ^ bit ^ 1
            let rightBit = right.lowestBit ^ bit
            corrections.seeds[2 * (level * count + key)] = seed.x | leftBit
            corrections.seeds[2 * (level * count + key) + 1] = seed.y
            corrections.rightBits[bits + key >> 6] |= rightBit << UInt64(key & 63)
            let controlBit = leftBit ^ (bit & (leftBit ^ rightBit))
            for party in Party.allCases { descend(party, slot, goesRight, seed, controlBit) }
        }
    }

    /// To the child on the path.
    private mutating func descend(_ party: Party, _ slot: Int, _ goesRight: Block, _ seed: Block, _ controlBit: UInt64)
    {
        let control = nodes[party].control[slot]
        let (left, right) = (nodes[party].left[slot], nodes[party].right[slot])
        let child = left ^ (goesRight & (left ^ right))
        nodes[party].seeds[slot] = child.even ^ (Block(repeating: control) & seed)
        nodes[party].control[slot] = 0 &- (child.lowestBit ^ (control & controlBit))
    }

    // MARK: Values

    /// Shares of the payload, from the roots.
    mutating func correctPayload(
        _ corrections: inout ComparisonCorrections
    ) throws(RandomnessError) {
        let row = (format.levels + format.leafEntries) * format.components * count
        for block in 0..<format.payloadBlocks {
            try hashValues(TreeHash.Tweak.payload(block))
            let components = format.components(ofBlock: block, of: format.sharedComponents)
            correctValues(
                &corrections, row: row, components, of: format.sharedComponents, payload: format.publicComponents
            ) { _ in 1 }
        }
    }

    /// Where the point is below `α` among those of its leaf.
    mutating func correctLeaf(
        _ corrections: inout ComparisonCorrections
    ) throws(RandomnessError) {
        let low: UInt64 = (1 << UInt64(format.leafBits)) - 1
        for entry in 0..<format.leafEntries {
            let row = (format.levels + entry) * format.components * count
            for block in 0..<format.valueBlocks {
                try hashValues(TreeHash.Tweak.values(entry * format.valueBlocks + block))
                let components = format.components(ofBlock: block, of: format.components)
                correctValues(&corrections, row: row, components) {
                    (UInt64(entry) &- (alphas[$0] & low)) >> 63
                }
            }
        }
    }

    private mutating func hashValues(_ tweak: Block) throws(RandomnessError) {
        for party in Party.allCases { nodes[party].values = try hash.hashes(nodes[party].seeds, tweak) }
    }

    /// Corrects a block's values so that they add up to the payload times a bit.
    /// - Parameters:
    ///   - row: where the corrections of the first component of the first key of the batch stand.
    ///   - components: of the block, among `width` for each key.
    ///   - payload: the first of them in the payload.
    ///   - bit: by key.
    private func correctValues(
        _ corrections: inout ComparisonCorrections, row: Int, _ components: Range<Int>,
        of width: Int? = nil, payload: Int = 0, bit: (Int) -> UInt64
    ) {
        let (mask, width) = (format.mask, width ?? format.components)
        for component in components {
            for (slot, key) in keys.enumerated() {
                let own = format.word(component, of: nodes.server.values[slot])
                let other = format.word(component, of: nodes.client.values[slot])
                let wanted = bit(key) &* payloads[key * format.components + payload + component]
                // Negative where the client's control bit is set: there it subtracts the correction.
                let sign = nodes.client.control[slot]
                let correction = wanted &- own &+ other
                corrections.values[row + key * width + component] = ((correction ^ sign) &- sign) & mask
            }
        }
    }
}
