import SottoAlgebra
import SottoLatticeEncryption
import SottoRandomness
import TestSupport
import Testing

/// The noise of products of rows: its bound, and that decryption is right at it.
@Suite struct RowNoiseTests {
    private static let maskSeed = try! Seed(bytes: [UInt8](repeating: 1, count: 16))

    /// Elements of the largest magnitude and of any sign, as words.
    private static func ends(_ count: Int, width: Int, seed: UInt64) -> (signs: [Int64], words: [UInt64]) {
        var generator = SeededGenerator(seed)
        // The smallest number of a ring has the largest magnitude; its negative is one less.
        let smallest = UInt64(1) << UInt64(width - 1)
        let signs = (0..<count).map { _ in Int64(generator.next() & 1) * 2 - 1 }
        return (signs, signs.map { $0 < 0 ? smallest : smallest - 1 })
    }

    /// Errors that add up in the last coefficient of a single row, and the same ones where there are more.
    private static func errors(_ signs: [Int64], degree: Int) -> [Int64] {
        (0..<degree).map { i in 21 * (signs.count >= degree ? signs[degree - 1 - i] : i % 2 == 0 ? 1 : -1) }
    }

    static let rows: [(Segments, Int)] = [
        (Segments(rows: 1, columns: 16384), 64), (Segments(groups: 10, lengths: [900, 0, 1, 700]), 64),
        (Segments(groups: 3, lengths: [40, 0, 70]), 46), (Segments(rows: 2, columns: 3), 1),
    ]

    @Test(arguments: rows, [1, -1]) func rowsAreRightAtTheBound(shape: (Segments, Int), sign: Int64) throws {
        let declared = try RowProduct(shape.0, width: shape.1)
        let fixture = try RowFixture(rows: [declared: 2], seed: 1)
        try expectRight(
            fixture, EncryptedRowProduct(declared, fixture.parameters),
            [{ _ in Noise(sign: sign) }, { _ in Noise(sign: sign, excess: 3) }])
    }

    static let layouts = [0, 1, 3, 5].flatMap { levels in
        [0, 1, 2, 4].map { RowLayout(levels: levels, groupLevels: $0) }
    }

    /// 35 rows that end in the middle of a group and of a response, of which there are three.
    private static let groupedRows = Segments(groups: 7, lengths: [900, 0, 1, 5_000, 700])

    /// Groups of every size. Responses take turns in what noise they get, as an answer takes long.
    @Test(arguments: layouts) func groupsAreRightAtTheBound(layout: RowLayout) throws {
        let declared = try RowProduct(Self.groupedRows, width: 64)
        let fixture = try RowFixture(Self.deepParameters(layout), seed: 1)
        let product = try EncryptedRowProduct(declared, fixture.parameters, layout: layout)
        #expect(product.blocks == 3)
        try expectRight(
            fixture, product,
            [{ Noise(sign: 1, excess: $0 % 2 * 3) }, { Noise(sign: -1, excess: ($0 + 1) % 2 * 3) }])
    }

    /// Parameters of which products of 64 bits are proved with any groups; of some levels the keys stand for those below.
    private static func deepParameters(_ layout: RowLayout) throws -> LatticeParameters {
        try #require(
            LatticeParameters(
                degree: 16384, primeBits: 46, primeCount: 5, packingLevels: layout.numberLevels + layout.levels % 2,
                keyStride: 2, digitPrimes: 3))
    }

    /// What is added to a response: the largest noise, and some bits more.
    private struct Noise {
        var sign: Int64
        var excess = 0

        /// What products are off by: with three bits more by a whole unit of the plaintext's last place.
        var off: UInt64 { excess == 0 ? 0 : UInt64(bitPattern: sign) }
    }

    /// With the largest noise products are right, and off by one with three bits more of it.
    /// - Parameter noises: of each answer, by responses.
    private func expectRight(
        _ fixture: RowFixture, _ product: EncryptedRowProduct, _ noises: [(Int) -> Noise]
    ) throws {
        let (rows, width, degree) = (product.product.rows, product.product.width, fixture.parameters.degree)
        let numbers = RowFixture.words(rows.rowCount, width: width, seed: 2)
        let (signs, elements) = Self.ends(rows.elementCount, width: width, seed: 3)
        let request = try fixture.client.request(numbers, in: product, maskSeed: Self.maskSeed) {
            () throws(LatticeError) in Self.errors(signs, degree: degree)
        }
        let mask: UInt64 = .max >> UInt64(64 - width)
        let expected = RowFixture.products(rows, numbers, elements)
        let share = (0..<UInt64(degree)).map { $0 &* 0x9E37_79B9_7F4A_7C15 }
        for noises in noises {
            let added = try (0..<product.blocks).map(noises).map { noise in
                try ResponseNoise.extreme(
                    degree: degree, sign: noise.sign, floodBits: product.floodBits + noise.excess)
            }
            var response = 0
            let answer = try fixture.server.respond(to: request, elements, in: product) { () throws(LatticeError) in
                defer { response += 1 }
                return (added[response], share)
            }
            let decrypted = try fixture.client.finish(answer.response, in: product)
            for block in 0..<product.blocks {
                let (range, off) = (product.range(block), noises(block).off)
                let found = zip(decrypted[range], answer.share[range]).map { ($0 &+ $1) & mask }
                #expect(found == expected[range].map { ($0 &+ off) & mask })
            }
        }
    }

    /// The noise before the flood, exactly: above the errors' own part where they add up, and below the bound.
    @Test(arguments: rows) func noiseOfRowsIsBelowItsBound(shape: (Segments, Int)) throws {
        let declared = try RowProduct(shape.0, width: shape.1)
        let fixture = try RowFixture(rows: [declared: 2], seed: 4)
        let product = try EncryptedRowProduct(declared, fixture.parameters)
        let largest = try largestNoise(fixture, product)
        #expect(largest < Self.integer(NoiseBound(declared, fixture.parameters.shape, product.layout).worst))
        if declared.rows.elementCount == fixture.parameters.degree {
            #expect(GMPInteger(20 * 16384) * GMPInteger.powerOfTwo(declared.width - 1) < largest)
        }
    }

    @Test(arguments: layouts) func noiseOfGroupsIsBelowItsBound(layout: RowLayout) throws {
        let declared = try RowProduct(Self.groupedRows, width: 64)
        let fixture = try RowFixture(Self.deepParameters(layout), seed: 4)
        let product = try EncryptedRowProduct(declared, fixture.parameters, layout: layout)
        let bound = NoiseBound(declared, fixture.parameters.shape, layout)
        #expect(try largestNoise(fixture, product) < Self.integer(bound.worst))
    }

    private func largestNoise(_ fixture: RowFixture, _ product: EncryptedRowProduct) throws -> GMPInteger {
        let (rows, width, degree) = (product.product.rows, product.product.width, fixture.parameters.degree)
        let numbers = RowFixture.words(rows.rowCount, width: width, seed: 2)
        let (signs, elements) = Self.ends(rows.elementCount, width: width, seed: 3)
        let request = try fixture.client.request(numbers, in: product, maskSeed: Self.maskSeed) {
            () throws(LatticeError) in Self.errors(signs, degree: degree)
        }
        let expected = RowFixture.products(rows, numbers, elements)
        let exact = ExactPhases(fixture.client, width: width)
        var largest = GMPInteger(0)
        for (block, sum) in try fixture.server.rowProducts(request, elements, product).enumerated() {
            let phases = exact.phases(sum)
            let range = product.range(block)
            for element in range where element % 97 == 0 || element == range.upperBound - 1 {
                let noise = exact.noise(phases(element - range.lowerBound), expected[element])
                if largest < noise { largest = noise }
            }
        }
        return largest
    }

    static let dots = [(3, 600, 64), (130, 70, 46), (1, 5000, 64)]

    @Test(arguments: dots, [1, -1]) func dotsAreRightAtTheBound(shape: (Int, Int, Int), sign: Int64) throws {
        let declared = try RowDots(rows: shape.0, columns: shape.1, width: shape.2)
        let (fixture, product, request, x, y) = try Self.extremeDots(declared, seed: 5)
        let degree = fixture.parameters.degree
        let mask: UInt64 = .max >> UInt64(64 - declared.width)
        let expected = RowFixture.dots(declared.columns, x, y).map { $0 & mask }
        let share = (0..<UInt64(degree)).map { $0 &* 0x9E37_79B9_7F4A_7C15 }
        for (excess, off) in [(0, 0), (3, UInt64(bitPattern: sign))] {
            let noise = try ResponseNoise.extreme(degree: degree, sign: sign, floodBits: product.floodBits + excess)
            let answer = try fixture.server.respond(to: request, y, in: product) {
                () throws(LatticeError) in (noise, share)
            }
            let decrypted = try fixture.client.finish(answer.response, in: product)
            #expect(zip(decrypted, answer.share).map { ($0 &+ $1) & mask } == expected.map { ($0 &+ off) & mask })
        }
    }

    @Test(arguments: dots) func noiseOfDotsIsBelowItsBound(shape: (Int, Int, Int)) throws {
        let declared = try RowDots(rows: shape.0, columns: shape.1, width: shape.2)
        let (fixture, product, request, x, y) = try Self.extremeDots(declared, seed: 6)
        let expected = RowFixture.dots(declared.columns, x, y)
        let exact = ExactPhases(fixture.client, width: declared.width)
        var largest = GMPInteger(0)
        for (response, packed) in try fixture.server.rowDots(request, y, product).enumerated() {
            let phases = exact.phases(packed)
            for row in product.rowRange(response: response) {
                let noise = exact.noise(phases(product.place(row: row)), expected[row])
                if largest < noise { largest = noise }
            }
        }
        let errors = GMPInteger(20 * Int64(declared.columns)) * GMPInteger.powerOfTwo(declared.width - 1)
        #expect(errors < largest && largest < Self.integer(NoiseBound(declared, fixture.parameters.shape).worst))
    }

    /// Errors that add up in the first row.
    private static func extremeDots(
        _ declared: RowDots, seed: UInt64
    ) throws -> (RowFixture, EncryptedRowDots, request: [UInt8], x: [UInt64], y: [UInt64]) {
        let fixture = try RowFixture(dots: [declared: 1], seed: seed)
        let product = try EncryptedRowDots(declared, fixture.parameters)
        let count = declared.rows * declared.columns
        let (signs, y) = ends(count, width: declared.width, seed: seed)
        let x = RowFixture.words(count, width: declared.width, seed: seed)
        let layout = product.layout
        var block = 0
        let request = try fixture.client.request(x, in: product.matrix, maskSeed: maskSeed) { () throws(LatticeError) in
            let range = layout.innerRange(block % layout.innerBlocks(product.matrix.product), product.matrix.product)
            block += 1
            return (0..<layout.degree).map { i in
                let j = range.lowerBound + i % layout.blockInner
                return 21 * (j < range.upperBound ? signs[j] : 1)
            }
        }
        return (fixture, product, request, x, y)
    }

    private static func integer(_ x: UInt128) -> GMPInteger {
        GMPInteger([UInt64(truncatingIfNeeded: x), UInt64(x >> 64)])
    }

    // MARK: Parameters

    @Test(arguments: [1, 30, 46, 64], [(128, 768), (1536, 64), (1, 5000), (40, 33)])
    func parametersAreSecureAndProved(width: Int, shape: (Int, Int)) throws {
        let rows = try RowProduct(Segments(rows: shape.0, columns: shape.1), width: width)
        let dots = try RowDots(rows: shape.0, columns: shape.1, width: width)
        let parameters = try LatticeParameters.smallest(rows: [rows: 2], dots: [dots: 1])
        let table = [4096: 109, 8192: 218, 16384: 438]
        let special = parameters.packingLevels == 0 ? [] : parameters.specialPrimes
        let modulus = (special + parameters.primes).reduce(GMPInteger(1)) { $0 * GMPInteger([$1]) }
        #expect(modulus < GMPInteger.powerOfTwo(try #require(table[parameters.degree])))
        let all = parameters.primes + parameters.widePrimes
        #expect(Set(all).count == all.count)
        for p in all { #expect(p % UInt64(2 * parameters.degree) == 1 && GMPInteger([p]).isPrime && p < 1 << 50) }
        // In units of the plaintext's last place flood and noise leave room for what rounding takes: 1/4 and 3/32.
        let q = TestRing.modulus(parameters)
        let bounds = [
            (
                NoiseBound(rows, parameters.shape, .best(for: rows, parameters.shape)),
                try EncryptedRowProduct(rows, parameters).floodBits, shape.0 * shape.1
            ),
            (NoiseBound(dots, parameters.shape), try EncryptedRowDots(dots, parameters).floodBits, shape.0),
        ]
        for (bound, flood, entries) in bounds {
            let sum = Self.integer(bound.worst) + GMPInteger.powerOfTwo(flood)
            #expect(sum * GMPInteger.powerOfTwo(width) * GMPInteger(32_000) < q * GMPInteger(4_999))
            // And the flood hides the noise of all entries up to 2^-40.
            #expect(bound.mean <= bound.worst)
            let shift = Self.integer(bound.mean) * GMPInteger([UInt64(entries)]) * GMPInteger.powerOfTwo(39)
            #expect(!(GMPInteger.powerOfTwo(flood) < shift))
        }
    }

    /// More levels, more switches of a level, larger groups and longer sums are bounded by more.
    @Test func boundsGrowWithWhatTheyBound() throws {
        func bound(
            _ rows: Int, _ columns: Int, levels: Int, groupLevels: Int = 0, stride: Int = 1
        ) throws -> NoiseBound {
            let ring = RingShape(
                degree: 16384, primeBits: 45, primeCount: 5, packingLevels: 6, keyStride: stride, digitPrimes: 3)
            return NoiseBound(
                try RowProduct(Segments(rows: rows, columns: columns), width: 10), ring,
                RowLayout(levels: levels, groupLevels: groupLevels))
        }
        let one = try bound(32, 4, levels: 5)
        #expect(try bound(32, 5, levels: 5).worst > one.worst && bound(32, 4, levels: 4).worst < one.worst)
        #expect(try bound(32, 4, levels: 5, stride: 2).mean > one.mean)
        #expect(try bound(32, 4, levels: 4, groupLevels: 1).worst > bound(32, 4, levels: 4).worst)
        // Without levels: 128·2^9·21.5 and the rerandomisation, as of a matrix product.
        #expect(try bound(32, 4, levels: 0).worst - 21 * 32769 - 1 == 128 * 512 * 43 / 2)
        // A switch adds 2 digits of 3 primes: 2·16384·3·2^135·21/2^150, enlarged and rounded up, and 3·16385 of rounding.
        let switched = try bound(2, 64, levels: 1).worst - bound(2, 64, levels: 0).worst
        #expect(switched == 128 * 512 * (66 + 3 * 16385))
        // With groups of four, four times that, and three switches of level 2 for a response, twice where it has no key.
        for (stride, repeats) in [(1, 1), (2, 2), (3, 1)] {
            let inner = try bound(2, 64, levels: 1, stride: stride).worst - bound(2, 64, levels: 0).worst
            let grouped = try bound(2, 64, levels: 1, groupLevels: 2, stride: stride).worst
            let response = UInt128(3 * repeats * (66 + 3 * 16385))
            #expect(try grouped - bound(2, 64, levels: 0).worst == 4 * inner + response)
        }
    }
}
