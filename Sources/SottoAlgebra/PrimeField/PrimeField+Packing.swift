extension PrimeField {
    /// Elements in as many bits as p has, least significant first, one after the other.
    public func pack(_ x: [UInt64], width: Int) -> [UInt8] {
        let bits = modulus.bits
        // One more than is kept, so that every limb may be laid over two.
        var words = [UInt64](repeating: 0, count: (count(x) * bits + 63) / 64 + 1)
        words.withUnsafeMutableBufferPointer { words in
            x.withUnsafeBufferPointer { x in
                for index in 0..<(x.count / limbs) {
                    for limb in 0..<limbs {
                        let position = index * bits + limb * 64
                        let value = x[index * limbs + limb]
                        words[position >> 6] |= value << UInt64(position & 63)
                        words[(position >> 6) + 1] |= (value >> 1) >> UInt64(63 - (position & 63))
                    }
                }
            }
        }
        return BitWords.bytes(from: words, count: WireSize.bytes(count: count(x), width: bits))
    }

    /// - Throws: ``PackingError`` if the number of bytes is another one, a padding bit is set, or an element is p or more.
    public func unpack(_ bytes: [UInt8], count: Int, width: Int) throws -> [UInt64] {
        let bits = modulus.bits
        let expected = WireSize.bytes(count: count, width: bits)
        guard bytes.count == expected else {
            throw PackingError.wrongByteCount(expected: expected, actual: bytes.count)
        }
        guard !BitWords.hasPadding(bytes, bitCount: count * bits) else { throw PackingError.nonzeroPadding }
        let words = BitWords.words(from: bytes, count: (count * bits + 63) / 64) + [0]
        var elements = zeros(count)
        for index in 0..<count {
            for limb in 0..<limbs {
                let position = index * bits + limb * 64
                let (word, shift) = (position >> 6, UInt64(position & 63))
                let value = words[word] >> shift | (words[word + 1] << 1) << (63 - shift)
                let kept = min(64, bits - limb * 64)
                elements[index * limbs + limb] = kept == 64 ? value : value & ((1 << UInt64(kept)) - 1)
            }
            guard isElement(elements, at: index * limbs) else { throw PackingError.notAnElement(index: index) }
        }
        return elements
    }
}
