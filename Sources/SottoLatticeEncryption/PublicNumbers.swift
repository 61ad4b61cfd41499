/// Arithmetic modulo public numbers below 2^63, for making parameters: its time depends on them.
package enum PublicNumbers {
    package static func product(_ x: UInt64, _ y: UInt64, modulo p: UInt64) -> UInt64 {
        let (high, low) = x.multipliedFullWidth(by: y)
        return p.dividingFullWidth((high % p, low)).remainder
    }

    package static func product(of factors: some Sequence<UInt64>, modulo p: UInt64) -> UInt64 {
        factors.reduce(1 % p) { product($0, $1 % p, modulo: p) }
    }

    package static func power(_ base: UInt64, _ exponent: UInt64, modulo p: UInt64) -> UInt64 {
        var (result, square, rest) = (1 % p, base % p, exponent)
        while rest > 0 {
            if rest & 1 == 1 { result = product(result, square, modulo: p) }
            square = product(square, square, modulo: p)
            rest >>= 1
        }
        return result
    }

    /// `1/x` modulo a prime.
    package static func inverse(_ x: UInt64, modulo p: UInt64) -> UInt64 { power(x, p - 2, modulo: p) }

    /// Whether an odd number above 37 is prime: Miller and Rabin's test to the bases that decide it for all 64-bit numbers
    /// (Sorenson and Webster, "Strong pseudoprimes to twelve prime bases", 2017).
    package static func isPrime(_ n: UInt64) -> Bool {
        let twos = (n - 1).trailingZeroBitCount
        let bases: [UInt64] = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37]
        return bases.allSatisfy { base in
            var x = power(base, (n - 1) >> UInt64(twos), modulo: n)
            if x == 1 || x == n - 1 { return true }
            for _ in 1..<max(1, twos) {
                x = product(x, x, modulo: n)
                if x == n - 1 { return true }
            }
            return false
        }
    }

    /// The largest `count` primes below `2^bits` that are 1 modulo `2·degree`, largest first, none in `taken`. Fewer, if
    /// there are not so many above `2^bits·(1 - 1/128)`.
    package static func transformPrimes(
        bits: Int, count: Int, degree: Int, except taken: [UInt64] = []
    ) -> [UInt64] {
        let top: UInt64 = 1 << UInt64(bits)
        let step = UInt64(2 * degree)
        var candidate = top + 1 - step
        var primes: [UInt64] = []
        while primes.count < count, candidate > top - top / 128 {
            if !taken.contains(candidate), isPrime(candidate) { primes.append(candidate) }
            candidate -= step
        }
        return primes
    }
}
