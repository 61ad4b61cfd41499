/// Sizes of a ring with keys, of which costs and bounds of noise follow before there are primes.
package struct RingShape: Hashable, Sendable {
    package let degree: Int
    package let primeBits: Int
    package let primeCount: Int
    package let packingLevels: Int
    package let keyStride: Int
    package let digitPrimes: Int

    package init(
        degree: Int, primeBits: Int, primeCount: Int, packingLevels: Int, keyStride: Int = 1, digitPrimes: Int = 1
    ) {
        self.degree = degree
        self.primeBits = primeBits
        self.primeCount = primeCount
        self.packingLevels = packingLevels
        self.keyStride = keyStride
        self.digitPrimes = digitPrimes
    }

    /// The same with primes of another size.
    package func with(primeBits: Int) -> RingShape {
        RingShape(
            degree: degree, primeBits: primeBits, primeCount: primeCount, packingLevels: packingLevels,
            keyStride: keyStride, digitPrimes: digitPrimes)
    }

    /// Of rings that take the same bytes and work, the first.
    fileprivate var order: Int { ((degree * 64 + packingLevels) * 64 + primeCount) * 64 + digitPrimes * 8 + keyStride }

    package var digitCount: Int { (primeCount + digitPrimes - 1) / digitPrimes }
    package var logDegree: Int { degree.trailingZeroBitCount }
    package var modulusBits: Int { primeBits * primeCount }

    /// `log2` of an upper bound of what security is judged by.
    package var keyModulusBits: Int {
        modulusBits + (packingLevels == 0 ? 0 : digitPrimes * LatticeParameters.specialBits)
    }

    /// Key switches of a level's automorphism.
    package func repeats(_ level: Int) -> Int { 1 << ((packingLevels - 1 - level) % keyStride) }

    /// Roughly the transforms of a key switch.
    package var switchTransforms: Int { (digitCount + 2) * (primeCount + digitPrimes) }

    /// ``LatticeParameters/setupBytes``.
    package var setupBytes: Int {
        let keys = (packingLevels + keyStride - 1) / keyStride * digitCount
        let residues = (1 + keys) * primeCount * degree
        return 16 + (residues * primeBits + 7) / 8
            + (keys * digitPrimes * degree * LatticeParameters.specialBits + 7) / 8
    }
}

extension LatticeParameters {
    package var shape: RingShape {
        RingShape(
            degree: degree, primeBits: primeBits, primeCount: primes.count, packingLevels: packingLevels,
            keyStride: keyStride, digitPrimes: digitPrimes)
    }

    /// The parameters with the fewest bytes, keys included, for products of rows with a number each and for dot products of
    /// rows, that provably decrypt and hide. Of those within a fiftieth of the fewest, the ones with the least work.
    ///
    /// - Parameters:
    ///   - rows: how often each is made; where there are any, both parties have keys.
    ///   - dots: how often each is made.
    /// - Throws: `LatticeError.noParameters` if there are none, `.invalidProduct` for nothing.
    public static func smallest(
        rows: [RowProduct: Int], dots: [RowDots: Int]
    ) throws(LatticeError) -> LatticeParameters {
        guard !(rows.isEmpty && dots.isEmpty) else { throw .invalidProduct("there is none") }
        func isProved(_ ring: RingShape) -> Bool {
            rows.keys.allSatisfy { EncryptedRowProduct.isProved($0, ring) }
                && dots.keys.allSatisfy { EncryptedRowDots.isProved($0, ring) }
        }
        let mostRows = (rows.keys.map(\.rows.rowCount) + dots.keys.map(\.rows)).max()!
        var candidates: [(ring: RingShape, bytes: Int, work: Int)] = []
        for ring in rowRings(mostRows: mostRows) {
            guard let ring = ring.shortest(isProved) else { continue }
            var bytes = ring.setupBytes * (rows.isEmpty ? 1 : 2)
            for (product, count) in rows { bytes += count * EncryptedRowProduct.bytes(product, ring) }
            for (product, count) in dots { bytes += count * EncryptedRowDots.bytes(product, ring) }
            candidates.append((ring, bytes, work(rows, dots, ring)))
        }
        let fewest = candidates.map(\.bytes).min() ?? 0
        let close = candidates.filter { $0.bytes <= fewest + fewest / 50 }
        let order = close.sorted { ($0.work, $0.bytes, $0.ring.order) < ($1.work, $1.bytes, $1.ring.order) }
        for ring in order.map(\.ring) {
            let parameters = LatticeParameters(
                degree: ring.degree, primeBits: ring.primeBits, primeCount: ring.primeCount,
                packingLevels: ring.packingLevels, keyStride: ring.keyStride, digitPrimes: ring.digitPrimes)
            if let parameters { return parameters }
        }
        throw .noParameters(neededBits: securityTable.values.max()! + 1)
    }

    /// Roughly the transforms of all key switches.
    private static func work(_ rows: [RowProduct: Int], _ dots: [RowDots: Int], _ ring: RingShape) -> Int {
        var switches = 0
        for (product, count) in rows { switches += count * EncryptedRowProduct.keySwitches(product, ring) }
        for (product, count) in dots { switches += count * EncryptedRowDots.keySwitches(product, ring) }
        return switches * ring.switchTransforms * ring.degree
    }

    /// Keys for every second level halve the setup; switching takes a third more time.
    private static let largestStride = 2

    private static let largestDigit = 4

    /// Rings to choose from, whatever their primes' size.
    private static func rowRings(mostRows: Int) -> [RingShape] {
        let deepest = Int.bitWidth - (mostRows - 1).leadingZeroBitCount
        return securityTable.keys.sorted().flatMap { degree in
            (1...8).flatMap { count in
                // Repeated automorphisms are those of the levels below the highest.
                (0...min(deepest, degree.trailingZeroBitCount - 2)).flatMap { levels in
                    (1...(levels == 0 ? 1 : min(count, largestDigit))).flatMap { digit in
                        (1...(levels < 2 ? 1 : largestStride)).map { stride in
                            RingShape(
                                degree: degree, primeBits: 30, primeCount: count, packingLevels: levels,
                                keyStride: stride, digitPrimes: digit)
                        }
                    }
                }
            }
        }
    }
}

extension RingShape {
    /// The same with the shortest primes for which something is proved that holds of longer ones too; nil if that is so of
    /// none within the security table.
    fileprivate func shortest(_ isProved: (RingShape) -> Bool) -> RingShape? {
        let room = LatticeParameters.securityTable[degree]! - (keyModulusBits - modulusBits)
        var (low, high) = (30, min(LatticeParameters.specialBits, room / primeCount))
        guard low <= high, isProved(with(primeBits: high)) else { return nil }
        while low < high {
            let middle = (low + high) / 2
            if isProved(with(primeBits: middle)) { high = middle } else { low = middle + 1 }
        }
        return with(primeBits: high)
    }
}
