/// Bit-slicing: between a vector of k-bit elements and the k bit vectors of their single bits.
public enum BitPlanes {
    /// Plane `j`, for `j` in `0..<width`, holds bit `j` of every element; higher bits are ignored.
    public static func planes(of elements: [UInt64], width: Int) -> [BitVector] {
        precondition((1...64).contains(width), "an element has 1 to 64 bits")
        let count = elements.count
        let blocks = BitVector.wordCount(count)
        var planes = [UInt64](repeating: 0, count: width * blocks)
        elements.withUnsafeBufferPointer { elements in
            planes.withUnsafeMutableBufferPointer { planes in
                withTile { tile in
                    for block in 0..<blocks {
                        let start = 64 &* block
                        let filled = min(64, count &- start)
                        for index in 0..<filled { tile[index] = elements[start &+ index] }
                        for index in filled..<64 { tile[index] = 0 }
                        transpose(tile)
                        for plane in 0..<width { planes[plane &* blocks &+ block] = tile[plane] }
                    }
                }
            }
        }
        return (0..<width).map { plane in
            BitVector(words: Array(planes[plane * blocks..<(plane + 1) * blocks]), count: count)
        }
    }

    /// The elements whose bit `j` is in plane `j`, for at most 64 planes of equal count; bits without a plane are zero.
    public static func elements(from planes: [BitVector]) -> [UInt64] {
        precondition(planes.count <= 64, "an element has at most 64 bits")
        guard let count = planes.first?.count else { return [] }
        precondition(planes.allSatisfy { $0.count == count }, "bit planes must have equal counts")
        let blocks = BitVector.wordCount(count)
        let words = planes.flatMap(\.words)
        // Whole blocks are stored, so the capacity is rounded up to one.
        return [UInt64](unsafeUninitializedCapacity: 64 * blocks) { elements, initialized in
            words.withUnsafeBufferPointer { words in
                withTile { tile in
                    for block in 0..<blocks {
                        for plane in 0..<planes.count { tile[plane] = words[plane &* blocks &+ block] }
                        for plane in planes.count..<64 { tile[plane] = 0 }
                        transpose(tile)
                        for index in 0..<64 { elements[64 &* block &+ index] = tile[index] }
                    }
                }
            }
            initialized = count
        }
    }

    private static func withTile(_ body: (UnsafeMutableBufferPointer<UInt64>) -> Void) {
        withUnsafeTemporaryAllocation(of: UInt64.self, capacity: 64) { tile in
            tile.initialize(repeating: 0)
            body(tile)
        }
    }

    /// Transposes a 64x64 bit matrix in place: bit `j` of word `i` and bit `i` of word `j` change places.
    ///
    /// Six steps exchange the off-diagonal quarters of ever smaller squares.
    @inline(__always)
    private static func transpose(_ tile: UnsafeMutableBufferPointer<UInt64>) {
        var distance = 32
        var mask: UInt64 = 0x0000_0000_ffff_ffff
        while distance > 0 {
            let shift = UInt64(distance)
            var square = 0
            while square < 64 {
                for row in square..<square &+ distance {
                    let exchanged = (tile[row] &>> shift ^ tile[row &+ distance]) & mask
                    tile[row] ^= exchanged &<< shift
                    tile[row &+ distance] ^= exchanged
                }
                square &+= 2 &* distance
            }
            distance &>>= 1
            mask ^= mask &<< UInt64(distance)
        }
    }
}
