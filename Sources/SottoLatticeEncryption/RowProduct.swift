import SottoAlgebra

/// Products modulo `2^width` of all elements of one party's rows, each with the other party's number for its row.
public struct RowProduct: Hashable, Sendable {
    public let rows: Segments
    /// The bits of the ring: of elements and numbers the lower so many bits of each word count.
    public let width: Int

    /// - Throws: `LatticeError.invalidProduct` unless there are 1 to 2^24 rows of 1 to 2^32 elements together, of 1 to 64
    ///   bits.
    public init(_ rows: Segments, width: Int) throws(LatticeError) {
        guard rows.groups >= 0, rows.lengths.allSatisfy({ (0...1 << 32).contains($0) }) else {
            throw .invalidProduct("a row has 0 to 2^32 elements")
        }
        guard (1...1 << 24).contains(rows.rowCount), (1...1 << 32).contains(rows.elementCount) else {
            throw .invalidProduct("there are 1 to 2^24 rows of 1 to 2^32 elements")
        }
        guard (1...64).contains(width) else { throw .invalidProduct("a ring has 1 to 64 bits") }
        self.rows = rows
        self.width = width
    }
}

/// A product of rows with numbers under given parameters. The party with the numbers has the secret key.
///
/// A ciphertext of a request has up to `2^(levels + groupLevels)` numbers as coefficients (``RowLayout``). The other party takes
/// it apart into one ciphertext for each group of rows (Angel, Chen, Laine and Setty, IEEE S&P 2018), with the automorphisms of
/// packing: on what has coefficients at multiples of `s = 2^level` alone, `A + A^g` keeps every other one and `(A - A^g)/X^s`
/// the ones in between, both doubled. Of a single row, the ciphertext times the row as a polynomial is the row's products, as
/// many coefficients; of several, it is multiplied with as many polynomials as there are rows, and automorphisms of the sums
/// add up to the same. Rows lie in the coefficients of responses one after the other, so that each is a row's product with its
/// own number and nothing else.
///
/// - Communication: ``requestBytes`` from the party with the numbers, ``responseBytes`` from the one with the elements, two
///   messages, after the former's setup.
public struct EncryptedRowProduct: Hashable, Sendable {
    public let product: RowProduct
    public let parameters: LatticeParameters
    package let layout: RowLayout
    /// The flood of a response is uniform in `[-2^floodBits, 2^floodBits)`.
    public let floodBits: Int

    /// - Throws: `LatticeError.parametersTooSmall` if nothing is proved of the product under these parameters.
    public init(_ product: RowProduct, _ parameters: LatticeParameters) throws(LatticeError) {
        try self.init(product, parameters, layout: .best(for: product, parameters.shape))
    }

    /// The same with a given layout, which tests choose.
    package init(_ product: RowProduct, _ parameters: LatticeParameters, layout: RowLayout) throws(LatticeError) {
        guard Self.isProved(product, parameters.shape, layout) else {
            throw .parametersTooSmall("a modulus of \(parameters.modulusBits) bits does not hold products of rows")
        }
        self.product = product
        self.parameters = parameters
        self.layout = layout
        floodBits = NoiseBound.floodBits(width: product.width, modulusBits: parameters.modulusBits)
    }

    package static func isProved(_ product: RowProduct, _ ring: RingShape) -> Bool {
        isProved(product, ring, .best(for: product, ring))
    }

    private static func isProved(_ product: RowProduct, _ ring: RingShape, _ layout: RowLayout) -> Bool {
        let flood = NoiseBound.floodBits(width: product.width, modulusBits: ring.modulusBits)
        return NoiseBound(product, ring, layout).isHidden(by: flood, entries: product.rows.elementCount)
    }

    /// Key switches of the answer.
    package static func keySwitches(_ product: RowProduct, _ ring: RingShape) -> Int {
        RowLayout.best(for: product, ring).keySwitches(product, ring)
    }

    /// Responses: elements take a coefficient each.
    package static func blocks(_ product: RowProduct, _ ring: RingShape) -> Int {
        (product.rows.elementCount - 1) / ring.degree + 1
    }

    /// Bytes of both messages.
    package static func bytes(_ product: RowProduct, _ ring: RingShape) -> Int {
        requestBytes(product, ring, .best(for: product, ring)) + responseBytes(product, ring)
    }

    private static func requestBytes(_ product: RowProduct, _ ring: RingShape, _ layout: RowLayout) -> Int {
        16 + (layout.requestCount(product) * ring.degree * ring.modulusBits + 7) / 8
    }

    private static func responseBytes(_ product: RowProduct, _ ring: RingShape) -> Int {
        let widths = ResponseWidths(width: product.width, degree: ring.degree)
        return WidePacking.byteCount(count: blocks(product, ring) * ring.degree, width: widths.mask)
            + WidePacking.byteCount(count: product.rows.elementCount, width: widths.body)
    }

    package var blocks: Int { Self.blocks(product, parameters.shape) }
    package var widths: ResponseWidths { ResponseWidths(width: product.width, degree: parameters.degree) }
    package var requestCount: Int { layout.requestCount(product) }
    package var residueCount: Int { requestCount * parameters.primes.count * parameters.degree }

    /// `16 + ceil(rows/2^l)·N·modulusBits/8` with up to `2^l` numbers in a ciphertext, as many as there are levels for.
    public var requestBytes: Int { Self.requestBytes(product, parameters.shape, layout) }

    /// `ceil(count/N)·N·(width + log2(N) + 2)/8 + ceil(count·(width + 1)/8)`; numbers above 64 bits as two lists, each
    /// rounded up to bytes.
    public var responseBytes: Int { Self.responseBytes(product, parameters.shape) }

    /// The elements in a response.
    package func range(_ block: Int) -> Range<Int> {
        (block * parameters.degree)..<min(product.rows.elementCount, (block + 1) * parameters.degree)
    }

    /// Where each row begins, and where the last one ends.
    package var offsets: [Int] {
        var offsets = [0]
        for _ in 0..<product.rows.groups {
            for length in product.rows.lengths { offsets.append(offsets.last! + length) }
        }
        return offsets
    }
}
