import Foundation
import SottoAlgebra
import TestSupport
import Testing

@Suite struct FixedPointTests {
    @Test func knownValues() throws {
        let format = FixedPoint(fractionBits: 16)
        #expect(format.unit == 1.0 / 65536)
        #expect(try format.encode(0, magnitudeBits: 40) == 0)
        #expect(try format.encode(1, magnitudeBits: 40) == 65536)
        #expect(try format.encode(-1.5, magnitudeBits: 40) == -98304)
        #expect(try format.encode([0.1, -0.1] as [Double], magnitudeBits: 40) == [6554, -6554])
        #expect(try format.encode([0.25, -3] as [Float], magnitudeBits: 40) == [16384, -196608])
        #expect(format.decode(-98304) == -1.5)
        #expect(format.decode([65536, -1]) == [1, -1.0 / 65536])
    }

    /// Against the plain way, which looks at every value: at every limit, just inside, at a tie and just outside.
    @Test func encodesAsIfEveryValueWereLookedAt() {
        var generator = SeededGenerator(8)
        for bits in 1...63 {
            let limit = Double(sign: .plus, exponent: bits, significand: 1)
            for fraction in [0, 1, 16, 52, 62] {
                let (format, unit) = (
                    FixedPoint(fractionBits: fraction), Double(sign: .plus, exponent: -fraction, significand: 1)
                )
                var raws = [
                    limit, limit - 0.5, (limit - 0.5).nextDown, (limit - 0.5).nextUp, limit.nextDown, 0.5, 1.5, 0,
                ]
                raws += (0..<6).map { _ in Double.random(in: -1.2 * limit...1.2 * limit, using: &generator) }
                for value in (raws + raws.map(-)).map({ $0 * unit }) {
                    let rounded = (value / unit).rounded(.toNearestOrEven)
                    let expected = abs(rounded) < limit ? Int64(rounded) : nil
                    #expect((try? format.encode(value, magnitudeBits: bits)) == expected, "\(value), \(bits) bits")
                }
            }
        }
    }

    @Test func tiesGoToTheEvenInteger() throws {
        let format = FixedPoint(fractionBits: 1)
        let halves: [Double] = [0.25, 0.75, 1.25, -0.25, -0.75, -1.25]
        #expect(try format.encode(halves, magnitudeBits: 10) == [0, 2, 2, 0, -2, -2])
    }

    @Test(arguments: [0, 1, 12, 16, 40, 62]) func roundingIsToTheNearest(fractionBits: Int) throws {
        let format = FixedPoint(fractionBits: fractionBits)
        var generator = SeededGenerator(UInt64(fractionBits))
        for _ in 0..<2000 {
            let limit = Double(sign: .plus, exponent: min(62 - fractionBits, 30), significand: 1)
            let value = Double.random(in: -limit..<limit, using: &generator)
            let raw = try format.encode(value, magnitudeBits: 63)
            #expect(abs(format.decode(raw) - value) <= format.unit / 2)
        }
    }

    @Test(arguments: [1, 8, 31, 52, 63]) func theLimitItselfIsRefused(magnitudeBits: Int) throws {
        let format = FixedPoint(fractionBits: 4)
        let limit = Double(sign: .plus, exponent: magnitudeBits - 4, significand: 1)
        for value in [limit, -limit, limit * 2, -.greatestFiniteMagnitude] {
            #expect(throws: FixedPointError.outOfRange(value: value, limit: limit)) {
                try format.encode(value, magnitudeBits: magnitudeBits)
            }
        }
        let largest = limit.nextDown
        let raw = magnitudeBits <= 52 ? Int64(1) << Int64(magnitudeBits) - 1 : Int64(largest * 16)
        let inside = Double(raw) / 16
        #expect(try format.encode(inside, magnitudeBits: magnitudeBits) == raw)
        #expect(try format.encode(-inside, magnitudeBits: magnitudeBits) == -raw)
    }

    @Test func aValueThatRoundsUpToTheLimitIsRefused() throws {
        let format = FixedPoint(fractionBits: 0)
        #expect(try format.encode(7.4, magnitudeBits: 3) == 7)
        #expect(throws: FixedPointError.outOfRange(value: 7.6, limit: 8)) { try format.encode(7.6, magnitudeBits: 3) }
        #expect(throws: FixedPointError.outOfRange(value: -7.6, limit: 8)) {
            try format.encode([0, -7.6, 1], magnitudeBits: 3)
        }
    }

    @Test func whatIsNotFiniteIsRefused() {
        let format = FixedPoint(fractionBits: 16)
        for value in [Double.nan, .infinity, -.infinity, .signalingNaN] {
            #expect(throws: FixedPointError.notFinite) { try format.encode(value, magnitudeBits: 40) }
            #expect(throws: FixedPointError.notFinite) { try format.encode([Float(value)], magnitudeBits: 40) }
        }
        // The scaled value overflows, but the value is finite.
        #expect(throws: FixedPointError.outOfRange(value: .greatestFiniteMagnitude, limit: 16)) {
            try format.encode(Double.greatestFiniteMagnitude, magnitudeBits: 20)
        }
    }

    @Test func errorsKeepTheValueToThemselves() {
        let description = "\(FixedPointError.outOfRange(value: 1234.5, limit: 8))"
        #expect(description.contains("8.0") && !description.contains("1234"))
        #expect("\(FixedPointError.notFinite)".contains("not a number"))
    }
}
