/// Plaintexts modulo `2^width` in a ciphertext: `round(q·m / 2^width)`.
///
/// With `c = q·m + 2^(width-1) modulo 2^width` it is `(q·m + 2^(width-1) - c)/2^width` exactly, of which the first term
/// vanishes modulo the primes of `q`.
package struct ScaledEncoding {
    private struct Prime {
        let modulus: TransformModulus
        /// `1/2^width`, and `2^64` times that over p.
        let inverse: UInt64
        let quotient: UInt64
        let half: UInt64
    }

    private let primes: [Prime]
    private let mask: UInt64
    private let half: UInt64
    /// `q` modulo 2^64.
    private let modulus: UInt64

    package init(width: Int, _ ring: ResidueRing) {
        mask = width == 64 ? .max : (1 << UInt64(width)) - 1
        half = 1 << UInt64(width - 1)
        modulus = ring.parameters.primes.reduce(1) { $0 &* $1 }
        primes = ring.basis[..<ring.primeCount].map { [half] modulus in
            let p = modulus.p
            let power = PublicNumbers.product(half % p, 2, modulo: p)
            let inverse = PublicNumbers.inverse(power, modulo: p)
            return Prime(
                modulus: modulus, inverse: inverse, quotient: p.dividingFullWidth((inverse, 0)).quotient,
                half: half % p)
        }
    }

    /// The residue of the encoded plaintext modulo one prime of `q`.
    @inline(__always)
    package func encode(_ plaintext: UInt64, prime index: Int) -> UInt64 {
        let prime = primes[index]
        let (modulus, p) = (prime.modulus, prime.modulus.p)
        let remainder = (plaintext &* self.modulus &+ half) & mask
        let difference = modulus.below(prime.half &+ p &- modulus.reduce(remainder))
        let product = difference &* prime.inverse &- difference.multipliedFullWidth(by: prime.quotient).high &* p
        return modulus.below(product)
    }
}

/// Switching of coefficients from the modulus `q` to a power of two: `round(x·2^width / q)` modulo `2^width`.
///
/// `x/q` is the sum of `y/p` over the primes p of `q` with `y = x/(q/p) mod p`, less an integer. Each fraction is kept to 128
/// bits, too small by at most 2 units of the last; beside rounding by a half that is less than `2^(width - 123)`.
package struct ModulusSwitch {
    private struct Prime {
        /// `1/(q/p)`.
        let cofactor: UInt64
        /// `floor(2^128 / p)`, and of the remainder times 2^64 the same.
        let fraction: UInt128
        let rest: UInt64
    }

    private let primes: [Prime]
    private let ring: ResidueRing

    package init(_ ring: ResidueRing) {
        self.ring = ring
        let all = ring.parameters.primes
        primes = all.map { p in
            let others = all.reduce(1) { $1 == p ? $0 : PublicNumbers.product($0, $1 % p, modulo: p) }
            let (quotient, remainder) = UInt128.max.quotientAndRemainder(dividingBy: UInt128(p))
            // 2^128 is one more than the largest number, and no multiple of p.
            let rest = UInt64(remainder) + 1
            return Prime(
                cofactor: PublicNumbers.inverse(others, modulo: p), fraction: quotient,
                rest: p.dividingFullWidth((rest, 0)).quotient)
        }
    }

    /// The coefficients in a modulus of `width` bits, at most 96.
    package func callAsFunction(_ coefficients: [UInt64], width: Int) -> [UInt128] {
        var scaled = coefficients
        ring.update(&scaled) { modulus, x, index in modulus.scale(x, by: primes[index].cofactor, into: x) }
        let shift = UInt128(128 - width)
        let degree = ring.degree
        return [UInt128](unsafeUninitializedCapacity: degree) { out, initialized in
            for i in 0..<degree {
                var sum: UInt128 = 1 << (shift - 1)
                for (index, prime) in primes.enumerated() {
                    let y = scaled[index * degree + i]
                    sum &+= UInt128(y) &* prime.fraction &+ UInt128(y.multipliedFullWidth(by: prime.rest).high)
                }
                out[i] = sum >> shift
            }
            initialized = degree
        }
    }
}
