import SottoSecureComputation
import TestSupport
import Testing

@Suite struct RangeReductionTests {
    /// Every power of two of the range and its neighbours, and values between.
    @Test(
        arguments: [(22, 0.75, 1100.0, 29), (16, 1.0, 100, 24), (10, 0.25, 3, 20)], Target.both)
    func reciprocal(format: (Int, Double, Double, Int), target: Target) throws {
        let (scale, minimum, bound, resultScale) = format
        var generator = SeededGenerator(UInt64(scale))
        let unit = Double(sign: .plus, exponent: scale, significand: 1)
        let (low, high) = (Int64(minimum * unit), Int64(bound * unit))
        var x = [low, low + 1, high, high - 1]
        for exponent in 0..<62 {
            let power: Int64 = 1 << Int64(exponent)
            x += [power - 1, power, power + 1].filter { (low...high).contains($0) }
        }
        for _ in 0..<3000 {
            x.append(.random(in: low...high, using: &generator))
            x.append(.random(in: low...(low * 3), using: &generator))
        }
        let b = ProgramBuilder(target: target)
        let s = b.sharedInput("x", shape: [x.count], scale: scale, bound: bound, width: 40)
        let y = try b.reciprocal(s, minimum: minimum, scale: resultScale)
        #expect(y.scale == resultScale)
        try b.open(y, as: "y", to: [.client])
        let run = try ProgramRunner(b.finish(), shared: ["x": .uniform(x, width: 40, using: &generator)])
        #expect(run.costIsExact)
        #expect(run.plaintext.violations.isEmpty)
        // The specification's relative error, and one unit at the scale before the shift back.
        let highest = Int(high == 0 ? 0 : Double(high).exponent)
        let kept = Double(sign: .plus, exponent: resultScale + scale - highest, significand: 1)
        let tolerance = 1.49e-5 + 2 * 2 / kept
        for (index, x) in x.enumerated() {
            for result in [run.opened("y")[index], run.reference("y")[index]] {
                let relative =
                    Double(result) / Double(sign: .plus, exponent: resultScale, significand: 1) * Double(x) / unit - 1
                #expect(abs(relative) < tolerance, "1/\(Double(x) / unit)")
            }
        }
    }

    @Test func precisionThatIsNotThereIsRefused() throws {
        let b = ProgramBuilder()
        let x = b.sharedInput("x", shape: [3], scale: 4, bound: 0x1p30, width: 60)
        #expect(throws: ProgramError.self) { try b.scope("r") { try b.reciprocal(x, minimum: 1, scale: 20) } }
    }
}
