import SottoAlgebra
import SottoRandomness

/// The party that holds `Δ` and gets `q`: of each tree it misses the leaf that its part of `Δ` says.
public final class SoftSpokenSender {
    private let parameters: SoftSpoken
    public let difference: Block
    /// Leaf `y` of a tree is the receiver's `y ^ Δ_tree`; the first, which is missing, has no generator.
    private let generators: [PseudorandomGenerator?]
    private var rows: [UInt64]
    private var sums: [UInt64]

    /// - Parameters:
    ///   - base: got with ``choices(of:)`` of the difference.
    ///   - message: the receiver's about its trees.
    /// - Throws: ``ObliviousTransferError`` where it is none.
    public init(
        _ parameters: SoftSpoken, difference: Block, base: BaseTransferReceiver, treeMessage message: [UInt8]
    ) throws {
        try ObliviousTransferError.check(message, parameters.treeBytes, "extension's trees")
        precondition(difference.lowestBit == 1, "the difference is odd")
        self.parameters = parameters
        self.difference = difference
        let hash = try TweakableHash()
        let depth = parameters.treeDepth
        let size = PuncturableTree.messageBytes(depth: depth)
        var generators: [PseudorandomGenerator?] = []
        for index in 0..<parameters.trees {
            let leaves = try PuncturableTree(depth: depth, index: index).punctured(
                at: Self.part(index, of: difference, depth), keys: base.keys[index * depth..<(index + 1) * depth],
                message: message[index * size..<(index + 1) * size], hash: hash)
            generators.append(nil)
            for leaf in leaves.dropFirst() {
                generators.append(try PseudorandomGenerator(seed: leaf.seed(), domain: 0))
            }
        }
        self.generators = generators
        rows = [UInt64](repeating: 0, count: (1 << depth) * parameters.chunkWords)
        sums = [UInt64](repeating: 0, count: BitMatrix.rows * parameters.chunkWords)
    }

    /// An odd difference.
    public static func difference(seed: Seed) -> Block { Block(seed) | Block(1, 0) }

    /// What a sender chooses in the base OTs: each level's side beside the path.
    public static func choices(_ parameters: SoftSpoken, difference: Block) -> BitVector {
        var choices = BitVector(repeating: false, count: SoftSpoken.baseTransfers)
        let depth = parameters.treeDepth
        for index in 0..<SoftSpoken.baseTransfers {
            let part = part(index / depth, of: difference, depth)
            choices[index] = part >> (depth - 1 - index % depth) & 1 == 0
        }
        return choices
    }

    private static func part(_ tree: Int, of difference: Block, _ depth: Int) -> Int {
        let bit = tree * depth
        return Int(truncatingIfNeeded: difference[bit / 64] >> UInt64(bit % 64)) & ((1 << depth) - 1)
    }

    /// The blocks `q` of `count` more correlated OTs, given the receiver's message about them.
    /// - Throws: ``ObliviousTransferError`` where it has another size.
    public func extend(_ count: Int, message: [UInt8]) throws -> [Block] {
        try ObliviousTransferError.check(message, parameters.extensionBytes(count), "the extension of OTs")
        let corrections = message.withUnsafeBytes { bytes in
            (0..<bytes.count / 8).map { bytes.loadUnaligned(fromByteOffset: 8 * $0, as: UInt64.self) }
        }
        return try [Block](unsafeUninitializedCapacity: count) { blocks, initialized in
            for chunk in parameters.chunks(count) {
                guard let start = blocks.baseAddress else { return }
                try extend(
                    start + 64 * chunk.lowerBound, words: chunk.count,
                    corrections[((parameters.trees - 1) * chunk.lowerBound)...])
                initialized = 64 * chunk.upperBound
            }
        }
    }

    private func extend(
        _ blocks: UnsafeMutablePointer<Block>, words: Int, _ corrections: ArraySlice<UInt64>
    ) throws {
        let depth = parameters.treeDepth
        let leaves = 1 << depth
        try rows.withUnsafeMutableBufferPointer { rows in
            try sums.withUnsafeMutableBufferPointer { sums in
                guard let rows = rows.baseAddress, let sums = sums.baseAddress else { return }
                for tree in 0..<parameters.trees {
                    // The missing leaf's row has no part in any sum.
                    rows.update(repeating: 0, count: words)
                    for leaf in 1..<leaves {
                        try generators[tree * leaves + leaf]?.fill(
                            UnsafeMutableRawBufferPointer(start: rows + leaf * words, count: 8 * words))
                    }
                    let target = sums + tree * depth * words
                    LeafSums.fold(rows, depth: depth, words: words, sums: target)
                    if tree > 0 { correct(target, tree, words, corrections) }
                }
                BitMatrix.transpose(sums, words: words, lowest: nil, to: blocks)
            }
        }
    }

    /// Adds the correction to every row whose bit of the difference is set.
    private func correct(
        _ rows: UnsafeMutablePointer<UInt64>, _ tree: Int, _ words: Int, _ corrections: ArraySlice<UInt64>
    ) {
        let depth = parameters.treeDepth
        corrections.dropFirst((tree - 1) * words).prefix(words).withUnsafeBufferPointer { correction in
            for bit in 0..<depth {
                let index = tree * depth + bit
                let mask = 0 &- ((difference[index / 64] >> UInt64(index % 64)) & 1)
                let row = rows + bit * words
                for word in 0..<words { row[word] ^= mask & correction[word] }
            }
        }
    }
}
