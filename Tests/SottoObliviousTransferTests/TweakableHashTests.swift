import SottoAlgebra
import SottoObliviousTransfer
import SottoRandomness
import TestSupport
import Testing

@Suite struct TweakableHashTests {
    /// The same permutation by counter mode, whose counter blocks are big-endian.
    private func permuted(_ block: Block) throws -> Block {
        var key = [UInt8](repeating: 0, count: 16)
        for (index, byte) in "omm".utf8.enumerated() { key[index] = byte }
        key[3] = UInt8(ascii: "t")
        let generator = try PseudorandomGenerator(
            key: Seed(bytes: key), counter: (block.x.byteSwapped, block.y.byteSwapped))
        let words = try generator.words(2)
        return Block(words[0], words[1])
    }

    @Test(arguments: [0, 1, 511, 512, 513, 1200]) func isItsFormula(count: Int) throws {
        var generator = SeededGenerator(UInt64(count))
        let blocks = (0..<count).map { _ in Block(generator.next(), generator.next()) }
        for (step, tweak) in [(UInt64(1), UInt64.max - 3), (0, 17)] {
            var hashed = blocks
            try hashed.withUnsafeMutableBufferPointer {
                try TweakableHash().hash($0, tweak: tweak, step: step, kind: 5)
            }
            for index in blocks.indices {
                let first = try permuted(blocks[index])
                let second = try permuted(first ^ Block(tweak &+ step &* UInt64(index), 5))
                if hashed[index] != first ^ second { Issue.record("block \(index)") }
            }
        }
    }
}
