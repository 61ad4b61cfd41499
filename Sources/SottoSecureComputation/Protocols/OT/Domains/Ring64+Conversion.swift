import SottoAlgebra

extension Ring64: OTShareConversions {
    package func comparisonOperand(
        _ share: [UInt64], party: Party, width: Int
    ) -> (digits: [BitVector], sign: BitVector) {
        let planes = BitPlanes.planes(of: share, width: width)
        return (Array(planes.dropLast()), planes[width - 1])
    }

    package func subtractWraps(_ wraps: [UInt64], from quotient: [UInt64], shift: Int, width: Int) -> [UInt64] {
        // A wrap is worth 2^(width - shift), nothing where that is the whole ring's.
        let exponent = UInt64(width - shift)
        return exponent >= 64
            ? quotient
            : [UInt64](unsafeUninitializedCapacity: quotient.count) { out, initialized in
                for i in 0..<quotient.count { out[i] = quotient[i] &- wraps[i] << exponent }
                initialized = quotient.count
            }
    }

    package func topBits(_ share: [UInt64], width: Int) -> BitVector {
        let shift = UInt64(width - 1)
        return bits(count: share.count) { (share[$0] >> shift) & 1 }
    }

    package func shiftShare(_ share: [UInt64], party: Party, by shift: Int, width: Int) -> [UInt64] {
        let mask = Self.mask(width)
        guard shift > 0 else { return share.map { $0 & mask } }
        let low = Self.mask(shift)
        let shift = UInt64(shift)
        if party == .server { return share.map { ($0 & mask) >> shift } }
        return share.map {
            let x = $0 & mask
            // One more where anything is lost: the carry of the lost bits and all ones.
            return (x >> shift) &+ (((x & low) &+ low) >> shift)
        }
    }

    package func privateBitProduct(
        party: Party, own: BitVector, ownMask: BitVector, difference0: BitVector, difference1: BitVector,
        maskProduct: [UInt64]
    ) -> [UInt64] {
        // b0·b1 with b1 = e + (1-2e)c and b0 = d + (1-2d)a: party 0 holds b0·e, party 1 (1-2e)·d·c, and the
        // product a·c is shared.
        let local = party == .server ? own & difference1 : ownMask & difference0
        return [UInt64](unsafeUninitializedCapacity: own.count) { out, initialized in
            for i in 0..<own.count {
                let word = i >> 6
                let bit = UInt64(i & 63)
                let d = (difference0.words[word] >> bit) & 1
                let e = (difference1.words[word] >> bit) & 1
                let l = (local.words[word] >> bit) & 1
                let (flips, own) = (0 &- (d ^ e), 0 &- (party == .client ? e : 0))
                out[i] = ((maskProduct[i] ^ flips) &- flips) &+ ((l ^ own) &- own)
            }
            initialized = own.count
        }
    }

    private func bits(count: Int, _ bit: (Int) -> UInt64) -> BitVector {
        var words = [UInt64](repeating: 0, count: (count + 63) / 64)
        for word in words.indices {
            var value: UInt64 = 0
            for i in (word * 64)..<min(count, word * 64 + 64) { value |= bit(i) << UInt64(i & 63) }
            words[word] = value
        }
        return BitVector(words: words, count: count)
    }
}
