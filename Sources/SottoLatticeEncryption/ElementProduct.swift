/// A product, element by element and modulo `2^width`, of a vector of the client with one of the server.
public struct ElementProduct: Hashable, Sendable {
    public let count: Int
    /// The bits of the ring: of both vectors the lower so many bits of each word count.
    public let width: Int

    /// - Throws: `LatticeError.invalidProduct` unless there are 1 to 2^32 elements of 1 to 64 bits.
    public init(count: Int, width: Int) throws(LatticeError) {
        guard (1...1 << 32).contains(count) else { throw .invalidProduct("a vector has 1 to 2^32 elements") }
        guard (1...64).contains(width) else { throw .invalidProduct("a ring has 1 to 64 bits") }
        self.count = count
        self.width = width
    }

    /// The server masks products of centred residues, at most `2^(2·width - 2)` in magnitude, over the integers: by uniform
    /// numbers below 2 to the power of this. The distributions of all masked products together for any two vectors of the
    /// server are within `count·2^(2·width - 2)/2^maskBits <= 2^-41` of that of the masks alone.
    package var maskBits: Int {
        let logCount = Int.bitWidth - (count - 1).leadingZeroBitCount
        return max(0, 2 * width - 2) + NoiseBound.statisticalSecurity + 1 + logCount
    }
}

/// An element product under given parameters.
///
/// Elements are the values of polynomials modulo primes `t = 1` modulo 2N (slots), each prime encrypted by itself: BFV (Fan
/// and Vercauteren, ePrint 2012/144) with the product of the primes above all masked products, so that they are computed
/// over the integers. A response has the product of both, times mask and flood, as one of a matrix product has.
///
/// - Communication: ``requestBytes`` from the client, ``responseBytes`` from the server, two messages, after the client's
///   setup.
public struct EncryptedElementProduct: Hashable, Sendable {
    public let product: ElementProduct
    public let parameters: LatticeParameters
    /// The plaintext primes, of `plaintextBits` bits.
    package let plaintextPrimes: [UInt64]
    package let plaintextBits: Int
    /// The flood of a response is uniform in `[-2^floodBits, 2^floodBits)`.
    public let floodBits: Int

    /// - Throws: `LatticeError.parametersTooSmall` if nothing is proved of the product under these parameters.
    public init(_ product: ElementProduct, _ parameters: LatticeParameters) throws(LatticeError) {
        let size = Self.plaintextSize(
            product, degree: parameters.degree, primeBits: parameters.primeBits, primeCount: parameters.primes.count)
        guard let size else {
            throw .parametersTooSmall("a modulus of \(parameters.modulusBits) bits does not hold products of elements")
        }
        // Primes that q has not: encoding divides by them.
        plaintextPrimes = PublicNumbers.transformPrimes(
            bits: size.bits, count: size.count, degree: parameters.degree,
            except: parameters.primes + parameters.widePrimes)
        guard plaintextPrimes.count == size.count else {
            throw .parametersTooSmall("there are fewer than \(size.count) plaintext primes of \(size.bits) bits")
        }
        self.product = product
        self.parameters = parameters
        plaintextBits = size.bits
        floodBits = NoiseBound.floodBits(width: size.bits, modulusBits: parameters.modulusBits)
    }

    /// The bits and the number of plaintext primes with the fewest bytes, nil where no size is proved.
    package static func plaintextSize(
        _ product: ElementProduct, degree: Int, primeBits: Int, primeCount: Int
    ) -> (bits: Int, count: Int)? {
        let blocks = (product.count + degree - 1) / degree
        var best: (bits: Int, count: Int)?
        var fewest = Int.max
        for bits in 30...LatticeParameters.specialBits {
            // Above all sums of a product, its offset and a mask, with primes from 2^bits·(1 - 1/128) up.
            let count = (product.maskBits + 1 + bits - 1) / bits
            let bound = NoiseBound(elementsOf: degree, plaintextBits: bits)
            let flood = NoiseBound.floodBits(width: bits, modulusBits: primeBits * primeCount)
            guard count <= 8, bound.isHidden(by: flood, entries: 2 * count * blocks * degree) else { continue }
            let widths = ResponseWidths(width: bits, degree: degree)
            let bitsSent = count * (primeBits * primeCount + widths.mask + widths.body)
            if bitsSent < fewest { (best, fewest) = ((bits, count), bitsSent) }
        }
        return best
    }

    package var blocks: Int { (product.count + parameters.degree - 1) / parameters.degree }
    package var widths: ResponseWidths { ResponseWidths(width: plaintextBits, degree: parameters.degree) }
    package var ciphertextCount: Int { blocks * plaintextPrimes.count }
    package var residueCount: Int { ciphertextCount * parameters.primes.count * parameters.degree }

    /// `16 + c·ceil(count/N)·N·modulusBits/8` for c plaintext primes and degree N.
    public var requestBytes: Int { 16 + (residueCount * parameters.primeBits + 7) / 8 }

    /// `c·ceil(count/N)·N·(2·t + log2(N) + 3)/8` for c plaintext primes of t bits.
    public var responseBytes: Int {
        let count = ciphertextCount * parameters.degree
        return WidePacking.byteCount(count: count, width: widths.mask)
            + WidePacking.byteCount(count: count, width: widths.body)
    }
}
