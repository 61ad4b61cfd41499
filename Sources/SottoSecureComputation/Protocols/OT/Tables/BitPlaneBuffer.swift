import SottoAlgebra

/// Bit vectors of one length while they are filled, one element after the other.
struct BitPlaneBuffer {
    let planes: Int
    private let wordCount: Int
    /// Plane after plane.
    private let words: UnsafeMutableBufferPointer<UInt64>

    /// Vectors of `count` bits that `fill` sets, zero before.
    static func filled(planes: Int, count: Int, _ fill: (BitPlaneBuffer) -> Void) -> [BitVector] {
        let wordCount = BitVector.wordCount(count)
        var words = [UInt64](repeating: 0, count: planes * wordCount)
        words.withUnsafeMutableBufferPointer {
            fill(BitPlaneBuffer(planes: planes, wordCount: wordCount, words: $0))
        }
        return (0..<planes).map { plane in
            BitVector(words: Array(words[(plane * wordCount)..<((plane + 1) * wordCount)]), count: count)
        }
    }

    /// Sets a word of a plane, of whose elements it sums up a word each; those words are used up.
    ///
    /// Half of the words are folded into the other half of each word's bits, six times, until one word has all sums.
    @inline(__always)
    func set(_ plane: Int, word: Int, toSumsOf sums: UnsafeMutablePointer<UInt64>) {
        var half = 32
        // The lower `half` bits in every `2·half`.
        var lower: UInt64 = 0xFFFF_FFFF
        while half > 0 {
            let shift = UInt64(half)
            for element in 0..<half {
                let (low, high) = (sums[element], sums[element + half])
                sums[element] = ((low ^ low &>> shift) & lower) | ((high ^ high &<< shift) & ~lower)
            }
            half /= 2
            lower ^= lower &<< UInt64(half)
        }
        words[plane * wordCount + word] = sums[0]
    }

    /// Adds a bit, 0 or 1, to one that is zero.
    @inline(__always)
    func set(_ plane: Int, _ element: Int, _ bit: UInt64) {
        words[plane * wordCount + element >> 6] |= bit << UInt64(element & 63)
    }
}
