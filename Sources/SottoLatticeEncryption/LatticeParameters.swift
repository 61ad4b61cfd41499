/// The ring `Z_q[X]/(X^degree + 1)` that products are encrypted in, and what the client's keys are for.
///
/// `q` is a product of primes just below `2^primeBits`. Keys for packing are made modulo `q` times special primes just below
/// 2^50, and that product is what security is judged by. The secret is uniformly ternary, errors are centred binomial of 21
/// bits each way (standard deviation 3.24).
public struct LatticeParameters: Hashable, Sendable {
    public let degree: Int
    public let primeBits: Int
    /// The primes of `q`.
    public let primes: [UInt64]
    /// How many levels of packing there are keys for.
    public let packingLevels: Int
    /// Of so many levels in turn the highest has a key, which stands in for the others' too: 1 where each has its own.
    public let keyStride: Int
    /// How many primes of `q` a digit of key switching has; there are as many special primes.
    public let digitPrimes: Int
    /// Primes just below 2^50: the special primes first. With the first two of all decryption multiplies.
    package let widePrimes: [UInt64]

    /// The levels that have keys, in ascending order.
    package var keyLevels: [Int] {
        Array(stride(from: packingLevels - 1, through: 0, by: -keyStride).reversed())
    }

    /// The special primes, of product P.
    package var specialPrimes: ArraySlice<UInt64> { widePrimes.prefix(digitPrimes) }

    /// The places of each digit's primes.
    package var digits: [Range<Int>] {
        stride(from: 0, to: primes.count, by: digitPrimes).map { $0..<min($0 + digitPrimes, primes.count) }
    }

    /// `q < 2^modulusBits`.
    public var modulusBits: Int { primeBits * primes.count }

    /// The largest `log2(q)` for 128 bits of security against classical computers with a ternary secret and errors of
    /// standard deviation 3.2 (Albrecht et al., "Homomorphic Encryption Standard", 2018, table 1).
    package static let securityTable = [4096: 109, 8192: 218, 16384: 438]

    package static let specialBits = 50

    /// The parameters with the fewest bytes for these products together, each once, that provably decrypt and hide. Of those
    /// within a fiftieth of the fewest, the ones with the fewest primes, which take the least work and setup.
    ///
    /// - Throws: `LatticeError.noParameters` if there are none, `.invalidProduct` for empty lists.
    public static func smallest(
        for products: [MatrixProduct], elements: [ElementProduct] = []
    ) throws(LatticeError) -> LatticeParameters {
        guard !(products.isEmpty && elements.isEmpty) else { throw .invalidProduct("there is none") }
        var candidates: [Candidate] = []
        var needed = Int.max
        for degree in securityTable.keys.sorted() {
            for keyLevels in products.isEmpty ? [0] : [0, degree.trailingZeroBitCount] {
                let layouts = products.map { ProductLayout.best(for: $0, degree: degree, keyLevels: keyLevels) }
                for count in 1...8 {
                    for bits in 30...specialBits {
                        let candidate = Candidate(
                            products, layouts, elements, degree: degree, primeBits: bits, primeCount: count)
                        guard let candidate else { continue }
                        needed = min(needed, bits * count)
                        if candidate.keyModulusBits <= securityTable[degree]! { candidates.append(candidate) }
                    }
                }
            }
        }
        let fewest = candidates.map(\.bytes).min() ?? 0
        let close = candidates.filter { $0.bytes <= fewest + fewest / 50 }
        let order = close.sorted { ($0.primeCount, $0.bytes, $0.degree) < ($1.primeCount, $1.bytes, $1.degree) }
        for candidate in order {
            if let parameters = LatticeParameters(candidate) { return parameters }
        }
        throw .noParameters(neededBits: needed)
    }

    /// A ring that decrypts and hides all products, and the bytes that they take in it.
    private struct Candidate {
        let degree: Int
        let primeBits: Int
        let primeCount: Int
        let packingLevels: Int
        let bytes: Int

        /// `log2` of an upper bound of what security is judged by.
        var keyModulusBits: Int { primeBits * primeCount + (packingLevels == 0 ? 0 : specialBits) }

        init?(
            _ products: [MatrixProduct], _ layouts: [ProductLayout], _ elements: [ElementProduct], degree: Int,
            primeBits: Int, primeCount: Int
        ) {
            let isProved = zip(products, layouts).allSatisfy { product, layout in
                LatticeParameters.isProved(
                    product, layout, degree: degree, primeBits: primeBits, primeCount: primeCount)
            }
            guard isProved else { return nil }
            var bits = 0
            for (product, layout) in zip(products, layouts) {
                bits += product.rows * product.inner * primeBits * primeCount + 8 * layout.responseBytes(product)
            }
            for product in elements {
                let size = EncryptedElementProduct.plaintextSize(
                    product, degree: degree, primeBits: primeBits, primeCount: primeCount)
                guard let size else { return nil }
                let widths = ResponseWidths(width: size.bits, degree: degree)
                let ciphertexts = size.count * ((product.count + degree - 1) / degree)
                bits += ciphertexts * degree * (primeBits * primeCount + widths.mask + widths.body)
            }
            self.degree = degree
            self.primeBits = primeBits
            self.primeCount = primeCount
            bytes = bits / 8
            packingLevels = layouts.map { $0.packingLevels == 0 ? 0 : $0.logBlockInner }.max() ?? 0
        }
    }

    package static func isProved(
        _ product: MatrixProduct, _ layout: ProductLayout, degree: Int, primeBits: Int, primeCount: Int
    ) -> Bool {
        let bound = NoiseBound(
            product, packingLevels: layout.packingLevels, degree: degree, primeBits: primeBits,
            primeCount: primeCount)
        let flood = NoiseBound.floodBits(width: product.width, modulusBits: primeBits * primeCount)
        return bound.isHidden(by: flood, entries: product.rows * product.columns)
    }

    /// Nil if there are too few primes of this size.
    private init?(_ candidate: Candidate) {
        self.init(
            degree: candidate.degree, primeBits: candidate.primeBits, primeCount: candidate.primeCount,
            packingLevels: candidate.packingLevels)
    }

    /// Nil if there are too few primes of this size.
    package init?(
        degree: Int, primeBits: Int, primeCount: Int, packingLevels: Int, keyStride: Int = 1, digitPrimes: Int = 1
    ) {
        self.degree = degree
        self.primeBits = primeBits
        self.packingLevels = packingLevels
        self.keyStride = keyStride
        self.digitPrimes = digitPrimes
        let wide = max(2, digitPrimes)
        widePrimes = PublicNumbers.transformPrimes(bits: Self.specialBits, count: wide, degree: degree)
        primes = PublicNumbers.transformPrimes(bits: primeBits, count: primeCount, degree: degree, except: widePrimes)
        guard widePrimes.count == wide, primes.count == primeCount else { return nil }
    }
}
