import SottoAlgebra
import SottoLatticeEncryption
import SottoRandomness
import TestSupport
import Testing

/// Two parties with keys of one of them, and products of rows with numbers, or of rows with rows.
struct RowFixture {
    let parameters: LatticeParameters
    let client: ProductClient
    let server: ProductServer
    var seeds: InsecureSeededSource

    init(
        rows: [RowProduct: Int] = [:], dots: [RowDots: Int] = [:], seed: UInt64, kernel: LatticeKernel = .fastest
    ) throws {
        try self.init(.smallest(rows: rows, dots: dots), seed: seed, kernel: kernel)
    }

    init(_ parameters: LatticeParameters, seed: UInt64, kernel: LatticeKernel = .fastest) throws {
        self.parameters = parameters
        seeds = InsecureSeededSource(seed)
        client = try ProductClient(parameters, seeds: &seeds, kernel: kernel)
        server = try ProductServer(parameters, setup: client.setup, kernel: kernel)
    }

    mutating func run(_ product: EncryptedRowProduct, _ numbers: [UInt64], _ elements: [UInt64]) throws -> RowRun {
        let request = try client.request(numbers, in: product, seeds: &seeds)
        let answer = try server.respond(to: request, elements, in: product, seeds: &seeds)
        return RowRun(
            shares: (try client.finish(answer.response, in: product), answer.share), request: request,
            response: answer.response)
    }

    mutating func run(_ product: EncryptedRowDots, _ x: [UInt64], _ y: [UInt64]) throws -> RowRun {
        let request = try client.request(x, in: product, seeds: &seeds)
        let answer = try server.respond(to: request, y, in: product, seeds: &seeds)
        return RowRun(
            shares: (try client.finish(answer.response, in: product), answer.share), request: request,
            response: answer.response)
    }

    /// The ends of the ring first.
    static func words(_ count: Int, width: Int, seed: UInt64) -> [UInt64] {
        var generator = SeededGenerator(seed)
        let ends: [UInt64] = [0, 1, .max, 1 << UInt64(width - 1), (1 << UInt64(width - 1)) &- 1]
        return (0..<count).map { $0 < 5 ? ends[($0 + Int(seed)) % 5] : generator.next() }
    }

    static func products(_ rows: Segments, _ numbers: [UInt64], _ elements: [UInt64]) -> [UInt64] {
        zip(elements, Ring64().apply(.segmentBroadcast(rows), to: numbers)).map { $0 &* $1 }
    }

    static func dots(_ columns: Int, _ x: [UInt64], _ y: [UInt64]) -> [UInt64] {
        stride(from: 0, to: x.count, by: columns).map { start in
            (start..<start + columns).reduce(0) { $0 &+ x[$1] &* y[$1] }
        }
    }
}

struct RowRun {
    let shares: (client: [UInt64], server: [UInt64])
    let request: [UInt8]
    let response: [UInt8]

    func adds(upTo expected: [UInt64], width: Int) -> Bool {
        let mask: UInt64 = .max >> UInt64(64 - width)
        return zip(shares.client, shares.server).map { ($0 &+ $1) & mask } == expected.map { $0 & mask }
            && (shares.client + shares.server).allSatisfy { $0 <= mask }
    }
}

@Suite struct RowProductTests {
    static let segments = [
        Segments(rows: 1, columns: 1), Segments(rows: 1, columns: 40), Segments(rows: 5, columns: 3),
        Segments(groups: 3, lengths: [0, 7, 1, 0, 300]), Segments(groups: 1, lengths: [20_000, 1, 0, 33_000]),
        Segments(groups: 2, lengths: Array(1...70)), Segments(groups: 20, lengths: [0, 1]),
    ]

    @Test(arguments: segments, [1, 2, 46, 63, 64]) func sharesAddUpToTheProducts(rows: Segments, width: Int) throws {
        let declared = try RowProduct(rows, width: width)
        var fixture = try RowFixture(rows: [declared: 2], seed: 1)
        let product = try EncryptedRowProduct(declared, fixture.parameters)
        for seed in 0..<UInt64(rows.elementCount < 100 ? 5 : 1) {
            let numbers = RowFixture.words(rows.rowCount, width: width, seed: seed)
            let elements = RowFixture.words(rows.elementCount, width: width, seed: 2 * seed + 7)
            let run = try fixture.run(product, numbers, elements)
            #expect(run.adds(upTo: RowFixture.products(rows, numbers, elements), width: width))
            #expect(run.request.count == product.requestBytes && run.response.count == product.responseBytes)
        }
        #expect(fixture.client.setup.count == fixture.parameters.setupBytes)
    }

    /// Whatever keys there are: of no level, of some or all; each level's own or those of others; of digits of any size.
    @Test(arguments: [0, 1, 2, 4, 6], [1, 2, 3]) func everyLevelIsRight(levels: Int, stride: Int) throws {
        let rows = Segments(groups: 5, lengths: [1, 2, 0, 9, 4])
        let parameters = try #require(
            LatticeParameters(
                degree: 16384, primeBits: 45, primeCount: 5, packingLevels: levels, keyStride: stride,
                digitPrimes: 1 + levels % 4))
        var fixture = try RowFixture(parameters, seed: 2)
        let product = try EncryptedRowProduct(RowProduct(rows, width: 64), parameters)
        #expect(product.requestCount == (25 - 1) >> min(levels, 5) + 1)
        let numbers = RowFixture.words(25, width: 64, seed: 3)
        let elements = RowFixture.words(80, width: 64, seed: 4)
        let run = try fixture.run(product, numbers, elements)
        #expect(run.adds(upTo: RowFixture.products(rows, numbers, elements), width: 64))
        #expect(
            fixture.client.setup.count == parameters.setupBytes && parameters.shape.setupBytes == parameters.setupBytes)
    }

    static let unevenRows = [
        Segments(rows: 1, columns: 1), Segments(rows: 1, columns: 16_384), Segments(rows: 17, columns: 1024),
        Segments(groups: 3, lengths: [0, 7, 1, 0, 300]), Segments(groups: 1, lengths: [0, 20_000, 1, 0, 17_000, 0]),
        Segments(groups: 1, lengths: [16_384, 16_384, 0]), Segments(groups: 2, lengths: Array(0...35)),
    ]

    /// Rows of uneven length, none, longer than a response, and of which groups and ciphertexts are not full.
    @Test(arguments: unevenRows, [(0, 0), (0, 3), (1, 4), (2, 2), (5, 0), (5, 1), (4, 3), (7, 4)])
    func everyLayoutIsRight(rows: Segments, levels: (Int, Int)) throws {
        let layout = RowLayout(levels: levels.0, groupLevels: levels.1)
        let parameters = try #require(
            LatticeParameters(
                degree: 16384, primeBits: 45, primeCount: 5, packingLevels: layout.numberLevels,
                keyStride: 1 + (rows.rowCount + levels.0) % 3, digitPrimes: 3))
        var fixture = try RowFixture(parameters, seed: 3)
        let product = try EncryptedRowProduct(RowProduct(rows, width: 60), parameters, layout: layout)
        let numbers = RowFixture.words(rows.rowCount, width: 60, seed: UInt64(levels.0))
        let elements = RowFixture.words(rows.elementCount, width: 60, seed: UInt64(levels.1))
        let run = try fixture.run(product, numbers, elements)
        #expect(run.adds(upTo: RowFixture.products(rows, numbers, elements), width: 60))
        #expect(run.request.count == product.requestBytes && run.response.count == product.responseBytes)
    }

    /// Elements of one row, numbers of one, and then all, at the ends of the ring: what is not a row's own number must not reach
    /// its products.
    @Test(arguments: [0, 2, 4]) func rowsDoNotMeetOthersNumbers(groupLevels: Int) throws {
        let parameters = try #require(
            LatticeParameters(degree: 16384, primeBits: 45, primeCount: 5, packingLevels: 5, digitPrimes: 3))
        var fixture = try RowFixture(parameters, seed: 6)
        let rows = Segments(groups: 9, lengths: [3, 100, 0])
        let layout = RowLayout(levels: 5 - groupLevels, groupLevels: groupLevels)
        let product = try EncryptedRowProduct(RowProduct(rows, width: 62), parameters, layout: layout)
        let smallest = UInt64(1) << 61
        let owners = (0..<27).flatMap { row in [Int](repeating: row, count: rows.lengths[row % 3]) }
        for (number, element) in [(1, 1), (3, 4), (25, 25), (nil, 4), (4, nil), (nil, nil)] as [(Int?, Int?)] {
            let numbers = (0..<27).map { number == nil || $0 == number ? smallest - 1 : 0 }
            let elements = owners.map { element == nil || $0 == element ? smallest : 0 }
            let run = try fixture.run(product, numbers, elements)
            #expect(run.adds(upTo: RowFixture.products(rows, numbers, elements), width: 62))
        }
    }

    @Test func allKernelsGiveTheSameBytes() throws {
        let rows = try RowProduct(Segments(groups: 2, lengths: [3, 50]), width: 46)
        let dots = try RowDots(rows: 3, columns: 40, width: 46)
        let messages = try LatticeKernelTests.kernels.map { kernel in
            var fixture = try RowFixture(rows: [rows: 1], dots: [dots: 1], seed: 4, kernel: kernel)
            let first = try fixture.run(
                EncryptedRowProduct(rows, fixture.parameters), RowFixture.words(4, width: 46, seed: 1),
                RowFixture.words(106, width: 46, seed: 2))
            let second = try fixture.run(
                EncryptedRowDots(dots, fixture.parameters), RowFixture.words(120, width: 46, seed: 3),
                RowFixture.words(120, width: 46, seed: 4))
            return fixture.client.setup + first.request + first.response + second.request + second.response
        }
        #expect(messages.allSatisfy { $0 == messages[0] })
    }

    @Test func malformedMessagesAreRefused() throws {
        let rows = Segments(groups: 1, lengths: [10, 0, 20])
        let declared = try RowProduct(rows, width: 46)
        var fixture = try RowFixture(rows: [declared: 1], seed: 5)
        let product = try EncryptedRowProduct(declared, fixture.parameters)
        let (numbers, elements) = ([UInt64](repeating: 3, count: 3), [UInt64](repeating: 5, count: 30))
        let run = try fixture.run(product, numbers, elements)
        for wrong in [run.request + [0], Array(run.request.dropLast()), []] {
            #expect(throws: LatticeError.wrongByteCount(expected: run.request.count, actual: wrong.count)) {
                try fixture.server.respond(to: wrong, elements, in: product, seeds: &fixture.seeds)
            }
        }
        for wrong in [run.response + [0], Array(run.response.dropLast()), []] {
            #expect(throws: LatticeError.wrongByteCount(expected: run.response.count, actual: wrong.count)) {
                try fixture.client.finish(wrong, in: product)
            }
        }
        var request = run.request
        for index in 100..<120 { request[index] = 0xFF }
        #expect(throws: LatticeError.residueOutOfRange) {
            try fixture.server.respond(to: request, elements, in: product, seeds: &fixture.seeds)
        }
        #expect(throws: LatticeError.wrongElementCount(expected: 3, actual: 2)) {
            try fixture.client.request([1, 2], in: product, seeds: &fixture.seeds)
        }
        #expect(throws: LatticeError.wrongElementCount(expected: 30, actual: 31)) {
            try fixture.server.respond(to: run.request, elements + [0], in: product, seeds: &fixture.seeds)
        }
        #expect(throws: LatticeError.self) { try RowProduct(Segments(rows: 3, columns: 0), width: 8) }
        #expect(throws: LatticeError.self) { try RowProduct(Segments(rows: 0, columns: 3), width: 8) }
        #expect(throws: LatticeError.self) { try RowProduct(Segments(groups: 1, lengths: [3, -1]), width: 8) }
        #expect(throws: LatticeError.self) { try RowProduct(rows, width: 65) }
        let short = try LatticeParameters.smallest(for: [ProductTests.shape(1, 1, 1, 8, 1)])
        #expect(throws: LatticeError.self) { try EncryptedRowProduct(declared, short) }
        var other = try RowFixture(short, seed: 1)
        #expect(throws: LatticeError.otherParameters) {
            try other.client.request(numbers, in: product, seeds: &other.seeds)
        }
        #expect(throws: LatticeError.otherParameters) { try other.client.finish(run.response, in: product) }
    }

    /// Bytes of LayerNorm's and softmax's products in one layer, both parties' keys included.
    @Test func sizesOfOneLayer() throws {
        let norm = try RowProduct(Segments(rows: 128, columns: 768), width: 64)
        let softmax = try RowProduct(Segments(groups: 12, lengths: Array(1...128)), width: 64)
        let squares = try RowDots(rows: 128, columns: 768, width: 64)
        let parameters = try LatticeParameters.smallest(rows: [norm: 4, softmax: 2], dots: [squares: 2])
        let products = try [norm, softmax].map { try EncryptedRowProduct($0, parameters) }
        let dots = try EncryptedRowDots(squares, parameters)
        let bits = parameters.modulusBits
        #expect(parameters.degree == 16384)
        #expect(products[0].requestBytes == 16 + 16384 * bits / 8)
        #expect(products[0].responseBytes == 98304 * (64 + 16) / 8 + 98304 * (64 + 1) / 8)
        #expect(products[1].responseBytes == 7 * 16384 * (64 + 16) / 8 + 99072 * (64 + 1) / 8)
        #expect(dots.requestBytes == 16 + 98304 * bits / 8)
        #expect(dots.responseBytes == 16384 * (64 + 16) / 8 + 128 * (64 + 1) / 8)
        let messages = products.map { $0.requestBytes + $0.responseBytes }
        let total = 4 * messages[0] + 2 * messages[1] + 2 * (dots.requestBytes + dots.responseBytes)
        #expect(total < 22_000_000 && total + 2 * parameters.setupBytes < 38_000_000)
    }
}

@Suite struct RowDotTests {
    @Test(arguments: [(1, 1), (1, 40), (1, 20_000), (3, 33), (40, 50), (130, 70), (300, 3)], [1, 46, 63, 64])
    func sharesAddUpToTheDots(shape: (Int, Int), width: Int) throws {
        let (rows, columns) = shape
        let declared = try RowDots(rows: rows, columns: columns, width: width)
        var fixture = try RowFixture(dots: [declared: 1], seed: 1)
        let product = try EncryptedRowDots(declared, fixture.parameters)
        let x = RowFixture.words(rows * columns, width: width, seed: 1)
        let y = RowFixture.words(rows * columns, width: width, seed: 2)
        let run = try fixture.run(product, x, y)
        #expect(run.adds(upTo: RowFixture.dots(columns, x, y), width: width))
        #expect(run.request.count == product.requestBytes && run.response.count == product.responseBytes)
    }

    @Test(arguments: [0, 3, 5, 6, 8], [1, 2]) func everyLevelIsRight(levels: Int, stride: Int) throws {
        let parameters = try #require(
            LatticeParameters(
                degree: 16384, primeBits: 45, primeCount: 5, packingLevels: levels, keyStride: stride,
                digitPrimes: 1 + levels % 3))
        var fixture = try RowFixture(parameters, seed: 2)
        // With 6 levels of more rows than a response has.
        let (x, y) = (RowFixture.words(75 * 70, width: 64, seed: 3), RowFixture.words(75 * 70, width: 64, seed: 4))
        let product = try EncryptedRowDots(RowDots(rows: 75, columns: 70, width: 64), parameters)
        let run = try fixture.run(product, x, y)
        #expect(run.adds(upTo: RowFixture.dots(70, x, y), width: 64))
    }

    @Test func malformedMessagesAreRefused() throws {
        let declared = try RowDots(rows: 3, columns: 10, width: 46)
        var fixture = try RowFixture(dots: [declared: 1], seed: 5)
        let product = try EncryptedRowDots(declared, fixture.parameters)
        let x = [UInt64](repeating: 3, count: 30)
        let run = try fixture.run(product, x, x)
        for wrong in [run.request + [0], Array(run.request.dropLast()), []] {
            #expect(throws: LatticeError.wrongByteCount(expected: run.request.count, actual: wrong.count)) {
                try fixture.server.respond(to: wrong, x, in: product, seeds: &fixture.seeds)
            }
        }
        for wrong in [run.response + [0], Array(run.response.dropLast()), []] {
            #expect(throws: LatticeError.wrongByteCount(expected: run.response.count, actual: wrong.count)) {
                try fixture.client.finish(wrong, in: product)
            }
        }
        var request = run.request
        for index in 100..<120 { request[index] = 0xFF }
        #expect(throws: LatticeError.residueOutOfRange) {
            try fixture.server.respond(to: request, x, in: product, seeds: &fixture.seeds)
        }
        #expect(throws: LatticeError.wrongElementCount(expected: 30, actual: 29)) {
            try fixture.server.respond(to: run.request, Array(x.dropLast()), in: product, seeds: &fixture.seeds)
        }
        #expect(throws: LatticeError.self) { try RowDots(rows: 0, columns: 1, width: 8) }
        #expect(throws: LatticeError.self) { try RowDots(rows: 1, columns: 0, width: 8) }
        #expect(throws: LatticeError.self) { try RowDots(rows: 1, columns: 1, width: 0) }
    }
}
