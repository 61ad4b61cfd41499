import SottoLatticeEncryption
import TestSupport
import Testing

@Suite struct ParameterTests {
    static let products: [(Int, Int, Int, Int, Int)] = [
        (1, 1, 1, 1, 0), (128, 768, 768, 46, 17), (128, 768, 3072, 46, 17), (128, 3072, 768, 36, 17),
        (1, 768, 768, 46, 17), (128, 64, 128, 46, 45), (128, 128, 64, 64, 63), (1024, 4096, 4096, 64, 17),
        (16, 64, 16, 30, 29),
    ]

    /// The ring is within the security table with the special prime, its primes are distinct primes of the right form.
    @Test(arguments: products) func parametersAreSecure(shape: (Int, Int, Int, Int, Int)) throws {
        let declared = try ProductTests.shape(shape.0, shape.1, shape.2, shape.3, shape.4)
        let parameters = try LatticeParameters.smallest(for: [declared])
        let table = [4096: 109, 8192: 218, 16384: 438]
        let keyModulus = (parameters.packingLevels == 0 ? [] : parameters.widePrimes.prefix(1)) + parameters.primes
        let modulus = keyModulus.reduce(GMPInteger(1)) { $0 * GMPInteger([$1]) }
        #expect(modulus < GMPInteger.powerOfTwo(try #require(table[parameters.degree])))
        let all = parameters.primes + parameters.widePrimes
        #expect(Set(all).count == all.count)
        for p in all { #expect(p % UInt64(2 * parameters.degree) == 1 && GMPInteger([p]).isPrime && p < 1 << 50) }
        // Decryption's bound: q is not far below 2^modulusBits.
        let q = TestRing.modulus(parameters)
        #expect(GMPInteger.powerOfTwo(parameters.modulusBits) * GMPInteger(127) < q * GMPInteger(135))
        #expect(throws: Never.self) { try EncryptedProduct(declared, parameters) }
    }

    /// No ring with as many primes or fewer has a shorter modulus, and with more primes it would save a fiftieth at most.
    @Test(arguments: products) func parametersAreTheSmallest(shape: (Int, Int, Int, Int, Int)) throws {
        let declared = try ProductTests.shape(shape.0, shape.1, shape.2, shape.3, shape.4)
        let parameters = try LatticeParameters.smallest(for: [declared])
        let product = try EncryptedProduct(declared, parameters)
        func isProved(bits: Int, count: Int) -> Bool {
            LatticeParameters.isProved(
                declared, product.layout, degree: parameters.degree, primeBits: bits, primeCount: count)
        }
        let total = product.requestBytes + product.responseBytes
        #expect(isProved(bits: parameters.primeBits, count: parameters.primes.count))
        for count in 1...8 {
            for bits in 30...50 where bits * count < parameters.modulusBits && isProved(bits: bits, count: count) {
                let saved = declared.rows * declared.inner * (parameters.modulusBits - bits * count) / 8
                #expect(count > parameters.primes.count && 50 * saved <= total + 100)
            }
        }
    }

    /// In units of the plaintext's last place: 1/4 and 3/32 of rounding, flood and noise are together below a half, exactly.
    @Test(arguments: products) func decryptionIsProved(shape: (Int, Int, Int, Int, Int)) throws {
        let declared = try ProductTests.shape(shape.0, shape.1, shape.2, shape.3, shape.4)
        let parameters = try LatticeParameters.smallest(for: [declared])
        let product = try EncryptedProduct(declared, parameters)
        let bound = NoiseBound(
            declared, packingLevels: product.layout.packingLevels, degree: parameters.degree,
            primeBits: parameters.primeBits, primeCount: parameters.primes.count)
        let q = TestRing.modulus(parameters)
        #expect(isBelow(bound, product.floodBits, GMPInteger.powerOfTwo(declared.width), q))
        #expect(!isBelow(bound, product.floodBits + 1, GMPInteger.powerOfTwo(declared.width), q))
        #expect(product.widths.body == declared.width + 1)
        #expect(1 << (product.widths.mask - declared.width) == 4 * parameters.degree)

        let vector = try ElementProduct(count: shape.0, width: shape.3)
        let other = try LatticeParameters.smallest(for: [], elements: [vector])
        let elements = try EncryptedElementProduct(vector, other)
        let slots = NoiseBound(elementsOf: other.degree, plaintextBits: elements.plaintextBits)
        for t in elements.plaintextPrimes {
            #expect(isBelow(slots, elements.floodBits, GMPInteger([t]), TestRing.modulus(other)))
        }
        #expect(slots.isHidden(by: elements.floodBits, entries: 2 * elements.ciphertextCount * other.degree))
    }

    /// `(noise + flood)·plaintexts/q < 4999/32000 = 1/2 - 1/4 - 3/32 - 1/32000`.
    private func isBelow(_ bound: NoiseBound, _ floodBits: Int, _ plaintexts: GMPInteger, _ q: GMPInteger) -> Bool {
        let worst = GMPInteger([UInt64(truncatingIfNeeded: bound.worst), UInt64(bound.worst >> 64)])
        let sum = worst + GMPInteger.powerOfTwo(floodBits)
        return sum * plaintexts * GMPInteger(32_000) < q * GMPInteger(4_999)
    }

    /// A matrix of short entries takes a smaller modulus than one of the whole ring.
    @Test func smallEntriesAreCheaper() throws {
        let small = try LatticeParameters.smallest(for: [ProductTests.shape(128, 768, 768, 46, 17)])
        let whole = try LatticeParameters.smallest(for: [ProductTests.shape(128, 768, 768, 46, 45)])
        #expect(whole.modulusBits - small.modulusBits >= 26)
    }

    /// The widest rings and the longest sums have parameters too.
    @Test func theLargestProductsHaveParameters() throws {
        let product = try ProductTests.shape(1 << 15, 1 << 24, 1 << 15, 64, 63)
        #expect(try LatticeParameters.smallest(for: [product]).degree == 16384)
        let elements = try ElementProduct(count: 1 << 32, width: 64)
        #expect(try LatticeParameters.smallest(for: [product], elements: [elements]).degree == 16384)
        #expect("\(LatticeError.noParameters(neededBits: 400))".contains("400 bits"))
    }

    /// Messages of products that matter, in bytes.
    @Test func sizesOfOneLayer() throws {
        let square = try ProductTests.shape(128, 768, 768, 46, 17)
        let parameters = try LatticeParameters.smallest(for: [square])
        let product = try EncryptedProduct(square, parameters)
        #expect(parameters.degree == 8192)
        #expect(product.responseBytes == 12 * 8192 * (46 + 15) / 8 + 128 * 768 * (46 + 1) / 8)
        #expect(product.requestBytes == 16 + 128 * 768 * parameters.modulusBits / 8)
        #expect(parameters.modulusBits <= 135)
    }
}
