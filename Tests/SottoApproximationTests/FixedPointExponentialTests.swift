import Foundation
import SottoApproximation
import Testing

@Suite struct FixedPointExponentialTests {
    private static let last: UInt64 = 1 << 20 - 1

    @Test func powers() {
        let single = (0..<20).map { UInt64(1) << UInt64($0) }
        let many = (0..<4096).map { UInt64($0 * 255) }
        let inputs: [UInt64] = single + many + [0, 3, 0xAAAAA, 0x55555, Self.last]
        for (y, power) in zip(inputs, FixedPointExponential.power(inputs)) {
            let exact = exp(-Double(y) / 65536)
            #expect(abs(Double(power) * 0x1p-64 - exact) <= exact * 0x1p-50 + 0x1p-59)
        }
    }

    /// Every input of the window, split in several ways, without a carry and with one.
    @Test func everyInputMeetsTheBound() {
        var generator = ScalarInputGenerator(state: 5)
        let splits = [0, 1, Self.last, Self.last / 2, generator.next() & Self.last, generator.next() & Self.last]
        var worst = 0.0
        let scale = Double(sign: .plus, exponent: -FixedPointExponential.resultScale, significand: 1)
        let inputs = Array(0...Self.last)
        let exact = inputs.map { exp(Double(Int64($0) + FixedPointExponential.start) / 65536) }
        for split in splits {
            let d = [UInt64](repeating: split, count: inputs.count)
            let r = inputs.map { ($0 &- split) & Self.last }
            let carry = inputs.map { $0 < split }
            let (withCarry, without) = (true, false)
            let factors = [withCarry, without].map {
                (
                    FixedPointExponential.publicFactor(d.prefix(1).map { $0 }, carry: $0)[0],
                    FixedPointExponential.secretFactor(r, carry: $0)
                )
            }
            for i in inputs.indices {
                let (publicFactor, secrets) = factors[carry[i] ? 0 : 1]
                let found = Double(Int64(publicFactor * secrets[i])) * scale
                let bound = FixedPointExponential.errorBound
                worst = max(worst, abs(found - exact[i]) / (bound.relative * exact[i] + bound.absolute))
            }
        }
        #expect(worst <= 1)
        #expect(worst > 0.3)
    }

    /// What is promised of the exponential as a whole: of the result, or of 1/1024.
    @Test func boundsAreWhatTheExponentialIsFor() {
        let bound = FixedPointExponential.errorBound
        #expect(bound.relative + 1024 * bound.absolute <= 1.75e-4)
        // A value in the lowest cell, a quarter long, may count as below the window.
        #expect(exp(Double(FixedPointExponential.start) / 65536 + 0.25) <= FixedPointExponential.tailBound)
        #expect(FixedPointExponential.tailBound <= 1.75e-4 / 1024)
        #expect(FixedPointExponential.windowEnd > 65536 / 16)
    }
}
