// The 16-bit formats by their bits: Swift's Float16 does not exist on every platform this package runs on.

extension Float {
    /// The value of an IEEE 754 binary16 bit pattern; exact.
    package init(halfBits bits: UInt16) {
        let sign = UInt32(bits & 0x8000) << 16
        let exponent = UInt32(bits >> 10 & 0x1F)
        let fraction = UInt32(bits & 0x3FF)
        switch exponent {
        case 0:
            // Subnormal: fraction · 2^-24, exact in single precision.
            let magnitude = Float(fraction) * 0x1p-24
            self.init(bitPattern: magnitude.bitPattern | sign)
        case 0x1F:
            self.init(bitPattern: sign | 0x7F80_0000 | fraction << 13)
        default:
            self.init(bitPattern: sign | (exponent + 112) << 23 | fraction << 13)
        }
    }

    /// The value of a bfloat16 bit pattern; exact.
    package init(brainBits bits: UInt16) {
        self.init(bitPattern: UInt32(bits) << 16)
    }

    /// The nearest binary16 bit pattern, ties to even; too large a magnitude becomes infinity.
    package var halfBits: UInt16 {
        let sign = UInt16(bitPattern >> 16 & 0x8000)
        let magnitude = bitPattern & 0x7FFF_FFFF
        if magnitude > 0x7F80_0000 { return sign | 0x7E00 }
        if magnitude >= 0x4780_0000 { return sign | 0x7C00 }
        if magnitude < 0x3880_0000 {
            // Below the smallest normal: round to a multiple of 2^-24.
            return sign | UInt16((Float(bitPattern: magnitude) * 0x1p24).rounded(.toNearestOrEven))
        }
        let rebased = magnitude - 112 << 23
        let rounded = rebased + 0xFFF + (rebased >> 13 & 1)
        return sign | UInt16(rounded >> 13)
    }

    /// The nearest bfloat16 bit pattern, ties to even.
    package var brainBits: UInt16 {
        if isNaN { return UInt16(bitPattern >> 16) | 0x0040 }
        return UInt16((UInt64(bitPattern) + 0x7FFF + UInt64(bitPattern >> 16 & 1)) >> 16)
    }
}
