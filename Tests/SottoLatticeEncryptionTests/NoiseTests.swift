import SottoLatticeEncryption
import SottoRandomness
import TestSupport
import Testing

@Suite struct NoiseTests {
    /// Noise that is as large as it can be: errors of the size and sign that add up over the first column, the largest
    /// entries, rerandomisation and flood at an end.
    private struct Extreme {
        var fixture: ProductFixture
        let matrix: [UInt64]
        let mask: [UInt64]
        let request: [UInt8]
        let signs: [Int64]

        init(_ shape: MatrixProduct, seed: UInt64) throws {
            fixture = try ProductFixture(shape, seed: seed)
            var generator = SeededGenerator(seed)
            let end = UInt64(1) << UInt64(shape.magnitudeBits)
            let signs = (0..<shape.inner).map { _ in Int64(generator.next() & 1) * 2 - 1 }
            self.signs = signs
            matrix = (0..<(shape.inner * shape.columns)).map { index in
                signs[index / shape.columns] > 0 ? end : 0 &- end
            }
            mask = fixture.mask(&generator)
            let layout = fixture.product.layout
            var block = 0
            request = try fixture.client.request(
                mask, in: fixture.product, maskSeed: Seed(bytes: [UInt8](repeating: 1, count: 16))
            ) { () throws(LatticeError) in
                let range = layout.innerRange(block % layout.innerBlocks(shape), shape)
                block += 1
                return (0..<layout.degree).map { i in
                    let j = range.lowerBound + i % layout.blockInner
                    return 21 * (j < range.upperBound ? signs[j] : 1)
                }
            }
        }

        var columns: ServerMatrix { get throws { try ServerMatrix(matrix, fixture.product) } }
    }

    @Test(arguments: [(2, 300, 3, 46, 17), (1, 64, 2, 64, 17), (3, 40, 4, 30, 29), (1, 20, 1, 64, 63)], [1, -1])
    func decryptionIsRightAtTheBound(shape: (Int, Int, Int, Int, Int), sign: Int64) throws {
        let extreme = try Extreme(
            ProductTests.shape(shape.0, shape.1, shape.2, shape.3, shape.4), seed: UInt64(shape.1))
        let (fixture, product) = (extreme.fixture, extreme.fixture.product)
        let expected = fixture.expected(extreme.mask, extreme.matrix)
        // Three bits more of flood are a whole unit of the plaintext's last place: every entry is off.
        for (excess, isRight) in [(0, true), (3, false)] {
            let noise = try ResponseNoise.extreme(
                degree: product.parameters.degree, sign: sign, floodBits: product.floodBits + excess)
            let share = (0..<UInt64(product.parameters.degree)).map { $0 &* 0x9E37_79B9_7F4A_7C15 }
            let answer = try fixture.server.respond(
                to: extreme.request, extreme.columns, in: product,
                noise: { () throws(LatticeError) in (noise, share) })
            let decrypted = try fixture.client.finish(answer.response, in: product)
            let sums = fixture.sum(decrypted, answer.share)
            if isRight {
                #expect(sums == expected)
            } else {
                let off = sign > 0 ? UInt64(1) : .max
                #expect(sums == expected.map { ($0 &+ off) & fixture.ringMask })
            }
        }
    }

    /// The noise before the flood, exactly: above the errors' own part and below the bound.
    @Test(arguments: [(2, 300, 3, 46, 17), (1, 64, 9, 40, 39)])
    func noiseIsBelowItsBound(shape: (Int, Int, Int, Int, Int)) throws {
        let extreme = try Extreme(
            ProductTests.shape(shape.0, shape.1, shape.2, shape.3, shape.4), seed: UInt64(shape.1))
        let (fixture, product) = (extreme.fixture, extreme.fixture.product)
        let (layout, declared, parameters) = (product.layout, fixture.shape, product.parameters)
        let bound = NoiseBound(
            declared, packingLevels: layout.packingLevels, degree: parameters.degree, primeBits: parameters.primeBits,
            primeCount: parameters.primes.count)
        let exact = ExactPhases(fixture.client, width: declared.width)
        let expected = fixture.expected(extreme.mask, extreme.matrix)
        var largest = GMPInteger(0)
        try fixture.server.forEachPacked(extreme.request, extreme.columns, product) {
            packed, rowBlock, columnBlock throws(LatticeError) in
            let phases = exact.phases(packed)
            for (i, row) in layout.rowRange(rowBlock, declared).enumerated() {
                for (j, column) in layout.columnRange(columnBlock, declared).enumerated() {
                    let place = i * layout.blockInner + j * layout.columnStride
                    let noise = exact.noise(phases(place), expected[row * declared.columns + column])
                    if largest < noise { largest = noise }
                }
            }
        }
        let errors = GMPInteger(20 * Int64(declared.inner)) * GMPInteger.powerOfTwo(declared.magnitudeBits)
        #expect(errors < largest)
        #expect(largest < GMPInteger([UInt64(truncatingIfNeeded: bound.worst), UInt64(bound.worst >> 64)]))
    }

    /// Key switches alone: what packs encryptions of zero without errors is within the part of the bound that is theirs.
    @Test func boundsGrowWithWhatTheyBound() throws {
        func bound(_ inner: Int, _ bits: Int, _ levels: Int) throws -> NoiseBound {
            NoiseBound(
                try ProductTests.shape(1, inner, 1, 46, bits), packingLevels: levels, degree: 8192, primeBits: 44,
                primeCount: 3)
        }
        let one = try bound(768, 17, 6)
        #expect(one.mean < one.worst)
        #expect(try bound(769, 17, 6).worst > one.worst && bound(768, 18, 6).worst > one.worst)
        #expect(try bound(768, 17, 7).worst > one.worst && bound(768, 17, 7).mean > one.mean)
        // 768 * 2^17 * 21.5 and 768 * 2^17 / 2 + 2^16 * sqrt(42 * 768), without switches.
        let plain = try bound(768, 17, 0)
        #expect(plain.worst - 21 * 16385 - 1 == 2_164_260_864)
        #expect(plain.mean - 21 * 16385 - 1 == 65536 * (768 + 180))
    }

    /// A flood hides exactly as much as its size says.
    @Test func floodsHideWhatTheyAreProvedToHide() throws {
        let shape = try ProductTests.shape(128, 768, 768, 46, 17)
        let bound = NoiseBound(shape, packingLevels: 6, degree: 8192, primeBits: 44, primeCount: 3)
        let entries = 128 * 768
        let smallest = (5..<120).first { bound.isHidden(by: $0, entries: entries) }!
        let range = Double(sign: .plus, exponent: smallest + 1, significand: 1)
        let distance = Double(entries) * Double(bound.mean) / range
        #expect(distance <= 0x1p-40 && 2 * distance > 0x1p-40)
        #expect(!bound.isHidden(by: smallest - 1, entries: entries))
    }
}

extension ResponseNoise {
    /// All of one sign and as large as it can be.
    static func extreme(degree: Int, sign: Int64, floodBits: Int) throws -> ResponseNoise {
        let generator = try PseudorandomGenerator(seed: Seed(bytes: [UInt8](repeating: 2, count: 16)), domain: 0)
        var noise = try ResponseNoise(degree: degree, floodBits: floodBits, from: generator)
        noise.u = [Int64](repeating: sign, count: degree)
        noise.bodyError = [Int64](repeating: 21 * sign, count: degree)
        noise.maskError = [Int64](repeating: 21 * sign, count: degree)
        noise.flood.limbs = noise.flood.limbs.enumerated().map { limb, words in
            let end = (UInt64(1) << UInt64(min(48, floodBits + 1 - 48 * limb))) - 1
            return [UInt64](repeating: sign > 0 ? end : 0, count: words.count)
        }
        return noise
    }
}

/// Exact phases of ciphertexts, with the client's secret.
struct ExactPhases {
    let client: ProductClient
    let width: Int
    let q: GMPInteger
    /// Modulo one prime 1, modulo the others 0.
    let units: [GMPInteger]

    init(_ client: ProductClient, width: Int) {
        self.client = client
        self.width = width
        let parameters = client.parameters
        let q = TestRing.modulus(parameters)
        self.q = q
        units = parameters.primes.map { p in
            let others = parameters.primes.filter { $0 != p }.reduce(GMPInteger(1)) { $0 * GMPInteger([$1]) }
            return others * GMPInteger([PublicNumbers.inverse(TestRing.remainder(others, p), modulo: p)]) % q
        }
    }

    func phases(_ ciphertext: Ciphertext) -> (Int) -> GMPInteger {
        let ring = client.ring
        var phase = ring.product(ciphertext.mask, client.secret.values)
        ring.add(ciphertext.body, to: &phase)
        ring.inverse(&phase)
        return { place in
            units.indices.reduce(GMPInteger(0)) { $0 + units[$1] * GMPInteger([phase[$1 * ring.degree + place]]) } % q
        }
    }

    /// The magnitude of `phase - q·plaintext/2^width`, rounded up.
    func noise(_ phase: GMPInteger, _ plaintext: UInt64) -> GMPInteger {
        let difference = (phase * GMPInteger.powerOfTwo(width) - q * GMPInteger([plaintext]))
        let period = q * GMPInteger.powerOfTwo(width)
        let (up, down) = (difference % period, (GMPInteger(0) - difference) % period)
        return ((up < down ? up : down) >> width) + GMPInteger(1)
    }
}
