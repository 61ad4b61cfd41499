import SottoAlgebra
import SottoRandomness

// Messages of element products. A request is 16 bytes of the masks' seed and the bodies' residues, ciphertext after
// ciphertext, of a block of elements those of all plaintext primes; a response is all masks and then all bodies.

extension ProductClient {
    /// Encrypts a vector: `count` words, of which the lower `width` bits count.
    ///
    /// - Communication: `requestBytes`, one message.
    /// - Throws: `LatticeError.wrongElementCount`, `.otherParameters`, `.randomness` or `.noSeed`.
    public func request(
        _ elements: [UInt64], in product: EncryptedElementProduct, seeds: inout some SeedSource
    ) throws(LatticeError) -> [UInt8] {
        guard product.parameters == parameters else { throw .otherParameters }
        guard elements.count == product.product.count else {
            throw .wrongElementCount(expected: product.product.count, actual: elements.count)
        }
        let maskSeed = try seeds.drawSeed()
        let generator = try ClientSecret.generator(&seeds)
        let encodings = product.plaintextPrimes.map { SlotEncoding($0, ring, kernel: kernel) }
        var residues: [UInt64] = []
        residues.reserveCapacity(product.residueCount)
        for block in 0..<product.blocks {
            let range = product.range(block)
            for (index, encoding) in encodings.enumerated() {
                let domain = UInt64(block * encodings.count + index)
                let mask = try ring.expand(maskSeed, domain: domain, count: ring.primeCount)
                let error = try ShortPolynomials.errors(ring.degree, from: generator)
                var body = secret.body(ring, mask: mask, error: error)
                let polynomial = encoding.polynomial(elements[range], width: product.product.width)
                ring.add(encoding.scaled(polynomial), to: &body)
                residues += body
            }
        }
        return maskSeed.bytes + BitPacking.pack(residues, width: parameters.primeBits)
    }

    /// The client's share of the products modulo `2^width`.
    ///
    /// - Throws: `LatticeError.wrongByteCount` or `.nonzeroPadding` for what is no response, `.otherParameters`.
    public func finish(_ response: [UInt8], in product: EncryptedElementProduct) throws(LatticeError) -> [UInt64] {
        guard product.parameters == parameters else { throw .otherParameters }
        guard response.count == product.responseBytes else {
            throw .wrongByteCount(expected: product.responseBytes, actual: response.count)
        }
        let (widths, degree) = (product.widths, ring.degree)
        let count = product.ciphertextCount * degree
        let split = WidePacking.byteCount(count: count, width: widths.mask)
        let masks = try WidePacking.unpack(Array(response[..<split]), count: count, width: widths.mask)
        let bodies = try WidePacking.unpack(Array(response[split...]), count: count, width: widths.body)
        let phase = SecretPhase(ring, secret)
        let encodings = product.plaintextPrimes.map { SlotEncoding($0, ring, kernel: kernel) }
        let digits = MixedRadix(encodings.map(\.modulus))
        let ringMask: UInt64 = .max >> UInt64(64 - product.product.width)
        var share: [UInt64] = []
        for block in 0..<product.blocks {
            let values = encodings.enumerated().map { index, encoding in
                let start = (block * encodings.count + index) * degree
                let part = start..<(start + degree)
                return slots(phase.products(masks[part]), bodies[part], encoding.modulus, widths)
            }
            for i in product.range(block).indices {
                let slot = i - product.range(block).lowerBound
                share.append(digits.word(values.map { $0[slot] }) & ringMask)
            }
        }
        return share
    }

    /// The values of a decrypted polynomial: `round(t·phase / 2^width)` modulo t.
    private func slots(
        _ products: [UInt128], _ bodies: ArraySlice<UInt128>, _ modulus: TransformModulus, _ widths: ResponseWidths
    ) -> [UInt64] {
        let (place, up) = (UInt128(widths.mask), UInt128(widths.mask - widths.body))
        let (half, low): (UInt128, UInt128) = (1 << (place - 1), (1 << place) - 1)
        var values = zip(products, bodies).map { product, body in
            let phase = (product &+ (body << up)) & low
            return modulus.below(UInt64(truncatingIfNeeded: (phase &* UInt128(modulus.p) &+ half) >> place))
        }
        values.withUnsafeMutableBufferPointer { modulus.forward($0.baseAddress!) }
        return values
    }
}

extension ProductServer {
    /// Answers a request: the response for the client, and the server's share of the products modulo `2^width`.
    ///
    /// - Parameter elements: `count` words, of which the lower `width` bits count.
    /// - Communication: `responseBytes`, one message.
    /// - Throws: `LatticeError`: the request is malformed, there are more or fewer elements, or there is no randomness.
    public func respond(
        to request: [UInt8], _ elements: [UInt64], in product: EncryptedElementProduct, seeds: inout some SeedSource
    ) throws(LatticeError) -> (response: [UInt8], share: [UInt64]) {
        guard product.parameters == parameters else { throw .otherParameters }
        guard elements.count == product.product.count else {
            throw .wrongElementCount(expected: product.product.count, actual: elements.count)
        }
        guard request.count == product.requestBytes else {
            throw .wrongByteCount(expected: product.requestBytes, actual: request.count)
        }
        let seed = try drawing { () throws(RandomnessError) in try Seed(bytes: Array(request[..<16])) }
        let residues = try ReceivedResidues.unpack(
            Array(request[16...]), count: product.residueCount, width: parameters.primeBits, below: parameters.primes,
            each: ring.degree)
        let generator = try ClientSecret.generator(&seeds)
        let encodings = product.plaintextPrimes.map { SlotEncoding($0, ring, kernel: kernel) }
        let switchModulus = ModulusSwitch(ring)
        let ringMask: UInt64 = .max >> UInt64(64 - product.product.width)
        let size = ring.primeCount * ring.degree
        var (masks, bodies, share): ([UInt128], [UInt128], [UInt64]) = ([], [], [])
        for block in 0..<product.blocks {
            let range = product.range(block)
            let uniform = try UniformIntegers(ring.degree, bits: product.product.maskBits, from: generator)
            for (index, encoding) in encodings.enumerated() {
                let place = block * encodings.count + index
                let factor = encoding.factor(encoding.polynomial(elements[range], width: product.product.width))
                var body = Array(residues[(place * size)..<((place + 1) * size)])
                ring.forward(&body)
                let mask = try ring.expand(seed, domain: UInt64(place), count: ring.primeCount)
                let result = Ciphertext(body: ring.product(body, factor), mask: ring.product(mask, factor))
                let noise = try ResponseNoise(degree: ring.degree, floodBits: product.floodBits, from: generator)
                var answer = result.rerandomised(noise, keys, ring)
                ring.add(encoding.scaled(product.maskPolynomial(uniform, encoding.modulus)), to: &answer.body)
                masks += switchModulus(answer.mask, width: product.widths.mask)
                bodies += switchModulus(answer.body, width: product.widths.body)
            }
            for i in range {
                let masked = uniform.word(i - range.lowerBound) &+ product.maskOffset
                share.append((0 &- masked) & ringMask)
            }
        }
        let response =
            WidePacking.pack(masks, width: product.widths.mask) + WidePacking.pack(bodies, width: product.widths.body)
        return (response, share)
    }
}

extension EncryptedElementProduct {
    /// The elements of a block.
    package func range(_ block: Int) -> Range<Int> {
        (block * parameters.degree)..<min(product.count, (block + 1) * parameters.degree)
    }

    /// What makes all products nonnegative, modulo 2^64: `2^(2·width - 2)`.
    package var maskOffset: UInt64 { product.width > 33 ? 0 : 1 << UInt64(2 * product.width - 2) }

    /// The polynomial whose values are the masks plus the offset, modulo a plaintext prime.
    package func maskPolynomial(_ uniform: UniformIntegers, _ modulus: TransformModulus) -> [UInt64] {
        var values = [UInt64](repeating: 0, count: parameters.degree)
        let offset = PublicNumbers.power(2, UInt64(2 * product.width - 2), modulo: modulus.p)
        values.withUnsafeMutableBufferPointer { values in
            uniform.write(modulus, plus: offset, into: values.baseAddress!)
            modulus.inverse(values.baseAddress!)
        }
        return values
    }
}

/// A nonnegative integer below the product of primes, from its residues, modulo 2^64 (Garner's algorithm).
package struct MixedRadix {
    private let moduli: [TransformModulus]
    /// For each prime the inverses modulo it of those before it, with their Shoup quotients, and these primes modulo it.
    private let inverses: [[(value: UInt64, quotient: UInt64)]]

    package init(_ moduli: [TransformModulus]) {
        self.moduli = moduli
        inverses = moduli.enumerated().map { index, modulus in
            moduli[..<index].map { earlier in
                let inverse = PublicNumbers.inverse(earlier.p % modulus.p, modulo: modulus.p)
                return (inverse, modulus.p.dividingFullWidth((inverse, 0)).quotient)
            }
        }
    }

    package func word(_ residues: [UInt64]) -> UInt64 {
        var digits: [UInt64] = []
        for (index, modulus) in moduli.enumerated() {
            var digit = residues[index]
            for (earlier, inverse) in zip(digits, inverses[index]) {
                let difference = modulus.below(digit &+ modulus.p &- modulus.reduce(earlier))
                let high = difference.multipliedFullWidth(by: inverse.quotient).high
                digit = modulus.below(difference &* inverse.value &- high &* modulus.p)
            }
            digits.append(digit)
        }
        return zip(digits, moduli).reversed().reduce(0) { $0 &* $1.1.p &+ $1.0 }
    }
}
