import Foundation
import SottoAttentionEntropy
import SottoModel
import SottoTraining
import TestSupport
import Testing

/// Every parameter's gradient against central differences, along the gradient itself and along a random direction.
struct GradientTests {
    @Test(arguments: Architecture.Notation.all)
    func ofEveryArchitecture(_ notation: Architecture.Notation) throws {
        let small = try SmallTraining(notation) { settings in
            if notation.isEntropyRegularised {
                settings.regulariser = EntropyRegulariser(coefficient: 0.5, tolerance: 0.05)
            }
        }
        // ReLU bends: a step that crosses zero somewhere has no derivative there.
        let bends = notation.layer.activation == .relu
        try expectGradients(small, step: bends ? 1e-3 : 4e-3, tolerance: bends ? 1e-2 : 2e-3)
    }

    @Test func ofAnUntiedHead() throws {
        try expectGradients(SmallTraining(.init(.softmaxLayerNormGELU), tiedHead: false))
    }

    @Test(
        arguments: WeightNormalization.Kind.allCases,
        [Set(WeightNormalization.Matrix.allCases), [.feedForward], [.query, .key]])
    func ofNormalizedMatrices(_ kind: WeightNormalization.Kind, _ matrices: Set<WeightNormalization.Matrix>) throws {
        for network in [Architecture.Notation.Network.softmax, .softmaxFused] {
            let small = try SmallTraining(.init(network)) { settings in
                settings.normalization = WeightNormalization(kind, of: matrices)
            }
            // The power iteration's vectors are constants of the gradient once they have settled.
            for _ in 0..<(kind == .spectral ? 3000 : 0) { _ = try small.trainer.gradients(windows: small.windows) }
            try expectGradients(small)
        }
    }

    @Test func ofTheRegulariserOnEveryNorm() throws {
        for network in [Architecture.Notation.Network.softmaxLayerNormGELU, .softmaxGELU, .softmaxTemperatureFused] {
            try expectGradients(
                SmallTraining(.init(network)) { settings in
                    settings.regulariser = EntropyRegulariser(coefficient: 2, tolerance: 0)
                })
        }
    }

    private func expectGradients(_ small: SmallTraining, step length: Float = 4e-3, tolerance: Double = 2e-3) throws {
        let (_, gradients) = try small.trainer.gradients(windows: small.windows)
        var generator = SeededGenerator(7)
        for (name, gradient) in gradients.sorted(by: { $0.key < $1.key }) {
            let norm = gradient.values.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
            let random = gradient.values.map { _ in Float.random(in: -1...1, using: &generator) }
            let size = random.reduce(0) { $0 + $1 * $1 }.squareRoot()
            for direction in [gradient.values.map { $0 / Float(max(norm, 1e-20)) }, random.map { $0 / size }] {
                let expected = zip(gradient.values, direction).reduce(0) { $0 + Double($1.0) * Double($1.1) }
                let ahead = try small.trainer.objective(
                    small.windows, moving: name, along: direction, by: length)
                let behind = try small.trainer.objective(
                    small.windows, moving: name, along: direction, by: -length)
                let difference = (ahead - behind) / Double(2 * length)
                #expect(
                    abs(difference - expected) < tolerance * (norm + 0.2),
                    "\(name): \(expected) against \(difference), the gradient's norm is \(norm)")
            }
        }
    }
}
