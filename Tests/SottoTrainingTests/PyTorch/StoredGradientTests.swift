import Foundation
import SottoModel
import SottoTraining
import Testing

/// The trainer against PyTorch's numbers in double precision.
struct StoredGradientTests {
    @Test(arguments: try TrainingReference.all(), [1, 2])
    func lossAndGradientsOfABatch(_ reference: TrainingReference, threads: Int) throws {
        let numbers = reference.numbers
        let (report, gradients) = try reference.trainer(threads: threads).gradients(windows: numbers.tokens[0])
        #expect(abs(report.loss - numbers.losses[0]) < 2e-6)
        #expect(abs(report.penalty - numbers.penalty) < 1e-6)
        #expect(abs(report.gradientNorm / numbers.gradientNorms[0] - 1) < 1e-5)
        #expect(report.entropies.map(\.count) == numbers.entropies.map(\.count))
        for (heads, expected) in zip(report.entropies, numbers.entropies) {
            for (entropy, value) in zip(heads, expected) { #expect(abs(entropy - value) < 1e-6) }
        }
        let expected = try reference.tensors("gradient")
        #expect(Set(gradients.keys) == Set(expected.keys))
        for (name, tensor) in expected {
            let gradient = try #require(gradients[name])
            // A gradient that cancels is held to the size of the terms.
            let size = max(largest(tensor.values), 1e-3)
            #expect(agrees(gradient, tensor, within: 2e-5 * size), "\(name)")
        }
    }

    @Test(arguments: try TrainingReference.all())
    func parametersAfterThreeUpdates(_ reference: TrainingReference) throws {
        let numbers = reference.numbers
        let trainer = try reference.trainer(threads: 1)
        for (index, learningRate) in reference.learningRates.enumerated() {
            let report = try trainer.update(windows: numbers.tokens[index], learningRate: learningRate)
            #expect(abs(report.loss - numbers.losses[index]) < 1e-5)
            #expect(abs(report.gradientNorm / numbers.gradientNorms[index] - 1) < 1e-4)
        }
        let parameters = Dictionary(uniqueKeysWithValues: trainer.state.map { ($0.name, $0.tensor) })
        let width = reference.architecture.width
        for (name, tensor) in try reference.tensors("updated") {
            var updated = try #require(parameters["parameter.\(name)"])
            if name.hasSuffix("c_attn.bias") {
                // Softmax does not see the keys' bias: its gradient is rounding, which AdamW makes steps of.
                let keys = width..<2 * width
                let steps = Float(reference.learningRates.reduce(0, +))
                for index in keys { #expect(abs(updated.values[index] - tensor.values[index]) <= 2 * steps) }
                var values = updated.values
                values.replaceSubrange(keys, with: tensor.values[keys])
                updated = WeightTensor(shape: updated.shape, values: values)
            }
            #expect(agrees(updated, tensor, within: 2e-5 * max(largest(tensor.values), 1)), "\(name)")
        }
    }

    private func largest(_ values: [Float]) -> Float { values.map(abs).max() ?? 0 }

    /// Fails on what is no number, too.
    private func agrees(_ left: WeightTensor, _ right: WeightTensor, within margin: Float) -> Bool {
        left.shape == right.shape && margin.isFinite
            && zip(left.values, right.values).allSatisfy { abs($0 - $1) < margin }
    }
}
