import Foundation
import SottoApproximation
import SottoModel
import Testing

@Suite struct ReferenceFunctionsTests {
    @Test func activationsAreTheNamedFunctions() {
        for x: Float in [-3, -0.5, 0, 0.25, 4] {
            #expect(ReferenceFunctions.activation(.identity, x) == x)
            #expect(ReferenceFunctions.activation(.relu, x) == (x > 0 ? x : 0))
            #expect(ReferenceFunctions.activation(.gelu, x) == Float(ExactFunctions.gelu(Double(x))))
            #expect(ReferenceFunctions.activation(.geluNew, x) == Float(ExactFunctions.geluNew(Double(x))))
            #expect(ReferenceFunctions.activation(.silu, x) == Float(ExactFunctions.silu(Double(x))))
        }
    }

    @Test func softmaxOfLargeScoresIsFinite() {
        let shares = ReferenceFunctions.softmax([4000, 4000, -4000, 3999][...])
        #expect(shares.map { $0.isFinite } == [true, true, true, true])
        #expect(shares[0] == shares[1] && shares[2] == 0)
        #expect(abs(Double(shares[3] / shares[0]) - exp(-1)) < 1e-6)
        #expect(abs(shares.reduce(0, +) - 1) < 1e-6)
        #expect(ReferenceFunctions.softmax([-7][...]) == [1])
    }

    @Test func layerNormUsesThePopulationVariance() {
        let row: [Float] = [9, 1, 3, 5, 7]
        let result = ReferenceFunctions.layerNorm(
            row[1...], gamma: [1, 1, 2, 1], beta: [0, 0, 0, 10], epsilon: 4)
        // Mean 4, variance 5, divisor √(5 + 4) = 3.
        #expect(result == [-1, Float(-1.0 / 3), Float(2.0 / 3), 11])
    }

    @Test func layerNormKeepsItsAccuracyBesideLargeMeans() {
        let row: [Float] = [100_000, 100_001, 100_002, 100_003]
        let result = ReferenceFunctions.layerNorm(
            row[...], gamma: [1, 1, 1, 1], beta: [0, 0, 0, 0], epsilon: 1e-5)
        let divisor = (1.25 + 1e-5).squareRoot()
        for (index, value) in result.enumerated() {
            #expect(abs(Double(value) - (Double(index) - 1.5) / divisor) < 1e-6)
        }
    }
}
