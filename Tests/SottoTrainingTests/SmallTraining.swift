import Foundation
import SottoModel
import SottoTraining
import TestSupport

/// A small network, its trainer away from every special point, and a batch.
struct SmallTraining {
    let trainer: Trainer
    let windows: [[Int32]]

    /// - Parameters:
    ///   - change: edits the settings of one thread and three windows a step.
    init(
        _ notation: Architecture.Notation, tiedHead: Bool = true, seed: UInt64 = 1,
        change: (inout TrainingSettings) -> Void = { _ in }
    ) throws {
        let architecture = try Architecture(
            notation: notation, layers: 3, heads: 2, width: 12, feedForwardWidth: 40, context: 9, vocabulary: 17,
            tiedHead: tiedHead)
        var settings = TrainingSettings()
        settings.batch = 3
        settings.seed = seed
        change(&settings)
        trainer = try Trainer(architecture: architecture, settings: settings, openBLAS: .load())
        var generator = SeededGenerator(seed)
        try Self.scatter(trainer, &generator)
        windows = (0..<settings.batch).map { _ in
            (0...architecture.context).map { _ in Int32.random(in: 0..<17, using: &generator) }
        }
    }

    /// Moves every parameter: nothing is 0, no norm the identity, no alpha 1.
    private static func scatter(_ trainer: Trainer, _ generator: inout SeededGenerator) throws {
        var state = Dictionary(uniqueKeysWithValues: trainer.state.map { ($0.name, $0.tensor) })
        for name in state.keys.sorted() where name.hasPrefix("parameter.") {
            guard let tensor = state[name] else { continue }
            let values = tensor.values.map { $0 + Float.random(in: -0.3...0.3, using: &generator) }
            state[name] = WeightTensor(shape: tensor.shape, values: values)
        }
        try trainer.restore(state, step: 0)
    }
}

extension Trainer {
    /// The loss that is minimised, with one parameter tensor moved along a direction.
    func objective(_ windows: [[Int32]], moving name: String, along direction: [Float], by length: Float) throws
        -> Double
    {
        let original = Dictionary(uniqueKeysWithValues: state.map { ($0.name, $0.tensor) })
        var moved = original
        if let tensor = original["parameter.\(name)"] {
            let values = zip(tensor.values, direction).map { $0 + length * $1 }
            moved["parameter.\(name)"] = WeightTensor(shape: tensor.shape, values: values)
        }
        try restore(moved, step: step)
        let report = try gradients(windows: windows).report
        try restore(original, step: step)
        return report.loss + (settings.regulariser?.coefficient ?? 0) * report.penalty
    }
}
