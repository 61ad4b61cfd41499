/// Sizes of a ring with keys, of which costs and bounds of noise follow before there are primes.
package struct RingShape: Hashable, Sendable {
    package let degree: Int
    package let primeBits: Int
    package let primeCount: Int
    package let packingLevels: Int
    package let keyStride: Int

    package init(degree: Int, primeBits: Int, primeCount: Int, packingLevels: Int, keyStride: Int) {
        self.degree = degree
        self.primeBits = primeBits
        self.primeCount = primeCount
        self.packingLevels = packingLevels
        self.keyStride = keyStride
    }

    package var logDegree: Int { degree.trailingZeroBitCount }
    package var modulusBits: Int { primeBits * primeCount }

    /// `log2` of an upper bound of what security is judged by.
    package var keyModulusBits: Int { modulusBits + (packingLevels == 0 ? 0 : LatticeParameters.specialBits) }

    /// Key switches of a level's automorphism.
    package func repeats(_ level: Int) -> Int { 1 << ((packingLevels - 1 - level) % keyStride) }

    package var setupBytes: Int {
        LatticeParameters.setupBytes(
            degree: degree, primeBits: primeBits, primeCount: primeCount,
            keys: (packingLevels + keyStride - 1) / keyStride)
    }
}

extension LatticeParameters {
    package var shape: RingShape {
        RingShape(
            degree: degree, primeBits: primeBits, primeCount: primes.count, packingLevels: packingLevels,
            keyStride: keyStride)
    }

    /// The parameters with the fewest bytes, keys included, for products of rows with a number each and for dot products of
    /// rows, that provably decrypt and hide; as with ``smallest(for:elements:)``, fewer primes before a fiftieth of the bytes.
    ///
    /// - Parameters:
    ///   - rows: how often each is made; where there are any, both parties have keys.
    ///   - dots: how often each is made.
    /// - Throws: `LatticeError.noParameters` if there are none, `.invalidProduct` for nothing.
    public static func smallest(
        rows: [RowProduct: Int], dots: [RowDots: Int]
    ) throws(LatticeError) -> LatticeParameters {
        guard !(rows.isEmpty && dots.isEmpty) else { throw .invalidProduct("there is none") }
        var candidates: [(ring: RingShape, bytes: Int)] = []
        var needed = Int.max
        for ring in rowRings {
            for bits in 30...specialBits {
                let ring = RingShape(
                    degree: ring.degree, primeBits: bits, primeCount: ring.primeCount,
                    packingLevels: ring.packingLevels, keyStride: ring.keyStride)
                let isProved =
                    rows.keys.allSatisfy { EncryptedRowProduct.isProved($0, ring) }
                    && dots.keys.allSatisfy { EncryptedRowDots.isProved($0, ring) }
                guard isProved else { continue }
                needed = min(needed, ring.modulusBits)
                guard ring.keyModulusBits <= securityTable[ring.degree]! else { break }
                var bytes = ring.setupBytes * (rows.isEmpty ? 1 : 2)
                for (product, count) in rows { bytes += count * EncryptedRowProduct.bytes(product, ring) }
                for (product, count) in dots { bytes += count * EncryptedRowDots.bytes(product, ring) }
                candidates.append((ring, bytes))
                break
            }
        }
        let fewest = candidates.map(\.bytes).min() ?? 0
        let close = candidates.filter { $0.bytes <= fewest + fewest / 50 }
        func order(_ candidate: (ring: RingShape, bytes: Int)) -> [Int] {
            let ring = candidate.ring
            return [ring.primeCount, candidate.bytes, ring.degree, ring.packingLevels, ring.keyStride]
        }
        for (ring, _) in close.sorted(by: { order($0).lexicographicallyPrecedes(order($1)) }) {
            let parameters = LatticeParameters(
                degree: ring.degree, primeBits: ring.primeBits, primeCount: ring.primeCount,
                packingLevels: ring.packingLevels, keyStride: ring.keyStride)
            if let parameters { return parameters }
        }
        throw .noParameters(neededBits: needed)
    }

    /// Keys for every second level halve the setup; switching takes a third more time.
    private static let largestStride = 2

    /// Rings to choose from, whatever their primes' size.
    private static var rowRings: [RingShape] {
        securityTable.keys.sorted().flatMap { degree in
            (1...8).flatMap { count in
                // Repeated automorphisms are those of the levels below the highest.
                (0..<(degree.trailingZeroBitCount - 1)).flatMap { levels in
                    (1...largestStride).map {
                        RingShape(
                            degree: degree, primeBits: 30, primeCount: count, packingLevels: levels, keyStride: $0)
                    }
                }
            }
        }
    }
}
