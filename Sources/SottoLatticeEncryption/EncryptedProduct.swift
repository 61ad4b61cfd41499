/// A product under given parameters: its layout and the size of its messages.
///
/// - Communication: ``requestBytes`` from the client, ``responseBytes`` from the server, two messages, after the client's
///   setup of ``LatticeParameters/setupBytes``.
public struct EncryptedProduct: Hashable, Sendable {
    public let product: MatrixProduct
    public let parameters: LatticeParameters
    public let layout: ProductLayout
    /// The flood of a response is uniform in `[-2^floodBits, 2^floodBits)`.
    public let floodBits: Int

    /// - Throws: `LatticeError.parametersTooSmall` if nothing is proved of the product under these parameters.
    public init(_ product: MatrixProduct, _ parameters: LatticeParameters) throws(LatticeError) {
        try self.init(product, parameters, layout: nil)
    }

    /// - Parameter layout: another one than the one with the smallest response, whose keys the parameters have.
    package init(
        _ product: MatrixProduct, _ parameters: LatticeParameters, layout chosen: ProductLayout?
    ) throws(LatticeError) {
        self.product = product
        self.parameters = parameters
        layout =
            chosen
            ?? ProductLayout.best(for: product, degree: parameters.degree, keyLevels: parameters.packingLevels)
        floodBits = NoiseBound.floodBits(width: product.width, modulusBits: parameters.modulusBits)
        let isProved = LatticeParameters.isProved(
            product, layout, degree: parameters.degree, primeBits: parameters.primeBits,
            primeCount: parameters.primes.count)
        guard isProved else {
            throw .parametersTooSmall("a modulus of \(parameters.modulusBits) bits leaves the flood \(floodBits) bits")
        }
    }

    /// - Precondition: the caller proves what it does with the product.
    package init(_ product: MatrixProduct, _ parameters: LatticeParameters, layout: ProductLayout, floodBits: Int) {
        self.product = product
        self.parameters = parameters
        self.layout = layout
        self.floodBits = floodBits
    }

    package var residueCount: Int { product.rows * product.inner * parameters.primes.count }
    package var responseCount: Int { layout.rowBlocks(product) * layout.columnBlocks(product) }
    package var widths: ResponseWidths { ResponseWidths(width: product.width, degree: parameters.degree) }

    /// `16 + ceil(rows·inner·modulusBits/8)`.
    public var requestBytes: Int { 16 + (residueCount * parameters.primeBits + 7) / 8 }

    /// `ceil(c·N·(width + log2(N) + 2)/8) + ceil(rows·columns·(width + 1)/8)` for c packed responses of degree N;
    /// numbers above 64 bits as two lists, each rounded up to bytes.
    public var responseBytes: Int { layout.responseBytes(product) }
}
