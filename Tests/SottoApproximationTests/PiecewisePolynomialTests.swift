import Foundation
import SottoApproximation
import Testing

@Suite struct PiecewisePolynomialTests {
    @Test func intervalCountsTheKnotsAtOrBelow() throws {
        var fields = Fields()
        fields.knots = [-30, -3, 0, 1, 17]
        fields.origins = Array(repeating: 0, count: 6)
        fields.coefficients = Array(repeating: [0, 0], count: 6)
        let function = try fields.make()
        for input in -64...Int64(64) {
            #expect(function.interval(forComparisonInput: input) == fields.knots.filter { $0 <= input }.count)
        }
        #expect(function.interval(forComparisonInput: .min) == 0)
        #expect(function.interval(forComparisonInput: .max) == 5)
        fields.knots = []
        fields.origins = [0]
        fields.coefficients = [[7, 1]]
        #expect(try fields.make().interval(forComparisonInput: 5) == 0)
    }

    @Test func evaluationIsExactModulo2To64() throws {
        var generator = ScalarInputGenerator(state: 1)
        for degree in 0...3 {
            var fields = Fields()
            fields.resultScale = 24
            fields.inputRange = -1...1
            fields.domain = -1...1
            fields.origins = [-100, 200]
            fields.coefficients = (0..<2).map { _ in
                (0...degree).map { _ in Int64.random(in: -99...99, using: &generator) }
            }
            let function = try fields.make()
            #expect(function.degree == degree)
            for _ in 0..<1000 {
                // Also far outside the promised range, where the result wraps.
                let x = Int64.random(in: -(1 << 35)...(1 << 35), using: &generator)
                let interval = Int.random(in: 0...1, using: &generator)
                let expected = exactSum(fields.coefficients[interval], x - fields.origins[interval])
                #expect(function.evaluate(x: x, interval: interval) == Int64(truncatingIfNeeded: expected))
            }
        }
    }

    @Test func outputBoundIsTheLargestReachableResult() throws {
        // 3x - 4x^3 has its extremes of +-1 at +-1/2, inside the interval.
        var fields = Fields()
        fields.knots = []
        fields.origins = [0]
        fields.inputScale = 6
        fields.comparisonScale = 2
        fields.coefficients = [[0, 3 << 24, 0, -4 << 12]]
        fields.resultScale = 30
        fields.inputRange = -0.75...0.75
        fields.domain = -0.75...0.75
        #expect(try fields.make().outputBound == 1)
        fields.inputRange = -1.5...0.75
        #expect(try fields.make().outputBound == 9)
        #expect(try fields.make().inputBound == 1.5)
    }

    @Test func outputBoundAgainstEveryInput() throws {
        var generator = ScalarInputGenerator(state: 2)
        for _ in 0..<60 {
            var fields = Fields()
            fields.comparisonScale = Int.random(in: 0...5, using: &generator)
            fields.inputScale = Int.random(in: fields.comparisonScale...8, using: &generator)
            fields.resultScale = 24
            let unit = Int64(1) << fields.comparisonScale
            fields.knots = [-unit, unit + 1]
            fields.origins = (0..<3).map { _ in Int64.random(in: -500...500, using: &generator) }
            fields.coefficients = (0..<3).map { _ in
                (0..<4).map { Int64.random(in: -(1 << (24 - 6 * $0))...(1 << (24 - 6 * $0)), using: &generator) }
            }
            let function = try fields.make()
            var largest: Int128 = 0
            var unexpected = 0
            let finest = 10
            for raw in (-4 << finest)...Int64(4 << finest) {
                let (shift, comparisonShift) = (finest - fields.inputScale, finest - fields.comparisonScale)
                for comparison in [raw >> comparisonShift, -((-raw) >> comparisonShift)] {
                    let interval = function.interval(forComparisonInput: comparison)
                    for x in [raw >> shift, -((-raw) >> shift)] {
                        if !function.inputs(reaching: interval).contains(x) { unexpected += 1 }
                        let y = exactSum(fields.coefficients[interval], x - fields.origins[interval])
                        largest = max(largest, y < 0 ? -y : y)
                    }
                }
            }
            #expect(unexpected == 0)
            #expect(function.outputBound == Double(largest) / 0x1p24)
        }
    }

    @Test func invalidSpecificationsAreRefused() throws {
        #expect(try Fields().make().outputBound == 4)
        func refused(_ expected: PiecewisePolynomialError, _ spoil: (inout Fields) -> Void) {
            var fields = Fields()
            spoil(&fields)
            #expect(throws: expected) { try fields.make() }
            #expect(expected.description.hasSuffix("."))
        }
        refused(.scaleOutOfRange(.input, value: 31, allowed: 0...30)) { $0.inputScale = 31 }
        refused(.scaleOutOfRange(.input, value: -1, allowed: 0...30)) { $0.inputScale = -1 }
        refused(.scaleOutOfRange(.comparison, value: 9, allowed: 0...8)) { $0.comparisonScale = 9 }
        refused(.scaleOutOfRange(.result, value: 62, allowed: 0...61)) { $0.resultScale = 62 }
        refused(.wrongNumberOfOrigins(1, intervals: 2)) { $0.origins = [0] }
        refused(.wrongNumberOfRows(3, intervals: 2)) { $0.coefficients.append([0, 0]) }
        refused(.wrongNumberOfRows(0, intervals: 2)) { $0.coefficients = [] }
        refused(.wrongDegree(-1, maximum: 3)) { $0.coefficients = [[], []] }
        refused(.wrongDegree(4, maximum: 3)) { $0.coefficients = [[0, 0, 0, 0, 0], [0, 0, 0, 0, 0]] }
        refused(.raggedCoefficients(row: 1, count: 1, expected: 2)) { $0.coefficients[1] = [1] }
        refused(.resultScaleTooSmall(7, needed: 8)) { $0.resultScale = 7 }
        refused(.originTooLarge(index: 1)) { $0.origins[1] = .min }
        refused(.inputRangeTooWide) { $0.inputRange = -4...(.infinity) }
        refused(.inputRangeTooWide) { $0.inputRange = -0x1p53...4 }
        refused(.domainOutsideInputRange) { $0.domain = -4.5...4 }
        refused(.domainOutsideInputRange) { $0.domain = -4...4.5 }
        refused(.invalidErrorBound) { $0.errorBound = -1e-9 }
        refused(.invalidErrorBound) { $0.errorBound = .nan }
        refused(.invalidErrorBound) { $0.relativeErrorBound = .infinity }
        refused(.invalidErrorBound) { $0.relativeErrorFloor = -1 }
        func knots(_ fields: inout Fields, _ knots: [Int64]) {
            fields.knots = knots
            fields.origins = Array(repeating: 0, count: knots.count + 1)
            fields.coefficients = Array(repeating: [0, 1], count: knots.count + 1)
        }
        refused(.knotsNotAscending(index: 2)) { knots(&$0, [1, 2, 2]) }
        refused(.knotsNotAscending(index: 1)) { knots(&$0, [5, -5]) }
        refused(.knotOutsideInputRange(index: 0)) { knots(&$0, [-64, 0]) }
        refused(.knotOutsideInputRange(index: 1)) { knots(&$0, [0, 65]) }
        refused(.knotOutsideInputRange(index: 0)) { knots(&$0, [.min, 0]) }
    }

    @Test func resultsThatCouldReach2To62AreRefused() throws {
        // y = x up to 2^12 at scale 50 reaches 2^62 at the very end only.
        var fields = Fields()
        fields.resultScale = 50
        fields.coefficients = [[0, 0], [0, 1 << 42]]
        fields.inputRange = -4096...4096
        #expect(throws: PiecewisePolynomialError.overflow(interval: 1)) { try fields.make() }
        fields.inputRange = -4096...(4096 - 0x1p-8)
        #expect(try fields.make().outputBound == 4096 - 0x1p-8)
        // A ceiling at the input scale counts as well.
        fields.inputRange = -4096...(4096 - 0x1p-9)
        #expect(throws: PiecewisePolynomialError.overflow(interval: 1)) { try fields.make() }
        // The extreme lies between ends that are harmless.
        fields = Fields()
        fields.resultScale = 58
        fields.knots = []
        fields.origins = [0]
        fields.coefficients = [[1 << 62, 0, -(1 << 42)]]
        #expect(throws: PiecewisePolynomialError.overflow(interval: 0)) { try fields.make() }
        fields.coefficients = [[(1 << 62) - 1, 0, -(1 << 42)]]
        #expect(try fields.make().outputBound == 16)
        // Beyond 128 bits, and a tail that is multiplied by nothing large.
        fields.coefficients = [[0, 0, 0, .max]]
        fields.inputRange = -0x1p50...0x1p50
        #expect(throws: PiecewisePolynomialError.overflow(interval: 0)) { try fields.make() }
        fields.coefficients = [[1, 0, 0, 0]]
        #expect(try fields.make().outputBound == 0x1p-58)
    }

    @Test func codingValidates() throws {
        let encoder = JSONEncoder()
        for function in try BuiltInFunctions.all + [Fields().make()] {
            let data = try encoder.encode(function)
            #expect(try JSONDecoder().decode(PiecewisePolynomial.self, from: data) == function)
        }
        let text = try #require(String(data: encoder.encode(Fields().make()), encoding: .utf8))
        let spoiled = text.replacingOccurrences(of: "\"comparisonScale\":4", with: "\"comparisonScale\":12")
        #expect(spoiled != text)
        #expect(throws: PiecewisePolynomialError.scaleOutOfRange(.comparison, value: 12, allowed: 0...8)) {
            try JSONDecoder().decode(PiecewisePolynomial.self, from: Data(spoiled.utf8))
        }
    }
}
