import SottoAlgebra
import SottoRandomness

/// A matrix of 128 rows of bits, transposed into blocks.
package enum BitMatrix {
    package static let rows = 128

    /// Bit `i` of block `j` becomes bit `j` of row `i`, but for the lowest one, which is another's.
    ///
    /// - Parameters:
    ///   - rows: 128 rows of `words` words, one after the other; the first is not looked at.
    ///   - lowest: `words` words in place of the first row; zeros where there are none.
    ///   - blocks: `64·words` blocks.
    package static func transpose(
        _ rows: UnsafePointer<UInt64>, words: Int, lowest: UnsafePointer<UInt64>?,
        to blocks: UnsafeMutablePointer<Block>
    ) {
        withUnsafeTemporaryAllocation(of: SIMD4<UInt64>.self, capacity: 2 * 64) { tile in
            guard let tile = tile.baseAddress else { return }
            // Four words of each row at a time: 256 blocks.
            for word in stride(from: 0, to: words, by: 4) {
                let taken = min(4, words - word)
                for half in 0..<2 {
                    load(rows + 64 * half * words + word, words: words, taken: taken, to: tile + 64 * half)
                    if half == 0 {
                        tile[0] = .zero
                        if let lowest { load(lowest + word, words: 0, rows: 1, taken: taken, to: tile) }
                    }
                    transpose(tile + 64 * half)
                }
                let low = UnsafeRawPointer(tile)
                for lane in 0..<taken {
                    let output = blocks + 64 * (word + lane)
                    for index in 0..<64 {
                        let offset = 32 &* index &+ 8 &* lane
                        output[index] = Block(
                            low.load(fromByteOffset: offset, as: UInt64.self),
                            low.load(fromByteOffset: 64 * 32 &+ offset, as: UInt64.self))
                    }
                }
            }
        }
    }

    /// Up to four words of each row.
    @inline(__always)
    private static func load(
        _ source: UnsafePointer<UInt64>, words: Int, rows: Int = 64, taken: Int,
        to tile: UnsafeMutablePointer<SIMD4<UInt64>>
    ) {
        for row in 0..<rows {
            let source = source + row &* words
            if taken == 4 {
                tile[row] = UnsafeRawPointer(source).loadUnaligned(as: SIMD4<UInt64>.self)
            } else {
                tile[row] = .zero
                UnsafeMutableRawPointer(tile + row).copyMemory(from: source, byteCount: 8 &* taken)
            }
        }
    }

    /// Four square matrices of 64x64 bits side by side.
    @inline(__always)
    private static func transpose(_ rows: UnsafeMutablePointer<SIMD4<UInt64>>) {
        exchange(rows, distance: 32, mask: 0x0000_0000_ffff_ffff)
        exchange(rows, distance: 16, mask: 0x0000_ffff_0000_ffff)
        exchange(rows, distance: 8, mask: 0x00ff_00ff_00ff_00ff)
        exchange(rows, distance: 4, mask: 0x0f0f_0f0f_0f0f_0f0f)
        exchange(rows, distance: 2, mask: 0x3333_3333_3333_3333)
        exchange(rows, distance: 1, mask: 0x5555_5555_5555_5555)
    }

    /// The off-diagonal quarters of squares of twice `distance` change places.
    @inline(__always)
    private static func exchange(_ rows: UnsafeMutablePointer<SIMD4<UInt64>>, distance: Int, mask: UInt64) {
        let shift = SIMD4<UInt64>(repeating: UInt64(distance))
        let mask = SIMD4<UInt64>(repeating: mask)
        for index in 0..<32 {
            let upper = ((index & ~(distance &- 1)) &<< 1) | (index & (distance &- 1))
            let lower = upper &+ distance
            let exchanged = ((rows[upper] &>> shift) ^ rows[lower]) & mask
            rows[upper] ^= exchanged &<< shift
            rows[lower] ^= exchanged
        }
    }
}
