/// Dot products modulo `2^width` of the rows of the client's matrix with the same rows of the server's.
public struct RowDots: Hashable, Sendable {
    public let rows: Int
    public let columns: Int
    /// The bits of the ring: of both matrices the lower so many bits of each word count.
    public let width: Int

    /// - Throws: `LatticeError.invalidProduct` unless there are 1 to 2^19 rows of 1 to 2^24 columns, 2^32 entries at most,
    ///   of 1 to 64 bits.
    public init(rows: Int, columns: Int, width: Int) throws(LatticeError) {
        guard (1...1 << 19).contains(rows), (1...1 << 24).contains(columns), rows * columns <= 1 << 32 else {
            throw .invalidProduct("there are 1 to 2^19 rows of 1 to 2^24 columns, 2^32 entries at most")
        }
        guard (1...64).contains(width) else { throw .invalidProduct("a ring has 1 to 64 bits") }
        self.rows = rows
        self.columns = columns
        self.width = width
    }
}

/// Dot products of rows under given parameters: the diagonal of the product of the client's matrix with the server's,
/// transposed.
///
/// The request is that of a matrix product. The server multiplies each row's ciphertexts with the row's own polynomials, adds
/// up over the row, and packs the results of `2^packingLevels` rows, all in the same ciphertexts, into one response.
///
/// - Communication: ``requestBytes`` from the client, ``responseBytes`` from the server, two messages, after the client's
///   setup.
public struct EncryptedRowDots: Hashable, Sendable {
    public let product: RowDots
    public let parameters: LatticeParameters
    /// The product whose diagonal it is; only its requests are used.
    package let matrix: EncryptedProduct
    public var floodBits: Int { matrix.floodBits }

    /// - Throws: `LatticeError.parametersTooSmall` if nothing is proved of the product under these parameters.
    public init(_ product: RowDots, _ parameters: LatticeParameters) throws(LatticeError) {
        guard Self.isProved(product, parameters.shape) else {
            throw .parametersTooSmall("a modulus of \(parameters.modulusBits) bits does not hold dot products of rows")
        }
        self.product = product
        self.parameters = parameters
        matrix = EncryptedProduct(
            try MatrixProduct(
                rows: product.rows, inner: product.columns, columns: product.rows, width: product.width,
                magnitudeBits: product.width - 1),
            parameters, layout: Self.layout(product, parameters.shape),
            floodBits: NoiseBound.floodBits(width: product.width, modulusBits: parameters.modulusBits))
    }

    /// Packing with the most rows whose results come from the same ciphertexts; none where keys are so few that a row would
    /// be cut into many of them.
    package static func layout(_ product: RowDots, _ ring: RingShape) -> ProductLayout {
        func logAbove(_ x: Int) -> Int { Int.bitWidth - (x - 1).leadingZeroBitCount }
        let packing = ring.packingLevels < 5 ? 0 : min(ring.packingLevels, logAbove(product.rows), ring.logDegree / 2)
        let widest = packing == 0 ? ring.logDegree : min(ring.packingLevels, ring.logDegree - packing)
        return ProductLayout(
            degree: ring.degree, logBlockInner: min(max(packing, logAbove(product.columns)), widest),
            packingLevels: packing)
    }

    package static func isProved(_ product: RowDots, _ ring: RingShape) -> Bool {
        let flood = NoiseBound.floodBits(width: product.width, modulusBits: ring.modulusBits)
        return NoiseBound(product, ring).isHidden(by: flood, entries: product.rows)
    }

    /// Key switches of the answer, where all responses are full.
    package static func keySwitches(_ product: RowDots, _ ring: RingShape) -> Int {
        let layout = layout(product, ring)
        let first = layout.logBlockInner - layout.packingLevels
        let ofResponse = (first..<layout.logBlockInner).reduce(0) { $0 + 1 << ($1 - first) * ring.repeats($1) }
        return ((product.rows - 1) >> layout.packingLevels + 1) * ofResponse
    }

    /// Bytes of both messages.
    package static func bytes(_ product: RowDots, _ ring: RingShape) -> Int {
        16 + (product.rows * product.columns * ring.modulusBits + 7) / 8
            + responseBytes(product, layout(product, ring))
    }

    private static func responseBytes(_ product: RowDots, _ layout: ProductLayout) -> Int {
        let widths = ResponseWidths(width: product.width, degree: layout.degree)
        let count = (product.rows - 1) >> layout.packingLevels + 1
        return WidePacking.byteCount(count: count * layout.degree, width: widths.mask)
            + WidePacking.byteCount(count: product.rows, width: widths.body)
    }

    package var layout: ProductLayout { matrix.layout }
    package var widths: ResponseWidths { matrix.widths }
    package var responseCount: Int { (product.rows - 1) >> layout.packingLevels + 1 }

    /// `16 + ceil(rows·columns·modulusBits/8)`.
    public var requestBytes: Int { matrix.requestBytes }

    /// `c·N·(width + log2(N) + 2)/8 + ceil(rows·(width + 1)/8)` for c packed responses of degree N; numbers above 64 bits as
    /// two lists, each rounded up to bytes.
    public var responseBytes: Int { Self.responseBytes(product, layout) }

    /// The rows of a response.
    package func rowRange(response: Int) -> Range<Int> {
        (response << layout.packingLevels)..<min(product.rows, (response + 1) << layout.packingLevels)
    }

    /// The responses with the rows of a block: as many rows as are packed fill at most one.
    package func responses(rowBlock: Int) -> Range<Int> {
        let rows = layout.rowRange(rowBlock, matrix.product)
        return (rows.lowerBound >> layout.packingLevels)..<((rows.upperBound - 1) >> layout.packingLevels + 1)
    }

    /// The coefficient of a row's result in its response.
    package func place(row: Int) -> Int {
        row % layout.blockRows * layout.blockInner + row % layout.blockColumns * layout.columnStride
    }
}
