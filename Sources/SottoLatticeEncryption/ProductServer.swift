import SottoAlgebra
import SottoRandomness

/// The server's side: products of the client's encrypted matrices with its own.
public struct ProductServer: Sendable {
    public let parameters: LatticeParameters
    package let ring: ResidueRing
    package let kernel: LatticeKernel
    package let keys: ServerKeys
    package let packing: CiphertextPacking

    /// - Parameter setup: the client's message, ``ProductClient/setup``.
    /// - Throws: `LatticeError` if it is none for these parameters.
    public init(
        _ parameters: LatticeParameters, setup: [UInt8], kernel: LatticeKernel = .fastest
    ) throws(LatticeError) {
        self.parameters = parameters
        self.kernel = kernel
        ring = ResidueRing(parameters, kernel: kernel)
        keys = try ServerKeys(setup, ring)
        packing = CiphertextPacking(ring, keys)
    }

    /// Answers a request: the response for the client, and the server's share of `R·W` modulo `2^width`, row-major.
    ///
    /// - Parameters:
    ///   - matrix: `inner x columns` integers in two's complement.
    ///   - threads: that share the work; the response is the same for any number of them.
    /// - Communication: `responseBytes`, one message.
    /// - Throws: `LatticeError`: the request is malformed, the matrix is not as declared, or there is no randomness.
    public func respond(
        to request: [UInt8], _ matrix: [UInt64], in product: EncryptedProduct, threads: Int = 1,
        seeds: inout some SeedSource
    ) throws(LatticeError) -> (response: [UInt8], share: [UInt64]) {
        let matrix = try ServerMatrix(matrix, product)
        let noise = try noiseSource(product, &seeds)
        return try respond(to: request, matrix, in: product, threads: threads, noise: noise)
    }

    private func noiseSource(
        _ product: EncryptedProduct, _ seeds: inout some SeedSource
    ) throws(LatticeError) -> NoiseSource {
        let generator = try ClientSecret.generator(&seeds)
        let degree = ring.degree
        return { () throws(LatticeError) in
            let noise = try ResponseNoise(degree: degree, floodBits: product.floodBits, from: generator)
            return (noise, try drawing { () throws(RandomnessError) in try generator.words(degree) })
        }
    }

    /// What is added to a packed ciphertext, and the uniform words that mask it.
    package typealias NoiseSource = () throws(LatticeError) -> (ResponseNoise, share: [UInt64])

    /// The same with what is added to each packed ciphertext, which tests choose.
    package func respond(
        to request: [UInt8], _ matrix: ServerMatrix, in product: EncryptedProduct, threads: Int = 1,
        noise: NoiseSource
    ) throws(LatticeError) -> (response: [UInt8], share: [UInt64]) {
        var response = ResponseWriter(product, ring)
        try forEachPacked(request, matrix, product, threads: threads) {
            packed, rowBlock, columnBlock throws(LatticeError) in
            let (noise, share) = try noise()
            response.append(
                packed.rerandomised(noise, keys, ring), share: share, rowBlock: rowBlock, columnBlock: columnBlock)
        }
        return (response.bytes, response.share)
    }

    /// Calls the body with the ciphertexts that responses are made of, by blocks of rows and, in these, of columns; a few of
    /// them are made at the same time.
    package func forEachPacked(
        _ request: [UInt8], _ matrix: ServerMatrix, _ product: EncryptedProduct, threads: Int = 1,
        _ body: (Ciphertext, _ rowBlock: Int, _ columnBlock: Int) throws(LatticeError) -> Void
    ) throws(LatticeError) {
        guard product.parameters == parameters else { throw .otherParameters }
        let (layout, shape) = (product.layout, product.product)
        let received = try ReceivedRequest(request, product, packing)
        let workers = packing.workers(
            threads,
            words: BlockCiphertexts.memory(
                blocks: layout.innerBlocks(shape), terms: layout.blockTerms, degree: ring.degree))
        let columnBlocks = layout.columnBlocks(shape)
        for rowBlock in 0..<layout.rowBlocks(shape) {
            let blocks = try received.ciphertexts(rowBlock: rowBlock)
            for first in stride(from: 0, to: columnBlocks, by: workers.goodPartCount) {
                let batch = first..<min(columnBlocks, first + workers.goodPartCount)
                let packed = packing.pack(
                    batch.map { layout.columnRange($0, shape) }, level: layout.logBlockInner - layout.packingLevels,
                    levels: layout.packingLevels, workers
                ) { columns, workspace in
                    matrix.products(columns: columns, with: blocks, workspace.memory)
                }
                for (columnBlock, packed) in zip(batch, packed) { try body(packed, rowBlock, columnBlock) }
            }
        }
    }
}
