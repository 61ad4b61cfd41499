import SottoAlgebra
import TestSupport
import Testing

/// Counts around the borders of bytes and words.
private let counts = [0, 1, 7, 8, 9, 63, 64, 65, 127, 128, 129, 1000]

private func randomBits(_ count: Int, _ generator: inout SeededGenerator) -> [Bool] {
    (0..<count).map { _ in Bool.random(using: &generator) }
}

private func vector(_ bits: [Bool]) -> BitVector {
    var vector = BitVector(repeating: false, count: bits.count)
    for (index, bit) in bits.enumerated() { vector[index] = bit }
    return vector
}

private func bits(_ vector: BitVector) -> [Bool] { (0..<vector.count).map { vector[$0] } }

@Suite struct BitVectorTests {
    @Test(arguments: counts) func bitsAreKeptInOrder(count: Int) {
        var generator = SeededGenerator(1)
        let expected = randomBits(count, &generator)
        let vector = vector(expected)
        #expect(bits(vector) == expected)
        #expect(vector.popcount == expected.count { $0 })
        #expect(vector.words.count == (count + 63) / 64)
        for (index, bit) in expected.enumerated() {
            #expect((vector.words[index / 64] >> UInt64(index % 64)) & 1 == (bit ? 1 : 0))
            #expect((vector.bytes[index / 8] >> UInt8(index % 8)) & 1 == (bit ? 1 : 0))
        }
    }

    @Test func aBitCanBeSetAndCleared() {
        var vector = BitVector(repeating: true, count: 130)
        vector[64] = false
        #expect(vector.popcount == 129 && !vector[64] && vector[63] && vector[65])
        vector[64] = true
        #expect(vector == BitVector(repeating: true, count: 130))
    }

    @Test(arguments: counts) func bitsBeyondTheCountAreZero(count: Int) {
        let words = [UInt64](repeating: .max, count: (count + 63) / 64)
        let ones = BitVector(words: words, count: count)
        #expect(ones == BitVector(repeating: true, count: count))
        #expect(ones.words.reduce(0) { $0 + $1.nonzeroBitCount } == count)
        #expect(~BitVector(repeating: false, count: count) == ones)
        #expect((~ones).popcount == 0)
    }

    @Test(arguments: counts) func bitwiseOperationsAgreeWithSingleBits(count: Int) {
        var generator = SeededGenerator(2)
        let (left, right) = (randomBits(count, &generator), randomBits(count, &generator))
        let (x, y) = (vector(left), vector(right))
        #expect(bits(x ^ y) == zip(left, right).map { $0 != $1 })
        #expect(bits(x & y) == zip(left, right).map { $0 && $1 })
        #expect(bits(x | y) == zip(left, right).map { $0 || $1 })
        #expect(bits(~x) == left.map { !$0 })
        var (xor, and, or) = (x, x, x)
        xor ^= y
        and &= y
        or |= y
        #expect(xor == x ^ y && and == x & y && or == x | y)
    }

    @Test(arguments: counts) func bytesRoundTrip(count: Int) throws {
        var generator = SeededGenerator(3)
        let vector = vector(randomBits(count, &generator))
        #expect(vector.bytes.count == BitVector.byteCount(count))
        #expect(try BitVector(count: count, bytes: vector.bytes) == vector)
        let slice = ([0xff] + vector.bytes + [0xff]).dropFirst().dropLast()
        #expect(try BitVector(count: count, bytes: slice) == vector)
    }

    @Test(arguments: counts) func aWrongNumberOfBytesIsRefused(count: Int) {
        let needed = (count + 7) / 8
        for actual in [needed - 1, needed + 1, needed + 8] where actual >= 0 {
            #expect(throws: PackingError.wrongByteCount(expected: needed, actual: actual)) {
                try BitVector(count: count, bytes: [UInt8](repeating: 0, count: actual))
            }
        }
    }

    @Test func everyPaddingBitMustBeZero() throws {
        for used in 1...7 {
            for padding in used..<8 {
                #expect(throws: PackingError.nonzeroPadding) {
                    try BitVector(count: 64 + used, bytes: [UInt8](repeating: 0, count: 8) + [1 << UInt8(padding)])
                }
            }
            let last = UInt8(1) << UInt8(used - 1)
            #expect(try BitVector(count: used, bytes: [last]).popcount == 1)
        }
    }

    @Test func concatenationAgreesWithSingleBits() throws {
        var generator = SeededGenerator(4)
        for _ in 0..<200 {
            let parts = (0..<Int.random(in: 0...6, using: &generator)).map { _ in
                let count = Bool.random(using: &generator) ? counts.randomElement(using: &generator) : nil
                return randomBits(count ?? Int.random(in: 0...200, using: &generator), &generator)
            }
            let vectors = parts.map { vector($0) }
            let all = BitVector.concatenating(vectors)
            #expect(all == vector(Array(parts.joined())))
            #expect(BitVector.pack(vectors) == all.bytes)
            #expect(try BitVector.unpack(all.bytes, counts: parts.map(\.count)) == vectors)
        }
    }

    @Test func slicesAgreeWithSingleBits() {
        var generator = SeededGenerator(5)
        let all = randomBits(300, &generator)
        let vector = vector(all)
        for start in 0...300 {
            for count in [0, 1, 63, 64, 65, 128, 300 - start] where start + count <= 300 {
                let slice = vector.slice(start..<start + count)
                #expect(bits(slice) == Array(all[start..<start + count]))
                // Equality compares words: the tail must be masked.
                #expect(slice == BitVector(words: slice.words, count: count))
            }
        }
    }

    @Test func malformedPacksAreRefused() {
        #expect(throws: PackingError.wrongByteCount(expected: 2, actual: 3)) {
            try BitVector.unpack([0, 0, 0], counts: [3, 5, 6])
        }
        #expect(throws: PackingError.nonzeroPadding) { try BitVector.unpack([0, 0x40], counts: [3, 5, 6]) }
        #expect(throws: PackingError.wrongByteCount(expected: 0, actual: 1)) { try BitVector.unpack([0], counts: []) }
    }
}
