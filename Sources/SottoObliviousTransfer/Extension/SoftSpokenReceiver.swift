import SottoAlgebra
import SottoRandomness

/// The party that gets `t = q ⊕ u·Δ`: it knows all leaves of all trees.
public final class SoftSpokenReceiver {
    private let parameters: SoftSpoken
    private let generators: [PseudorandomGenerator]
    /// For the sender: the sums of all trees' levels.
    public let treeMessage: [UInt8]
    private var rows: [UInt64]
    private var sums: [UInt64]

    /// - Parameter reply: the sender's, to the message of `base`.
    /// - Throws: ``ObliviousTransferError`` where it is none.
    public init(_ parameters: SoftSpoken, base: BaseTransferSender, reply: [UInt8], seed: Seed) throws {
        self.parameters = parameters
        let keys = try base.keys(reply, count: SoftSpoken.baseTransfers)
        let roots = try PseudorandomGenerator(seed: seed, domain: 0)
        let hash = try TweakableHash()
        let depth = parameters.treeDepth
        var generators: [PseudorandomGenerator] = []
        var message: [Block] = []
        for index in 0..<parameters.trees {
            let tree = try PuncturableTree(depth: depth, index: index).full(
                root: Block(roots.seed()), keys: keys[index * depth..<(index + 1) * depth], hash: hash)
            message += tree.message
            for leaf in tree.leaves { generators.append(try PseudorandomGenerator(seed: leaf.seed(), domain: 0)) }
        }
        self.generators = generators
        treeMessage = message.bytes
        rows = [UInt64](repeating: 0, count: (1 << depth) * parameters.chunkWords)
        sums = [UInt64](repeating: 0, count: BitMatrix.rows * parameters.chunkWords)
    }

    /// `count` more correlated OTs: the blocks `t`, and the message for the sender.
    /// - Precondition: a multiple of ``SoftSpoken/granularity``.
    public func extend(_ count: Int) throws -> (blocks: [Block], message: [UInt8]) {
        var message: [UInt64] = []
        message.reserveCapacity(parameters.extensionBytes(count) / 8)
        let blocks = try [Block](unsafeUninitializedCapacity: count) { blocks, initialized in
            for chunk in parameters.chunks(count) {
                guard let start = blocks.baseAddress else { return }
                try extend(start + 64 * chunk.lowerBound, words: chunk.count, &message)
                initialized = 64 * chunk.upperBound
            }
        }
        return (blocks, message.withUnsafeBytes { Array($0) })
    }

    private func extend(_ blocks: UnsafeMutablePointer<Block>, words: Int, _ message: inout [UInt64]) throws {
        let leaves = 1 << parameters.treeDepth
        try rows.withUnsafeMutableBufferPointer { rows in
            try sums.withUnsafeMutableBufferPointer { sums in
                guard let rows = rows.baseAddress, let sums = sums.baseAddress else { return }
                var choices: [UInt64] = []
                for tree in 0..<parameters.trees {
                    for leaf in 0..<leaves {
                        try generators[tree * leaves + leaf].fill(
                            UnsafeMutableRawBufferPointer(start: rows + leaf * words, count: 8 * words))
                    }
                    LeafSums.fold(
                        rows, depth: parameters.treeDepth, words: words,
                        sums: sums + tree * parameters.treeDepth * words)
                    // The first tree's sum is what the others are corrected to.
                    let sum = UnsafeBufferPointer(start: rows, count: words)
                    if tree == 0 { choices = Array(sum) } else { message += zip(sum, choices).lazy.map { $0 ^ $1 } }
                }
                BitMatrix.transpose(sums, words: words, lowest: choices, to: blocks)
            }
        }
    }
}
