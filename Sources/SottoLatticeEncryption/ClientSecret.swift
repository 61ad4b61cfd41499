import SottoRandomness

/// The client's secret polynomial `s`. A ciphertext is a pair (body, mask) with the phase `body + mask·s`.
///
/// Overwritten with zeros when the last holder goes. Sendable although it has variables: they are written once, before they
/// are shared, and then by the end of it.
package final class ClientSecret: @unchecked Sendable {
    /// Values of `s` modulo the basis, then modulo what decryption multiplies modulo beside the special prime.
    package private(set) var values: [UInt64]
    private var coefficients: [Int64]

    /// - Throws: `LatticeError.randomness` or `.noSeed`.
    package init(_ ring: ResidueRing, seeds: inout some SeedSource) throws(LatticeError) {
        let generator = try Self.generator(&seeds)
        var secret: [Int64]
        // The bound of the noise asks for at most 3N/4 nonzero coefficients. 2N/3 are expected, with a deviation below 60, so
        // that nobody will ever see the second draw.
        repeat {
            secret = try ShortPolynomials.ternary(ring.degree, from: generator)
        } while secret.reduce(0) { $0 + $1.magnitude } > UInt64(3 * ring.degree / 4)
        coefficients = secret
        var values = ring.residues(of: secret, count: ring.basis.count)
        ring.forward(&values)
        var wide = secret.map { ring.secondWide.residue($0) }
        wide.withUnsafeMutableBufferPointer { ring.secondWide.forward($0.baseAddress!) }
        self.values = values + wide
        Self.wipe(&values)
        Self.wipe(&wide)
    }

    deinit {
        Self.wipe(&values)
        Self.wipe(&coefficients)
    }

    private static func wipe<Word>(_ words: inout [Word]) {
        words.withUnsafeMutableBytes { SecretMemory.wipe($0) }
    }

    package static func generator(_ seeds: inout some SeedSource) throws(LatticeError) -> PseudorandomGenerator {
        let seed = try seeds.drawSeed()
        return try drawing { () throws(RandomnessError) in try PseudorandomGenerator(seed: seed, domain: 0) }
    }

    /// `X -> X^exponent` of the secret.
    package func automorphism(_ exponent: Int) -> [Int64] {
        let degree = coefficients.count
        var result = [Int64](repeating: 0, count: degree)
        for i in 0..<degree {
            let target = i * exponent % (2 * degree)
            result[target % degree] = target < degree ? coefficients[i] : -coefficients[i]
        }
        return result
    }

    /// The coefficients of `error - mask·s`, for a mask given by its values: the body of an encryption of zero.
    package func body(_ ring: ResidueRing, mask: [UInt64], error: [Int64]) -> [UInt64] {
        var product = ring.product(mask, values)
        ring.inverse(&product)
        var body = ring.residues(of: error, count: mask.count / ring.degree)
        ring.subtract(product, from: &body)
        return body
    }
}
