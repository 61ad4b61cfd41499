import SottoAlgebra
import TestSupport
import Testing

@Suite struct FieldPackingTests {
    @Test(arguments: TestPrimes.all) func everyBitCounts(prime: String) throws {
        let field = PrimeField(try PrimeModulus(prime))
        let bits = field.modulus.bits
        var words = SeededWords(4)
        for count in [0, 1, 2, 7, 8, 9, 65] {
            let random = try field.uniform(count: count, width: bits, from: &words)
            let awkward = field.slice(field.awkward, 0..<min(count, field.count(field.awkward)))
            for x in [random, awkward, field.encode([Int64](repeating: -1, count: count))] {
                let bytes = field.pack(x, width: bits)
                #expect(bytes.count == WireSize.bytes(count: field.count(x), width: bits))
                #expect(try field.unpack(bytes, count: field.count(x), width: bits) == x)
                // Bit i of element e is bit e·bits + i of the bytes.
                let integers = field.integers(x)
                for index in 0..<(field.count(x) * bits) {
                    let isSet = bytes[index / 8] >> UInt8(index % 8) & 1 == 1
                    guard isSet == integers[index / bits].bit(index % bits) else {
                        Issue.record("bit \(index)")
                        break
                    }
                }
            }
        }
    }

    @Test(arguments: TestPrimes.all) func otherSizesAreRefused(prime: String) throws {
        let field = PrimeField(try PrimeModulus(prime))
        let bits = field.modulus.bits
        let bytes = field.pack(field.encode([1, -1, 5]), width: bits)
        for wrong in [Array(bytes.dropLast()), bytes + [0], []] {
            #expect(throws: PackingError.wrongByteCount(expected: bytes.count, actual: wrong.count)) {
                try field.unpack(wrong, count: 3, width: bits)
            }
        }
    }

    @Test(arguments: TestPrimes.all) func setPaddingIsRefused(prime: String) throws {
        let field = PrimeField(try PrimeModulus(prime))
        let bits = field.modulus.bits
        for count in 1...8 where count * bits % 8 != 0 {
            for padding in (count * bits % 8)..<8 {
                var bytes = field.pack(field.zeros(count), width: bits)
                bytes[bytes.count - 1] |= 1 << UInt8(padding)
                #expect(throws: PackingError.nonzeroPadding) { try field.unpack(bytes, count: count, width: bits) }
            }
        }
    }

    /// p itself, the numbers above it and the largest that fits.
    @Test(arguments: TestPrimes.all) func whatIsNoElementIsRefused(prime: String) throws {
        let field = PrimeField(try PrimeModulus(prime))
        let bits = field.modulus.bits
        let (p, one) = (field.p, GMPInteger(1))
        let last = GMPInteger.powerOfTwo(bits) - one
        func bytes(_ integers: [GMPInteger]) -> [UInt8] {
            var bytes = [UInt8](repeating: 0, count: WireSize.bytes(count: integers.count, width: bits))
            for index in 0..<(integers.count * bits) where integers[index / bits].bit(index % bits) {
                bytes[index / 8] |= 1 << UInt8(index % 8)
            }
            return bytes
        }
        for wrong in [p, last] {
            for place in 0..<3 {
                var integers = [p - one, one, GMPInteger()]
                integers[place] = wrong
                #expect(throws: PackingError.notAnElement(index: place)) {
                    try field.unpack(bytes(integers), count: 3, width: bits)
                }
            }
        }
        #expect(try field.unpack(bytes([p - one]), count: 1, width: bits) == field.encode([-1]))
    }
}

@Suite struct FieldUniformityTests {
    /// Words that are all ones first are rejected, and what comes next is taken.
    private struct Scripted: UniformWords {
        var script: [UInt64]
        var taken = 0

        mutating func words(_ count: Int) -> [UInt64] {
            defer { taken += count }
            return (taken..<(taken + count)).map { $0 < script.count ? script[$0] : UInt64($0) }
        }
    }

    @Test(arguments: TestPrimes.all) func candidatesFromPUpAreRejected(prime: String) throws {
        let field = PrimeField(try PrimeModulus(prime))
        let limbs = field.modulus.limbCount
        var below = field.modulus.limbs
        below[0] -= 1
        var words = Scripted(script: field.modulus.limbs + below + [UInt64](repeating: .max, count: limbs))
        let x = try field.uniform(count: 3, width: field.modulus.bits, from: &words)
        #expect(field.count(x) == 3)
        #expect(field.slice(x, 0..<1) == below)
        #expect(field.integers(x).allSatisfy { $0 < field.p })
        // Both parties and the dealer expand alike.
        var again = Scripted(script: field.modulus.limbs + below + [UInt64](repeating: .max, count: limbs))
        #expect(try field.uniform(count: 3, width: field.modulus.bits, from: &again) == x)
    }

    /// The top byte, the lowest byte, and the 256ths of the field: of p that is little above a power of two the top bits
    /// alone are not uniform.
    @Test(arguments: TestPrimes.all) func elementsAreUniform(prime: String) throws {
        let field = PrimeField(try PrimeModulus(prime))
        var words = SeededWords(11)
        let x = try field.uniform(count: 40_000, width: field.modulus.bits, from: &words)
        var (low, parts) = ([Int](repeating: 0, count: 256), [Int](repeating: 0, count: 256))
        // 256·x / p by the top 64 bits is exact but for a vanishing part.
        let bits = field.modulus.bits
        let top = Double((field.p >> (bits - 60)).limbs(1)[0])
        for integer in field.integers(x) {
            low[Int(integer.limbs(1)[0] & 255)] += 1
            parts[min(255, Int(Double((integer >> (bits - 60)).limbs(1)[0]) / top * 256))] += 1
        }
        #expect(abs(ChiSquare.deviation(counts: low)) < 5)
        #expect(abs(ChiSquare.deviation(counts: parts)) < 5)
    }
}
