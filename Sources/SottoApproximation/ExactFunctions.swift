import Foundation

/// The activations as their definitions have them, in double precision, and their derivatives.
///
/// The one definition of each: what is fitted, the plaintext reference and the checks of vectorised kernels all use it.
/// Forms are those that keep their relative accuracy in the negative tail.
package enum ExactFunctions {
    /// `x * Phi(x)` with the normal distribution function `Phi`.
    package static func gelu(_ x: Double) -> Double {
        // 1 + erf would cancel.
        0.5 * x * erfc(-x / 2.0.squareRoot())
    }

    /// `Phi(x) + x * phi(x)` with the normal density `phi`.
    package static func geluDerivative(_ x: Double) -> Double {
        0.5 * erfc(-x / 2.0.squareRoot()) + x * exp(-0.5 * x * x) / (2 * Double.pi).squareRoot()
    }

    /// `x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3)))`, the form that GPT-2 uses.
    package static func geluNew(_ x: Double) -> Double {
        // As a logistic function: 1 + tanh would cancel.
        x / (1 + exp(-2 * geluNewArgument(x)))
    }

    /// With `z` what the tanh is of and the logistic function `s`: `s(2z) * (1 + 2 * x * z' * s(-2z))`.
    package static func geluNewDerivative(_ x: Double) -> Double {
        let slope = (2 / Double.pi).squareRoot() * (1 + 3 * 0.044715 * x * x)
        let z = 2 * geluNewArgument(x)
        return logistic(z) * (1 + 2 * x * slope * logistic(-z))
    }

    /// `x / (1 + e^-x)`.
    package static func silu(_ x: Double) -> Double { x / (1 + exp(-x)) }

    /// With the logistic function `s`: `s(x) * (1 + x * s(-x))`.
    package static func siluDerivative(_ x: Double) -> Double { logistic(x) * (1 + x * logistic(-x)) }

    private static func logistic(_ x: Double) -> Double { 1 / (1 + exp(-x)) }

    /// What the tanh is of.
    private static func geluNewArgument(_ x: Double) -> Double {
        (2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)
    }
}
