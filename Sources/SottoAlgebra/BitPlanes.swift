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
                BitTiles.with { tiles in
                    for first in stride(from: 0, to: blocks, by: BitTiles.count) {
                        let start = 64 * first
                        tiles.load(UnsafeBufferPointer(rebasing: elements[start...].prefix(64 * BitTiles.count)))
                        let taken = min(BitTiles.count, blocks - first)
                        for tile in 0..<taken { tiles.transpose(tile) }
                        for plane in 0..<width {
                            let target = plane &* blocks &+ first
                            for tile in 0..<taken { planes[target &+ tile] = tiles[tile, plane] }
                        }
                    }
                }
            }
        }
        return (0..<width).map { plane in
            BitVector(words: Array(planes[plane * blocks..<(plane + 1) * blocks]), count: count)
        }
    }

    /// The elements whose bit `j` is in plane `j`, for at most 64 planes of equal count; bits without a plane are zero.
    package static func elements(from planes: [BitVector]) -> [UInt64] {
        precondition(planes.count <= 64, "an element has at most 64 bits")
        guard let count = planes.first?.count else { return [] }
        precondition(planes.allSatisfy { $0.count == count }, "bit planes must have equal counts")
        let blocks = BitVector.wordCount(count)
        let words = planes.flatMap(\.words)
        return [UInt64](unsafeUninitializedCapacity: count) { elements, initialized in
            words.withUnsafeBufferPointer { words in
                BitTiles.with { tiles in
                    for first in stride(from: 0, to: blocks, by: BitTiles.count) {
                        let taken = min(BitTiles.count, blocks - first)
                        tiles.clear()
                        for plane in 0..<planes.count {
                            let source = plane &* blocks &+ first
                            for tile in 0..<taken { tiles[tile, plane] = words[source &+ tile] }
                        }
                        for tile in 0..<taken { tiles.transpose(tile) }
                        let start = 64 * first
                        tiles.store(UnsafeMutableBufferPointer(rebasing: elements[start..<count].prefix(64 * taken)))
                    }
                }
            }
            initialized = count
        }
    }
}

/// Eight square matrices of 64x64 bits. Eight, because the words of one plane then fill a cache line: planes often lie
/// a power of two apart, where single words would drive each other out of the cache.
private struct BitTiles {
    static let count = 8

    private typealias Rows = SIMD4<UInt64>

    /// Row `4 * i + j` of the matrices taken together is lane `j` of element `i`.
    private let rows: UnsafeMutablePointer<Rows>

    /// The same memory, row by row.
    private let words: UnsafeMutableRawPointer

    static func with(_ body: (BitTiles) -> Void) {
        withUnsafeTemporaryAllocation(of: Rows.self, capacity: 16 * count) { rows in
            guard let start = rows.baseAddress else { return }
            let tiles = BitTiles(rows: start, words: UnsafeMutableRawPointer(start))
            tiles.clear()
            body(tiles)
        }
    }

    func clear() { rows.update(repeating: .zero, count: 16 * Self.count) }

    subscript(tile: Int, row: Int) -> UInt64 {
        @inline(__always)
        get { words.load(fromByteOffset: 8 &* (64 &* tile &+ row), as: UInt64.self) }
        @inline(__always)
        nonmutating set { words.storeBytes(of: newValue, toByteOffset: 8 &* (64 &* tile &+ row), as: UInt64.self) }
    }

    /// Sets the first rows and clears the others.
    func load(_ elements: UnsafeBufferPointer<UInt64>) {
        if elements.count < 64 * Self.count { clear() }
        guard let source = elements.baseAddress else { return }
        words.copyMemory(from: source, byteCount: 8 * elements.count)
    }

    /// Copies the first rows.
    func store(_ elements: UnsafeMutableBufferPointer<UInt64>) {
        UnsafeMutableRawBufferPointer(elements).copyMemory(
            from: UnsafeRawBufferPointer(start: words, count: 8 * elements.count))
    }

    /// Transposes a matrix in place: bit `j` of row `i` and bit `i` of row `j` change places.
    ///
    /// Six steps exchange the off-diagonal quarters of ever smaller squares: four between vectors of rows, two within.
    func transpose(_ tile: Int) {
        let rows = rows + 16 * tile
        Self.exchange(rows, distance: 8, mask: 0x0000_0000_ffff_ffff)
        Self.exchange(rows, distance: 4, mask: 0x0000_ffff_0000_ffff)
        Self.exchange(rows, distance: 2, mask: 0x00ff_00ff_00ff_00ff)
        Self.exchange(rows, distance: 1, mask: 0x0f0f_0f0f_0f0f_0f0f)
        for index in 0..<16 {
            var (low, high) = (rows[index].lowHalf, rows[index].highHalf)
            Self.exchange(&low, &high, shift: 2, mask: 0x3333_3333_3333_3333)
            var (even, odd) = (SIMD2(low[0], high[0]), SIMD2(low[1], high[1]))
            Self.exchange(&even, &odd, shift: 1, mask: 0x5555_5555_5555_5555)
            rows[index] = Rows(even[0], odd[0], even[1], odd[1])
        }
    }

    /// The step between vectors of four rows that are `distance` vectors apart.
    @inline(__always)
    private static func exchange(_ rows: UnsafeMutablePointer<Rows>, distance: Int, mask: UInt64) {
        for index in 0..<8 {
            let upper = ((index & ~(distance &- 1)) &<< 1) | (index & (distance &- 1))
            exchange(&rows[upper], &rows[upper &+ distance], shift: UInt64(4 &* distance), mask: mask)
        }
    }

    /// Exchanges the bits of `upper` under the shifted mask with those of `lower` under the mask.
    @inline(__always)
    private static func exchange<Vector: SIMD>(
        _ upper: inout Vector, _ lower: inout Vector, shift: UInt64, mask: UInt64
    )
    where Vector.Scalar == UInt64 {
        let exchanged = ((upper &>> Vector(repeating: shift)) ^ lower) & Vector(repeating: mask)
        upper ^= exchanged &<< Vector(repeating: shift)
        lower ^= exchanged
    }
}
