import Foundation
import SottoModel
import Testing

/// The formats' definitions, by powers of two.
@Suite struct HalfPrecisionTests {
    private func exactHalf(_ bits: UInt16) -> Double {
        let sign = bits >> 15 == 1 ? -1.0 : 1.0
        let exponent = Int(bits >> 10 & 31)
        let fraction = Double(bits & 1023)
        if exponent == 0 { return sign * fraction * pow(2, -24) }
        return sign * (1024 + fraction) * pow(2, Double(exponent - 25))
    }

    @Test func everyHalfIsReadExactlyAndWrittenBack() {
        for bits in UInt16.min ... .max {
            let value = Float(halfBits: bits)
            if bits >> 10 & 31 == 31 {
                #expect(bits & 1023 == 0 ? value.isInfinite : value.isNaN)
                #expect(value.sign == (bits >> 15 == 1 ? .minus : .plus))
                if bits & 1023 == 0 { #expect(value.halfBits == bits) }
            } else if Double(value) != exactHalf(bits) || value.halfBits != bits {
                Issue.record("half \(bits) reads as \(value), is written as \(value.halfBits)")
            }
        }
        #expect(Float.nan.halfBits & 0x7C00 == 0x7C00 && Float.nan.halfBits & 0x3FF != 0)
    }

    @Test func everyBrainFloatIsReadExactlyAndWrittenBack() {
        for bits in UInt16.min ... .max {
            let value = Float(brainBits: bits)
            #expect(value.bitPattern == UInt32(bits) << 16)
            if !value.isNaN, value.brainBits != bits { Issue.record("bfloat16 \(bits)") }
            if value.isNaN, !Float(brainBits: value.brainBits).isNaN { Issue.record("bfloat16 NaN \(bits)") }
        }
    }

    @Test func writingRoundsToNearestTiesToEven() {
        // Between neighbouring halves: the midpoint goes to the even one, anything off it to the nearer.
        for bits: UInt16 in 0..<0x7BFF {
            let (low, high) = (Float(halfBits: bits), Float(halfBits: bits + 1))
            let middle = low + (high - low) / 2
            #expect(middle.halfBits == (bits & 1 == 0 ? bits : bits + 1))
            #expect(middle.nextDown.halfBits == bits)
            #expect((-middle.nextUp).halfBits == (bits + 1) | 0x8000)
        }
        for bits: UInt16 in stride(from: 0x3000, to: 0x4800, by: 1) {
            let middle = Float(bitPattern: UInt32(bits) << 16 | 0x8000)
            #expect(middle.brainBits == (bits & 1 == 0 ? bits : bits + 1))
            #expect(middle.nextDown.brainBits == bits)
            #expect(middle.nextUp.brainBits == bits + 1)
        }
    }

    @Test func overflowBecomesInfinity() {
        #expect(Float(65519.996).halfBits == 0x7BFF)
        #expect(Float(65520).halfBits == 0x7C00)
        #expect(Float(-1e30).halfBits == 0xFC00)
        #expect(Float.greatestFiniteMagnitude.brainBits == 0x7F80)
        #expect(Float.infinity.brainBits == 0x7F80)
        #expect(Float.leastNonzeroMagnitude.halfBits == 0)
    }
}
