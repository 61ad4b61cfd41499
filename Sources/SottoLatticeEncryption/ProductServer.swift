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

    /// Transforms a matrix once for many products.
    ///
    /// - Parameter matrix: `inner x columns` integers in two's complement.
    /// - Throws: `LatticeError.wrongElementCount`, `.magnitudeExceeded`, `.otherParameters`.
    public func prepare(_ matrix: [UInt64], for product: EncryptedProduct) throws(LatticeError) -> PreparedMatrix {
        guard product.parameters == parameters else { throw .otherParameters }
        let matrix = try ServerMatrix(matrix, product)
        let blocks = product.layout.innerBlocks(product.product)
        let size = ring.primeCount * ring.degree
        let columns = product.product.columns
        let values = [UInt64](unsafeUninitializedCapacity: columns * blocks * size) { out, initialized in
            for column in 0..<columns {
                for block in 0..<blocks {
                    let target = out.baseAddress! + (column * blocks + block) * size
                    matrix.write(innerBlock: block, column: column, ring, into: target)
                }
            }
            initialized = columns * blocks * size
        }
        return PreparedMatrix(product: product, values: values)
    }

    /// Answers a request: the response for the client, and the server's share of `R·W` modulo `2^width`, row-major.
    ///
    /// - Parameter matrix: `inner x columns` integers in two's complement.
    /// - Communication: `responseBytes`, one message.
    /// - Throws: `LatticeError`: the request is malformed, the matrix is not as declared, or there is no randomness.
    public func respond(
        to request: [UInt8], _ matrix: [UInt64], in product: EncryptedProduct, seeds: inout some SeedSource
    ) throws(LatticeError) -> (response: [UInt8], share: [UInt64]) {
        let matrix = try ServerMatrix(matrix, product)
        let blocks = product.layout.innerBlocks(product.product)
        let size = ring.primeCount * ring.degree
        var values = [UInt64](repeating: 0, count: blocks * size)
        let noise = try noiseSource(product, &seeds)
        return try respond(to: request, in: product, noise: noise) { column, body in
            values.withUnsafeMutableBufferPointer { values in
                for block in 0..<blocks {
                    matrix.write(
                        innerBlock: block, column: column, ring, into: values.baseAddress! + block * size)
                }
                body(UnsafePointer(values.baseAddress!))
            }
        }
    }

    /// The same with a prepared matrix.
    public func respond(
        to request: [UInt8], _ matrix: PreparedMatrix, seeds: inout some SeedSource
    ) throws(LatticeError) -> (response: [UInt8], share: [UInt64]) {
        let product = matrix.product
        let size = product.layout.innerBlocks(product.product) * ring.primeCount * ring.degree
        let noise = try noiseSource(product, &seeds)
        return try respond(to: request, in: product, noise: noise) { column, body in
            matrix.values.withUnsafeBufferPointer { body($0.baseAddress! + column * size) }
        }
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
        to request: [UInt8], in product: EncryptedProduct, noise: NoiseSource,
        columnValues: ColumnValues
    ) throws(LatticeError) -> (response: [UInt8], share: [UInt64]) {
        var response = ResponseWriter(product, ring)
        try forEachPacked(request, product, columnValues) { packed, rowBlock, columnBlock throws(LatticeError) in
            let (noise, share) = try noise()
            response.append(
                packed.rerandomised(noise, keys, ring), share: share, rowBlock: rowBlock, columnBlock: columnBlock)
        }
        return (response.bytes, response.share)
    }

    /// Calls what it is given with the values of all inner blocks of a column.
    package typealias ColumnValues = (_ column: Int, (UnsafePointer<UInt64>) -> Void) -> Void

    /// Calls the body with the ciphertexts that responses are made of, by blocks of rows and, in these, of columns.
    package func forEachPacked(
        _ request: [UInt8], _ product: EncryptedProduct, _ columnValues: ColumnValues,
        _ body: (Ciphertext, _ rowBlock: Int, _ columnBlock: Int) throws(LatticeError) -> Void
    ) throws(LatticeError) {
        guard product.parameters == parameters else { throw .otherParameters }
        let (layout, shape) = (product.layout, product.product)
        let received = try ReceivedRequest(request, product, ring)
        let workspace = PackingWorkspace(ring)
        for rowBlock in 0..<layout.rowBlocks(shape) {
            let blocks = try received.ciphertexts(rowBlock: rowBlock)
            for columnBlock in 0..<layout.columnBlocks(shape) {
                let columns = layout.columnRange(columnBlock, shape)
                let packed = packing.pack(
                    first: columns.lowerBound, step: 1, end: columns.upperBound,
                    level: layout.logBlockInner - layout.packingLevels, levels: layout.packingLevels, workspace
                ) { column in
                    var sum = Ciphertext(body: [], mask: [])
                    columnValues(column) { sum = blocks.product($0, ring) }
                    return sum
                }!
                try body(packed, rowBlock, columnBlock)
            }
        }
    }
}
