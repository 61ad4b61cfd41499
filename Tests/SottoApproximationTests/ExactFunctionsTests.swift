import Foundation
import SottoApproximation
import Testing

@Suite struct ExactFunctionsTests {
    @Test func functionsAgreeWithTheirDefinitions() {
        for x in stride(from: -6.0, through: 6, by: 0.01) {
            #expect(abs(ExactFunctions.gelu(x) - x / 2 * (1 + erf(x / 2.0.squareRoot()))) < 1e-14)
            let z = (2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)
            #expect(abs(ExactFunctions.geluNew(x) - x / 2 * (1 + tanh(z))) < 1e-14)
            #expect(abs(ExactFunctions.silu(x) - x / 2 * (1 + tanh(x / 2))) < 1e-14)
        }
    }

    @Test func geluHasItsKnownValues() {
        // x·Φ(x) from tables of the normal distribution.
        let known: [(Double, Double)] = [
            (0, 0), (1, 0.841344746068543), (-1, -0.158655253931457), (2, 1.954499736103642),
            (-3, -0.004049694095139), (8, 8),
        ]
        for (x, value) in known { #expect(abs(ExactFunctions.gelu(x) - value) < 1e-12, "\(x)") }
        #expect(abs(ExactFunctions.gelu(-10) / (-10 * 7.61985302416053e-24) - 1) < 1e-9)
    }

    @Test func geluNewIsCloseToGELUButNotEqual() {
        var largest = 0.0
        for step in -8000...8000 {
            let x = Double(step) / 1000
            largest = max(largest, abs(ExactFunctions.gelu(x) - ExactFunctions.geluNew(x)))
        }
        #expect(largest < 5e-4 && largest > 4e-4)
        #expect(ExactFunctions.geluNew(1) == 0.5 * (1 + tanh(0.7978845608028654 * 1.044715)))
    }

    @Test func derivativesAreTheLimitsOfDifferences() {
        let pairs: [(name: String, function: (Double) -> Double, derivative: (Double) -> Double)] = [
            ("gelu", ExactFunctions.gelu, ExactFunctions.geluDerivative),
            ("geluNew", ExactFunctions.geluNew, ExactFunctions.geluNewDerivative),
            ("silu", ExactFunctions.silu, ExactFunctions.siluDerivative),
        ]
        for (name, function, derivative) in pairs {
            for x in stride(from: -12.0, through: 12, by: 0.01) {
                let difference = (function(x + 1e-5) - function(x - 1e-5)) / 2e-5
                #expect(abs(derivative(x) - difference) < 1e-9, "\(name) at \(x)")
            }
            #expect(derivative(0) == 0.5 && derivative(1000) == 1 && derivative(-1000) == 0)
        }
    }
}
