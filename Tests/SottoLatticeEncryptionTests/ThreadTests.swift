import SottoAlgebra
import SottoLatticeEncryption
import SottoRandomness
import TestSupport
import Testing

/// Several threads answer a request with the same bytes as one.
@Suite struct ThreadTests {
    private static let counts = [1, 2, 3]

    /// Answers of different numbers of threads are equal; that answer.
    @discardableResult private func expectEqual(
        _ answer: (_ threads: Int, inout InsecureSeededSource) throws -> (response: [UInt8], share: [UInt64])
    ) throws -> (response: [UInt8], share: [UInt64]) {
        let answers = try Self.counts.map { threads in
            var seeds = InsecureSeededSource(9)
            return try answer(threads, &seeds)
        }
        for answer in answers {
            #expect(answer.response == answers[0].response && answer.share == answers[0].share)
        }
        return answers[0]
    }

    /// Of a single block of columns, of several, and of more than are made at the same time; of several blocks of rows.
    @Test(arguments: [(1, 1, 1, 30, 0), (3, 40, 13, 46, 17), (2, 16, 300, 46, 17), (600, 70, 5, 46, 17)])
    func matrices(rows: Int, inner: Int, columns: Int, width: Int, bits: Int) throws {
        var fixture = try ProductFixture(ProductTests.shape(rows, inner, columns, width, bits), seed: 1)
        var generator = SeededGenerator(2)
        let (mask, matrix) = (fixture.mask(&generator), fixture.matrix(&generator))
        let (product, server) = (fixture.product, fixture.server)
        let request = try fixture.client.request(mask, in: product, seeds: &fixture.seeds)
        let answer = try expectEqual { try server.respond(to: request, matrix, in: product, threads: $0, seeds: &$1) }
        let sum = fixture.sum(try fixture.client.finish(answer.response, in: product), answer.share)
        #expect(sum == fixture.expected(mask, matrix))
    }

    /// Of no levels of expansion, where every group of rows has a ciphertext, of few, and of as many as rows need.
    @Test(arguments: [0, 2, 5], [0, 1, 3]) func rows(levels: Int, groupLevels: Int) throws {
        let rows = Segments(groups: 3, lengths: [1, 0, 16_000, 700, 2, 9])
        let (fixture, width) = (try RowFixture(parameters(levels: levels + groupLevels), seed: 3), 64)
        let product = try EncryptedRowProduct(
            RowProduct(rows, width: width), fixture.parameters,
            layout: RowLayout(levels: levels, groupLevels: groupLevels))
        let numbers = RowFixture.words(rows.rowCount, width: width, seed: 1)
        let elements = RowFixture.words(rows.elementCount, width: width, seed: 2)
        var seeds = fixture.seeds
        let request = try fixture.client.request(numbers, in: product, seeds: &seeds)
        let answer = try expectEqual {
            try fixture.server.respond(to: request, elements, in: product, threads: $0, seeds: &$1)
        }
        let run = RowRun(
            shares: (try fixture.client.finish(answer.response, in: product), answer.share), request: request,
            response: answer.response)
        #expect(run.adds(upTo: RowFixture.products(rows, numbers, elements), width: width))
    }

    @Test(arguments: [0, 6]) func dots(levels: Int) throws {
        let fixture = try RowFixture(parameters(levels: levels), seed: 4)
        let product = try EncryptedRowDots(RowDots(rows: 100, columns: 70, width: 64), fixture.parameters)
        let (x, y) = (RowFixture.words(7_000, width: 64, seed: 3), RowFixture.words(7_000, width: 64, seed: 4))
        var seeds = fixture.seeds
        let request = try fixture.client.request(x, in: product, seeds: &seeds)
        try expectEqual { try fixture.server.respond(to: request, y, in: product, threads: $0, seeds: &$1) }
    }

    private func parameters(levels: Int) throws -> LatticeParameters {
        try #require(
            LatticeParameters(degree: 16384, primeBits: 45, primeCount: 5, packingLevels: levels, digitPrimes: 2))
    }

    /// An error of one part is that of the whole work, and parts without one keep their order.
    @Test(arguments: [1, 2, 5]) func workers(threads: Int) throws {
        let workers = Workers(threads: threads) { [Int]() }
        let squares = workers.map(Array(0..<100)) { number, _ in number * number }
        #expect(squares == (0..<100).map { $0 * $0 })
        #expect(workers.map([Int]()) { number, _ in number }.isEmpty)
        #expect(throws: LatticeError.residueOutOfRange) {
            try workers.map(Array(0..<100)) { number, _ throws(LatticeError) in
                if number == 57 { throw .residueOutOfRange }
            }
        }
    }
}
