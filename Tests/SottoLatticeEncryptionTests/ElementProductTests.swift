import SottoLatticeEncryption
import SottoRandomness
import TestSupport
import Testing

@Suite struct ElementProductTests {
    private struct Fixture {
        let product: EncryptedElementProduct
        let client: ProductClient
        let server: ProductServer
        var seeds: InsecureSeededSource

        init(count: Int, width: Int, seed: UInt64, kernel: LatticeKernel = .fastest) throws {
            let declared = try ElementProduct(count: count, width: width)
            let parameters = try LatticeParameters.smallest(for: [], elements: [declared])
            product = try EncryptedElementProduct(declared, parameters)
            seeds = InsecureSeededSource(seed)
            client = try ProductClient(parameters, seeds: &seeds, kernel: kernel)
            server = try ProductServer(parameters, setup: client.setup, kernel: kernel)
        }

        mutating func run(
            _ x: [UInt64], _ y: [UInt64]
        ) throws -> (client: [UInt64], server: [UInt64], request: [UInt8], response: [UInt8]) {
            let request = try client.request(x, in: product, seeds: &seeds)
            let answer = try server.respond(to: request, y, in: product, seeds: &seeds)
            return (try client.finish(answer.response, in: product), answer.share, request, answer.response)
        }
    }

    /// Pairs of all ends of the ring, then uniform ones.
    private func operands(_ count: Int, width: Int, seed: UInt64) -> (x: [UInt64], y: [UInt64]) {
        var generator = SeededGenerator(seed)
        let ends: [UInt64] = [0, 1, .max, 1 << UInt64(width - 1), (1 << UInt64(width - 1)) &- 1]
        let x = (0..<count).map { $0 < 25 ? ends[$0 / 5] : generator.next() }
        let y = (0..<count).map { $0 < 25 ? ends[$0 % 5] : generator.next() }
        return (x, y)
    }

    @Test(arguments: [(1, 46), (100, 1), (100, 2), (300, 30), (300, 33), (300, 46), (300, 64), (8200, 46)])
    func sharesAddUpToTheProducts(count: Int, width: Int) throws {
        var fixture = try Fixture(count: count, width: width, seed: 1)
        let (x, y) = operands(count, width: width, seed: UInt64(width))
        let run = try fixture.run(x, y)
        let mask: UInt64 = .max >> UInt64(64 - width)
        #expect(zip(run.client, run.server).map { ($0 &+ $1) & mask } == zip(x, y).map { ($0 &* $1) & mask })
        #expect((run.client + run.server).allSatisfy { $0 <= mask })
        #expect(run.request.count == fixture.product.requestBytes)
        #expect(run.response.count == fixture.product.responseBytes)
        #expect(fixture.client.setup.count == fixture.product.parameters.setupBytes)
    }

    /// Primes together hold every masked product, and masks hide: `2^(2w - 2)·count` is 2^-41 of their number.
    @Test(arguments: [1, 30, 46, 64]) func plaintextsHoldMaskedProducts(width: Int) throws {
        for count in [1, 2, 100, 1 << 17] {
            let declared = try ElementProduct(count: count, width: width)
            let parameters = try LatticeParameters.smallest(for: [], elements: [declared])
            let product = try EncryptedElementProduct(declared, parameters)
            let range = product.plaintextPrimes.reduce(GMPInteger(1)) { $0 * GMPInteger([$1]) }
            let masks = GMPInteger.powerOfTwo(declared.maskBits)
            let largest = GMPInteger.powerOfTwo(2 * width - 1)
            #expect(masks + largest < range)
            let hidden = GMPInteger([UInt64(count)]) * GMPInteger.powerOfTwo(2 * width - 2 + 41)
            #expect(!(masks < hidden) && masks < hidden + hidden)
            #expect(Set(product.plaintextPrimes).isDisjoint(with: parameters.primes + parameters.widePrimes))
            let modulus = (parameters.primes).reduce(GMPInteger(1)) { $0 * GMPInteger([$1]) }
            #expect(modulus < GMPInteger.powerOfTwo([4096: 109, 8192: 218, 16384: 438][parameters.degree]!))
        }
    }

    @Test func plaintextsAreRounded() throws {
        let product = try Fixture(count: 10, width: 46, seed: 2).product
        let ring = ResidueRing(product.parameters, kernel: .portable)
        let encoding = SlotEncoding(product.plaintextPrimes[0], ring, kernel: .portable)
        let (t, q) = (product.plaintextPrimes[0], TestRing.modulus(product.parameters))
        var generator = SeededGenerator(2)
        let polynomial = (0..<ring.degree).map { index in
            [0, 1, t - 1, t / 2, t / 2 + 1].indices.contains(index)
                ? [0, 1, t - 1, t / 2, t / 2 + 1][index] : UInt64.random(in: 0..<t, using: &generator)
        }
        let scaled = encoding.scaled(polynomial)
        var factor = encoding.factor(polynomial)
        ring.inverse(&factor)
        for i in 0..<50 {
            // t·result is q·m to within t/2.
            let numerator = q * GMPInteger([polynomial[i]]) + GMPInteger([(t - 1) / 2])
            let remainder = TestRing.remainder(numerator, t)
            for (index, p) in product.parameters.primes.enumerated() {
                let result = GMPInteger([scaled[index * ring.degree + i]]) * GMPInteger([t])
                let exact = numerator - GMPInteger([remainder])
                #expect(TestRing.remainder(result, p) == TestRing.remainder(exact, p))
                let centred = Int64(polynomial[i]) - (polynomial[i] > t / 2 ? Int64(t) : 0)
                #expect(factor[index * ring.degree + i] == TestRing.remainder(GMPInteger(centred), p))
            }
        }
    }

    @Test func mixedRadixNumbersAreExact() throws {
        let primes = PublicNumbers.transformPrimes(bits: 50, count: 4, degree: 64)
        let moduli = primes.map { TransformModulus(p: $0, degree: 64, kernel: .portable) }
        var generator = SeededGenerator(3)
        for count in 1...4 {
            let digits = MixedRadix(Array(moduli[..<count]))
            let range = primes[..<count].reduce(GMPInteger(1)) { $0 * GMPInteger([$1]) }
            let ends = [GMPInteger(0), range - GMPInteger(1), GMPInteger([primes[0]]) % range]
            for number in ends + (0..<50).map({ _ in GMPInteger((0..<4).map { _ in generator.next() }) % range }) {
                let residues = primes[..<count].map { TestRing.remainder(number, $0) }
                #expect(digits.word(residues) == number.limbs(1)[0])
            }
        }
    }

    @Test func allKernelsGiveTheSameBytes() throws {
        let (x, y) = operands(40, width: 46, seed: 4)
        let messages = try LatticeKernelTests.kernels.map { kernel in
            var fixture = try Fixture(count: 40, width: 46, seed: 4, kernel: kernel)
            let run = try fixture.run(x, y)
            return fixture.client.setup + run.request + run.response
        }
        #expect(messages.allSatisfy { $0 == messages[0] })
    }

    @Test func malformedMessagesAreRefused() throws {
        var fixture = try Fixture(count: 30, width: 46, seed: 5)
        let (x, y) = operands(30, width: 46, seed: 5)
        let run = try fixture.run(x, y)
        for wrong in [run.request + [0], Array(run.request.dropLast()), []] {
            #expect(throws: LatticeError.wrongByteCount(expected: run.request.count, actual: wrong.count)) {
                try fixture.server.respond(to: wrong, y, in: fixture.product, seeds: &fixture.seeds)
            }
        }
        for wrong in [run.response + [0], Array(run.response.dropLast()), []] {
            #expect(throws: LatticeError.wrongByteCount(expected: run.response.count, actual: wrong.count)) {
                try fixture.client.finish(wrong, in: fixture.product)
            }
        }
        var request = run.request
        for index in 100..<120 { request[index] = 0xFF }
        #expect(throws: LatticeError.residueOutOfRange) {
            try fixture.server.respond(to: request, y, in: fixture.product, seeds: &fixture.seeds)
        }
        #expect(throws: LatticeError.wrongElementCount(expected: 30, actual: 29)) {
            try fixture.client.request(Array(x.dropLast()), in: fixture.product, seeds: &fixture.seeds)
        }
        #expect(throws: LatticeError.wrongElementCount(expected: 30, actual: 31)) {
            try fixture.server.respond(to: run.request, y + [0], in: fixture.product, seeds: &fixture.seeds)
        }
        let matrices = try LatticeParameters.smallest(for: [ProductTests.shape(1, 1, 1, 8, 1)])
        #expect(throws: LatticeError.self) { try EncryptedElementProduct(fixture.product.product, matrices) }
        #expect(throws: LatticeError.self) { try ElementProduct(count: 0, width: 8) }
        #expect(throws: LatticeError.self) { try ElementProduct(count: 1, width: 65) }
    }

    /// Parameters for both kinds of product serve both.
    @Test func matricesAndElementsShareKeys() throws {
        let shape = try ProductTests.shape(2, 10, 3, 46, 17)
        let declared = try ElementProduct(count: 20, width: 46)
        let parameters = try LatticeParameters.smallest(for: [shape], elements: [declared])
        var seeds = InsecureSeededSource(6)
        let client = try ProductClient(parameters, seeds: &seeds)
        let server = try ProductServer(parameters, setup: client.setup)
        let (x, y) = operands(20, width: 46, seed: 6)
        let elements = try EncryptedElementProduct(declared, parameters)
        let answer = try server.respond(
            to: client.request(x, in: elements, seeds: &seeds), y, in: elements, seeds: &seeds)
        let share = try client.finish(answer.response, in: elements)
        let mask: UInt64 = (1 << 46) - 1
        #expect(zip(share, answer.share).map { ($0 &+ $1) & mask } == zip(x, y).map { ($0 &* $1) & mask })
        let product = try EncryptedProduct(shape, parameters)
        let matrix = [UInt64](repeating: 3, count: 30)
        let request = try client.request(x, in: product, seeds: &seeds)
        let (response, mine) = try server.respond(to: request, matrix, in: product, seeds: &seeds)
        let theirs = try client.finish(response, in: product)
        for (i, sum) in zip(mine, theirs).map({ ($0 &+ $1) & mask }).enumerated() {
            #expect(sum == (x[(i / 3 * 10)..<(i / 3 * 10 + 10)].reduce(0) { $0 &+ $1 } &* 3) & mask)
        }
    }
}
