/// A ciphertext as values: both components' residues modulo the primes of `q`.
///
/// While ciphertexts are packed or taken apart the body is multiplied by the special primes' product P, and has residues
/// modulo these too once keys have been added to it: it is divided by P at the end instead of after each key switch.
package struct Ciphertext: Sendable {
    package var body: [UInt64]
    package var mask: [UInt64]

    package static func zero(_ ring: ResidueRing) -> Ciphertext {
        let zeros = [UInt64](repeating: 0, count: ring.primeCount * ring.degree)
        return Ciphertext(body: zeros, mask: zeros)
    }

    /// Gives the body residues modulo the special primes, zeros, if it has none.
    package mutating func extend(_ ring: ResidueRing) {
        let missing = ring.basis.count * ring.degree - body.count
        if missing > 0 { body.append(contentsOf: repeatElement(0, count: missing)) }
    }
}

extension Ciphertext {
    /// Where a ciphertext's residues are written.
    package typealias Target = (body: UnsafeMutablePointer<UInt64>, mask: UnsafeMutablePointer<UInt64>)

    /// Ciphertexts that the body writes, all of them at once and all of their residues.
    package static func writing(_ count: Int, _ ring: ResidueRing, _ body: ([Target]) -> Void) -> [Ciphertext] {
        var written: [Ciphertext] = []
        written.reserveCapacity(count)
        write(count, ring.primeCount * ring.degree, [], to: &written, body)
        return written.reversed()
    }

    private static func write(
        _ count: Int, _ size: Int, _ targets: [Target], to written: inout [Ciphertext], _ body: ([Target]) -> Void
    ) {
        guard targets.count < count else { return body(targets) }
        var mask: [UInt64] = []
        let own = [UInt64](unsafeUninitializedCapacity: size) { bodies, initialized in
            mask = [UInt64](unsafeUninitializedCapacity: size) { masks, initialized in
                write(count, size, targets + [(bodies.baseAddress!, masks.baseAddress!)], to: &written, body)
                initialized = size
            }
            initialized = size
        }
        written.append(Ciphertext(body: own, mask: mask))
    }
}
