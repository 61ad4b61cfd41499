import SottoAlgebra
import SottoRandomness

// Messages of products of rows. A request is 16 bytes of the masks' seed and the bodies' residues, ciphertext after
// ciphertext; a response is all masks, then the used coefficients of the bodies. The party with the numbers is the client
// here, whichever of both it is.

extension ProductClient {
    /// Encrypts a number for each row: words of which the lower `width` bits count.
    ///
    /// - Communication: `requestBytes`, one message.
    /// - Throws: `LatticeError.wrongElementCount`, `.otherParameters`, `.randomness` or `.noSeed`.
    public func request(
        _ numbers: [UInt64], in product: EncryptedRowProduct, seeds: inout some SeedSource
    ) throws(LatticeError) -> [UInt8] {
        let maskSeed = try seeds.drawSeed()
        let generator = try ClientSecret.generator(&seeds)
        return try request(numbers, in: product, maskSeed: maskSeed) { () throws(LatticeError) in
            try ShortPolynomials.errors(parameters.degree, from: generator)
        }
    }

    /// The same with given masks and errors, which tests choose.
    package func request(
        _ numbers: [UInt64], in product: EncryptedRowProduct, maskSeed: Seed, errors: () throws(LatticeError) -> [Int64]
    ) throws(LatticeError) -> [UInt8] {
        guard product.parameters == parameters else { throw .otherParameters }
        let rows = product.product.rows.rowCount
        guard numbers.count == rows else { throw .wrongElementCount(expected: rows, actual: numbers.count) }
        let encoding = ScaledEncoding(width: product.product.width, ring)
        var residues: [UInt64] = []
        residues.reserveCapacity(product.residueCount)
        for request in 0..<product.requestCount {
            let mask = try ring.expand(maskSeed, domain: UInt64(request), count: ring.primeCount)
            var body = secret.body(ring, mask: mask, error: try errors())
            ring.update(&body) { modulus, body, index in
                for row in product.layout.rowRange(request: request, product.product) {
                    let place = product.layout.place(row: row)
                    body[place] = modulus.below(body[place] &+ encoding.encode(numbers[row], prime: index))
                }
            }
            residues += body
        }
        return maskSeed.bytes + BitPacking.pack(residues, width: parameters.primeBits)
    }

    /// The share, of the party with the numbers, of all products modulo `2^width`.
    ///
    /// - Throws: `LatticeError.wrongByteCount` or `.nonzeroPadding` for what is no response, `.otherParameters`.
    public func finish(_ response: [UInt8], in product: EncryptedRowProduct) throws(LatticeError) -> [UInt64] {
        guard product.parameters == parameters else { throw .otherParameters }
        guard response.count == product.responseBytes else {
            throw .wrongByteCount(expected: product.responseBytes, actual: response.count)
        }
        let phases = try ResponsePhases(
            response, product.widths, masks: product.blocks, bodies: product.product.rows.elementCount, self)
        var share: [UInt64] = []
        share.reserveCapacity(product.product.rows.elementCount)
        for block in 0..<product.blocks {
            let products = phases.products(block)
            for (i, element) in product.range(block).enumerated() {
                share.append(phases.plaintext(element, products[i], width: product.product.width))
            }
        }
        return share
    }
}

/// A response as the party with the secret reads it: masks times the secret, and bodies.
package struct ResponsePhases {
    private let widths: ResponseWidths
    private let degree: Int
    private let phase: SecretPhase
    private let masks: [UInt128]
    private let bodies: [UInt128]

    /// - Throws: `LatticeError.wrongByteCount` or `.nonzeroPadding`.
    package init(
        _ bytes: [UInt8], _ widths: ResponseWidths, masks count: Int, bodies bodyCount: Int, _ client: ProductClient
    ) throws(LatticeError) {
        self.widths = widths
        degree = client.ring.degree
        phase = SecretPhase(client.ring, client.secret)
        let split = min(bytes.count, WidePacking.byteCount(count: count * degree, width: widths.mask))
        masks = try WidePacking.unpack(Array(bytes[..<split]), count: count * degree, width: widths.mask)
        bodies = try WidePacking.unpack(Array(bytes[split...]), count: bodyCount, width: widths.body)
    }

    /// Of one ciphertext the coefficients of the mask times the secret.
    package func products(_ index: Int) -> [UInt128] {
        phase.products(masks[(index * degree)..<((index + 1) * degree)])
    }

    /// The number modulo `2^width` in a body, given the product at its coefficient.
    package func plaintext(_ body: Int, _ product: UInt128, width: Int) -> UInt64 {
        let place = UInt128(widths.mask - width)
        let rounded = ((bodies[body] << UInt128(widths.mask - widths.body)) &+ product &+ 1 << (place - 1)) >> place
        return UInt64(truncatingIfNeeded: rounded) & (.max >> UInt64(64 - width))
    }
}

extension ProductServer {
    /// Answers a request: the response, and the share of all products modulo `2^width`.
    ///
    /// - Parameters:
    ///   - elements: row after row, words of which the lower `width` bits count.
    ///   - threads: that share the work; the response is the same for any number of them.
    /// - Communication: `responseBytes`, one message.
    /// - Throws: `LatticeError`: the request is malformed, there are more or fewer elements, or there is no randomness.
    public func respond(
        to request: [UInt8], _ elements: [UInt64], in product: EncryptedRowProduct, threads: Int = 1,
        seeds: inout some SeedSource
    ) throws(LatticeError) -> (response: [UInt8], share: [UInt64]) {
        let generator = try ClientSecret.generator(&seeds)
        return try respond(to: request, elements, in: product, threads: threads) { () throws(LatticeError) in
            let noise = try ResponseNoise(degree: ring.degree, floodBits: product.floodBits, from: generator)
            return (noise, try drawing { () throws(RandomnessError) in try generator.words(ring.degree) })
        }
    }

    /// The same with what is added to each ciphertext, which tests choose.
    package func respond(
        to request: [UInt8], _ elements: [UInt64], in product: EncryptedRowProduct, threads: Int = 1,
        noise: NoiseSource
    ) throws(LatticeError) -> (response: [UInt8], share: [UInt64]) {
        let (count, width) = (product.product.rows.elementCount, product.product.width)
        let sums = try rowProducts(request, elements, product, threads: threads)
        let switchModulus = ModulusSwitch(ring)
        let bodyMask: UInt128 = (1 << UInt128(product.widths.body)) - 1
        var (masks, bodies, share): ([UInt128], [UInt128], [UInt64]) = ([], [], [])
        bodies.reserveCapacity(count)
        share.reserveCapacity(count)
        for (block, sum) in sums.enumerated() {
            let (noise, uniform) = try noise()
            let answer = sum.rerandomised(noise, keys, ring)
            masks += switchModulus(answer.mask, width: product.widths.mask)
            let body = switchModulus(answer.body, width: product.widths.body)
            for i in 0..<product.range(block).count {
                // A plaintext's last place is 2 in the body.
                let secret = uniform[i] & (.max >> UInt64(64 - width))
                bodies.append((body[i] &+ UInt128(secret) << 1) & bodyMask)
                share.append((0 &- secret) & (.max >> UInt64(64 - width)))
            }
        }
        let response =
            WidePacking.pack(masks, width: product.widths.mask) + WidePacking.pack(bodies, width: product.widths.body)
        return (response, share)
    }

    /// The ciphertexts of all products, as values, by responses.
    package func rowProducts(
        _ request: [UInt8], _ elements: [UInt64], _ product: EncryptedRowProduct, threads: Int = 1
    ) throws(LatticeError) -> [Ciphertext] {
        guard product.parameters == parameters else { throw .otherParameters }
        let count = product.product.rows.elementCount
        guard elements.count == count else { throw .wrongElementCount(expected: count, actual: elements.count) }
        guard request.count == product.requestBytes else {
            throw .wrongByteCount(expected: product.requestBytes, actual: request.count)
        }
        let seed = try drawing { () throws(RandomnessError) in try Seed(bytes: Array(request[..<16])) }
        let residues = try ReceivedResidues.unpack(
            Array(request[16...]), count: product.residueCount, width: parameters.primeBits, below: parameters.primes,
            each: ring.degree)
        let layout = product.layout
        let exponent = layout.groupLevels == 0 ? 1 : packing.exponent(level: layout.numberLevels - 1)
        let rows = RowPolynomials(elements, product, exponent: exponent, ring)
        let workers = packing.workers(threads, words: RowPolynomials.memory * ring.degree)
        let size = ring.primeCount * ring.degree
        // Those that are done, and those of which only some rows have been multiplied.
        var (responses, sums): ([Ciphertext], [ResponseSum]) = ([], [])
        let step = max(1, workers.goodPartCount >> layout.levels)
        for first in stride(from: 0, to: product.requestCount, by: step) {
            let requests = Array(first..<min(product.requestCount, first + step))
            let end = rows.offsets[layout.rowRange(request: requests.last!, product.product).upperBound]
            while (responses.count + sums.count) * ring.degree < end { sums.append(ResponseSum(ring, layout)) }
            let parts = try workers.map(requests) { request, _ throws(LatticeError) in
                var body = Array(residues[(request * size)..<((request + 1) * size)])
                ring.forward(&body)
                let mask = try ring.expand(seed, domain: UInt64(request), count: ring.primeCount)
                return ExpansionPart(
                    Ciphertext(body: divided(body, layout.numberLevels), mask: divided(mask, layout.numberLevels)),
                    numbers: layout.groupRange(request: request, product.product))
            }
            packing.expand(parts, levels: layout.levels, together: RowPolynomials.togetherLevels, workers) {
                [sums, done = responses.count] in rows.addProducts(first: $0, $1, to: sums, from: done, $2)
            }
            let complete = end == count ? sums.count : end / ring.degree - responses.count
            responses += workers.map(Array(sums[..<complete])) { packing.response($0, layout, $1) }
            sums.removeFirst(complete)
        }
        return responses
    }

    /// Over `2^levels`, by which expansion and responses multiply.
    private func divided(_ x: [UInt64], _ levels: Int) -> [UInt64] {
        var x = x
        ring.update(&x) { modulus, x, _ in
            modulus.scale(x, by: PublicNumbers.inverse(1 << UInt64(levels), modulo: modulus.p), into: x)
        }
        return x
    }
}
