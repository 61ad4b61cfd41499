import Foundation
import SottoApproximation
import Testing

@Suite struct MaximumErrorTests {
    @Test func truncationOfTheInputCounts() throws {
        var fields = Fields()
        fields.knots = []
        fields.origins = [0]
        fields.coefficients = [[0, 4096]]
        let identity = try fields.make()
        // Up to 2^-8 short of the next multiple, in steps of 2^-12; either way round.
        #expect(try identity.maximumError(against: { $0 }, inputFractionBits: 12).absolute == 15 * 0x1p-12)
        #expect(try identity.maximumError(against: { $0 }, inputFractionBits: 8).absolute == 0)
        #expect(try identity.maximumError(against: { $0 }, inputFractionBits: 3).absolute == 0)
        #expect(identity.maximumError(against: { $0 }).absolute == 0x1p-8)
    }

    @Test func inputsBelowAKnotFallOnEitherSide() throws {
        var fields = Fields()
        fields.coefficients = [[0], [1 << 20]]
        let step = try fields.make()
        let exact: (Double) -> Double = { $0 < 0 ? 0 : 1 }
        #expect(try step.maximumError(against: exact, inputFractionBits: 4).absolute == 0)
        let finer = try step.maximumError(against: exact, inputFractionBits: 6)
        #expect(finer.absolute == 1)
        #expect(finer.absoluteWorstInput < 0 && finer.absoluteWorstInput > -0x1p-4)
        #expect(step.maximumError(against: exact).absolute == 1)
        // The step may be anywhere within the unit below the knot, and nowhere else.
        for (position, error) in [(-0x1p-4 - 0x1p-8, 1.0), (-0x1p-5, 1.0), (0x1p-6, 1.0)] {
            #expect(step.maximumError { $0 < position ? 0 : 1 }.absolute == error)
        }
        let ramp: (Double) -> Double = { min(max(16 * $0 + 1, 0), 1) }
        #expect(step.maximumError(against: ramp).absolute == 1)
        #expect(try step.maximumError(against: ramp, inputFractionBits: 6).absolute == 0.75)
    }

    @Test func relativeErrorsUseTheFloor() throws {
        var fields = Fields()
        fields.relativeErrorFloor = 0.5
        fields.comparisonScale = 8
        let function = try fields.make()
        let shifted: (Double) -> Double = { abs($0) + 0.25 }
        #expect(try function.maximumError(against: shifted, inputFractionBits: 8).absolute == 0.25)
        #expect(try function.maximumError(against: shifted, inputFractionBits: 8).relative == 0.5)
    }

    @Test func aNaNIsAnErrorAndNoSuccess() throws {
        let error = try Fields().make().maximumError { $0 == 1 ? .nan : abs($0) }
        #expect(error.absolute.isNaN)
    }

    @Test func impossiblePrecisionsAreRefused() throws {
        let function = try Fields().make()
        for bits in [-1, 31] {
            #expect(throws: PiecewisePolynomialError.scaleOutOfRange(.input, value: bits, allowed: 0...30)) {
                try function.maximumError(against: { $0 }, inputFractionBits: bits)
            }
        }
        var fields = Fields()
        fields.coefficients = [[0], [0]]
        fields.inputRange = -0x1p40...0x1p40
        fields.domain = -0x1p40...0x1p40
        #expect(throws: PiecewisePolynomialError.inputRangeTooWide) {
            try fields.make().maximumError(against: { $0 }, inputFractionBits: 30)
        }
    }
}
