import SottoSecureComputation
import TestSupport
import Testing

@Suite struct CoarseReciprocalTests {
    /// Every piece's ends and the inputs between them, in the clear.
    @Test(arguments: [(0.75, 1.07), (0.75, 136.3), (0.75, 545), (1, 100), (0.25, 3), (0.01, 5)])
    func linesAreNearTheReciprocal(minimum: Double, bound: Double) throws {
        let function = try #require(CoarseReciprocal(minimum: minimum, bound: bound))
        let unit = Double(sign: .plus, exponent: CoarseReciprocal.inputScale, significand: 1)
        let result = Double(sign: .plus, exponent: function.resultScale, significand: 1)
        #expect(zip(function.knots, function.knots.dropFirst()).allSatisfy(<))
        #expect(function.rows.count == function.knots.count + 1)
        var worst = [0.0, 0.0]
        for x in stride(from: Int64((minimum * unit).rounded(.up)), through: Int64(bound * unit), by: 3) {
            let row = function.rows[function.knots.count { $0 <= x }]
            let value = Double(row[0] + row[1] * x) / result
            let real = Double(x) / unit
            worst[real < 2 ? 0 : 1] = max(worst[real < 2 ? 0 : 1], abs(value * real - 1))
            #expect(value <= function.bound)
        }
        #expect(worst[0] < 2e-4 && worst[1] < 6e-4)
    }

    @Test func whatIsTooLargeIsRefused() {
        #expect(CoarseReciprocal(minimum: 0.75, bound: 0x1p21) == nil)
        #expect(CoarseReciprocal(minimum: 0x1p-40, bound: 4) == nil)
        #expect(CoarseReciprocal(minimum: 1, bound: 0.5) == nil)
    }

    /// In one round, for sums of as many exponentials as a row has.
    @Test(arguments: [1, 2, 128, 512])
    func oneRoundGivesIt(longest: Int) throws {
        var generator = SeededGenerator(UInt64(longest))
        let format = SoftmaxFormat(longestRow: longest)
        let bound = 1.0645 * Double(longest)
        let unit = Double(sign: .plus, exponent: format.exponentialScale, significand: 1)
        let (low, high) = (Int64(0.75 * unit), Int64(bound * unit))
        let random = (0..<2000).map { _ in Int64.random(in: low...high, using: &generator) }
        let x = [low, low + 1, high - 1, high] + random
        let b = ProgramBuilder(target: .fssWithDealer)
        let s = b.sharedInput("x", shape: [x.count], scale: format.exponentialScale, bound: bound, width: 36)
        let y = try #require(
            try b.coarseReciprocal(s, minimum: 0.75, scale: format.reciprocalScale, minimumWidth: format.productWidth))
        #expect(y.scale == format.reciprocalScale && y.width >= format.productWidth)
        try b.open(y, as: "y", to: [.client])
        let run = try ProgramRunner(b.finish(), shared: ["x": .uniform(x, width: 36, using: &generator)])
        #expect(run.costIsExact && run.plaintext.violations.isEmpty)
        let result = Double(sign: .plus, exponent: format.reciprocalScale, significand: 1)
        for (index, x) in x.enumerated() {
            let real = Double(x) / unit
            for y in [run.opened("y")[index], run.reference("y")[index]] {
                #expect(abs(Double(y) / result * real - 1) < (real < 2 ? 4e-4 : 7e-4))
            }
        }
    }

    @Test func itIsForSuitesWithSplinesAndRingsThatHoldIt() throws {
        func reciprocal(_ target: Target, minimumWidth: Int) throws -> Secret? {
            let b = ProgramBuilder(target: target)
            let x = b.sharedInput("x", shape: [1], scale: 22, bound: 100, width: 40)
            return try b.coarseReciprocal(x, minimum: 0.75, scale: 27, minimumWidth: minimumWidth)
        }
        #expect(try reciprocal(.standard, minimumWidth: 52) == nil)
        #expect(try reciprocal(.fssWithDealer, minimumWidth: 52) != nil)
        #expect(try reciprocal(.fssWithDealer, minimumWidth: 64) == nil)
    }
}
