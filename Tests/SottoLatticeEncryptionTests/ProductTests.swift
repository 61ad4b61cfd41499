import SottoAlgebra
import SottoLatticeEncryption
import SottoRandomness
import TestSupport
import Testing

@Suite struct ProductTests {
    static func shape(_ rows: Int, _ inner: Int, _ columns: Int, _ width: Int, _ bits: Int) throws -> MatrixProduct {
        try MatrixProduct(rows: rows, inner: inner, columns: columns, width: width, magnitudeBits: bits)
    }

    /// Shapes: single numbers, one row, one column, odd sizes, several blocks of every kind.
    @Test(arguments: [
        (1, 1, 1, 30, 0), (1, 768, 3, 46, 17), (5, 3, 1, 64, 17), (3, 17, 9, 37, 20), (130, 70, 5, 46, 17),
        (2, 64, 64, 1, 1), (4, 5, 130, 64, 63), (16, 1100, 2, 40, 39), (9, 9, 9, 50, 49),
    ])
    func sharesAddUpToTheProduct(rows: Int, inner: Int, columns: Int, width: Int, bits: Int) throws {
        var fixture = try ProductFixture(Self.shape(rows, inner, columns, width, bits), seed: 1)
        var generator = SeededGenerator(UInt64(rows + inner))
        for _ in 0..<2 {
            let (mask, matrix) = (fixture.mask(&generator), fixture.matrix(&generator))
            let run = try fixture.run(mask, matrix)
            #expect(run.sum == fixture.expected(mask, matrix))
            #expect(run.request.count == fixture.product.requestBytes)
            #expect(run.response.count == fixture.product.responseBytes)
        }
        #expect(fixture.client.setup.count == fixture.product.parameters.setupBytes)
    }

    /// Every layout of a product gives it, not only the one with the smallest response.
    @Test func everyLayoutIsRight() throws {
        let shape = try Self.shape(33, 40, 20, 46, 17)
        let best = try ProductFixture(shape, seed: 2)
        for logInner in [0, 3, 5, 8] {
            for levels in [0, 1, logInner] where levels <= min(logInner, best.product.parameters.packingLevels) {
                let layout = ProductLayout(
                    degree: best.product.parameters.degree, logBlockInner: logInner, packingLevels: levels)
                guard logInner <= best.product.parameters.packingLevels || levels == 0 else { continue }
                var fixture = try ProductFixture(shape, seed: 2, layout: layout)
                var generator = SeededGenerator(UInt64(logInner))
                let (mask, matrix) = (fixture.mask(&generator), fixture.matrix(&generator))
                #expect(try fixture.run(mask, matrix).sum == fixture.expected(mask, matrix))
            }
        }
    }

    @Test func allKernelsGiveTheSameBytes() throws {
        var messages: [[UInt8]] = []
        for kernel in LatticeKernelTests.kernels {
            var fixture = try ProductFixture(Self.shape(3, 50, 6, 46, 17), seed: 5, kernel: kernel)
            var generator = SeededGenerator(5)
            let run = try fixture.run(fixture.mask(&generator), fixture.matrix(&generator))
            messages.append(fixture.client.setup + run.request + run.response)
        }
        #expect(messages.allSatisfy { $0 == messages[0] })
    }

    @Test func oneRequestServesSeveralMatrices() throws {
        var fixture = try ProductFixture(Self.shape(2, 30, 4, 46, 17), seed: 6)
        var generator = SeededGenerator(6)
        let mask = fixture.mask(&generator)
        let request = try fixture.client.request(mask, in: fixture.product, seeds: &fixture.seeds)
        for _ in 0..<2 {
            let matrix = fixture.matrix(&generator)
            let answer = try fixture.server.respond(to: request, matrix, in: fixture.product, seeds: &fixture.seeds)
            let share = try fixture.client.finish(answer.response, in: fixture.product)
            #expect(fixture.sum(share, answer.share) == fixture.expected(mask, matrix))
        }
    }

    /// Shares, words modulo the ring, as the server's matrix.
    @Test(arguments: [1, 33, 64]) func matricesModuloTheRing(width: Int) throws {
        var fixture = try ProductFixture(Self.shape(2, 6, 3, width, width - 1), seed: 8)
        var generator = SeededGenerator(UInt64(width))
        let mask = fixture.mask(&generator)
        let words = [0, fixture.ringMask, 1 << UInt64(width - 1)] + (3..<18).map { _ in generator.next() }
        let run = try fixture.run(mask, fixture.shape.centred(words))
        #expect(run.sum == fixture.expected(mask, words))
    }

    /// Of a matrix of zeros nothing is left but what the server adds: masks pseudorandom, bodies with the server's share.
    @Test func whatTheServerAddsLooksUniform() throws {
        var fixture = try ProductFixture(Self.shape(64, 64, 64, 46, 17), seed: 9)
        let zeros = [UInt64](repeating: 0, count: 64 * 64)
        let run = try fixture.run(zeros, zeros)
        #expect(run.sum == zeros)
        #expect(ChiSquare.deviation(ofBytes: run.response) < 5)
        #expect(ChiSquare.deviation(ofBytes: Array(run.request[16...])) < 5)
        let again = try fixture.run(zeros, zeros)
        #expect(again.request != run.request && again.response != run.response)
    }

    /// Parameters for several products serve each of them.
    @Test func productsShareParameters() throws {
        let shapes = [try Self.shape(2, 30, 4, 46, 17), try Self.shape(1, 20, 3, 40, 39)]
        let parameters = try LatticeParameters.smallest(for: shapes)
        for shape in shapes {
            let product = try EncryptedProduct(shape, parameters)
            #expect(product.requestBytes == 16 + (shape.rows * shape.inner * parameters.modulusBits + 7) / 8)
        }
    }
}

@Suite struct MalformedMessageTests {
    private func fixture() throws -> ProductFixture {
        // 3 * 5 residues of an odd width: the last byte of a request has padding.
        try ProductFixture(ProductTests.shape(3, 5, 3, 46, 17), seed: 7)
    }

    private func setLast(_ bits: Int, of bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        bytes[bytes.count - 1] |= UInt8(truncatingIfNeeded: 0xFF << (8 - bits))
        return bytes
    }

    @Test func wrongLengthsAreRefused() throws {
        var fixture = try fixture()
        var generator = SeededGenerator(1)
        let (mask, matrix) = (fixture.mask(&generator), fixture.matrix(&generator))
        let run = try fixture.run(mask, matrix)
        let setup = fixture.client.setup
        for change in [-1, 1, -Int.max] {
            func resized(_ bytes: [UInt8]) -> [UInt8] {
                change == 1 ? bytes + [0] : change == -1 ? Array(bytes.dropLast()) : []
            }
            func error(_ bytes: [UInt8]) -> LatticeError {
                .wrongByteCount(expected: bytes.count, actual: resized(bytes).count)
            }
            #expect(throws: error(setup)) {
                try ProductServer(fixture.client.parameters, setup: resized(setup))
            }
            #expect(throws: error(run.request)) {
                try fixture.server.respond(
                    to: resized(run.request), matrix, in: fixture.product, seeds: &fixture.seeds)
            }
            #expect(throws: error(run.response)) {
                try fixture.client.finish(resized(run.response), in: fixture.product)
            }
        }
    }

    @Test func residuesFromThePrimeUpAreRefused() throws {
        var fixture = try fixture()
        var generator = SeededGenerator(2)
        let (mask, matrix) = (fixture.mask(&generator), fixture.matrix(&generator))
        let request = try fixture.client.request(mask, in: fixture.product, seeds: &fixture.seeds)
        let parameters = fixture.client.parameters
        var residues = try BitPacking.unpack(
            Array(request[16...]), count: fixture.product.residueCount, width: parameters.primeBits)
        // The first and the last residue of every prime: the prime itself, and the largest that is allowed.
        for (index, prime) in parameters.primes.enumerated() {
            for place in [15 * index, 15 * index + 14] {
                let old = residues[place]
                residues[place] = prime
                let bytes = request[..<16] + BitPacking.pack(residues, width: parameters.primeBits)
                #expect(throws: LatticeError.residueOutOfRange) {
                    try fixture.server.respond(to: Array(bytes), matrix, in: fixture.product, seeds: &fixture.seeds)
                }
                residues[place] = prime - 1
                let allowed = request[..<16] + BitPacking.pack(residues, width: parameters.primeBits)
                #expect(throws: Never.self) {
                    try fixture.server.respond(to: Array(allowed), matrix, in: fixture.product, seeds: &fixture.seeds)
                }
                residues[place] = old
            }
        }
    }

    @Test func keysFromThePrimeUpAreRefused() throws {
        let client = try fixture().client
        let parameters = client.parameters
        let (count, specials) = (parameters.setupResidueCount, parameters.setupSpecialCount)
        let split = 16 + BitPacking.byteCount(count: count, width: parameters.primeBits)
        var residues = try BitPacking.unpack(
            Array(client.setup[16..<split]), count: count, width: parameters.primeBits)
        var last = try BitPacking.unpack(Array(client.setup[split...]), count: specials, width: 50)
        func isAccepted() -> Bool {
            let bytes = BitPacking.pack(residues, width: parameters.primeBits) + BitPacking.pack(last, width: 50)
            return (try? ProductServer(parameters, setup: client.setup[..<16] + bytes)) != nil
        }
        #expect(isAccepted())
        for (index, prime) in parameters.primes.enumerated() {
            let place = (index + 1) * parameters.degree - 1
            let old = residues[place]
            residues[place] = prime
            #expect(!isAccepted())
            residues[place] = old
        }
        try #require(specials > 0)
        last[specials - 1] = parameters.widePrimes[0]
        #expect(!isAccepted())
        last[specials - 1] -= 1
        #expect(isAccepted())
    }

    @Test func paddingBitsAreRefused() throws {
        var fixture = try fixture()
        var generator = SeededGenerator(3)
        let (mask, matrix) = (fixture.mask(&generator), fixture.matrix(&generator))
        let run = try fixture.run(mask, matrix)
        let requestPadding = 8 * (fixture.product.requestBytes - 16) % (15 * fixture.client.parameters.modulusBits)
        let responsePadding = 8 - 9 * (46 + 1) % 8
        try #require((1...7).contains(requestPadding) && (1...7).contains(responsePadding))
        #expect(throws: LatticeError.nonzeroPadding) {
            try fixture.server.respond(
                to: setLast(1, of: run.request), matrix, in: fixture.product, seeds: &fixture.seeds)
        }
        #expect(throws: LatticeError.nonzeroPadding) {
            try fixture.client.finish(setLast(1, of: run.response), in: fixture.product)
        }
    }

    /// A message with any other bits set is another message: it gives other shares and no trap.
    @Test func otherBitsGiveOtherShares() throws {
        var fixture = try fixture()
        var generator = SeededGenerator(4)
        let (mask, matrix) = (fixture.mask(&generator), fixture.matrix(&generator))
        let run = try fixture.run(mask, matrix)
        for _ in 0..<10 {
            var response = run.response
            let index = Int.random(in: 0..<(response.count - 1), using: &generator)
            response[index] ^= UInt8.random(in: 1...255, using: &generator)
            #expect(try fixture.client.finish(response, in: fixture.product).count == 9)
        }
    }

    @Test func operandsOfTheWrongSizeOrMagnitudeAreRefused() throws {
        var fixture = try fixture()
        var generator = SeededGenerator(5)
        let (mask, matrix) = (fixture.mask(&generator), fixture.matrix(&generator))
        #expect(throws: LatticeError.wrongElementCount(expected: 15, actual: 14)) {
            try fixture.client.request(Array(mask.dropLast()), in: fixture.product, seeds: &fixture.seeds)
        }
        #expect(throws: LatticeError.wrongElementCount(expected: 15, actual: 16)) {
            _ = try ServerMatrix(matrix + [0], fixture.product)
        }
        for entry in [Int64(1 << 17) + 1, -(1 << 17) - 1, .min, .max] {
            var large = matrix
            large[14] = UInt64(bitPattern: entry)
            #expect(throws: LatticeError.magnitudeExceeded(bits: 17)) {
                _ = try ServerMatrix(large, fixture.product)
            }
        }
    }

    @Test func productsUnderOtherParametersAreRefused() throws {
        var fixture = try fixture()
        let other = try ProductFixture(ProductTests.shape(3, 5, 3, 40, 39), seed: 8).product
        try #require(other.parameters != fixture.product.parameters)
        let operand = [UInt64](repeating: 0, count: 15)
        #expect(throws: LatticeError.otherParameters) {
            try fixture.client.request(operand, in: other, seeds: &fixture.seeds)
        }
        #expect(throws: LatticeError.otherParameters) {
            try fixture.server.respond(to: [], operand, in: other, seeds: &fixture.seeds)
        }
        #expect(throws: LatticeError.otherParameters) { try fixture.client.finish([], in: other) }
    }

    @Test func impossibleProductsAreRefused() throws {
        let impossible = [
            ([0, 1, 1], 8, 8), ([1, 1, -1], 8, 8), ([1, 1, 1], 65, 8), ([1, 1, 1], 0, 8), ([1, 1, 1], 8, 64),
            ([1, 1, 1], 8, -1), ([1 << 24, 1 << 24, 1], 8, 8), ([1 << 25, 1, 1], 8, 8),
        ]
        for (sizes, width, bits) in impossible {
            #expect(throws: LatticeError.self) {
                try MatrixProduct(
                    rows: sizes[0], inner: sizes[1], columns: sizes[2], width: width, magnitudeBits: bits)
            }
        }
        #expect(throws: LatticeError.self) { try LatticeParameters.smallest(for: []) }
        let small = try LatticeParameters.smallest(for: [ProductTests.shape(1, 1, 1, 8, 1)])
        #expect(throws: LatticeError.self) { try EncryptedProduct(ProductTests.shape(128, 768, 768, 64, 63), small) }
    }
}
