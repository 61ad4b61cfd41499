import CSottoRingKernels
import SottoAlgebra

// Between shares in F_p and bits: comparisons and truncation.

extension PrimeField: OTShareConversions {
    /// A value is negative exactly where its double, as an integer below p, is odd. With the doubled shares `a0` and `a1`
    /// that is the XOR of their lowest bits and of `a0 + a1 >= p`, the carry of `(a0 + 2^bits - p) + a1` out of `bits`
    /// bits. It needs no room above the value.
    package func comparisonOperand(
        _ share: [UInt64], party: Party, width: Int
    ) -> (digits: [BitVector], sign: BitVector) {
        let doubled = kernel.add(share, share)
        let sign = parity(doubled)
        return (bitPlanes(party == .server ? raised(doubled) : doubled), sign)
    }

    /// Below `p/2` a sum of shares wraps exactly where one of them is above `p/2`.
    package func topBits(_ share: [UInt64], width: Int) -> BitVector { isInUpperHalf(share) }

    package func shiftShare(_ share: [UInt64], party: Party, by shift: Int, width: Int) -> [UInt64] {
        guard shift > 0 else { return share }
        let (words, rest) = (shift / 64, UInt64(shift % 64))
        var result = zeros(count(share))
        for start in stride(from: 0, to: share.count, by: limbs) {
            // What is shifted out rounds party 1's quotient up.
            var lost: UInt64 = 0
            for limb in 0..<min(words, limbs) { lost |= share[start + limb] }
            if words < limbs, rest > 0 { lost |= share[start + words] << (64 - rest) }
            var carry: UInt64 = party == .client ? (lost | (0 &- lost)) >> 63 : 0
            for limb in 0..<max(0, limbs - words) {
                let low = share[start + limb + words] >> rest
                let isTop = limb + words + 1 == limbs
                let high = isTop ? 0 : (share[start + limb + words + 1] << 1) << (63 - rest)
                let sum = sotto_limb_add(low | high, 0, carry)
                result[start + limb] = sum.low
                carry = sum.high
            }
            // Rounded up, the quotient may have one limb more than rounded down.
            if words > 0, words <= limbs { result[start + limbs - words] = carry }
        }
        return result
    }

    /// A wrap is worth p, whose quotient is rounded to the nearest integer: the sum of both parties' parts then errs by one
    /// unit at most where p is within one of a multiple of `2^shift`, else by two.
    package func subtractWraps(_ wraps: [UInt64], from quotient: [UInt64], shift: Int, width: Int) -> [UInt64] {
        kernel.subtract(quotient, kernel.scale(wraps, by: modulus.quotient(byPowerOfTwo: shift)))
    }

    package func privateBitProduct(
        party: Party, own: BitVector, ownMask: BitVector, difference0: BitVector, difference1: BitVector,
        maskProduct: [UInt64]
    ) -> [UInt64] {
        // b0·b1 with b1 = e + (1-2e)c and b0 = d + (1-2d)a: party 0 holds b0·e, party 1 (1-2e)·d·c, and the
        // product a·c is shared.
        let local = fromBits(party == .server ? own & difference1 : ownMask & difference0)
        let product = negated(maskProduct, where: difference0 ^ difference1)
        return kernel.add(product, party == .client ? negated(local, where: difference1) : local)
    }

    // MARK: Limbs

    /// `x + 2^bits - p`, which is below `2^bits`.
    private func raised(_ x: [UInt64]) -> [UInt64] {
        // 2^bits - p, in as many limbs.
        var complement = [UInt64](repeating: 0, count: limbs)
        var carry: UInt64 = 1
        for limb in 0..<limbs {
            let (sum, overflow) = (~modulus.limbs[limb]).addingReportingOverflow(carry)
            complement[limb] = sum
            carry = overflow ? 1 : 0
        }
        let top = modulus.bits % 64
        if top != 0 { complement[limbs - 1] &= (1 << UInt64(top)) - 1 }
        var result = x
        for start in stride(from: 0, to: x.count, by: limbs) {
            var carry: UInt64 = 0
            for limb in 0..<limbs {
                let sum = sotto_limb_add(result[start + limb], complement[limb], carry)
                result[start + limb] = sum.low
                carry = sum.high
            }
        }
        return result
    }

    /// Bit `j` of every element, for every bit of p.
    private func bitPlanes(_ x: [UInt64]) -> [BitVector] {
        (0..<limbs).flatMap { limb in
            let column = stride(from: limb, to: x.count, by: limbs).map { x[$0] }
            return BitPlanes.planes(of: column, width: min(64, modulus.bits - 64 * limb))
        }
    }
}
