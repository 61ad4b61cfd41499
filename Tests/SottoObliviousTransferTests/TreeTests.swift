import SottoAlgebra
import SottoObliviousTransfer
import SottoRandomness
import TestSupport
import Testing

@Suite struct TreeTests {
    private func block(_ generator: inout SeededGenerator) -> Block { Block(generator.next(), generator.next()) }

    /// Every leaf of every size: all others are the full tree's, at their place less the secret.
    @Test(arguments: 1...8) func puncturedTreesMissOneLeaf(depth: Int) throws {
        var generator = SeededGenerator(UInt64(depth))
        let hash = try TweakableHash()
        let tree = PuncturableTree(depth: depth, index: 3)
        let keys = (0..<depth).map { _ in (block(&generator), block(&generator)) }
        let full = try tree.full(root: block(&generator), keys: keys[...], hash: hash)
        #expect(full.leaves.count == 1 << depth && Set(full.leaves).count == 1 << depth)
        let message = full.message.bytes
        #expect(message.count == PuncturableTree.messageBytes(depth: depth))
        for punctured in 0..<1 << depth {
            let own = keys.enumerated().map { level, key in
                punctured >> (depth - 1 - level) & 1 == 0 ? key.1 : key.0
            }
            let leaves = try tree.punctured(at: punctured, keys: own[...], message: message[...], hash: hash)
            #expect(leaves[0] == .zero)
            for leaf in 1..<1 << depth where leaves[leaf] != full.leaves[leaf ^ punctured] {
                Issue.record("leaf \(leaf) without \(punctured)")
            }
        }
    }

    @Test func treesOfOtherNumbersAreOthers() throws {
        let hash = try TweakableHash()
        let keys = [(Block.zero, Block.zero)]
        let trees = try (0..<3).map {
            try PuncturableTree(depth: 1, index: $0).full(root: .one, keys: keys[...], hash: hash).leaves
        }
        #expect(Set(trees.flatMap { $0 }).count == 6)
    }

    /// Every leaf of every small tree, and some of large ones.
    @Test(arguments: [1, 2, 3, 5, 8, 13]) func correlatedTreesDifferInOneLeaf(depth: Int) throws {
        var generator = SeededGenerator(UInt64(depth))
        let difference = block(&generator) | Block(1, 0)
        let (sender, receiver) = (try CorrelatedTree(depth: depth), try CorrelatedTree(depth: depth))
        let size = 1 << depth
        let places = depth <= 8 ? Array(0..<size) : [0, 1, size - 1, size / 2, 0b1_0110_0111_0101 % size]
        for place in places {
            let (leaves, sums) = try sender.full(first: block(&generator), difference: difference)
            #expect(leaves.reduce(Block.zero) { $0 ^ $1 } == difference)
            let right = (0..<depth).map { UInt64(place >> (depth - 1 - $0) & 1) }
            let known = zip(sums, right).map { $0 ^ ($1 == 1 ? .zero : difference) }
            // Higher bits of the directions mean nothing.
            let (others, path) = try receiver.punctured(sums: known, right: right.map { $0 | 0xaa00 })
            for leaf in 0..<size {
                let expected = leaf == place ? leaves[leaf] ^ difference : leaves[leaf]
                if others[leaf] != expected || path[leaf] != (leaf == place ? .max : 0) {
                    Issue.record("leaf \(leaf) with \(place)")
                }
            }
        }
    }

    /// Against the bits one by one, also where words are no multiple of four.
    @Test(arguments: [1, 2, 3, 4, 5, 9]) func transposition(words: Int) {
        var generator = SeededGenerator(UInt64(words))
        let rows = (0..<BitMatrix.rows * words).map { _ in generator.next() }
        let lowest = (0..<words).map { _ in generator.next() }
        for given in [lowest, nil] {
            var blocks = [Block](repeating: .zero, count: 64 * words)
            BitMatrix.transpose(rows, words: words, lowest: given, to: &blocks)
            for (index, block) in blocks.enumerated() {
                for row in 0..<BitMatrix.rows {
                    let word = row == 0 ? given?[index / 64] ?? 0 : rows[row * words + index / 64]
                    let bit = word >> UInt64(index % 64) & 1
                    if block[row / 64] >> UInt64(row % 64) & 1 != bit { Issue.record("block \(index), row \(row)") }
                }
            }
        }
    }
}
