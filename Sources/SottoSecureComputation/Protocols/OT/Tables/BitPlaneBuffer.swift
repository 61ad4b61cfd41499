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

    /// Adds a bit, 0 or 1, to one that is zero.
    @inline(__always)
    func set(_ plane: Int, _ element: Int, _ bit: UInt64) {
        words[plane * wordCount + element >> 6] |= bit << UInt64(element & 63)
    }
}
