import SottoApproximation
import Testing

@Suite struct LinearSplitTests {
    private static let functions = BuiltInFunctions.all + QuadraticFunctions.all

    /// Ends of a piece's inputs, their neighbours and inputs in between.
    private func inputs(_ function: PiecewisePolynomial, _ piece: Int) -> [Int64] {
        let range = function.inputs(reaching: piece)
        let (low, high) = (range.lowerBound, range.upperBound)
        let between = (0...1000).map { low + Int64(Double(high - low) * Double($0) / 1000) }
        return ([low, low + 1, high - 1, high, 0, 1, -1] + between).filter(range.contains)
    }

    private func check(_ function: PiecewisePolynomial, _ split: LinearSplit, below bits: Int) {
        #expect(split.bound < Int64(1) << Int64(bits))
        let unit = Int128(1) << Int128(function.resultScale - function.inputScale)
        var largest: Int128 = 0
        for piece in function.coefficients.indices {
            let line = split.lines[piece]
            for x in inputs(function, piece) {
                let offset = x - function.origins[piece]
                let rest = function.exactValue(split.rows[piece], at: offset)!
                let whole = function.exactValue(function.coefficients[piece], at: offset)!
                #expect((Int128(line.slope) * Int128(x) + Int128(line.offset)) * unit + rest == whole)
                largest = max(largest, rest < 0 ? 0 - rest : rest)
            }
        }
        #expect(largest <= Int128(split.bound))
    }

    @Test(arguments: functions, [26, 28, 29, 30, 31, 40, 62])
    func linesAndTheRestAreTheFunction(function: PiecewisePolynomial, bits: Int) {
        guard let split = function.linearSplit(within: bits) else { return }
        check(function, split, below: bits)
    }

    /// What keys of function secret sharing rest on: activations without their lines are below 2^30, whole ones are not.
    @Test(arguments: QuadraticFunctions.all)
    func activationsAreSplitWithinThirtyBits(function: PiecewisePolynomial) throws {
        let split = try #require(function.linearSplit(within: 30))
        #expect(split.lines.first == .init(slope: 0, offset: 0) && split.lines.last == .init(slope: 1, offset: 0))
        #expect(function.outputBound * Double(sign: .plus, exponent: function.resultScale, significand: 1) > 0x1p40)
        #expect(function.linearSplit(within: 20) == nil)
    }

    @Test func nothingIsTakenFromWhatIsSmallAnyway() throws {
        for function in Self.functions {
            let split = try #require(function.linearSplit(within: 62))
            #expect(split.lines.allSatisfy { $0 == .init(slope: 0, offset: 0) } && split.rows == function.coefficients)
        }
    }

    /// A step from -1 to 1 has a constant for each piece and nothing else.
    @Test func constantsAreOffsets() throws {
        let step = try PiecewisePolynomial(
            name: "step", inputScale: 8, comparisonScale: 4, resultScale: 20, knots: [0], origins: [0, 0],
            coefficients: [[-1 << 20, 0], [1 << 20, 0]], inputRange: -4...4, domain: -4...4, errorBound: 0)
        let split = try #require(step.linearSplit(within: 4))
        #expect(split.lines == [.init(slope: 0, offset: -256), .init(slope: 0, offset: 256)] && split.bound == 0)
    }
}
