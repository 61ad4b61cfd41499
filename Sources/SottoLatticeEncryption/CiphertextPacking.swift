/// A ciphertext as values: both components' residues modulo the primes of `q`.
package struct Ciphertext: Sendable {
    package var body: [UInt64]
    package var mask: [UInt64]

    package static func zero(_ ring: ResidueRing) -> Ciphertext {
        let zeros = [UInt64](repeating: 0, count: ring.primeCount * ring.degree)
        return Ciphertext(body: zeros, mask: zeros)
    }
}

/// Automorphisms, key switches and with them the packing of responses.
///
/// The automorphism of a level i, `X -> X^(N/2^i + 1)`, only has to do with polynomials in `X^(2^i)`: of these the one of a
/// higher level j, applied `2^(j - i)` times, is the same (below the highest level that a ring has).
package struct CiphertextPacking: Sendable {
    package let ring: ResidueRing
    private let keys: ServerKeys
    package let levels: [Level]
    /// Where the values of each key's automorphism come from.
    private let sources: [[Int32]]
    private let digits: [(places: Range<Int>, base: ResidueBase)]
    private let special: ResidueBase
    /// `1/P` modulo each prime of `q`.
    private let inverseSpecial: [UInt64]

    package struct Level: Sendable {
        /// Values of `X^(2^level)` and of its inverse.
        let monomial: [UInt64]
        let inverse: [UInt64]
        /// The key of its automorphism, and how often that is applied.
        let key: Int
        let repeats: Int
    }

    package init(_ ring: ResidueRing, _ keys: ServerKeys) {
        self.ring = ring
        self.keys = keys
        let parameters = ring.parameters
        digits = parameters.digits.map { ($0, ResidueBase(Array(parameters.primes[$0]), ring)) }
        special = ResidueBase(Array(parameters.specialPrimes), ring)
        inverseSpecial = parameters.primes.map {
            PublicNumbers.inverse(PublicNumbers.product(of: parameters.specialPrimes, modulo: $0), modulo: $0)
        }
        levels = (0..<parameters.packingLevels).map { level in
            let key = parameters.keyLevels.firstIndex { $0 >= level }!
            return Level(
                monomial: ring.monomial(1 << level), inverse: ring.monomial(-(1 << level)), key: key,
                repeats: 1 << (parameters.keyLevels[key] - level))
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

    /// The columns `first, first + step, ...` below `end` packed into one ciphertext, with `2^level` coefficients between
    /// the last two that are merged.
    ///
    /// Of the columns in turn every other one is packed by itself, which leaves coefficients twice as far apart; then
    /// `A + X^s·B + (A - X^s·B)^g` with `s = 2^level` and the automorphism of the level keeps of A the multiples of `2s`, of
    /// B those in between, doubles both, and takes away everything else at multiples of s.
    package func pack(
        first: Int, step: Int, end: Int, level: Int, levels remaining: Int, _ workspace: PackingWorkspace,
        leaf: (Int) -> Ciphertext
    ) -> Ciphertext? {
        guard first < end else { return nil }
        guard remaining > 0 else { return leaf(first) }
        var even = pack(
            first: first, step: 2 * step, end: end, level: level + 1, levels: remaining - 1, workspace, leaf: leaf)!
        var odd = pack(
            first: first + step, step: 2 * step, end: end, level: level + 1, levels: remaining - 1, workspace,
            leaf: leaf)
        if odd != nil {
            separate(&even.body, &odd!.body, level, workspace)
            separate(&even.mask, &odd!.mask, level, workspace)
        }
        addImage(of: odd ?? even, to: &even, level, workspace)
        return even
    }

    /// Adds the image of a ciphertext under a level's automorphism, encrypted under the secret itself.
    package func addImage(
        of ciphertext: Ciphertext, to sum: inout Ciphertext, _ level: Int, _ workspace: PackingWorkspace
    ) {
        let key = levels[level].key
        var image = ciphertext
        for _ in 1..<levels[level].repeats {
            var next = Ciphertext.zero(ring)
            addOnce(image, to: &next, key, workspace)
            image = next
        }
        addOnce(image, to: &sum, key, workspace)
    }

    private func addOnce(
        _ ciphertext: Ciphertext, to sum: inout Ciphertext, _ key: Int, _ workspace: PackingWorkspace
    ) {
        addPermuted(ciphertext.body, to: &sum.body, key, workspace)
        decompose(ciphertext.mask, key, workspace)
        addSwitched(keys.switchingBodies[key], to: &sum.body, workspace)
        addSwitched(keys.switchingMasks[key], to: &sum.mask, workspace)
    }

    /// `A + X^s·B` and `A - X^s·B` in the places of A and B.
    private func separate(_ a: inout [UInt64], _ b: inout [UInt64], _ level: Int, _ workspace: PackingWorkspace) {
        let degree = ring.degree
        b.withUnsafeMutableBufferPointer { b in
            levels[level].monomial.withUnsafeBufferPointer { monomial in
                ring.update(&a) { modulus, a, index in
                    let b = b.baseAddress! + index * degree
                    modulus.multiply(b, monomial.baseAddress! + index * degree, into: workspace.residues)
                    modulus.subtract(a, workspace.residues, into: b)
                    modulus.add(a, workspace.residues, into: a)
                }
            }
        }
    }

    private func addPermuted(_ x: [UInt64], to sum: inout [UInt64], _ key: Int, _ workspace: PackingWorkspace) {
        x.withUnsafeBufferPointer { x in
            ring.update(&sum) { modulus, sum, index in
                permute(x.baseAddress! + index * ring.degree, key, into: workspace.residues)
                modulus.add(sum, workspace.residues, into: sum)
            }
        }
    }

    /// The values of a polynomial under a key's automorphism.
    private func permute(_ x: UnsafePointer<UInt64>, _ key: Int, into out: UnsafeMutablePointer<UInt64>) {
        sources[key].withUnsafeBufferPointer { sources in
            for i in 0..<sources.count { out[i] = x[Int(sources[i])] }
        }
    }

    /// A polynomial under a key's automorphism as a sum of digits, times public numbers, that are small: of every digit the
    /// values modulo the basis.
    ///
    /// With Q the product of a digit's primes it is the sum of `y·(Q/p)`, `y = x/(Q/p) mod p`, over these primes p: x modulo Q
    /// plus a few times that. Modulo its own primes its values are those of x. A y is below four times any prime of the basis,
    /// so that transforms take it as it is.
    private func decompose(_ x: [UInt64], _ key: Int, _ workspace: PackingWorkspace) {
        let (degree, stride) = (ring.degree, ring.basis.count * ring.degree)
        x.withUnsafeBufferPointer { x in
            for (number, digit) in digits.enumerated() {
                let values = workspace.digits + number * stride
                for (i, place) in digit.places.enumerated() {
                    let (own, coefficients) = (values + place * degree, workspace.coefficients + i * degree)
                    permute(x.baseAddress! + place * degree, key, into: own)
                    coefficients.update(from: own, count: degree)
                    ring.basis[place].inverse(coefficients)
                    if digit.places.count > 1 {
                        ring.basis[place].scale(coefficients, by: digit.base.cofactors[i], into: coefficients)
                    }
                }
                for (place, modulus) in ring.basis.enumerated() where !digit.places.contains(place) {
                    let target = values + place * degree
                    if digit.places.count == 1 {
                        target.update(from: workspace.coefficients, count: degree)
                    } else {
                        digit.base.convert(workspace.coefficients, modulus, place, into: target)
                    }
                    modulus.forward(target)
                }
            }
        }
    }

    /// Adds the sum of digits times their keys, divided by the special primes and rounded down, or down by a little more.
    private func addSwitched(_ key: [UInt64], to sum: inout [UInt64], _ workspace: PackingWorkspace) {
        let (degree, stride) = (ring.degree, ring.basis.count * ring.degree)
        key.withUnsafeBufferPointer { key in
            func product(_ index: Int, into out: UnsafeMutablePointer<UInt64>) {
                ring.basis[index].dot(
                    terms: digits.count, workspace.digits + index * degree, stride: stride,
                    key.baseAddress! + index * degree, stride: stride, into: out)
            }
            for (i, cofactor) in special.cofactors.enumerated() {
                let (remainder, modulus) = (workspace.coefficients + i * degree, ring.basis[ring.primeCount + i])
                product(ring.primeCount + i, into: remainder)
                modulus.inverse(remainder)
                if special.cofactors.count > 1 { modulus.scale(remainder, by: cofactor, into: remainder) }
            }
            ring.update(&sum) { modulus, sum, index in
                let (quotient, lifted) = (workspace.residues, workspace.lifted)
                special.convert(workspace.coefficients, modulus, index, into: lifted)
                modulus.forward(lifted)
                product(index, into: quotient)
                modulus.add(quotient, less: lifted, times: inverseSpecial[index], to: sum)
            }
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

/// Memory that packing writes over, made once for many key switches.
package final class PackingWorkspace {
    /// Residue polynomials of a single prime.
    package let residues: UnsafeMutablePointer<UInt64>
    package let lifted: UnsafeMutablePointer<UInt64>
    /// One for each prime of a digit, or special prime.
    package let coefficients: UnsafeMutablePointer<UInt64>
    /// Of every digit the values modulo the basis.
    package let digits: UnsafeMutablePointer<UInt64>
    /// What packing does not touch, for those who make what is packed.
    package let polynomials: UnsafeMutablePointer<UInt64>
    private let memory: UnsafeMutableBufferPointer<UInt64>

    package init(_ ring: ResidueRing, polynomials count: Int = 0) {
        let (degree, parameters) = (ring.degree, ring.parameters)
        let ofDigits = parameters.digits.count * ring.basis.count
        memory = .allocate(capacity: (2 + parameters.digitPrimes + ofDigits + count) * degree)
        memory.initialize(repeating: 0)
        residues = memory.baseAddress!
        lifted = residues + degree
        coefficients = lifted + degree
        digits = coefficients + parameters.digitPrimes * degree
        polynomials = digits + ofDigits * degree
    }

    deinit { memory.deallocate() }
}
