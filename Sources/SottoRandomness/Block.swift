/// The 128 bits that oblivious transfer and function secret sharing work on: a key, a share of a correlation, a node of a
/// tree. Bit 0 is the lowest of the first word; on the wire both words are little-endian.
public typealias Block = SIMD2<UInt64>

extension Block {
    package static var byteCount: Int { 16 }

    /// All ones where the lowest bit of `bit` is set, else zero.
    @inlinable @inline(__always)
    package static func mask(_ bit: UInt64) -> Block { Block(repeating: 0 &- (bit & 1)) }

    /// The lowest bit.
    @inlinable @inline(__always)
    package var lowestBit: UInt64 { x & 1 }

    /// With the lowest bit cleared.
    @inlinable @inline(__always)
    package var even: Block { Block(x & ~1, y) }

    package init(_ seed: Seed) {
        self =
            seed.withUnsafeBytes { bytes in
                Block(bytes.loadUnaligned(as: UInt64.self), bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            }.littleEndian
    }

    package var littleEndian: Block { Block(x.littleEndian, y.littleEndian) }

    /// As a seed, of the same 16 bytes as on the wire.
    package func seed() throws(RandomnessError) -> Seed {
        var bytes = [self].bytes
        return try Seed(wiping: &bytes)
    }
}

extension [Block] {
    /// All blocks, 16 bytes each.
    package var bytes: [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count * Block.byteCount) { buffer, initialized in
            let raw = UnsafeMutableRawBufferPointer(buffer)
            for (index, block) in enumerated() {
                raw.storeBytes(of: block.x.littleEndian, toByteOffset: index * 16, as: UInt64.self)
                raw.storeBytes(of: block.y.littleEndian, toByteOffset: index * 16 + 8, as: UInt64.self)
            }
            initialized = count * Block.byteCount
        }
    }

    /// - Precondition: a multiple of 16 bytes.
    package init(bytes: ArraySlice<UInt8>) {
        precondition(bytes.count.isMultiple(of: Block.byteCount))
        self = bytes.withUnsafeBytes { raw in
            (0..<raw.count / Block.byteCount).map { index in
                Block(
                    raw.loadUnaligned(fromByteOffset: index * 16, as: UInt64.self),
                    raw.loadUnaligned(fromByteOffset: index * 16 + 8, as: UInt64.self)
                ).littleEndian
            }
        }
    }

    /// The blocks' sum in the field of two elements.
    package var sum: Block { reduce(.zero) { $0 ^ $1 } }
}
