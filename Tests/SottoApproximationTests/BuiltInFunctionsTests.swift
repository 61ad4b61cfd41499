import Foundation
import SottoApproximation
import Testing

@Suite struct BuiltInFunctionsTests {
    private static let cases =
        Array(zip(BuiltInFunctions.all, BuiltInFunctions.entries))
        + Array(zip(QuadraticFunctions.all, QuadraticFunctions.entries))

    /// Three digits are stored, rounded up.
    private func isRoundedUp(_ stored: Double, from measured: Double) -> Bool {
        stored >= measured * (1 - 1e-9) && stored <= measured * 1.01
    }

    @Test(arguments: cases.indices) func everyRealInputMeetsTheStoredBound(index: Int) {
        let (function, entry) = Self.cases[index]
        let error = function.maximumError(against: entry.exact)
        #expect(isRoundedUp(function.errorBound, from: error.absolute))
        if let relative = function.relativeErrorBound {
            #expect(isRoundedUp(relative, from: error.relative))
        }
    }

    @Test(arguments: cases.indices) func everyFixedPointInputMeetsTheStoredBound(index: Int) throws {
        let (function, entry) = Self.cases[index]
        for bits in [12, 16] {
            let error = try function.maximumError(against: entry.exact, inputFractionBits: bits)
            #expect(error.absolute <= function.errorBound)
            #expect(error.relative <= function.relativeErrorBound ?? .infinity)
        }
    }

    @Test func boundsAreWhatTheFunctionsAreFor() throws {
        for gelu in [BuiltInFunctions.gelu, BuiltInFunctions.geluNew] {
            #expect(gelu.errorBound <= 3e-4 && gelu.knots.count <= 8 && gelu.inputRange == -4096...4096)
        }
        let silu = BuiltInFunctions.silu
        #expect(silu.errorBound <= 3e-4 && silu.knots.count <= 11 && silu.inputRange == -4096...4096)
        let exponential = BuiltInFunctions.exponential
        #expect(try #require(exponential.relativeErrorBound) <= 2e-4)
        #expect(exponential.relativeErrorFloor == 1.0 / 1024 && exponential.knots.count <= 15)
        #expect(exponential.inputRange == -8192...0.0625)
        for function in [BuiltInFunctions.reciprocal, BuiltInFunctions.inverseSquareRoot] {
            #expect(try #require(function.relativeErrorBound) <= 3e-5)
            #expect(function.relativeErrorFloor == 0 && function.knots.count <= 4)
            #expect(function.inputRange == function.domain && function.domain.contains(1 - 0x1p-8))
        }
        #expect(BuiltInFunctions.reciprocal.domain.contains(2 + 0x1p-8))
        #expect(BuiltInFunctions.inverseSquareRoot.domain.contains(4 + 0x1p-8))
        #expect(BuiltInFunctions.all.allSatisfy { $0.degree == 3 && $0.resultScale <= 60 })
    }

    @Test(arguments: cases.indices) func storedLiteralsAreValidAndTheirOutputBoundsExact(index: Int) throws {
        let function = Self.cases[index].0
        #expect(try Fields(function).make() == function)
    }

    @Test(arguments: cases.indices) func theFitterMakesTheStoredLiteral(index: Int) throws {
        let (function, entry) = Self.cases[index]
        #expect(try entry.fit() == function)
    }

    @Test func theSourceIsTheRegeneratedOne() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("Sources/SottoApproximation")
        func source(_ name: String) throws -> String {
            try String(contentsOf: root.appendingPathComponent(name), encoding: .utf8)
        }
        #expect(try BuiltInFunctions.regenerate() == source("BuiltInFunctions.swift"))
        #expect(try QuadraticFunctions.regenerate() == source("QuadraticFunctions.swift"))
    }

    @Test func quadraticFormsAreThoseOfTheStoredFunctions() throws {
        for function in [BuiltInFunctions.gelu, BuiltInFunctions.geluNew, BuiltInFunctions.silu] {
            let form = try #require(QuadraticFunctions.form(of: function))
            #expect(form.name == function.name && form.degree == 2 && form.errorBound + 0x1p-12 <= 1e-3)
            #expect(QuadraticFunctions.form(of: form) == nil)
        }
        #expect(QuadraticFunctions.form(of: BuiltInFunctions.reciprocal) == nil)
    }

    /// Everything a protocol may do with a secret input: any precision, both truncations by chance, the whole range.
    @Test(arguments: cases.indices) func randomInputsOverThePromisedRange(index: Int) {
        let (function, entry) = Self.cases[index]
        var generator = ScalarInputGenerator(state: UInt64(index))
        func truncated(_ x: Double, _ scale: Int) -> Int64 {
            let scaled = x * Double(sign: .plus, exponent: scale, significand: 1)
            return Int64(scaled.rounded(Bool.random(using: &generator) ? .up : .down))
        }
        let unit = Double(sign: .plus, exponent: -function.inputScale, significand: 1)
        var inputs = [function.inputRange, function.domain].flatMap { range in
            (0..<20_000).map { _ in Double.random(in: range, using: &generator) } + [
                range.lowerBound, range.upperBound,
            ]
        }
        for knot in function.knots {
            let real = Double(knot) * Double(sign: .plus, exponent: -function.comparisonScale, significand: 1)
            inputs += [-2, -1, -0.5, 0, 0.5, 1].map { real + $0 * unit }
        }
        let failures = inputs.filter { x in
            let interval = function.interval(forComparisonInput: truncated(x, function.comparisonScale))
            let y = function.realValue(x: truncated(x, function.inputScale), interval: interval)
            let exact = entry.exact(x)
            let error = abs(y - exact)
            let allowed = function.relativeErrorBound.map { $0 * max(abs(exact), function.relativeErrorFloor) }
            return !(error <= function.errorBound && error <= allowed ?? .infinity && abs(y) <= function.outputBound)
        }
        #expect(failures.isEmpty)
    }

    @Test(arguments: cases.indices) func noResultLeavesTheRing(index: Int) {
        let function = Self.cases[index].0
        let limit = Int128(1) << 62
        var generator = ScalarInputGenerator(state: 99)
        for interval in function.coefficients.indices {
            let reachable = function.inputs(reaching: interval)
            var inputs = (0..<5000).map { _ in Int64.random(in: reachable, using: &generator) }
            inputs += [reachable.lowerBound, reachable.lowerBound + 1, reachable.upperBound - 1, reachable.upperBound]
            let failures = inputs.filter { x in
                let y = exactSum(function.coefficients[interval], x - function.origins[interval])
                return !(y < limit && -y < limit && Int128(function.evaluate(x: x, interval: interval)) == y)
            }
            #expect(failures.isEmpty)
        }
    }

    /// The exhaustive check sees every coefficient: spoil one, and the bound breaks.
    @Test(arguments: cases.indices) func aSpoiledLiteralIsFound(index: Int) throws {
        let (function, entry) = Self.cases[index]
        let scale = Double(sign: .plus, exponent: function.resultScale, significand: 1)
        for interval in function.coefficients.indices {
            var fields = Fields(function)
            fields.coefficients[interval][0] += Int64(2.5 * function.errorBound * scale)
            #expect(try fields.make().maximumError(against: entry.exact).absolute > function.errorBound)
        }
        // A little to the right or, where a tail already holds, far to the left.
        for knot in function.knots.indices {
            let isFound = ([3, -64] as [Int64]).contains { shift in
                var fields = Fields(function)
                fields.knots[knot] += shift
                guard let error = try? fields.make().maximumError(against: entry.exact) else { return false }
                return error.absolute > function.errorBound || error.relative > function.relativeErrorBound ?? .infinity
            }
            #expect(isFound, "knot \(knot) of \(function.name)")
        }
    }
}
