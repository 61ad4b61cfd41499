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
/// A ciphertext of a request has up to `2^levels` numbers as coefficients. The other party takes it apart into one ciphertext
/// for each (Angel, Chen, Laine and Setty, IEEE S&P 2018), with the automorphisms of packing: on what has coefficients at
/// multiples of `s = 2^level` alone, `A + A^g` keeps every other one and `(A - A^g)/X^s` the ones in between, both doubled.
/// A number's ciphertext times its row as a polynomial is the row's products, as many coefficients; rows lie in the
/// coefficients of responses one after the other.
///
/// - Communication: ``requestBytes`` from the party with the numbers, ``responseBytes`` from the one with the elements, two
///   messages, after the former's setup.
public struct EncryptedRowProduct: Hashable, Sendable {
    public let product: RowProduct
    public let parameters: LatticeParameters
    /// `log2` of the numbers in one ciphertext.
    package let levels: Int
    /// The flood of a response is uniform in `[-2^floodBits, 2^floodBits)`.
    public let floodBits: Int

    /// - Throws: `LatticeError.parametersTooSmall` if nothing is proved of the product under these parameters.
    public init(_ product: RowProduct, _ parameters: LatticeParameters) throws(LatticeError) {
        guard Self.isProved(product, parameters.shape) else {
            throw .parametersTooSmall("a modulus of \(parameters.modulusBits) bits does not hold products of rows")
        }
        self.product = product
        self.parameters = parameters
        levels = Self.levels(product, parameters.shape)
        floodBits = NoiseBound.floodBits(width: product.width, modulusBits: parameters.modulusBits)
    }

    package static func levels(_ product: RowProduct, _ ring: RingShape) -> Int {
        min(ring.packingLevels, Int.bitWidth - (product.rows.rowCount - 1).leadingZeroBitCount)
    }

    package static func isProved(_ product: RowProduct, _ ring: RingShape) -> Bool {
        let flood = NoiseBound.floodBits(width: product.width, modulusBits: ring.modulusBits)
        return NoiseBound(product, ring).isHidden(by: flood, entries: product.rows.elementCount)
    }

    /// Key switches of the answer: at each level those of all parts that numbers are in.
    package static func keySwitches(_ product: RowProduct, _ ring: RingShape) -> Int {
        let (rows, levels) = (product.rows.rowCount, levels(product, ring))
        return (0..<requestCount(product, ring)).reduce(0) { sum, request in
            let count = min(rows - request << levels, 1 << levels)
            return sum + (0..<levels).reduce(0) { $0 + min(count, 1 << $1) * ring.repeats($1) }
        }
    }

    /// Bytes of both messages.
    package static func bytes(_ product: RowProduct, _ ring: RingShape) -> Int {
        requestBytes(product, ring) + responseBytes(product, ring)
    }

    private static func requestCount(_ product: RowProduct, _ ring: RingShape) -> Int {
        (product.rows.rowCount - 1) >> levels(product, ring) + 1
    }

    private static func requestBytes(_ product: RowProduct, _ ring: RingShape) -> Int {
        16 + (requestCount(product, ring) * ring.degree * ring.modulusBits + 7) / 8
    }

    private static func responseBytes(_ product: RowProduct, _ ring: RingShape) -> Int {
        let widths = ResponseWidths(width: product.width, degree: ring.degree)
        let count = product.rows.elementCount
        let blocks = (count + ring.degree - 1) / ring.degree
        return WidePacking.byteCount(count: blocks * ring.degree, width: widths.mask)
            + WidePacking.byteCount(count: count, width: widths.body)
    }

    package var blocks: Int { (product.rows.elementCount + parameters.degree - 1) / parameters.degree }
    package var widths: ResponseWidths { ResponseWidths(width: product.width, degree: parameters.degree) }
    package var requestCount: Int { Self.requestCount(product, parameters.shape) }
    package var residueCount: Int { requestCount * parameters.primes.count * parameters.degree }

    /// `16 + ceil(rows/2^levels)·N·modulusBits/8`.
    public var requestBytes: Int { Self.requestBytes(product, parameters.shape) }

    /// `ceil(count/N)·N·(width + log2(N) + 2)/8 + ceil(count·(width + 1)/8)`; numbers above 64 bits as two lists, each
    /// rounded up to bytes.
    public var responseBytes: Int { Self.responseBytes(product, parameters.shape) }

    /// The rows whose numbers are in a ciphertext of the request.
    package func rowRange(request: Int) -> Range<Int> {
        (request << levels)..<min(product.rows.rowCount, (request + 1) << levels)
    }

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
