/// Plaintexts modulo a prime t in a ciphertext: polynomials whose values are the elements, and `round(q·m / t)`.
///
/// With `c = q·m + (t-1)/2 modulo t` the latter is `(q·m + (t-1)/2 - c)/t` exactly, of which the first term vanishes modulo
/// the primes of `q`.
package struct SlotEncoding {
    /// The plaintext prime.
    package let modulus: TransformModulus
    private let ring: ResidueRing
    /// `q` modulo t.
    private let scale: UInt64

    package init(_ prime: UInt64, _ ring: ResidueRing, kernel: LatticeKernel) {
        modulus = TransformModulus(p: prime, degree: ring.degree, kernel: kernel)
        self.ring = ring
        scale = ring.parameters.primes.reduce(1) { PublicNumbers.product($0, $1 % prime, modulo: prime) }
    }

    /// The polynomial whose values are centred residues modulo `2^width` of words, zero where there are none.
    package func polynomial(_ words: ArraySlice<UInt64>, width: Int) -> [UInt64] {
        let shift = UInt64(64 - width)
        var values = [UInt64](repeating: 0, count: ring.degree)
        for (i, word) in words.enumerated() { values[i] = modulus.signedResidue((word << shift), shift: shift) }
        values.withUnsafeMutableBufferPointer { modulus.inverse($0.baseAddress!) }
        return values
    }

    /// The scaled polynomial's residues as coefficients.
    package func scaled(_ polynomial: [UInt64]) -> [UInt64] {
        let t = modulus.p
        let half = (t - 1) / 2
        var remainders = polynomial
        remainders.withUnsafeMutableBufferPointer { remainders in
            modulus.scale(remainders.baseAddress!, by: scale, into: remainders.baseAddress!)
            for i in 0..<remainders.count { remainders[i] = modulus.below(remainders[i] &+ half) }
        }
        var result = [UInt64](repeating: 0, count: ring.primeCount * ring.degree)
        ring.update(&result) { prime, result, _ in
            let up = half % prime.p + prime.p
            for i in 0..<remainders.count { result[i] = prime.reduce(up &- prime.reduce(remainders[i])) }
            prime.scale(result, by: PublicNumbers.inverse(t % prime.p, modulo: prime.p), into: result)
        }
        return result
    }

    /// The polynomial as integers of magnitude below `t/2`: values modulo the primes of `q`.
    package func factor(_ polynomial: [UInt64]) -> [UInt64] {
        let t = modulus.p
        let half = (t - 1) / 2
        var result = [UInt64](repeating: 0, count: ring.primeCount * ring.degree)
        ring.update(&result) { prime, result, _ in
            let (up, down) = (half, prime.p - half % prime.p)
            for i in 0..<polynomial.count {
                // Shifted by half modulo t, and back modulo the prime.
                result[i] = prime.below(prime.reduce(modulus.below(polynomial[i] &+ up)) &+ down)
            }
        }
        ring.forward(&result)
        return result
    }
}

extension TransformModulus {
    /// The residue of a number in two's complement, given shifted to the top of a word.
    @inline(__always)
    package func signedResidue(_ word: UInt64, shift: UInt64) -> UInt64 {
        let number = Int64(bitPattern: word) >> Int64(shift)
        let sign = UInt64(bitPattern: number >> 63)
        let magnitude = reduce((UInt64(bitPattern: number) ^ sign) &- sign)
        return below((magnitude ^ sign) &- sign &+ (p & sign))
    }
}
