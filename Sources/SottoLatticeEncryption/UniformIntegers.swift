import SottoRandomness

/// Uniform integers below `2^bits`, one for each coefficient, as limbs of 48 bits.
package struct UniformIntegers {
    package let bits: Int
    /// The lowest limbs of all integers first.
    package var limbs: [[UInt64]]

    package static let limbBits = 48

    /// - Throws: `LatticeError.randomness`.
    package init(_ count: Int, bits: Int, from generator: PseudorandomGenerator) throws(LatticeError) {
        self.bits = bits
        limbs = []
        for start in stride(from: 0, to: bits, by: Self.limbBits) {
            let width = min(Self.limbBits, bits - start)
            limbs.append(
                try drawing { () throws(RandomnessError) in try generator.elements(count: count, width: width) })
        }
    }

    /// The integers modulo a prime, plus a public residue.
    package func write(_ modulus: TransformModulus, plus residue: UInt64, into out: UnsafeMutablePointer<UInt64>) {
        let count = modulus.degree
        out.update(repeating: 0, count: count)
        let radix: UInt64 = (1 << UInt64(Self.limbBits)) % modulus.p
        for limb in limbs.reversed() {
            modulus.scale(out, by: radix, into: out)
            limb.withUnsafeBufferPointer { limb in
                for i in 0..<count { out[i] = modulus.below(out[i] &+ modulus.reduce(limb[i])) }
            }
        }
        for i in 0..<count { out[i] = modulus.below(out[i] &+ residue) }
    }

    /// The integer at an index modulo 2^64.
    package func word(_ index: Int) -> UInt64 {
        limbs.enumerated().reduce(0) { sum, limb in
            let shift = UInt64(Self.limbBits * limb.offset)
            return shift >= 64 ? sum : sum &+ limb.element[index] << shift
        }
    }
}
