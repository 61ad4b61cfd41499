import SottoLatticeEncryption
import SottoRandomness
import TestSupport
import Testing

/// Rings and exact integers, for tests.
enum TestRing {
    /// Small parameters of a declared product.
    static func parameters(width: Int = 46, magnitudeBits: Int = 17) throws -> LatticeParameters {
        try .smallest(for: [
            MatrixProduct(rows: 4, inner: 64, columns: 8, width: width, magnitudeBits: magnitudeBits)
        ])
    }

    static func modulus(_ parameters: LatticeParameters) -> GMPInteger {
        parameters.primes.reduce(GMPInteger(1)) { $0 * GMPInteger([$1]) }
    }

    static func remainder(_ x: GMPInteger, _ p: UInt64) -> UInt64 { (x % GMPInteger([p])).limbs(1)[0] }
}

@Suite struct EncodingTests {
    @Test(arguments: [1, 2, 30, 46, 63, 64]) func plaintextsAreRounded(width: Int) throws {
        let parameters = try TestRing.parameters()
        let ring = ResidueRing(parameters, kernel: .portable)
        let encoding = ScaledEncoding(width: width, ring)
        let q = TestRing.modulus(parameters)
        var generator = SeededGenerator(UInt64(width))
        let mask: UInt64 = .max >> UInt64(64 - width)
        let plaintexts = [0, 1, mask, mask / 2, mask / 2 + 1] + (0..<200).map { _ in generator.next() & mask }
        for plaintext in plaintexts {
            let exact = (q * GMPInteger([plaintext]) + GMPInteger.powerOfTwo(width - 1)) >> width
            for (index, p) in parameters.primes.enumerated() {
                #expect(encoding.encode(plaintext, prime: index) == TestRing.remainder(exact, p))
            }
        }
    }

    /// `x·2^width/q` is rounded to within a half and 2^-40, modulo `2^width`, for any x, the ends too.
    @Test(arguments: [2, 30, 47, 61, 64, 65, 80]) func coefficientsAreSwitched(width: Int) throws {
        let parameters = try TestRing.parameters()
        let ring = ResidueRing(parameters, kernel: .portable)
        let q = TestRing.modulus(parameters)
        var generator = SeededGenerator(UInt64(width))
        let halves = [1, 3, 5].map { (q * GMPInteger($0)) >> (width + 1) }
        let ends = [GMPInteger(0), GMPInteger(1), q - GMPInteger(1), q - GMPInteger(2), q >> 1]
        let edges = ends + halves + halves.map { $0 + GMPInteger(1) }
        let numbers = edges + (0..<100).map { _ in GMPInteger((0..<4).map { _ in generator.next() }) % q }
        var coefficients = [UInt64](repeating: 0, count: ring.primeCount * ring.degree)
        for (i, number) in numbers.enumerated() {
            for (index, p) in parameters.primes.enumerated() {
                coefficients[index * ring.degree + i] = TestRing.remainder(number, p)
            }
        }
        let switched = ModulusSwitch(ring)(coefficients, width: width)
        let modulus = GMPInteger.powerOfTwo(width)
        for (i, number) in numbers.enumerated() {
            let result = GMPInteger([UInt64(truncatingIfNeeded: switched[i]), UInt64(switched[i] >> 64)])
            #expect(result < modulus)
            // 2^41·(result·q - x·2^width) lies within (2^40 + 2)·q of a multiple of 2^(41 + width)·q.
            let error = (result * q - number * modulus) * GMPInteger.powerOfTwo(41)
            let period = GMPInteger.powerOfTwo(41) * modulus * q
            let bound = (GMPInteger.powerOfTwo(40) + GMPInteger(2)) * q
            #expect((error + bound) % period < bound + bound)
        }
    }

    @Test(arguments: [20, 47, 48, 80, 95, 96, 140]) func floodsAreIntegersOfTheirBits(bits: Int) throws {
        let parameters = try TestRing.parameters()
        let ring = ResidueRing(parameters, kernel: .portable)
        let generator = try PseudorandomGenerator(seed: Seed(bytes: [UInt8](repeating: 3, count: 16)), domain: 0)
        var noise = try ResponseNoise(degree: ring.degree, floodBits: bits, from: generator)
        let limbs = noise.flood.limbs
        #expect(limbs.count == (bits + 48) / 48)
        // The largest and the smallest flood are among them.
        for limb in limbs.indices {
            let width = min(48, bits + 1 - 48 * limb)
            #expect(limbs[limb].allSatisfy { $0 >> UInt64(width) == 0 })
            noise.flood.limbs[limb][0] = (1 << UInt64(width)) - 1
            noise.flood.limbs[limb][1] = 0
        }
        let residues = noise.floodResidues(ring)
        for i in 0..<20 {
            let parts = noise.flood.limbs.enumerated().map { GMPInteger([$1[i]]) * GMPInteger.powerOfTwo(48 * $0) }
            let integer = parts.reduce(GMPInteger(0)) { $0 + $1 }
            #expect(noise.flood.word(i) == integer.limbs(1)[0])
            let value = integer - GMPInteger.powerOfTwo(bits)
            for (index, p) in parameters.primes.enumerated() {
                #expect(residues[index * ring.degree + i] == TestRing.remainder(value, p))
            }
        }
        // Every bit is set in about half of them.
        for (limb, words) in limbs.enumerated() {
            for bit in 0..<min(48, bits + 1 - 48 * limb) {
                let ones = words.filter { $0 >> UInt64(bit) & 1 == 1 }.count
                #expect(abs(Double(2 * ones - words.count)) < 6 * Double(words.count).squareRoot())
            }
        }
    }

    @Test(arguments: [1, 30, 64, 65, 79, 80, 96]) func widePackingRoundTrips(width: Int) throws {
        var generator = SeededGenerator(UInt64(width))
        let mask = UInt128.max >> UInt128(128 - width)
        for count in [0, 1, 7, 8, 33] {
            let elements = (0..<count).map { index in
                index == 0 ? mask : (UInt128(generator.next()) << 64 | UInt128(generator.next())) & mask
            }
            let bytes = WidePacking.pack(elements, width: width)
            #expect(bytes.count == WidePacking.byteCount(count: count, width: width))
            #expect(try WidePacking.unpack(bytes, count: count, width: width) == elements)
            #expect(throws: LatticeError.wrongByteCount(expected: bytes.count, actual: bytes.count + 1)) {
                try WidePacking.unpack(bytes + [0], count: count, width: width)
            }
        }
    }
}

@Suite struct SamplingTests {
    private func generator(_ seed: UInt8) throws -> PseudorandomGenerator {
        try PseudorandomGenerator(seed: Seed(bytes: [UInt8](repeating: seed, count: 16)), domain: 0)
    }

    /// Frequencies of centred binomial numbers; of the tails, all that is rarer than one in a thousand is one class.
    @Test func errorsAreCentredBinomial() throws {
        let count = 1 << 17
        let errors = try ShortPolynomials.errors(count, from: generator(1))
        #expect(errors.allSatisfy { $0.magnitude <= 21 })
        // C(42, 21 + e)/2^42.
        var weights = [1.0]
        for k in 1...42 { weights.append(weights[k - 1] * Double(43 - k) / Double(k)) }
        var statistic = 0.0
        var classes = 0.0
        for error in -10...10 {
            let expected = weights[21 + error] / Double(1 << 42) * Double(count)
            let difference = Double(errors.filter { $0 == error }.count) - expected
            statistic += difference * difference / expected
            classes += 1
        }
        #expect((statistic - classes) / (2 * classes).squareRoot() < 5)
    }

    @Test func ternaryNumbersAreUniform() throws {
        let numbers = try ShortPolynomials.ternary(1 << 17, from: generator(2))
        let counts = [-1, 0, 1].map { value in numbers.filter { $0 == value }.count }
        #expect(counts.reduce(0, +) == 1 << 17)
        #expect(ChiSquare.deviation(counts: counts) < 5)
    }

    @Test func seedsExpandToUniformResidues() throws {
        let parameters = try TestRing.parameters()
        let ring = ResidueRing(parameters, kernel: .portable)
        let seed = try Seed(bytes: [UInt8](repeating: 9, count: 16))
        let x = try ring.expand(seed, domain: 4, count: ring.primeCount + 1)
        #expect(x.count == (ring.primeCount + 1) * ring.degree)
        for (index, modulus) in ring.basis.enumerated() {
            let part = x[(index * ring.degree)..<((index + 1) * ring.degree)]
            #expect(part.allSatisfy { $0 < modulus.p })
            var counts = [Int](repeating: 0, count: 64)
            for word in part { counts[Int(word.multipliedFullWidth(by: 64 * (.max / modulus.p)).high)] += 1 }
            #expect(ChiSquare.deviation(counts: counts) < 5)
        }
        #expect(try ring.expand(seed, domain: 4, count: 1) == Array(x[..<ring.degree]))
        #expect(try ring.expand(seed, domain: 5, count: 1) != Array(x[..<ring.degree]))
    }
}
