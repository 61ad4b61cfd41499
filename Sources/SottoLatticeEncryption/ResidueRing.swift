import SottoRandomness

/// Arithmetic in `Z_q[X]/(X^N + 1)` by residues modulo the L primes of `q`, and modulo the special primes behind them
/// where keys are made. A polynomial is the list of its residue polynomials, N words each, as values or coefficients.
package struct ResidueRing: Sendable {
    package let parameters: LatticeParameters
    /// The primes of `q`, then the special primes.
    package let basis: [TransformModulus]
    /// What decryption multiplies modulo, beside the first special prime.
    package let secondWide: TransformModulus

    package var degree: Int { parameters.degree }
    package var primeCount: Int { parameters.primes.count }
    /// The first special prime.
    package var special: TransformModulus { basis[primeCount] }

    package init(_ parameters: LatticeParameters, kernel: LatticeKernel) {
        self.parameters = parameters
        let degree = parameters.degree
        basis = (parameters.primes + parameters.specialPrimes).map {
            TransformModulus(p: $0, degree: degree, kernel: kernel)
        }
        secondWide = TransformModulus(p: parameters.widePrimes[1], degree: degree, kernel: kernel)
    }

    /// Calls the body for every residue polynomial of x with its modulus.
    @inline(__always)
    package func update(
        _ x: inout [UInt64], _ body: (TransformModulus, UnsafeMutablePointer<UInt64>, _ index: Int) -> Void
    ) {
        x.withUnsafeMutableBufferPointer { x in
            for index in 0..<(x.count / degree) { body(basis[index], x.baseAddress! + index * degree, index) }
        }
    }

    /// Coefficients to values.
    package func forward(_ x: inout [UInt64]) { update(&x) { modulus, x, _ in modulus.forward(x) } }

    /// Values to coefficients.
    package func inverse(_ x: inout [UInt64]) { update(&x) { modulus, x, _ in modulus.inverse(x) } }

    package func add(_ y: [UInt64], to x: inout [UInt64]) {
        y.withUnsafeBufferPointer { y in
            update(&x) { modulus, x, index in modulus.add(x, y.baseAddress! + index * degree, into: x) }
        }
    }

    package func subtract(_ y: [UInt64], from x: inout [UInt64]) {
        y.withUnsafeBufferPointer { y in
            update(&x) { modulus, x, index in modulus.subtract(x, y.baseAddress! + index * degree, into: x) }
        }
    }

    /// Products of values; y may have residues that x has not.
    package func product(_ x: [UInt64], _ y: [UInt64]) -> [UInt64] {
        var product = x
        multiply(&product, by: y)
        return product
    }

    package func multiply(_ x: inout [UInt64], by y: [UInt64]) {
        y.withUnsafeBufferPointer { y in
            update(&x) { modulus, x, index in modulus.multiply(x, y.baseAddress! + index * degree, into: x) }
        }
    }

    /// The residues of short integers as coefficients.
    package func residues(of x: [Int64], count: Int) -> [UInt64] {
        var result = [UInt64](repeating: 0, count: count * degree)
        update(&result) { modulus, result, _ in
            for i in 0..<degree { result[i] = modulus.residue(x[i]) }
        }
        return result
    }

    /// The values of `factor·X^exponent`, for `-degree < exponent < degree`, modulo the first `count` primes of the basis, those
    /// of `q` unless given; `factor` is given modulo each of them.
    package func monomial(
        _ exponent: Int, count: Int? = nil, factor: (TransformModulus) -> UInt64 = { _ in 1 }
    ) -> [UInt64] {
        var result = [UInt64](repeating: 0, count: (count ?? primeCount) * degree)
        update(&result) { modulus, result, _ in
            let value = factor(modulus)
            result[exponent < 0 ? degree + exponent : exponent] = exponent < 0 ? modulus.p - value : value
        }
        forward(&result)
        return result
    }
}

// MARK: - Random polynomials

extension ResidueRing {
    /// The polynomial that a public seed stands for: uniform values modulo the first `count` primes of the basis, from a
    /// stream of its own, by rejection. What is rejected is as public as the rest.
    package func expand(_ seed: Seed, domain: UInt64, count: Int) throws(LatticeError) -> [UInt64] {
        let generator = try drawing { () throws(RandomnessError) in
            try PseudorandomGenerator(seed: seed, domain: domain)
        }
        var result: [UInt64] = []
        result.reserveCapacity(count * degree)
        for modulus in basis[..<count] {
            let mask = (UInt64.max >> UInt64(modulus.p.leadingZeroBitCount))
            let end = result.count + degree
            while result.count < end {
                let words = try drawing { () throws(RandomnessError) in try generator.words(end - result.count) }
                for word in words where word & mask < modulus.p { result.append(word & mask) }
            }
        }
        return result
    }
}

/// Secret short polynomials, each coefficient from a word of its own by the same instructions whatever it is.
package enum ShortPolynomials {
    /// Centred binomial: 21 bits less 21 bits.
    package static func errors(_ count: Int, from generator: PseudorandomGenerator) throws(LatticeError) -> [Int64] {
        let mask: UInt64 = (1 << UInt64(NoiseBound.error)) - 1
        return try drawing { () throws(RandomnessError) in try generator.words(count) }.map { word in
            let upper = word >> UInt64(NoiseBound.error) & mask
            return Int64((word & mask).nonzeroBitCount) - Int64(upper.nonzeroBitCount)
        }
    }

    /// Uniform among -1, 0 and 1, up to 2^-62.
    package static func ternary(_ count: Int, from generator: PseudorandomGenerator) throws(LatticeError) -> [Int64] {
        try drawing { () throws(RandomnessError) in try generator.words(count) }.map { word in
            Int64(word.multipliedFullWidth(by: 3).high) - 1
        }
    }
}
