import SottoAlgebra
import TestSupport
import Testing

@Suite struct PrimeModulusTests {
    @Test func theStandardPrimeIsAMersenneOne() throws {
        let p = try PrimeModulus()
        #expect(p.description == "170141183460469231731687303715884105727")
        #expect(p.bits == 127)
        #expect(try PrimeModulus("0x7fffffffffffffffffffffffffffffff") == p)
        #expect(try PrimeModulus("0X7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF") == p)
        #expect((1...48).allSatisfy { p.truncationError(byPowerOfTwo: $0) == 1 })
    }

    @Test(arguments: [80, 81, 100, 127, 128, 129, 192, 256, 521, 1024])
    func primesByBitLength(bits: Int) throws {
        let p = try PrimeModulus(bits: bits)
        #expect(p.bits == bits)
        #expect(p.limbCount == (bits + 63) / 64)
        #expect(GMPInteger(p.limbs).isPrime)
        let rest = p.limbs[0] & ((1 << 48) - 1)
        #expect(rest == 1 || rest == (1 << 48) - 1)
        #expect((1...PrimeModulus.largestShift).allSatisfy { p.truncationError(byPowerOfTwo: $0) == 1 })
        #expect(try PrimeModulus(p.description) == p)
    }

    @Test func theLargestIsTaken() throws {
        // No number of that form between the prime and 2^80 is prime.
        let p = GMPInteger(try PrimeModulus(bits: 80).limbs)
        var top = GMPInteger.powerOfTwo(80)
        while p < top {
            for candidate in [top - GMPInteger(1), top + GMPInteger(1)] where p < candidate {
                #expect(!candidate.isPrime || GMPInteger.powerOfTwo(80) < candidate)
            }
            top = top - GMPInteger.powerOfTwo(48)
        }
    }

    @Test func otherPrimesErrByTwoUnits() throws {
        let p = try PrimeModulus("779484405476989733526435328999")
        #expect(p.bits == 100)
        // ...999 in hexadecimal ends in 3e7: 7 is -1 modulo 8 and no more than that.
        #expect((1...5).map { p.truncationError(byPowerOfTwo: $0) } == [1, 1, 1, 2, 2])
        #expect(p.truncationError(byPowerOfTwo: 64) == 2)
    }

    @Test(
        arguments: [
            ("", .notANumber), ("0x", .notANumber), ("12 34", .notANumber), ("-7", .notANumber), ("+7", .notANumber),
            ("0b101", .notANumber), ("ten", .notANumber), ("0xfg", .notANumber), (" 7", .notANumber),
            ("１２３", .notANumber), (String(repeating: "9", count: 3000), .notANumber), ("7", .bitLength(3)),
            ("0", .bitLength(1)), ("302231454903657293676551", .bitLength(79)),
            ("170141183460469231731687303715884105729", .notAnOddPrime),
            ("340282366920938463463374607431768211455", .notAnOddPrime),
            ("1208925819614629174706176", .notAnOddPrime),
            ("0x" + String(repeating: "f", count: 1025), .bitLength(4100)),
        ] as [(String, PrimeModulusError)])
    func whatIsNoPrimeIsRefused(text: String, error: PrimeModulusError) {
        #expect(throws: error) { try PrimeModulus(text) }
        #expect(error.description.hasSuffix("."))
    }

    @Test(arguments: [-1, 0, 64, 79, 4097])
    func bitLengthsHaveLimits(bits: Int) {
        #expect(throws: PrimeModulusError.bitLength(bits)) { try PrimeModulus(bits: bits) }
    }
}
