import Foundation
import SottoApproximation

/// The nonlinear functions of a transformer on plain numbers, one value or one row at a time.
///
/// Each is evaluated in double precision; results are rounded once.
package enum ReferenceFunctions {
    /// `gamma·(x - mean)/√(variance + epsilon) + beta` of one row, the variance that of the population.
    package static func layerNorm(
        _ row: ArraySlice<Float>, gamma: [Float], beta: [Float], epsilon: Double
    ) -> [Float] {
        let count = Double(row.count)
        let mean = row.reduce(0) { $0 + Double($1) } / count
        let variance = row.reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / count
        let scale = 1 / (variance + epsilon).squareRoot()
        return row.indices.map { index in
            let offset = index - row.startIndex
            return Float((Double(row[index]) - mean) * scale * Double(gamma[offset]) + Double(beta[offset]))
        }
    }

    /// `gamma·x/√(mean of x² + epsilon)` of one row.
    package static func rmsNorm(_ row: ArraySlice<Float>, gamma: [Float], epsilon: Double) -> [Float] {
        let square = row.reduce(0) { $0 + Double($1) * Double($1) } / Double(row.count)
        let scale = 1 / (square + epsilon).squareRoot()
        return zip(row, gamma).map { Float(Double($0) * scale * Double($1)) }
    }

    /// Rotary embedding of one head's queries or keys: elements i and i + w/2 of w, as a point of the plane, turned by the
    /// angle `position·theta^(-2i/w)`.
    package static func rotated(_ head: ArraySlice<Float>, position: Int, theta: Double) -> [Float] {
        let half = head.count / 2
        var result = [Float](repeating: 0, count: head.count)
        for i in 0..<half {
            let angle = Double(position) * pow(theta, -Double(i) / Double(half))
            let (x, y) = (Double(head[head.startIndex + i]), Double(head[head.startIndex + half + i]))
            result[i] = Float(x * cos(angle) - y * sin(angle))
            result[half + i] = Float(y * cos(angle) + x * sin(angle))
        }
        return result
    }

    /// `exp(x)/Σ exp(x)` of one row, computed relative to its maximum.
    package static func softmax(_ row: ArraySlice<Float>) -> [Float] {
        let maximum = Double(row.max() ?? 0)
        let exponentials = row.map { exp(Double($0) - maximum) }
        let sum = exponentials.reduce(0, +)
        return exponentials.map { Float($0 / sum) }
    }

    /// An FFN's activation.
    package static func activation(_ activation: Architecture.Activation, _ x: Float) -> Float {
        switch activation {
        case .identity: x
        case .relu: max(x, 0)
        case .gelu: Float(ExactFunctions.gelu(Double(x)))
        case .geluNew: Float(ExactFunctions.geluNew(Double(x)))
        case .silu: Float(ExactFunctions.silu(Double(x)))
        }
    }
}
