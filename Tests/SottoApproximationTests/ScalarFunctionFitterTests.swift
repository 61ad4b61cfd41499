import Foundation
import SottoApproximation
import Testing

@Suite struct ScalarFunctionFitterTests {
    private static func softplus(_ x: Double) -> Double { log1p(exp(-abs(x))) + max(x, 0) }
    private static func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }

    private let softplusSpecification = ScalarFunctionFitter.Specification(
        name: "softplus", domain: -12...12, inputRange: -1024...1024, left: .constant(0),
        right: .linear(slope: 1, intercept: 0), tolerance: .absolute(5e-4))

    private static func uniform(_: Double) -> Double { 1 }

    @Test func minimaxPolynomialsOfKnownFunctions() {
        let points = (0...96).map { -cos(Double.pi * Double($0) / 96) }
        func best(_ function: (Double) -> Double, degree: Int, weight: (Double) -> Double = Self.uniform)
            -> MinimaxPolynomial
        {
            MinimaxPolynomial(
                points: points, values: points.map(function), weights: points.map(weight), degree: degree)
        }
        // The best approximation of x^n by a lower degree leaves the Chebyshev polynomial over 2^(n-1).
        for degree in 0...3 {
            let power = best({ pow($0, Double(degree + 1)) }, degree: degree)
            #expect(abs(power.ratio - pow(0.5, Double(degree))) < 1e-9)
        }
        // |x| by a parabola: x^2 + 1/8.
        let absolute = best(abs, degree: 2)
        #expect(abs(absolute.ratio - 0.125) < 1e-3)
        #expect(abs(absolute.coefficients[2] - 1) < 0.02)
        // A polynomial is found exactly, and a weight does not change that.
        let exact = best({ 1 - 2 * $0 + 3 * $0 * $0 }, degree: 2, weight: { 2 + $0 })
        #expect(zip(exact.coefficients, [1, -2, 3]).allSatisfy { abs($0 - $1) < 1e-12 })
        // A constant for x under the weight 2 + x: 1 + c over 1 at the left end equals 1 - c over 3 at the right one.
        let weighted = best({ $0 }, degree: 0, weight: { 2 + $0 })
        #expect(abs(weighted.ratio - 0.5) < 1e-12)
        #expect(abs(weighted.coefficients[0] + 0.5) < 1e-12)
    }

    @Test(arguments: 1...3) func softplusMeetsItsTolerance(degree: Int) throws {
        let fitter = ScalarFunctionFitter(inputScale: 13, comparisonScale: 5, resultScale: 51, degree: degree)
        let function = try fitter.fit(softplusSpecification, exact: Self.softplus)
        #expect(function.degree == degree)
        #expect(function.errorBound <= 5e-4)
        let exhaustive = try function.maximumError(against: Self.softplus, inputFractionBits: 16).absolute
        #expect(exhaustive <= function.errorBound && exhaustive > 0.8 * function.errorBound)
        #expect(function.coefficients.first?.allSatisfy { $0 == 0 } == true)
        #expect(function.coefficients.last?.dropFirst(2).allSatisfy { $0 == 0 } == true)
        #expect(function.outputBound == 1024)
        #expect(function.relativeErrorBound == nil)
    }

    @Test func higherDegreesAndTolerancesNeedFewerKnots() throws {
        func knots(degree: Int, tolerance: Double) throws -> Int {
            var specification = softplusSpecification
            specification.tolerance = .absolute(tolerance)
            return try ScalarFunctionFitter(inputScale: 14, comparisonScale: 6, resultScale: 51, degree: degree)
                .fit(specification, exact: Self.softplus).knots.count
        }
        #expect(try knots(degree: 3, tolerance: 5e-4) <= 7)
        #expect(try knots(degree: 2, tolerance: 5e-4) > knots(degree: 3, tolerance: 5e-4))
        #expect(try knots(degree: 1, tolerance: 5e-4) > knots(degree: 2, tolerance: 5e-4))
        #expect(try knots(degree: 3, tolerance: 2e-4) > knots(degree: 3, tolerance: 2e-3))
    }

    @Test func sigmoidWithConstantTails() throws {
        let fitter = ScalarFunctionFitter(inputScale: 14, comparisonScale: 4, resultScale: 56)
        let function = try fitter.fit(
            .init(
                name: "sigmoid", domain: -16...16, inputRange: -4096...4096, left: .constant(0), right: .constant(1),
                tolerance: .absolute(1e-4)),
            exact: Self.sigmoid)
        #expect(function.errorBound <= 1e-4)
        #expect(try function.maximumError(against: Self.sigmoid, inputFractionBits: 18).absolute <= function.errorBound)
        #expect(function.coefficients.last == [1 << 56, 0, 0, 0])
        // Equalised: with as many knots nothing below the reached error is left to gain but a few per cent.
        var specification = ScalarFunctionFitter.Specification(
            name: "sigmoid", domain: -16...16, inputRange: -4096...4096, left: .constant(0), right: .constant(1),
            tolerance: .absolute(function.errorBound * 0.97))
        #expect(try fitter.fit(specification, exact: Self.sigmoid).knots.count > function.knots.count)
        specification.tolerance = .absolute(function.errorBound * 1.01)
        #expect(try fitter.fit(specification, exact: Self.sigmoid).knots.count == function.knots.count)
    }

    @Test func givenKnotsAreKept() throws {
        let relu = try ScalarFunctionFitter(inputScale: 16, comparisonScale: 16, resultScale: 45, degree: 1).fit(
            .init(
                name: "relu", domain: -4...4, inputRange: -4096...4096, left: .constant(0),
                right: .linear(slope: 1, intercept: 0), tolerance: .absolute(1e-3), partition: .knots([0])),
            exact: { max($0, 0) })
        #expect(relu.knots == [0])
        #expect(relu.coefficients == [[0, 0], [0, 1 << 29]])
        #expect(relu.errorBound <= 0x1.01p-16)
        let cosine = try ScalarFunctionFitter(inputScale: 12, comparisonScale: 3, resultScale: 48).fit(
            .init(
                name: "cosine", domain: 0...3, inputRange: 0...3, tolerance: .relative(1e-9, floor: 1),
                partition: .knots([4, 9, 20])),
            exact: { cos($0) })
        #expect(cosine.knots == [4, 9, 20])
        // The tolerance is far out of reach and only says what to weigh; the reached error is stored.
        #expect(cosine.errorBound > 1e-4 && cosine.errorBound < 5e-3)
        #expect(cosine.maximumError { cos($0) }.absolute <= cosine.errorBound)
        #expect(cosine.relativeErrorBound != nil)
    }

    @Test func impossibleRequestsAreRefused() throws {
        let fitter = ScalarFunctionFitter(inputScale: 12, comparisonScale: 4, resultScale: 48)
        func refused(
            _ expected: ScalarFunctionFitterError, fitter: ScalarFunctionFitter,
            exact: (Double) -> Double = Self.softplus,
            _ spoil: (inout ScalarFunctionFitter.Specification) -> Void
        ) {
            var specification = softplusSpecification
            spoil(&specification)
            #expect(throws: expected) { try fitter.fit(specification, exact: exact) }
            #expect(expected.description.hasSuffix("."))
        }
        refused(.invalidScales, fitter: .init(inputScale: 12, comparisonScale: 4, resultScale: 35)) { _ in }
        refused(.invalidScales, fitter: .init(inputScale: 12, comparisonScale: 13, resultScale: 48)) { _ in }
        refused(.invalidScales, fitter: .init(inputScale: 12, comparisonScale: 4, resultScale: 62)) { _ in }
        refused(.invalidScales, fitter: .init(inputScale: 12, comparisonScale: 4, resultScale: 60, degree: 4)) { _ in }
        refused(.invalidScales, fitter: .init(inputScale: -1, comparisonScale: -1, resultScale: 48)) { _ in }
        refused(.invalidDomain, fitter: fitter) { $0.domain = 1...1 }
        refused(.invalidDomain, fitter: fitter) { $0.domain = -12...(.infinity) }
        refused(.invalidDomain, fitter: fitter) { $0.domain = -1e300...1e300 }
        refused(.invalidDomain, fitter: fitter) { $0.domain = 1e-9...2e-9 }
        refused(.missingTail, fitter: fitter) { $0.left = .none }
        refused(.missingTail, fitter: fitter) { $0.right = .none }
        refused(.invalidTail, fitter: fitter) { $0.left = .constant(.nan) }
        refused(.invalidTail, fitter: fitter) { $0.left = .constant(0x1p14) }
        refused(.invalidTail, fitter: .init(inputScale: 12, comparisonScale: 4, resultScale: 48, degree: 0)) { _ in }
        refused(.invalidTolerance, fitter: fitter) { $0.tolerance = .absolute(0) }
        refused(.invalidTolerance, fitter: fitter) { $0.tolerance = .relative(1e-3, floor: -1) }
        refused(.invalidTolerance, fitter: fitter) { $0.tolerance = .absolute(.nan) }
        for knots: [Int64] in [[], [3, 3], [4, 2], [-192], [0, 192], [.min, 0]] {
            refused(.invalidKnots, fitter: fitter) { $0.partition = .knots(knots) }
        }
        refused(.notFinite(at: 0), fitter: fitter, exact: { 1 / $0 }, { _ in })
        refused(.notFinite(at: -12), fitter: fitter, exact: { log($0) }, { _ in })
    }

    @Test func unreachableTolerancesSayWhere() throws {
        func near(_ tolerance: Double, _ exact: (Double) -> Double) -> Double? {
            var specification = softplusSpecification
            specification.tolerance = .absolute(tolerance)
            let fitter = ScalarFunctionFitter(inputScale: 12, comparisonScale: 4, resultScale: 48)
            do {
                _ = try fitter.fit(specification, exact: exact)
            } catch ScalarFunctionFitterError.toleranceUnreachable(let input) {
                return input
            } catch {
                return nil
            }
            return nil
        }
        // The truncation of the input alone costs slope * 2^-12.
        #expect(near(1e-4, Self.softplus).map { (-2...0).contains($0) } == true)
        // A tail that does not fit.
        #expect(near(1e-2, { Self.softplus($0) + 1 }) == -12)
        // A jump.
        #expect(near(1e-2, { Self.softplus($0) + ($0 < 0 ? 0 : 1) }).map { (-1...0).contains($0) } == true)
    }

    @Test func degenerateFitsEndInTypedErrors() throws {
        // A relative error without a floor at a zero of the function.
        let fitter = ScalarFunctionFitter(inputScale: 10, comparisonScale: 2, resultScale: 40)
        for partition in [ScalarFunctionFitter.Partition.fewest, .knots([1])] {
            #expect(throws: ScalarFunctionFitterError.self) {
                try fitter.fit(
                    .init(
                        name: "sine", domain: -1...1, inputRange: -1...1, tolerance: .relative(1e-3, floor: 0),
                        partition: partition),
                    exact: { sin($0) })
            }
        }
        // Neighbouring inputs that the floating-point grid of a fit cannot tell apart.
        let fine = ScalarFunctionFitter(inputScale: 30, comparisonScale: 30, resultScale: 39, degree: 1)
        let narrow = 0x1p22 - 0x1p-28...0x1p22
        for partition in [ScalarFunctionFitter.Partition.fewest, .knots([1 << 52 - 2, 1 << 52 - 1])] {
            let attempt = Result {
                try fine.fit(
                    .init(
                        name: "identity", domain: narrow, inputRange: narrow, tolerance: .absolute(1e-7),
                        partition: partition),
                    exact: { $0 })
            }
            if case .failure(let error) = attempt { #expect(error is ScalarFunctionFitterError) }
        }
        // Coefficients beyond 64 bits, and a tolerance beyond every result.
        for (tolerance, slope) in [(1e300, 1.0), (1e-3, 1e12), (1e300, 1e200)] {
            let attempt = Result {
                try fitter.fit(
                    .init(
                        name: "line", domain: -1...1, inputRange: -1...1, tolerance: .absolute(tolerance),
                        partition: .knots([0])),
                    exact: { slope * $0 })
            }
            if slope == 1 {
                #expect(try attempt.get().errorBound < 2)
            } else {
                #expect(throws: (any Error).self, performing: attempt.get)
            }
        }
    }

    @Test func promisedRangesThatOverflowAreRefused() {
        var specification = softplusSpecification
        specification.inputRange = -1024...8192
        #expect(throws: PiecewisePolynomialError.self) {
            try ScalarFunctionFitter(inputScale: 13, comparisonScale: 5, resultScale: 51)
                .fit(specification, exact: Self.softplus)
        }
    }
}
