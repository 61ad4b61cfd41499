import SottoAlgebra
import SottoRandomness

/// The client's side: it holds the secret key, encrypts its matrices and decrypts its shares.
public struct ProductClient: Sendable {
    public let parameters: LatticeParameters
    /// The message that a server needs before any request, of ``LatticeParameters/setupBytes``.
    public let setup: [UInt8]
    package let ring: ResidueRing
    package let kernel: LatticeKernel
    package let secret: ClientSecret

    /// Makes the keys.
    ///
    /// - Throws: `LatticeError.randomness` or `.noSeed`.
    public init(
        _ parameters: LatticeParameters, seeds: inout some SeedSource, kernel: LatticeKernel = .fastest
    ) throws(LatticeError) {
        self.parameters = parameters
        self.kernel = kernel
        ring = ResidueRing(parameters, kernel: kernel)
        secret = try ClientSecret(ring, seeds: &seeds)
        setup = try secret.setupMessage(ring, seeds: &seeds)
    }

    /// Encrypts a matrix: `rows x inner` words, row-major, of which the lower `width` bits count.
    ///
    /// - Communication: `requestBytes`, one message.
    /// - Throws: `LatticeError.wrongElementCount`, `.otherParameters`, `.randomness` or `.noSeed`.
    public func request(
        _ matrix: [UInt64], in product: EncryptedProduct, seeds: inout some SeedSource
    ) throws(LatticeError) -> [UInt8] {
        let maskSeed = try seeds.drawSeed()
        let generator = try ClientSecret.generator(&seeds)
        return try request(matrix, in: product, maskSeed: maskSeed) { () throws(LatticeError) in
            try ShortPolynomials.errors(parameters.degree, from: generator)
        }
    }

    /// The same with given masks and errors, which tests choose.
    ///
    /// - Parameter errors: the error polynomial of each block in turn.
    package func request(
        _ matrix: [UInt64], in product: EncryptedProduct, maskSeed: Seed,
        errors: () throws(LatticeError) -> [Int64]
    ) throws(LatticeError) -> [UInt8] {
        guard product.parameters == parameters else { throw .otherParameters }
        let (layout, shape) = (product.layout, product.product)
        guard matrix.count == shape.rows * shape.inner else {
            throw .wrongElementCount(expected: shape.rows * shape.inner, actual: matrix.count)
        }
        let encoding = ScaledEncoding(width: shape.width, ring)
        var residues: [UInt64] = []
        residues.reserveCapacity(product.residueCount)
        for rowBlock in 0..<layout.rowBlocks(shape) {
            for innerBlock in 0..<layout.innerBlocks(shape) {
                let domain = UInt64(rowBlock * layout.innerBlocks(shape) + innerBlock)
                let mask = try ring.expand(maskSeed, domain: domain, count: ring.primeCount)
                let body = secret.body(ring, mask: mask, error: try errors())
                for index in 0..<ring.primeCount {
                    let modulus = ring.basis[index]
                    for (i, row) in layout.rowRange(rowBlock, shape).enumerated() {
                        for (j, column) in layout.innerRange(innerBlock, shape).enumerated() {
                            let plaintext = encoding.encode(matrix[row * shape.inner + column], prime: index)
                            let zero = body[index * ring.degree + i * layout.blockInner + j]
                            residues.append(modulus.below(zero &+ plaintext))
                        }
                    }
                }
            }
        }
        return maskSeed.bytes + BitPacking.pack(residues, width: parameters.primeBits)
    }

    /// The client's share of `R·W` modulo `2^width`, row-major.
    ///
    /// - Throws: `LatticeError.wrongByteCount` or `.nonzeroPadding` for what is no response, `.otherParameters`.
    public func finish(_ response: [UInt8], in product: EncryptedProduct) throws(LatticeError) -> [UInt64] {
        guard product.parameters == parameters else { throw .otherParameters }
        return try ResponseReader(product, SecretPhase(ring, secret)).share(response)
    }
}
