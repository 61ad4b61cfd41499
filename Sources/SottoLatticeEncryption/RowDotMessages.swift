import SottoAlgebra
import SottoRandomness

// Messages of dot products of rows. The request is that of a matrix product; a response is all masks, then of the bodies the
// coefficient of each row.

extension ProductClient {
    /// Encrypts the client's rows: `rows x columns` words, row-major, of which the lower `width` bits count.
    ///
    /// - Communication: `requestBytes`, one message.
    /// - Throws: `LatticeError.wrongElementCount`, `.otherParameters`, `.randomness` or `.noSeed`.
    public func request(
        _ matrix: [UInt64], in product: EncryptedRowDots, seeds: inout some SeedSource
    ) throws(LatticeError) -> [UInt8] {
        try request(matrix, in: product.matrix, seeds: &seeds)
    }

    /// The client's share of the dot products modulo `2^width`.
    ///
    /// - Throws: `LatticeError.wrongByteCount` or `.nonzeroPadding` for what is no response, `.otherParameters`.
    public func finish(_ response: [UInt8], in product: EncryptedRowDots) throws(LatticeError) -> [UInt64] {
        guard product.parameters == parameters else { throw .otherParameters }
        guard response.count == product.responseBytes else {
            throw .wrongByteCount(expected: product.responseBytes, actual: response.count)
        }
        let (rows, width) = (product.product.rows, product.product.width)
        let phases = try ResponsePhases(
            response, product.widths, masks: product.responseCount, bodies: rows, self)
        return (0..<product.responseCount).flatMap { index in
            let products = phases.products(index)
            return product.rowRange(response: index).map { row in
                phases.plaintext(row, products[product.place(row: row)], width: width)
            }
        }
    }
}

extension ProductServer {
    /// Answers a request: the response, and the server's share of the dot products modulo `2^width`.
    ///
    /// - Parameters:
    ///   - matrix: `rows x columns` words, row-major, of which the lower `width` bits count.
    ///   - threads: that share the work; the response is the same for any number of them.
    /// - Communication: `responseBytes`, one message.
    /// - Throws: `LatticeError`: the request is malformed, there are more or fewer entries, or there is no randomness.
    public func respond(
        to request: [UInt8], _ matrix: [UInt64], in product: EncryptedRowDots, threads: Int = 1,
        seeds: inout some SeedSource
    ) throws(LatticeError) -> (response: [UInt8], share: [UInt64]) {
        let generator = try ClientSecret.generator(&seeds)
        return try respond(to: request, matrix, in: product, threads: threads) { () throws(LatticeError) in
            let noise = try ResponseNoise(degree: ring.degree, floodBits: product.floodBits, from: generator)
            return (noise, try drawing { () throws(RandomnessError) in try generator.words(ring.degree) })
        }
    }

    /// The same with what is added to each packed ciphertext, which tests choose.
    package func respond(
        to request: [UInt8], _ matrix: [UInt64], in product: EncryptedRowDots, threads: Int = 1, noise: NoiseSource
    ) throws(LatticeError) -> (response: [UInt8], share: [UInt64]) {
        let (widths, ringMask) = (product.widths, UInt64.max >> UInt64(64 - product.product.width))
        let switchModulus = ModulusSwitch(ring)
        let bodyMask: UInt128 = (1 << UInt128(widths.body)) - 1
        var (masks, bodies, share): ([UInt128], [UInt128], [UInt64]) = ([], [], [])
        for (index, packed) in try rowDots(request, matrix, product, threads: threads).enumerated() {
            let (noise, uniform) = try noise()
            let answer = packed.rerandomised(noise, keys, ring)
            masks += switchModulus(answer.mask, width: widths.mask)
            let body = switchModulus(answer.body, width: widths.body)
            for row in product.rowRange(response: index) {
                // A plaintext's last place is 2 in the body.
                let place = product.place(row: row)
                let secret = uniform[place] & ringMask
                bodies.append((body[place] &+ UInt128(secret) << 1) & bodyMask)
                share.append((0 &- secret) & ringMask)
            }
        }
        let response = WidePacking.pack(masks, width: widths.mask) + WidePacking.pack(bodies, width: widths.body)
        return (response, share)
    }

    /// The packed ciphertexts, as values, by responses.
    package func rowDots(
        _ request: [UInt8], _ matrix: [UInt64], _ product: EncryptedRowDots, threads: Int = 1
    ) throws(LatticeError) -> [Ciphertext] {
        guard product.parameters == parameters else { throw .otherParameters }
        let (layout, shape) = (product.layout, product.matrix.product)
        let (rows, columns) = (product.product.rows, product.product.columns)
        guard matrix.count == rows * columns else {
            throw .wrongElementCount(expected: rows * columns, actual: matrix.count)
        }
        let received = try ReceivedRequest(request, product.matrix, packing)
        let centred = shape.centred(matrix)
        let blocks = layout.innerBlocks(shape)
        let workers = packing.workers(
            threads, words: BlockCiphertexts.memory(blocks: blocks, terms: layout.blockTerms, degree: ring.degree))
        var results: [Ciphertext] = []
        for rowBlock in 0..<layout.rowBlocks(shape) {
            let ciphertexts = try received.ciphertexts(rowBlock: rowBlock)
            let responses = product.responses(rowBlock: rowBlock)
            results += packing.pack(
                responses.map { product.rowRange(response: $0) }, level: layout.logBlockInner - layout.packingLevels,
                levels: layout.packingLevels, workers
            ) { rows, workspace in
                ciphertexts.products(columns: rows.count, workspace.memory) { modulus, coefficients in
                    for (lane, row) in rows.enumerated() {
                        write(centred[(row * columns)..<((row + 1) * columns)], product, modulus, lane, coefficients)
                    }
                }
            }
        }
        return results
    }

    /// Residues of a row's blocks, each `sum of w[j]·X^(blockInner - 1 - j)`, in a lane of the coefficients, for words in
    /// two's complement.
    private func write(
        _ words: ArraySlice<UInt64>, _ product: EncryptedRowDots, _ modulus: TransformModulus, _ lane: Int,
        _ coefficients: UnsafeMutablePointer<UInt64>
    ) {
        let (layout, lanes): (ProductLayout, Int) = (product.layout, TransformModulus.columnCount)
        for (j, word) in words.enumerated() {
            let (block, place) = (j >> layout.logBlockInner, j & (layout.blockInner - 1))
            let coefficient = block * layout.blockTerms + layout.blockInner - 1 - place
            coefficients[coefficient * lanes + lane] = modulus.signedResidue(word, shift: 0)
        }
    }
}
