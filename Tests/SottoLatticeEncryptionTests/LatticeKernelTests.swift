import SottoLatticeEncryption
import TestSupport
import Testing

/// Polynomials modulo one prime, for tests.
struct TestPolynomials {
    let modulus: TransformModulus
    var p: UInt64 { modulus.p }
    var degree: Int { modulus.degree }

    init(bits: Int, degree: Int, kernel: LatticeKernel = .portable) {
        let p = PublicNumbers.transformPrimes(bits: bits, count: 1, degree: degree)[0]
        modulus = TransformModulus(p: p, degree: degree, kernel: kernel)
    }

    func forward(_ x: [UInt64]) -> [UInt64] { changed(x) { modulus.forward($0) } }
    func inverse(_ x: [UInt64]) -> [UInt64] { changed(x) { modulus.inverse($0) } }
    func add(_ x: [UInt64], _ y: [UInt64]) -> [UInt64] { changed(x) { modulus.add($0, y, into: $0) } }
    func subtract(_ x: [UInt64], _ y: [UInt64]) -> [UInt64] { changed(x) { modulus.subtract($0, y, into: $0) } }
    func scale(_ x: [UInt64], by factor: UInt64) -> [UInt64] {
        changed(x) { modulus.scale($0, by: factor, into: $0) }
    }
    func dot(_ x: [UInt64], _ y: [UInt64], terms: Int) -> [UInt64] {
        changed([UInt64](repeating: 0, count: degree)) {
            modulus.dot(terms: terms, x, stride: degree, y, stride: degree, into: $0)
        }
    }

    func dots(_ x: [UInt64], _ y: [UInt64], _ z: [UInt64], terms: Int, to sum: [UInt64]) -> (y: [UInt64], z: [UInt64]) {
        var sum = sum
        let other = changed(sum) { other in
            sum.withUnsafeMutableBufferPointer { sum in
                modulus.dots(
                    terms: terms, x, stride: degree, y, z, stride: degree, into: (sum.baseAddress!, other))
            }
        }
        return (sum, other)
    }

    /// Of each of eight columns the sums of products with x and with y.
    func columns(_ coefficients: [UInt64], terms: Int, blocks: Int, _ x: [UInt64], _ y: [UInt64]) -> [[UInt64]] {
        var scratch = [UInt64](repeating: .max, count: coefficients.count)
        var sums = [UInt64](repeating: .max, count: 16 * degree)
        let padding = [UInt64](repeating: .max, count: TransformModulus.columnsStride(terms: terms) - 2 * terms)
        let values = stride(from: 0, to: degree, by: terms).flatMap { first in
            (0..<blocks).flatMap { block in
                let run = (block * degree + first)..<(block * degree + first + terms)
                return x[run] + y[run] + padding
            }
        }
        sums.withUnsafeMutableBufferPointer { sums in
            let places = (0..<16).map { UnsafeMutablePointer?.some(sums.baseAddress! + $0 * degree) }
            scratch.withUnsafeMutableBufferPointer { scratch in
                modulus.columns(
                    terms: terms, blocks: blocks, coefficients, values, scratch.baseAddress!,
                    into: (Array(places[..<8]), Array(places[8...])))
            }
        }
        return (0..<16).map { Array(sums[($0 * degree)..<(($0 + 1) * degree)]) }
    }

    func combine(_ factors: [UInt64], _ x: [UInt64]) -> [UInt64] {
        changed([UInt64](repeating: 0, count: degree)) { modulus.combine(factors, x, stride: degree, into: $0) }
    }
    func add(_ x: [UInt64], less y: [UInt64], times factor: UInt64, to sum: [UInt64]) -> [UInt64] {
        changed(sum) { modulus.add(x, less: y, times: factor, to: $0) }
    }

    private func changed(_ x: [UInt64], _ body: (UnsafeMutablePointer<UInt64>) -> Void) -> [UInt64] {
        var x = x
        x.withUnsafeMutableBufferPointer { body($0.baseAddress!) }
        return x
    }

    /// Uniform words below a bound, the ends first.
    func words(_ count: Int, below bound: UInt64, _ generator: inout SeededGenerator) -> [UInt64] {
        (0..<count).map { index in
            switch index {
            case 0: 0
            case 1, 2: bound - 1
            default: UInt64.random(in: 0..<bound, using: &generator)
            }
        }
    }
}

@Suite struct LatticeKernelTests {
    static let kernels = LatticeKernel.allCases.filter(\.isAvailable)

    @Test func thePortableKernelIsAlwaysThere() { #expect(LatticeKernel.portable.isAvailable) }

    /// The value at place i is the polynomial's at `psi^(2·reversed(i) + 1)`, by Horner's rule.
    @Test(arguments: kernels, [32, 64, 128, 256]) func valuesAreThoseAtOddPowers(kernel: LatticeKernel, degree: Int) {
        for bits in [30, 41, 50] {
            let ring = TestPolynomials(bits: bits, degree: degree, kernel: kernel)
            var generator = SeededGenerator(UInt64(degree + bits))
            // Of X the values are the odd powers themselves, the first of them psi.
            let powers = ring.forward((0..<degree).map { $0 == 1 ? 1 : 0 })
            let psi = powers[0]
            #expect(PublicNumbers.power(psi, UInt64(degree), modulo: ring.p) == ring.p - 1)
            for place in 0..<degree {
                let exponent = UInt64(2 * TransformModulus.reversed(place, below: degree) + 1)
                #expect(powers[place] == PublicNumbers.power(psi, exponent, modulo: ring.p))
            }
            let x = ring.words(degree, below: ring.p, &generator)
            let values = ring.forward(x)
            for place in 0..<degree {
                let value = x.reversed().reduce(0) { sum, coefficient in
                    (PublicNumbers.product(sum, powers[place], modulo: ring.p) + coefficient) % ring.p
                }
                #expect(values[place] == value)
            }
            #expect(ring.inverse(values) == x)
        }
    }

    @Test(arguments: kernels) func productsAreNegacyclic(kernel: LatticeKernel) {
        for (degree, bits) in [(32, 50), (64, 50), (128, 31)] {
            let ring = TestPolynomials(bits: bits, degree: degree, kernel: kernel)
            var generator = SeededGenerator(7)
            for extreme in [false, true] {
                let largest = [UInt64](repeating: ring.p - 1, count: degree)
                let x = extreme ? largest : ring.words(degree, below: ring.p, &generator)
                let y = extreme ? x : ring.words(degree, below: ring.p, &generator)
                var expected = [UInt64](repeating: 0, count: degree)
                for i in 0..<degree {
                    for j in 0..<degree {
                        let product = PublicNumbers.product(x[i], y[j], modulo: ring.p)
                        let signed = i + j < degree ? product : (ring.p - product) % ring.p
                        expected[(i + j) % degree] = (expected[(i + j) % degree] + signed) % ring.p
                    }
                }
                #expect(ring.inverse(ring.dot(ring.forward(x), ring.forward(y), terms: 1)) == expected)
            }
        }
    }

    /// Numbers up to 4p are allowed as coefficients.
    @Test(arguments: kernels) func unreducedPolynomials(kernel: LatticeKernel) {
        for degree in [32, 64, 512, 8192] {
            for bits in [30, 46, 47, 48, 50] {
                let ring = TestPolynomials(bits: bits, degree: degree, kernel: kernel)
                var generator = SeededGenerator(11)
                let largest = [UInt64](repeating: 4 * ring.p - 1, count: degree)
                for unreduced in [largest, ring.words(degree, below: 4 * ring.p, &generator)] {
                    let reduced = unreduced.map { $0 % ring.p }
                    #expect(ring.forward(unreduced) == ring.forward(reduced))
                    #expect(ring.inverse(ring.forward(reduced)) == reduced)
                }
            }
        }
    }

    /// Eight columns of short polynomials at a time, as transforms and dots of each would have it.
    @Test(arguments: kernels) func columnsAreSumsOfProducts(kernel: LatticeKernel) {
        for (degree, terms, blocks) in [
            (32, 8, 1), (32, 32, 2), (64, 16, 5), (512, 64, 13), (256, 128, 1), (64, 8, 300), (8192, 64, 3),
        ] {
            for bits in [30, 44, 46, 47, 50] {
                let ring = TestPolynomials(bits: bits, degree: degree, kernel: kernel)
                var generator = SeededGenerator(UInt64(terms + bits))
                for extreme in [false, true] {
                    func words(_ count: Int) -> [UInt64] {
                        extreme
                            ? [UInt64](repeating: ring.p - 1, count: count)
                            : ring.words(count, below: ring.p, &generator)
                    }
                    let (coefficients, x) = (words(8 * terms * blocks), words(blocks * degree))
                    let y = words(blocks * degree)
                    let rest = [UInt64](repeating: 0, count: degree - terms)
                    let values = (0..<8).map { column -> [UInt64] in
                        (0..<blocks).flatMap { block -> [UInt64] in
                            let first = block * terms
                            return ring.forward((first..<(first + terms)).map { coefficients[$0 * 8 + column] } + rest)
                        }
                    }
                    let expected = [x, y].flatMap { x in values.map { ring.dot(x, $0, terms: blocks) } }
                    #expect(ring.columns(coefficients, terms: terms, blocks: blocks, x, y) == expected)
                }
            }
        }
    }

    @Test(arguments: kernels) func twoDotsAtOnce(kernel: LatticeKernel) {
        for bits in [30, 50] {
            let ring = TestPolynomials(bits: bits, degree: 32, kernel: kernel)
            var generator = SeededGenerator(UInt64(bits))
            for terms in [0, 1, 3, 16, 17, 40] {
                let lists = (0..<3).map { _ in ring.words(32 * terms, below: ring.p, &generator) }
                let sum = ring.words(32, below: ring.p, &generator)
                let both = ring.dots(lists[0], lists[1], lists[2], terms: terms, to: sum)
                #expect(both.y == ring.add(sum, ring.dot(lists[0], lists[1], terms: terms)))
                #expect(both.z == ring.dot(lists[0], lists[2], terms: terms))
            }
        }
    }

    @Test(arguments: kernels) func dotsOfAnyNumberOfTerms(kernel: LatticeKernel) {
        for bits in [30, 44, 50] {
            let ring = TestPolynomials(bits: bits, degree: 32, kernel: kernel)
            var generator = SeededGenerator(UInt64(bits))
            for terms in [0, 1, 2, 15, 16, 17, 31, 32, 33, 64, 100] {
                for extreme in [false, true] {
                    let count = terms * 32
                    let all = [UInt64](repeating: ring.p - 1, count: count)
                    let x = extreme ? all : ring.words(count, below: ring.p, &generator)
                    let y = extreme ? all : ring.words(count, below: ring.p, &generator)
                    let expected = (0..<32).map { i in
                        (0..<terms).reduce(UInt64(0)) {
                            ($0 + PublicNumbers.product(x[$1 * 32 + i], y[$1 * 32 + i], modulo: ring.p)) % ring.p
                        }
                    }
                    #expect(ring.dot(x, y, terms: terms) == expected)
                }
            }
        }
    }

    @Test(arguments: kernels) func sumsAndMultiples(kernel: LatticeKernel) {
        for bits in [30, 50] {
            let ring = TestPolynomials(bits: bits, degree: 64, kernel: kernel)
            var generator = SeededGenerator(UInt64(bits))
            let x = ring.words(64, below: ring.p, &generator)
            let y = [ring.p - 1, ring.p - 1, 0] + ring.words(61, below: ring.p, &generator).reversed()
            #expect(ring.add(x, y) == zip(x, y).map { ($0 + $1) % ring.p })
            #expect(ring.subtract(x, y) == zip(x, y).map { ($0 + ring.p - $1) % ring.p })
            let wide = ring.words(64, below: 1 << 52, &generator)
            for factor in [0, 1, ring.p - 1, ring.p / 2] {
                let expected = wide.map { PublicNumbers.product($0 % ring.p, factor, modulo: ring.p) }
                #expect(ring.scale(wide, by: factor) == expected)
                let sums = zip(x, zip(y, wide)).map { x, others in
                    let difference = (others.0 + ring.p - others.1 % ring.p) % ring.p
                    return (x + PublicNumbers.product(difference, factor, modulo: ring.p)) % ring.p
                }
                #expect(ring.add(y, less: wide.map { $0 % ring.p }, times: factor, to: x) == sums)
            }
        }
    }

    @Test(arguments: kernels) func sumsBesideDifferencesAndPermutations(kernel: LatticeKernel) {
        for bits in [30, 50] {
            let ring = TestPolynomials(bits: bits, degree: 64, kernel: kernel)
            var generator = SeededGenerator(UInt64(bits))
            let (p, x) = (ring.p, ring.words(64, below: ring.p, &generator))
            let (y, factor) = (Array(x.reversed()), ring.words(64, below: ring.p, &generator))
            let products = zip(y, factor).map { PublicNumbers.product($0, $1, modulo: p) }
            var (a, b) = (x, y)
            ring.modulus.addAndSubtract(&a, &b, times: factor)
            #expect(a == zip(x, products).map { ($0 + $1) % p } && b == zip(x, products).map { ($0 + p - $1) % p })
            (a, b) = (x, y)
            ring.modulus.sumAndDifference(&a, &b, times: factor)
            let differences = zip(zip(x, y), factor).map { PublicNumbers.product(($0.0 + p - $0.1) % p, $1, modulo: p) }
            #expect(a == zip(x, y).map { ($0 + $1) % p } && b == differences)
            let sources = (0..<64).map { Int32($0 * 37 % 64) }
            var permuted = y
            ring.modulus.permute(x, sources, into: &permuted)
            #expect(permuted == sources.map { x[Int($0)] })
            var sum = y
            ring.modulus.addPermuted(x, sources, to: &sum)
            #expect(sum == zip(y, permuted).map { ($0 + $1) % p })
        }
    }

    /// Terms of up to 50 bits, whatever the prime.
    @Test(arguments: kernels) func sumsOfMultiples(kernel: LatticeKernel) {
        for bits in [30, 50] {
            let ring = TestPolynomials(bits: bits, degree: 64, kernel: kernel)
            var generator = SeededGenerator(UInt64(bits))
            for terms in [1, 2, 3, 16, 17, 40] {
                let x = ring.words(64 * terms, below: 1 << 50, &generator)
                let factors = [ring.p - 1] + ring.words(terms, below: ring.p, &generator).dropFirst()
                let expected = (0..<64).map { i in
                    (0..<terms).reduce(UInt64(0)) {
                        ($0 + PublicNumbers.product(x[64 * $1 + i] % ring.p, factors[$1], modulo: ring.p)) % ring.p
                    }
                }
                #expect(ring.combine(factors, x) == expected)
            }
        }
    }

    @Test(arguments: [4096, 8192, 16384]) func kernelsAgree(degree: Int) {
        for bits in [36, 46, 47, 48, 50] {
            let portable = TestPolynomials(bits: bits, degree: degree)
            var generator = SeededGenerator(UInt64(degree))
            let x = portable.words(degree, below: portable.p, &generator)
            for kernel in Self.kernels {
                let ring = TestPolynomials(bits: bits, degree: degree, kernel: kernel)
                #expect(ring.forward(x) == portable.forward(x))
                #expect(ring.inverse(x) == portable.inverse(x))
                #expect(ring.inverse(ring.forward(x)) == x)
            }
        }
    }

    @Test func singleNumbers() {
        for bits in [30, 44, 50] {
            let modulus = TestPolynomials(bits: bits, degree: 32).modulus
            var generator = SeededGenerator(UInt64(bits))
            let p = modulus.p
            let words = [0, 1, p - 1, p, p + 1, 2 * p - 1, .max, .max - 1] + (0..<1000).map { _ in generator.next() }
            for word in words { #expect(modulus.reduce(word) == word % p) }
            for number in -21...21 { #expect(modulus.residue(Int64(number)) == (p + UInt64(number + 21) - 21) % p) }
        }
    }
}

@Suite struct PublicNumbersTests {
    @Test(arguments: [4096, 8192, 16384]) func transformPrimesAreThoseOfGMP(degree: Int) {
        for bits in [30, 36, 45, 50] {
            let primes = PublicNumbers.transformPrimes(bits: bits, count: 4, degree: degree)
            #expect(primes.count == 4 && primes.sorted(by: >) == primes)
            // Between the first and the last there are no others.
            var expected: [UInt64] = []
            var candidate = (UInt64(1) << UInt64(bits)) + 1
            while expected.count < 4 {
                candidate -= UInt64(2 * degree)
                if GMPInteger([candidate]).isPrime { expected.append(candidate) }
            }
            #expect(primes == expected)
            #expect(primes.allSatisfy { Double($0) > Double(1 << bits) * (1 - 1 / 128.0) })
            let taken = [primes[0], primes[2]]
            let others = PublicNumbers.transformPrimes(bits: bits, count: 2, degree: degree, except: taken)
            #expect(others == [primes[1], primes[3]])
        }
    }

    @Test func compositesAreSeen() {
        // Products of two primes, a square, and strong pseudoprimes to the first bases.
        let composites: [UInt64] = [
            1_073_479_681 * 3, 341_550_071_728_321, 3_825_123_056_546_413_051, 1_000_003 * 1_000_003,
        ]
        for number in composites { #expect(!PublicNumbers.isPrime(number)) }
        #expect(PublicNumbers.isPrime((1 << 61) - 1))
    }
}
