import CSottoRingKernels

/// Why bytes were refused as packed bits or packed elements.
public enum PackingError: Error, Equatable, CustomStringConvertible {
    /// The bytes are too few or too many for the declared count.
    case wrongByteCount(expected: Int, actual: Int)
    /// A bit after the last element is set, so that the encoding is not the canonical one.
    case nonzeroPadding
    /// An element of a field is not below its modulus.
    case notAnElement(index: Int)

    public var description: String {
        switch self {
        case .wrongByteCount(let expected, let actual):
            "packed data has \(actual) bytes where \(expected) are needed; "
                + "check that both sides agree on count and width"
        case .nonzeroPadding:
            "packed data has set bits after its last element; send the padding bits as zero"
        case .notAnElement(let index):
            "packed element \(index) is not below the modulus; check that both sides use the same prime"
        }
    }
}

/// A vector of bits, little-endian in 64-bit words: bit `i` is bit `i % 64` of word `i / 64`.
///
/// The bits of the last word beyond `count` are always zero, so that equal vectors have equal words.
public struct BitVector: Sendable, Hashable {
    /// The number of bits.
    package let count: Int

    /// The bits in `(count + 63) / 64` words. Whoever writes them keeps the unused high bits of the last word zero.
    package var words: [UInt64]

    /// A vector of `count` equal bits.
    package init(repeating bit: Bool, count: Int) {
        precondition(count >= 0, "a bit vector cannot have a negative count")
        self.init(words: [UInt64](repeating: bit ? .max : 0, count: Self.wordCount(count)), count: count)
    }

    /// The first `count` bits of `words`, which has exactly `(count + 63) / 64` words; the others are cleared.
    package init(words: [UInt64], count: Int) {
        precondition(count >= 0 && words.count == Self.wordCount(count), "the number of words must fit the count")
        self.count = count
        self.words = words
        maskTail()
    }

    /// Reads `count` bits from exactly `byteCount(count)` bytes, bit `i` being bit `i % 8` of byte `i / 8`.
    ///
    /// - Throws: `PackingError` if the number of bytes is another one or a padding bit is set.
    package init(count: Int, bytes: some Collection<UInt8>) throws(PackingError) {
        precondition(count >= 0, "a bit vector cannot have a negative count")
        let bytes = Array(bytes)
        guard bytes.count == Self.byteCount(count) else {
            throw .wrongByteCount(expected: Self.byteCount(count), actual: bytes.count)
        }
        guard !BitWords.hasPadding(bytes, bitCount: count) else { throw .nonzeroPadding }
        self.count = count
        self.words = BitWords.words(from: bytes, count: Self.wordCount(count))
    }

    /// The bits in `byteCount(count)` bytes, padding bits zero.
    package var bytes: [UInt8] { BitWords.bytes(from: words, count: Self.byteCount(count)) }

    /// The number of bytes that `count` bits take, rounded up.
    package static func byteCount(_ count: Int) -> Int { (count + 7) / 8 }

    /// The number of 64-bit words that `count` bits take, rounded up.
    package static func wordCount(_ count: Int) -> Int { (count + 63) / 64 }

    /// Bit `index`, in `0..<count`.
    package subscript(index: Int) -> Bool {
        get {
            precondition(index >= 0 && index < count, "bit index out of range")
            return words[index >> 6] >> UInt64(index & 63) & 1 == 1
        }
        set {
            precondition(index >= 0 && index < count, "bit index out of range")
            // Straight-line: the bit may be a secret.
            words[index >> 6] = sotto_ct_set_bit(words[index >> 6], UInt64(index & 63), newValue ? 1 : 0)
        }
    }

    /// Bit `index` as a number.
    @inline(__always)
    package func bit(_ index: Int) -> UInt64 { (words[index >> 6] >> UInt64(index & 63)) & 1 }

    /// The number of set bits.
    package var popcount: Int { words.reduce(0) { $0 + $1.nonzeroBitCount } }

    private mutating func maskTail() {
        let used = count & 63
        if used != 0 { words[words.count - 1] &= (1 << UInt64(used)) - 1 }
    }
}

// MARK: - Bitwise operations, on vectors of equal count

extension BitVector {
    package static func ^ (left: Self, right: Self) -> Self { combine(left, right) { $0 ^ $1 } }
    package static func & (left: Self, right: Self) -> Self { combine(left, right) { $0 & $1 } }
    package static func | (left: Self, right: Self) -> Self { combine(left, right) { $0 | $1 } }

    package static prefix func ~ (vector: Self) -> Self {
        Self(words: vector.words.map { ~$0 }, count: vector.count)
    }

    package static func ^= (left: inout Self, right: Self) { left.combine(with: right) { $0 ^ $1 } }
    package static func &= (left: inout Self, right: Self) { left.combine(with: right) { $0 & $1 } }
    package static func |= (left: inout Self, right: Self) { left.combine(with: right) { $0 | $1 } }

    @inline(__always)
    private static func combine(_ left: Self, _ right: Self, _ operation: (UInt64, UInt64) -> UInt64) -> Self {
        precondition(left.count == right.count, "bitwise operations need vectors of equal count")
        let count = left.words.count
        let words = left.words.withUnsafeBufferPointer { left in
            right.words.withUnsafeBufferPointer { right in
                [UInt64](unsafeUninitializedCapacity: count) { buffer, initialized in
                    for index in 0..<count { buffer[index] = operation(left[index], right[index]) }
                    initialized = count
                }
            }
        }
        return Self(words: words, count: left.count)
    }

    @inline(__always)
    private mutating func combine(with right: Self, _ operation: (UInt64, UInt64) -> UInt64) {
        precondition(count == right.count, "bitwise operations need vectors of equal count")
        words.withUnsafeMutableBufferPointer { left in
            right.words.withUnsafeBufferPointer { right in
                for index in 0..<left.count { left[index] = operation(left[index], right[index]) }
            }
        }
    }
}

// MARK: - Concatenation and slices

extension BitVector {
    /// The bits of all vectors, one after the other.
    package static func concatenating(_ vectors: [BitVector]) -> BitVector {
        let count = vectors.reduce(0) { $0 + $1.count }
        return BitVector(words: BitWords.concatenate(vectors, bitCount: count), count: count)
    }

    /// The bits of `range`, which lies in `0..<count`.
    package func slice(_ range: Range<Int>) -> BitVector {
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "bit range out of range")
        return BitVector(words: BitWords.slice(words, range), count: range.count)
    }

    /// The bits of all vectors one after the other, dense: only the total is rounded up to a byte.
    package static func pack(_ vectors: [BitVector]) -> [UInt8] { concatenating(vectors).bytes }

    /// Reads what `pack` wrote, for vectors of the given counts.
    ///
    /// - Throws: `PackingError` if the number of bytes is not the one for the total count or a padding bit is set.
    package static func unpack(_ bytes: [UInt8], counts: [Int]) throws(PackingError) -> [BitVector] {
        let all = try BitVector(count: counts.reduce(0, +), bytes: bytes)
        var start = 0
        var vectors: [BitVector] = []
        vectors.reserveCapacity(counts.count)
        for count in counts {
            vectors.append(all.slice(start..<start + count))
            start += count
        }
        return vectors
    }
}

/// Bits in words: the loops behind `BitVector`, on bare arrays.
enum BitWords {
    /// Whether the last byte has bits set beyond `bitCount`; `bytes` has exactly the bytes for `bitCount` bits.
    static func hasPadding(_ bytes: [UInt8], bitCount: Int) -> Bool {
        let used = bitCount & 7
        guard used != 0, let last = bytes.last else { return false }
        return last >> UInt8(used) != 0
    }

    /// `count` words from little-endian bytes, at most `8 * count` of them; what is missing is zero.
    static func words(from bytes: [UInt8], count: Int) -> [UInt64] {
        guard count > 0 else { return [] }
        return [UInt64](unsafeUninitializedCapacity: count) { buffer, initialized in
            buffer[count - 1] = 0
            bytes.withUnsafeBytes { UnsafeMutableRawBufferPointer(buffer).copyMemory(from: $0) }
            #if _endian(big)
                for index in 0..<count { buffer[index] = buffer[index].byteSwapped }
            #endif
            initialized = count
        }
    }

    /// The first `count` bytes of little-endian words.
    static func bytes(from words: [UInt64], count: Int) -> [UInt8] {
        #if _endian(big)
            let words = words.map(\.byteSwapped)
        #endif
        return words.withUnsafeBytes { Array($0.prefix(count)) }
    }

    /// The bits of all vectors, `bitCount` in all, one after the other.
    static func concatenate(_ vectors: [BitVector], bitCount: Int) -> [UInt64] {
        let wordCount = BitVector.wordCount(bitCount)
        return [UInt64](unsafeUninitializedCapacity: wordCount) { buffer, initialized in
            var position = 0
            var pending: UInt64 = 0
            for vector in vectors where vector.count > 0 {
                vector.words.withUnsafeBufferPointer { source in
                    pending = append(source, bitCount: vector.count, to: buffer, at: position, pending: pending)
                }
                position += vector.count
            }
            if position & 63 != 0 { buffer[position >> 6] = pending }
            initialized = wordCount
        }
    }

    /// Writes the words that become full when `bitCount` bits of `source` are put at bit `position`.
    ///
    /// - Parameter pending: the bits already in the word at `position`, not yet written.
    /// - Returns: the same for the position after the bits.
    private static func append(
        _ source: UnsafeBufferPointer<UInt64>, bitCount: Int, to target: UnsafeMutableBufferPointer<UInt64>,
        at position: Int, pending: UInt64
    ) -> UInt64 {
        let shift = UInt64(position & 63)
        var index = position >> 6
        var pending = pending
        if shift == 0 {
            for word in source {
                target[index] = word
                index += 1
            }
            pending = 0
        } else {
            for word in source {
                target[index] = pending | word &<< shift
                pending = word &>> (64 - shift)
                index += 1
            }
        }
        // The last word written was not filled: it stays pending.
        return (position + bitCount) >> 6 < index ? target[index - 1] : pending
    }

    /// The words of the bits in `range`; bits after the range may be set in the last one.
    static func slice(_ words: [UInt64], _ range: Range<Int>) -> [UInt64] {
        let first = range.lowerBound >> 6
        let shift = UInt64(range.lowerBound & 63)
        let count = BitVector.wordCount(range.count)
        if shift == 0 { return Array(words[first..<first + count]) }
        return words.withUnsafeBufferPointer { source in
            [UInt64](unsafeUninitializedCapacity: count) { buffer, initialized in
                let whole = min(count, source.count - first - 1)
                for index in 0..<whole {
                    buffer[index] = source[first + index] &>> shift | source[first + index + 1] &<< (64 - shift)
                }
                if whole < count { buffer[whole] = source[first + whole] &>> shift }
                initialized = count
            }
        }
    }
}
