/// Automorphisms of ciphertexts: with a key of the client what they give is encrypted under the secret itself.
package struct KeySwitching: Sendable {
    private let ring: ResidueRing
    private let keys: ServerKeys
    /// Where the values of each key's automorphism come from.
    private let sources: [[Int32]]
    private let digits: [(places: Range<Int>, base: ResidueBase)]
    private let special: ResidueBase
    /// `1/P` modulo each prime of `q`.
    private let inverseSpecial: [UInt64]

    package init(_ ring: ResidueRing, _ keys: ServerKeys) {
        self.ring = ring
        self.keys = keys
        let parameters = ring.parameters
        digits = parameters.digits.map { ($0, ResidueBase(Array(parameters.primes[$0]), ring)) }
        special = ResidueBase(Array(parameters.specialPrimes), ring)
        inverseSpecial = parameters.primes.map {
            PublicNumbers.inverse(PublicNumbers.product(of: parameters.specialPrimes, modulo: $0), modulo: $0)
        }
        sources = parameters.keyLevels.map {
            Self.sources(parameters.automorphism(level: $0), degree: parameters.degree)
        }
    }

    /// The value at place i is that at `psi^e` with `e = 2·reversed(i) + 1`; under `X -> X^g` it is the one at `psi^(g·e)`.
    private static func sources(_ exponent: Int, degree: Int) -> [Int32] {
        (0..<degree).map { place in
            let power = (2 * TransformModulus.reversed(place, below: degree) + 1) * exponent % (2 * degree)
            return Int32(TransformModulus.reversed((power - 1) / 2, below: degree))
        }
    }

    // MARK: Automorphisms

    /// So many ciphertexts are switched by turns, while a key's residues modulo a prime are in a cache.
    package static let batch = 2

    /// Adds to each sum the image of a ciphertext under a key's automorphism. Bodies are multiplied by P.
    package func addImages(
        of ciphertexts: ArraySlice<Ciphertext>, to sums: inout [Ciphertext], at first: Int, key: Int,
        _ workspace: PackingWorkspace
    ) {
        let degree = ring.degree
        for (item, ciphertext) in ciphertexts.enumerated() {
            sums[first + item].extend(ring)
            decompose(ciphertext.mask, key, into: workspace.coefficients(item))
        }
        for index in ring.basis.indices {
            for (item, ciphertext) in ciphertexts.enumerated() {
                writeDigits(of: ciphertext.mask, workspace.coefficients(item), key, index, workspace)
                let products = workspace.products(item) + index * degree
                addProducts(index, key, to: &sums[first + item].body, products, workspace)
            }
        }
        for (item, ciphertext) in ciphertexts.enumerated() {
            addPermuted(ciphertext.body, to: &sums[first + item].body, key)
            addDivided(workspace.products(item), to: &sums[first + item].mask, workspace)
        }
    }

    private func addPermuted(_ x: [UInt64], to sum: inout [UInt64], _ key: Int) {
        x.withUnsafeBufferPointer { x in
            sum.withUnsafeMutableBufferPointer { sum in
                for index in 0..<(x.count / ring.degree) {
                    let offset = index * ring.degree
                    ring.basis[index].addPermuted(x.baseAddress! + offset, sources[key], to: sum.baseAddress! + offset)
                }
            }
        }
    }

    /// A polynomial under a key's automorphism as a sum of digits, times public numbers, that are small: the digits'
    /// coefficients.
    ///
    /// With Q the product of a digit's primes it is the sum of `y·(Q/p)`, `y = x/(Q/p) mod p`, over these primes p: x modulo Q
    /// plus a few times that. A y is below four times any prime of the basis, so that transforms take it as it is.
    private func decompose(_ x: [UInt64], _ key: Int, into coefficients: UnsafeMutablePointer<UInt64>) {
        x.withUnsafeBufferPointer { x in
            for digit in digits {
                for (i, place) in digit.places.enumerated() {
                    let (modulus, target) = (ring.basis[place], coefficients + place * ring.degree)
                    modulus.permute(x.baseAddress! + place * ring.degree, sources[key], into: target)
                    modulus.inverse(target)
                    if digit.places.count > 1 { modulus.scale(target, by: digit.base.cofactors[i], into: target) }
                }
            }
        }
    }

    /// The values of all digits modulo a prime of the basis; modulo a digit's own primes they are those of x.
    private func writeDigits(
        of x: [UInt64], _ coefficients: UnsafePointer<UInt64>, _ key: Int, _ index: Int, _ workspace: PackingWorkspace
    ) {
        let (degree, modulus) = (ring.degree, ring.basis[index])
        for (number, digit) in digits.enumerated() {
            let (target, first) = (workspace.digits + number * degree, coefficients + digit.places.lowerBound * degree)
            if digit.places.contains(index) {
                x.withUnsafeBufferPointer { x in
                    modulus.permute(x.baseAddress! + index * degree, sources[key], into: target)
                }
            } else if digit.places.count == 1 {
                modulus.forward(first, into: target)
            } else {
                digit.base.convert(first, modulus, index, into: target)
                modulus.forward(target)
            }
        }
    }

    /// Adds the sum of digits times a key's bodies, modulo one prime, and writes that of its masks.
    private func addProducts(
        _ index: Int, _ key: Int, to body: inout [UInt64], _ mask: UnsafeMutablePointer<UInt64>,
        _ workspace: PackingWorkspace
    ) {
        let (degree, modulus, size) = (ring.degree, ring.basis[index], ring.basis.count * ring.degree)
        body.withUnsafeMutableBufferPointer { body in
            keys.switchingBodies[key].withUnsafeBufferPointer { bodies in
                keys.switchingMasks[key].withUnsafeBufferPointer { masks in
                    modulus.dots(
                        terms: digits.count, workspace.digits, stride: degree, bodies.baseAddress! + index * degree,
                        masks.baseAddress! + index * degree, stride: size,
                        into: (body.baseAddress! + index * degree, mask))
                }
            }
        }
    }

    // MARK: The special primes

    /// Multiplies a body by P.
    package func multiply(_ ciphertext: inout Ciphertext) {
        ring.update(&ciphertext.body) { modulus, body, _ in
            modulus.scale(body, by: specialProduct(modulus), into: body)
        }
    }

    /// P modulo a prime.
    package func specialProduct(_ modulus: TransformModulus) -> UInt64 {
        PublicNumbers.product(of: ring.parameters.specialPrimes, modulo: modulus.p)
    }

    /// Divides a body by P.
    package func divide(_ ciphertext: inout Ciphertext, _ workspace: PackingWorkspace) {
        var quotient = [UInt64](repeating: 0, count: ring.primeCount * ring.degree)
        if ciphertext.body.count > quotient.count {
            ciphertext.body.withUnsafeMutableBufferPointer { addDivided($0.baseAddress!, to: &quotient, workspace) }
        } else {
            ciphertext.body.withUnsafeBufferPointer { body in
                ring.update(&quotient) { modulus, quotient, index in
                    modulus.scale(body.baseAddress! + index * ring.degree, by: inverseSpecial[index], into: quotient)
                }
            }
        }
        ciphertext.body = quotient
    }

    /// Adds x, which has residues modulo all of the basis and is written over, divided by P and rounded down, or down by a
    /// little more.
    private func addDivided(
        _ x: UnsafeMutablePointer<UInt64>, to sum: inout [UInt64], _ workspace: PackingWorkspace
    ) {
        let (degree, lifted) = (ring.degree, workspace.digits)
        let remainders = x + ring.primeCount * degree
        for (i, cofactor) in special.cofactors.enumerated() {
            let (remainder, modulus) = (remainders + i * degree, ring.basis[ring.primeCount + i])
            modulus.inverse(remainder)
            if special.cofactors.count > 1 { modulus.scale(remainder, by: cofactor, into: remainder) }
        }
        ring.update(&sum) { modulus, sum, index in
            special.convert(remainders, modulus, index, into: lifted)
            modulus.forward(lifted)
            modulus.add(x + index * degree, less: lifted, times: inverseSpecial[index], to: sum)
        }
    }
}

/// Numbers by their residues modulo some primes of product Q, taken to other primes.
private struct ResidueBase: Sendable {
    /// For each of the primes p the inverse of `Q/p` modulo it.
    let cofactors: [UInt64]
    /// For each prime of a ring's basis all `Q/p` modulo that.
    let factors: [[UInt64]]

    init(_ primes: [UInt64], _ ring: ResidueRing) {
        func others(_ p: UInt64) -> [UInt64] { primes.filter { $0 != p } }
        cofactors = primes.map { PublicNumbers.inverse(PublicNumbers.product(of: others($0), modulo: $0), modulo: $0) }
        factors = ring.basis.map { modulus in
            primes.map { PublicNumbers.product(of: others($0), modulo: modulus.p) }
        }
    }

    /// The sum of all y, one polynomial for each prime, times `Q/p`, modulo the prime at a place of the basis.
    func convert(
        _ y: UnsafePointer<UInt64>, _ modulus: TransformModulus, _ place: Int,
        into out: UnsafeMutablePointer<UInt64>
    ) {
        modulus.combine(factors[place], y, stride: modulus.degree, into: out)
    }
}
