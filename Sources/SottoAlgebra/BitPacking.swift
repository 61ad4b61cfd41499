/// Dense little-endian packing of k-bit elements for the wire, `k` in `1...64`.
///
/// Element `i` takes the bits `i * k ..< (i + 1) * k` of the byte string, least significant bit first. The bits after
/// the last element, up to the next byte, are zero.
public enum BitPacking {
    /// The number of bytes of `count` elements of `width` bits: `(count * width + 7) / 8`.
    package static func byteCount(count: Int, width: Int) -> Int { (count * width + 7) / 8 }

    /// Packs the low `width` bits of each element.
    public static func pack(_ elements: [UInt64], width: Int) -> [UInt8] {
        precondition((1...64).contains(width), "a packed element has 1 to 64 bits")
        return elements.withUnsafeBufferPointer { elements in
            switch width {
            case 8: packWhole(elements, as: UInt8.self)
            case 16: packWhole(elements, as: UInt16.self)
            case 32: packWhole(elements, as: UInt32.self)
            case 64: packWhole(elements, as: UInt64.self)
            default: packBits(elements, width: width)
            }
        }
    }

    /// Reads `count` elements of `width` bits from exactly `byteCount(count: count, width: width)` bytes.
    ///
    /// - Throws: `PackingError` if the number of bytes is another one or a padding bit is set.
    public static func unpack(_ bytes: [UInt8], count: Int, width: Int) throws(PackingError) -> [UInt64] {
        precondition((1...64).contains(width) && count >= 0, "a packed element has 1 to 64 bits")
        let expected = byteCount(count: count, width: width)
        guard bytes.count == expected else { throw .wrongByteCount(expected: expected, actual: bytes.count) }
        guard !BitWords.hasPadding(bytes, bitCount: count * width) else { throw .nonzeroPadding }
        return bytes.withUnsafeBytes { bytes in
            switch width {
            case 8: unpackWhole(bytes, as: UInt8.self)
            case 16: unpackWhole(bytes, as: UInt16.self)
            case 32: unpackWhole(bytes, as: UInt32.self)
            case 64: unpackWhole(bytes, as: UInt64.self)
            default: unpackBits(bytes, count: count, width: width)
            }
        }
    }
}

// MARK: - Widths of whole machine integers

extension BitPacking {
    @inline(__always)
    private static func packWhole<Word: FixedWidthInteger>(
        _ elements: UnsafeBufferPointer<UInt64>, as type: Word.Type
    ) -> [UInt8] {
        let size = MemoryLayout<Word>.size
        let byteCount = elements.count * size
        return [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, initialized in
            let raw = UnsafeMutableRawBufferPointer(buffer)
            for index in 0..<elements.count {
                raw.storeBytes(
                    of: Word(truncatingIfNeeded: elements[index]).littleEndian, toByteOffset: index &* size,
                    as: Word.self)
            }
            initialized = byteCount
        }
    }

    @inline(__always)
    private static func unpackWhole<Word: FixedWidthInteger>(
        _ bytes: UnsafeRawBufferPointer, as type: Word.Type
    ) -> [UInt64] {
        let size = MemoryLayout<Word>.size
        let count = bytes.count / size
        return [UInt64](unsafeUninitializedCapacity: count) { buffer, initialized in
            for index in 0..<count {
                let word = bytes.loadUnaligned(fromByteOffset: index &* size, as: Word.self)
                buffer[index] = UInt64(truncatingIfNeeded: Word(littleEndian: word))
            }
            initialized = count
        }
    }
}

// MARK: - Any width

extension BitPacking {
    /// Gathers elements in a 64-bit accumulator and stores it when it is full; `width` is less than 64.
    private static func packBits(_ elements: UnsafeBufferPointer<UInt64>, width: Int) -> [UInt8] {
        let byteCount = byteCount(count: elements.count, width: width)
        let width = UInt64(width)
        let mask = (UInt64(1) &<< width) &- 1
        // Whole words are stored, so the capacity is rounded up to one.
        return [UInt8](unsafeUninitializedCapacity: (byteCount + 7) & ~7) { buffer, initialized in
            let raw = UnsafeMutableRawBufferPointer(buffer)
            var pending: UInt64 = 0
            var filled: UInt64 = 0
            var offset = 0
            for element in elements {
                let value = element & mask
                pending |= value &<< filled
                filled &+= width
                if filled >= 64 {
                    raw.storeBytes(of: pending.littleEndian, toByteOffset: offset, as: UInt64.self)
                    offset &+= 8
                    filled &-= 64
                    // Now filled < width < 64, and for filled == 0 the shift leaves nothing, as it should.
                    pending = value &>> (width &- filled)
                }
            }
            if filled > 0 { raw.storeBytes(of: pending.littleEndian, toByteOffset: offset, as: UInt64.self) }
            initialized = byteCount
        }
    }

    private static func unpackBits(_ bytes: UnsafeRawBufferPointer, count: Int, width: Int) -> [UInt64] {
        let mask = (UInt64(1) &<< UInt64(width)) &- 1
        // Elements whose sixteen bytes from their first one on are all there need no care at the end.
        let safe = bytes.count < 16 ? 0 : min(count, (bytes.count - 16) * 8 / width + 1)
        return [UInt64](unsafeUninitializedCapacity: count) { buffer, initialized in
            var bit = 0
            if width <= 57 {
                for index in 0..<safe {
                    let word = load(bytes, bit &>> 3)
                    buffer[index] = (word &>> UInt64(bit & 7)) & mask
                    bit &+= width
                }
            } else {
                for index in 0..<safe {
                    let low = load(bytes, bit &>> 3) &>> UInt64(bit & 7)
                    let high = (load(bytes, (bit &>> 3) &+ 8) &<< 1) &<< UInt64(63 &- (bit & 7))
                    buffer[index] = (low | high) & mask
                    bit &+= width
                }
            }
            for index in safe..<count {
                buffer[index] = loadLast(bytes, bit: bit, width: width)
                bit &+= width
            }
            initialized = count
        }
    }

    @inline(__always)
    private static func load(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> UInt64 {
        UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    /// An element near the end, byte by byte.
    private static func loadLast(_ bytes: UnsafeRawBufferPointer, bit: Int, width: Int) -> UInt64 {
        var value: UInt64 = 0
        var taken = 0
        while taken < width {
            let position = bit + taken
            value |= UInt64(bytes[position >> 3] >> UInt8(position & 7)) << UInt64(taken)
            taken += 8 - (position & 7)
        }
        return value & ((1 << UInt64(width)) - 1)
    }
}
