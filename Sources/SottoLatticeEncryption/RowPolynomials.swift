import Synchronization

/// The rows of a product as polynomials, each with its elements at their coefficients of the responses.
struct RowPolynomials: Sendable {
    let elements: [UInt64]
    let product: EncryptedRowProduct
    /// Where each row begins, and where the last one ends.
    let offsets: [Int]
    let ring: ResidueRing
    /// The exponents of `g^(-k)`.
    private let exponents: [Int]

    /// `log2` of the groups that are multiplied together: sums are read and written once for all of them.
    static let togetherLevels = 1

    /// Residue polynomials that a thread writes over: of groups their own polynomials, bodies and masks, and two sums.
    static let memory = 3 << togetherLevels + 2

    /// - Parameter exponent: of the automorphism g.
    init(_ elements: [UInt64], _ product: EncryptedRowProduct, exponent: Int, _ ring: ResidueRing) {
        self.elements = elements
        self.product = product
        self.ring = ring
        offsets = product.offsets
        let mask = 2 * ring.degree - 1
        // Each step doubles the places at which it is right.
        let inverse = (0..<6).reduce(1) { x, _ in x &* (2 &- exponent &* x) & mask }
        exponents = (1..<product.layout.groupRows).reduce(into: [1]) { exponents, _ in
            exponents.append(exponents.last! * inverse & mask)
        }
    }

    /// Adds the part of consecutive groups to the responses that have their rows' elements.
    ///
    /// - Parameters:
    ///   - numbers: of each group a ciphertext of its numbers.
    ///   - sums: those of responses from the given one on.
    func addProducts(
        first: Int, _ numbers: [Ciphertext], to sums: [ResponseSum], from firstBlock: Int, _ workspace: PackingWorkspace
    ) {
        let groups = numbers.indices.map { product.layout.rowRange(group: first + $0, product.product) }
        let (start, end) = (offsets[groups[0].lowerBound], offsets[groups.last!.upperBound])
        guard start < end else { return }
        for block in (start / ring.degree)...((end - 1) / ring.degree) {
            let range = product.range(block)
            let own = groups.indices.filter {
                (offsets[groups[$0].lowerBound]..<offsets[groups[$0].upperBound]).overlaps(range)
            }
            guard !own.isEmpty else { continue }
            add(own.map { groups[$0] }, range, own.map { numbers[$0] }, to: sums[block - firstBlock], workspace)
        }
    }

    /// Adds products of groups with their elements in a response.
    private func add(
        _ groups: [Range<Int>], _ range: Range<Int>, _ numbers: [Ciphertext], to sum: ResponseSum,
        _ workspace: PackingWorkspace
    ) {
        let (degree, count) = (ring.degree, groups.count)
        let polynomials = workspace.memory
        let bodies = polynomials + count * degree
        let masks = bodies + count * degree
        let (body, mask) = (masks + count * degree, masks + (count + 1) * degree)
        for index in 0..<ring.primeCount {
            let (modulus, offset) = (ring.basis[index], index * degree)
            for (place, number) in numbers.enumerated() {
                number.body.withUnsafeBufferPointer {
                    (bodies + place * degree).update(from: $0.baseAddress! + offset, count: degree)
                }
                number.mask.withUnsafeBufferPointer {
                    (masks + place * degree).update(from: $0.baseAddress! + offset, count: degree)
                }
            }
            for (exponent, term) in zip(exponents, sum.terms) {
                for (place, rows) in groups.enumerated() {
                    write(rows, range, exponent, modulus, into: polynomials + place * degree)
                    modulus.forward(polynomials + place * degree)
                }
                modulus.dot(terms: count, polynomials, stride: degree, bodies, stride: degree, into: body)
                modulus.dot(terms: count, polynomials, stride: degree, masks, stride: degree, into: mask)
                term.add(body: body, mask: mask, modulus, at: offset)
            }
        }
    }

    /// The sum of all `Y^(-u)·g^(-k)(P_u)` for a group's elements in a response, as coefficients modulo a prime.
    ///
    /// - Parameter exponent: that of `g^(-k)`.
    private func write(
        _ rows: Range<Int>, _ range: Range<Int>, _ exponent: Int, _ modulus: TransformModulus,
        into polynomial: UnsafeMutablePointer<UInt64>
    ) {
        let (degree, shift) = (ring.degree, UInt64(64 - product.product.width))
        polynomial.update(repeating: 0, count: degree)
        for row in rows {
            let own = (offsets[row]..<offsets[row + 1]).clamped(to: range)
            let first = (row - rows.lowerBound) << product.layout.levels
            var power = (own.lowerBound - range.lowerBound) * exponent - first
            for element in own {
                power &= 2 * degree - 1
                let residue = modulus.signedResidue(elements[element] << shift, shift: shift)
                // X^N is -1; powers are public.
                let (place, isNegative) = (power & (degree - 1), power >= degree)
                polynomial[place] = modulus.below(
                    polynomial[place] &+ (isNegative ? modulus.below(modulus.p &- residue) : residue))
                power += exponent
            }
        }
    }
}

/// What becomes a response: a sum of ciphertexts for each power of the automorphism.
struct ResponseSum: Sendable {
    let terms: [CiphertextSum]

    init(_ ring: ResidueRing, _ layout: RowLayout) { terms = (0..<layout.groupRows).map { _ in CiphertextSum(ring) } }
}

/// A sum of ciphertexts that several threads add to; in whichever order they do, it has the same residues.
final class CiphertextSum: Sendable {
    private let sum: Mutex<Ciphertext>

    init(_ ring: ResidueRing) { sum = Mutex(.zero(ring)) }

    var ciphertext: Ciphertext { sum.withLock { $0 } }

    /// Adds residues modulo one prime at their place.
    func add(
        body: UnsafePointer<UInt64>, mask: UnsafePointer<UInt64>, _ modulus: TransformModulus, at offset: Int
    ) {
        func add(_ x: UnsafePointer<UInt64>, to sum: inout [UInt64]) {
            sum.withUnsafeMutableBufferPointer { sum in
                let sum = sum.baseAddress! + offset
                modulus.add(sum, x, into: sum)
            }
        }
        sum.withLock { sum in
            add(body, to: &sum.body)
            add(mask, to: &sum.mask)
        }
    }
}

extension CiphertextPacking {
    /// The exponent of the automorphism that stands for a level's.
    func exponent(level: Int) -> Int {
        let parameters = ring.parameters
        let key = parameters.automorphism(level: parameters.keyLevels[levels[level].key])
        return (0..<levels[level].repeats).reduce(1) { power, _ in power * key & (2 * ring.degree - 1) }
    }

    /// The response of its terms: `T_0 + g(T_1 + g(T_2 + ...))`.
    func response(_ sum: ResponseSum, _ layout: RowLayout, _ workspace: PackingWorkspace) -> Ciphertext {
        var terms = sum.terms.map(\.ciphertext)
        guard terms.count > 1 else { return terms[0] }
        for index in terms.indices { switching.multiply(&terms[index]) }
        var response = [terms.removeLast()]
        for term in terms.reversed() {
            var next = [term]
            addImages(of: response, to: &next, layout.numberLevels - 1, workspace)
            response = next
        }
        switching.divide(&response[0], workspace)
        return response[0]
    }
}
