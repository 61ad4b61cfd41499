/// `e^x` as a product of what two sides know of `x`, in integers that every machine computes alike.
///
/// For `x` in a window of 16 below ``windowEnd``, split as `x - start = d + r - 16·c` with `d` and `r` in [0, 16),
/// `e^x` is `e^d·e^r` up to a constant that depends on the carry `c`. Both factors are exponentials of nonpositive
/// numbers here, `E(y) = e^-y` for `y = 16 - 2^-16 - d` and alike for `r`; the constant stands with the factor of `d`.
package enum FixedPointExponential {
    /// Fraction bits of the input.
    package static let inputScale = 16
    /// Bits of a window's inputs.
    package static let windowBits = 20
    /// The first input above the window, at ``inputScale``: 1/16 is in it.
    package static let windowEnd: Int64 = (1 << 12) + 1
    package static let start: Int64 = windowEnd - 1 << 20

    /// Fraction bits of `e^x` as the product of both factors.
    package static let resultScale = 51
    /// Fraction bits of the factor of `r`, with a carry and without: without one it may be as small as e^-16.
    package static let secretScales = (carry: 25, plain: 37)

    /// The largest error relative to `e^x`, and the largest absolute one that comes to it.
    package static let errorBound = (relative: 8e-5, absolute: 2.5e-8)
    /// What inputs below the window and the lowest cell, which count as below, may have at most.
    package static let tailBound = 1.6e-7

    /// `2^64·exp(-2^(i - 16))`, rounded.
    private static let steps: [UInt64] = [
        0xFFFF_0000_7FFF_D555, 0xFFFE_0001_FFFE_AAAB, 0xFFFC_0007_FFF5_5560, 0xFFF8_001F_FFAA_AB55,
        0xFFF0_007F_FD55_6000, 0xFFE0_01FF_EAAB_5551, 0xFFC0_07FF_555F_FF77, 0xFF80_1FFA_AB55_4446,
        0xFF00_7FD5_5FFD_DE39, 0xFE01_FEAB_5511_27CC, 0xFC07_F55F_F77D_2494, 0xF81F_AB54_45AE_BC8A,
        0xF07D_5FDE_3815_1E73, 0xE1EB_5127_6C11_0C3C, 0xC75F_7CF5_6410_5743, 0x9B45_97E3_7CB0_4FF4,
        0x5E2D_58D8_B3BC_DF1B, 0x22A5_5547_7F03_9740, 0x04B0_556E_084F_3D1E, 0x0015_FC21_0410_27AD,
    ]

    /// `2^64·e^-y`, up to 24 low, for `y < 2^20` at ``inputScale``. Straight-line: `y` may be a secret.
    package static func power(_ y: [UInt64]) -> [UInt64] {
        y.map { y in
            var result = UInt64.max
            for (bit, step) in steps.enumerated() {
                // All ones where the bit is zero.
                let unset = ((y >> UInt64(bit)) & 1) &- 1
                result = result.multipliedFullWidth(by: step | unset).high
            }
            return result
        }
    }

    private static let lowBits: UInt64 = (1 << 20) - 1

    /// The factor of what is secret, at the scale of the case.
    package static func secretFactor(_ r: [UInt64], carry: Bool) -> [UInt64] {
        let shift = UInt64(64 - (carry ? secretScales.carry : secretScales.plain))
        return power(r.map { lowBits - ($0 & lowBits) }).map { ($0 >> shift) + (($0 >> (shift - 1)) & 1) }
    }

    /// The factor of what is public, `e^(1/16 - 2^-16)` times the power, at the scale that is left, with a carry; without
    /// one `e^16` times as much.
    package static func publicFactor(_ d: [UInt64], carry: Bool) -> [UInt64] {
        // e^(1/16 - 2^-16) at 26 fraction bits, e^(16 + 1/16 - 2^-16) at 14.
        let constant: UInt64 = carry ? 71_435_924 : 154_977_420_498
        return power(d.map { lowBits - ($0 & lowBits) }).map {
            let product = $0.multipliedFullWidth(by: constant)
            return product.high + (product.low >> 63)
        }
    }
}
