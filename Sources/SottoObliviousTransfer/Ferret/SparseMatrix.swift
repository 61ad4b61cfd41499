import SottoRandomness

/// The public matrix of LPN: rows with ten ones at uniform places, drawn from a seed in the order of the OTs. What multiplies
/// it is a vector of `2^logBase` blocks.
package final class SparseMatrix {
    private let mask: UInt64
    private let generator: PseudorandomGenerator
    private var places: [UInt64]

    /// 64-bit words of the stream for a row: three places of up to 21 bits in each of the first three, one in the last.
    private static let wordsPerRow = 4
    /// Rows at a time.
    private static let chunk = 512

    /// - Parameter seed: public, chosen at random for a session.
    package init(logBase: Int, seed: Seed, round: Int) throws(RandomnessError) {
        precondition(logBase <= 21)
        mask = (1 << UInt64(logBase)) - 1
        generator = try PseudorandomGenerator(seed: seed, domain: UInt64(round))
        places = [UInt64](repeating: 0, count: Self.wordsPerRow * Self.chunk)
    }

    /// Adds the next rows' products with the vector to the blocks.
    package func addNext(
        _ count: Int, of vector: UnsafePointer<Block>, to blocks: UnsafeMutablePointer<Block>
    ) throws(RandomnessError) {
        for start in stride(from: 0, to: count, by: Self.chunk) {
            let taken = min(Self.chunk, count - start)
            var failure: RandomnessError?
            places.withUnsafeMutableBufferPointer { places in
                guard let words = places.baseAddress else { return }
                do throws(RandomnessError) {
                    try generator.fill(
                        UnsafeMutableRawBufferPointer(start: words, count: taken * Self.wordsPerRow * 8))
                } catch { failure = error }
                for row in 0..<taken { blocks[start &+ row] ^= sum(words + row &* Self.wordsPerRow, vector) }
            }
            if let failure { throw failure }
        }
    }

    /// The sum of a row's ten places.
    @inline(__always)
    private func sum(_ words: UnsafePointer<UInt64>, _ vector: UnsafePointer<Block>) -> Block {
        let (a, b, c, d) = (words[0], words[1], words[2], words[3])
        return three(a, vector) ^ three(b, vector) ^ three(c, vector) ^ vector[Int(d & mask)]
    }

    @inline(__always)
    private func three(_ word: UInt64, _ vector: UnsafePointer<Block>) -> Block {
        vector[Int(word & mask)] ^ vector[Int((word &>> 21) & mask)] ^ vector[Int((word &>> 42) & mask)]
    }
}
