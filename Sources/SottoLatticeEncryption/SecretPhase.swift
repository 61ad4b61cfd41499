/// The client's part of decryption: products of received masks with the secret, modulo a power of two.
package struct SecretPhase {
    private let ring: ResidueRing
    private let secret: ClientSecret
    /// `1/p1` modulo `p2`, for the two wide primes.
    private let inverse: UInt64

    package init(_ ring: ResidueRing, _ secret: ClientSecret) {
        self.ring = ring
        self.secret = secret
        let (p1, p2) = (ring.special.p, ring.secondWide.p)
        inverse = PublicNumbers.inverse(p1 % p2, modulo: p2)
    }

    /// The coefficients of `mask·s` modulo 2^128 for a mask of coefficients below 2^82: they are at most
    /// `3/4·2^14·2^82 < 2^96` in magnitude, less than half of the product of both primes modulo which they are computed.
    package func products(_ mask: ArraySlice<UInt128>) -> [UInt128] {
        let (degree, count) = (ring.degree, ring.primeCount)
        let first = product(mask, ring.special, secret.values[(count * degree)..<((count + 1) * degree)])
        let second = product(mask, ring.secondWide, secret.values[(ring.basis.count * degree)...])
        let (p1, p2) = (ring.special.p, ring.secondWide.p)
        var quotient = [UInt64](repeating: 0, count: degree)
        quotient.withUnsafeMutableBufferPointer { quotient in
            for i in 0..<degree {
                quotient[i] = ring.secondWide.below(second[i] &+ p2 &- ring.secondWide.reduce(first[i]))
            }
            ring.secondWide.scale(quotient.baseAddress!, by: inverse, into: quotient.baseAddress!)
        }
        return (0..<degree).map { i in
            let isNegative = (p2 / 2 &- quotient[i]) >> 63
            let signed = UInt128(quotient[i]) &- UInt128(p2 & (0 &- isNegative))
            return UInt128(first[i]) &+ signed &* UInt128(p1)
        }
    }

    private func product(
        _ mask: ArraySlice<UInt128>, _ modulus: TransformModulus, _ secret: ArraySlice<UInt64>
    ) -> [UInt64] {
        let lowBits: UInt128 = (1 << 48) - 1
        let radix: UInt64 = (1 << 48) % modulus.p
        var high = mask.map { UInt64(truncatingIfNeeded: $0 >> 48) }
        let low = mask.map { UInt64(truncatingIfNeeded: $0 & lowBits) }
        high.withUnsafeMutableBufferPointer { high in
            let x = high.baseAddress!
            modulus.scale(x, by: radix, into: x)
            for i in 0..<high.count { x[i] = modulus.below(x[i] &+ low[i]) }
            modulus.forward(x)
            secret.withUnsafeBufferPointer { modulus.multiply(x, $0.baseAddress!, into: x) }
            modulus.inverse(x)
        }
        return high
    }
}
