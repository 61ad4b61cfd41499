import SottoAlgebra
import SottoRandomness

/// What the client sends once: a public key, that is an encryption of zero, and for levels of packing a key that switches
/// from the secret under the level's automorphism to the secret.
///
/// 16 bytes of seed for all masks; the bodies' residues modulo the primes of `q` as one packed list; those modulo the
/// special primes as another. Bodies are sent as values, and keys have one for each digit, some primes of `q`.
extension LatticeParameters {
    /// Keys are streams of the seed: of level i and digit d stream `1 + 8·i + d`, the public key stream 0.
    package static func keyDomain(level: Int, digit: Int) -> UInt64 { UInt64(1 + 8 * level + digit) }

    /// The exponent of a level's automorphism, which takes `X^(2^level)` to its negative and keeps `X^(2^(level + 1))`.
    package func automorphism(level: Int) -> Int { degree >> level + 1 }

    private var keyCount: Int { keyLevels.count * digits.count }
    package var setupResidueCount: Int { (1 + keyCount) * primes.count * degree }
    package var setupSpecialCount: Int { keyCount * digitPrimes * degree }

    /// `16 + ceil((1 + T·D)·L·N·primeBits/8) + ceil(T·D·K·N·50/8)` for T levels with keys, L primes, D digits of up to K
    /// primes each, and degree N.
    public var setupBytes: Int {
        16 + BitPacking.byteCount(count: setupResidueCount, width: primeBits)
            + BitPacking.byteCount(count: setupSpecialCount, width: Self.specialBits)
    }
}

extension ClientSecret {
    /// The setup message, of ``LatticeParameters/setupBytes``.
    ///
    /// - Throws: `LatticeError.randomness` or `.noSeed`.
    package func setupMessage(_ ring: ResidueRing, seeds: inout some SeedSource) throws(LatticeError) -> [UInt8] {
        let seed = try seeds.drawSeed()
        let generator = try Self.generator(&seeds)
        let (count, degree) = (ring.primeCount, ring.degree)
        var residues = try key(ring, seed, domain: 0, count: count, generator)
        var specials: [UInt64] = []
        let parameters = ring.parameters
        for level in parameters.keyLevels {
            let source = automorphism(parameters.automorphism(level: level))
            for (digit, places) in parameters.digits.enumerated() {
                let domain = LatticeParameters.keyDomain(level: level, digit: digit)
                var body = try key(ring, seed, domain: domain, count: ring.basis.count, generator)
                for place in places { addMultiple(of: source, modulus: place, ring, to: &body) }
                residues += body[..<(count * degree)]
                specials += body[(count * degree)...]
            }
        }
        return seed.bytes + BitPacking.pack(residues, width: parameters.primeBits)
            + BitPacking.pack(specials, width: LatticeParameters.specialBits)
    }

    /// Values of the body of an encryption of zero.
    private func key(
        _ ring: ResidueRing, _ seed: Seed, domain: UInt64, count: Int, _ generator: PseudorandomGenerator
    ) throws(LatticeError) -> [UInt64] {
        let mask = try ring.expand(seed, domain: domain, count: count)
        var body = body(ring, mask: mask, error: try ShortPolynomials.errors(ring.degree, from: generator))
        ring.forward(&body)
        return body
    }

    /// Adds P times the source modulo a digit's prime: what is that modulo the digit's primes and zero modulo all others.
    private func addMultiple(of source: [Int64], modulus place: Int, _ ring: ResidueRing, to body: inout [UInt64]) {
        let modulus = ring.basis[place]
        let special = PublicNumbers.product(of: ring.parameters.specialPrimes, modulo: modulus.p)
        var values = source.map { modulus.residue($0) }
        values.withUnsafeMutableBufferPointer { values in
            let values = values.baseAddress!
            modulus.forward(values)
            modulus.scale(values, by: special, into: values)
            body.withUnsafeMutableBufferPointer { body in
                let target = body.baseAddress! + place * ring.degree
                modulus.add(target, values, into: target)
            }
        }
    }
}

/// The client's keys as the server has them; all are values.
package struct ServerKeys: Sendable {
    /// The public key, body and mask.
    package let publicBody: [UInt64]
    package let publicMask: [UInt64]
    /// Of every level with a key the bodies and masks of all digits, each with all residues.
    package let switchingBodies: [[UInt64]]
    package let switchingMasks: [[UInt64]]

    /// - Throws: `LatticeError` if the bytes are no setup message for these parameters.
    package init(_ bytes: [UInt8], _ ring: ResidueRing) throws(LatticeError) {
        let parameters = ring.parameters
        let (count, degree) = (ring.primeCount, ring.degree)
        guard bytes.count == parameters.setupBytes else {
            throw .wrongByteCount(expected: parameters.setupBytes, actual: bytes.count)
        }
        let split = 16 + BitPacking.byteCount(count: parameters.setupResidueCount, width: parameters.primeBits)
        let seed = try drawing { () throws(RandomnessError) in try Seed(bytes: Array(bytes[..<16])) }
        let residues = try ReceivedResidues.unpack(
            Array(bytes[16..<split]), count: parameters.setupResidueCount, width: parameters.primeBits,
            below: parameters.primes, each: degree)
        let specials = try ReceivedResidues.unpack(
            Array(bytes[split...]), count: parameters.setupSpecialCount, width: LatticeParameters.specialBits,
            below: Array(parameters.specialPrimes), each: degree)
        publicBody = Array(residues[..<(count * degree)])
        publicMask = try ring.expand(seed, domain: 0, count: count)
        var (bodies, masks): ([[UInt64]], [[UInt64]]) = ([], [])
        for (place, level) in parameters.keyLevels.enumerated() {
            var (body, mask): ([UInt64], [UInt64]) = ([], [])
            for digit in parameters.digits.indices {
                let key = place * parameters.digits.count + digit
                body += residues[((1 + key) * count * degree)..<((2 + key) * count * degree)]
                let size = parameters.digitPrimes * degree
                body += specials[(key * size)..<((key + 1) * size)]
                let domain = LatticeParameters.keyDomain(level: level, digit: digit)
                mask += try ring.expand(seed, domain: domain, count: ring.basis.count)
            }
            bodies.append(body)
            masks.append(mask)
        }
        (switchingBodies, switchingMasks) = (bodies, masks)
    }
}

/// Residues that the peer has sent.
package enum ReceivedResidues {
    /// Elements of which runs of `each` are below one prime after the other, in turn.
    ///
    /// - Throws: `LatticeError.wrongByteCount`, `.nonzeroPadding`, `.residueOutOfRange`.
    package static func unpack(
        _ bytes: [UInt8], count: Int, width: Int, below primes: [UInt64], each: Int
    ) throws(LatticeError) -> [UInt64] {
        let elements = try WidePacking.unpackWords(bytes[...], count: count, width: width)
        var start = 0
        var run = 0
        while start < count {
            let prime = primes[run % primes.count]
            for index in start..<min(count, start + each) where elements[index] >= prime { throw .residueOutOfRange }
            start += each
            run += 1
        }
        return elements
    }
}
