import SottoRandomness

/// What the server adds to a response before it is switched and sent, all of it drawn anew for each.
///
/// `u·pk + (e1, e2)` makes the mask pseudorandom, to the client too, who knows the secret: it is an RLWE sample with the
/// server's secret `u`. The flood hides what remains in the body; ``NoiseBound`` has the proof.
package struct ResponseNoise {
    package var u: [Int64]
    package var bodyError: [Int64]
    package var maskError: [Int64]
    /// The flood plus its bound `2^floodBits`.
    package var flood: UniformIntegers

    /// - Throws: `LatticeError.randomness`.
    package init(degree: Int, floodBits: Int, from generator: PseudorandomGenerator) throws(LatticeError) {
        u = try ShortPolynomials.ternary(degree, from: generator)
        bodyError = try ShortPolynomials.errors(degree, from: generator)
        maskError = try ShortPolynomials.errors(degree, from: generator)
        flood = try UniformIntegers(degree, bits: floodBits + 1, from: generator)
    }

    /// The residues of the flood as coefficients.
    package func floodResidues(_ ring: ResidueRing) -> [UInt64] {
        var result = [UInt64](repeating: 0, count: ring.primeCount * ring.degree)
        ring.update(&result) { modulus, residues, _ in
            let bound = PublicNumbers.power(2, UInt64(flood.bits - 1), modulo: modulus.p)
            flood.write(modulus, plus: modulus.p - bound, into: residues)
        }
        return result
    }
}

extension Ciphertext {
    /// Coefficients of the ciphertext, given as values, plus an encryption of zero and the flood.
    package func rerandomised(_ noise: ResponseNoise, _ keys: ServerKeys, _ ring: ResidueRing) -> Ciphertext {
        var u = ring.residues(of: noise.u, count: ring.primeCount)
        ring.forward(&u)
        var result = self
        ring.add(ring.product(u, keys.publicBody), to: &result.body)
        ring.add(ring.product(u, keys.publicMask), to: &result.mask)
        ring.inverse(&result.body)
        ring.inverse(&result.mask)
        ring.add(ring.residues(of: noise.bodyError, count: ring.primeCount), to: &result.body)
        ring.add(noise.floodResidues(ring), to: &result.body)
        ring.add(ring.residues(of: noise.maskError, count: ring.primeCount), to: &result.mask)
        return result
    }
}
