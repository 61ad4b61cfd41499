import Foundation
import SottoAttentionEntropy
import SottoModel
import SottoTraining
import TestSupport
import Testing

/// The model of docs/pytorch against Sotto on the same weights, in both directions, with PyTorch running beside.
@Suite(.enabled(PyTorch.notice) { PyTorch.isAvailable() })
struct LivePyTorchTests {
    @Test func logitsEntropiesAndLossOfAllArchitectures() throws {
        let directory = FileManager.default.temporaryDirectory
            .appendingPathComponent("sotto-\(UUID().uuidString)", isDirectory: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let models = try Architecture.Notation.all.enumerated().map { index, notation in
            try LiveModel(notation, index: index, directory: directory)
        }
        try PyTorch.run("run_models.py", [directory.path])
        for model in models {
            try model.expectAgreement(weights: model.weights, directory: model.directory)
            // What PyTorch trained and saved loads as it is.
            let saved = model.directory.appendingPathComponent("saved", isDirectory: true)
            let weights = try HuggingFaceModel(directory: saved).weights()
            #expect(weights.architecture == model.weights.architecture)
            #expect(weights.tensors.map(\.tensor) != model.weights.tensors.map(\.tensor))
            try model.expectAgreement(weights: weights, directory: saved)
        }
    }
}

/// A random model in a directory, for Sotto and PyTorch.
private struct LiveModel {
    /// What PyTorch computed.
    private struct Numbers: Decodable {
        /// [window][T][vocabulary].
        let logits: [[[Float]]]
        /// The mean over all tokens but a window's first.
        let loss: Double
        /// [layer][head].
        let entropies: [[Double]]
    }

    let directory: URL
    let weights: ModelWeights
    private let windows: [[Int]]

    init(_ notation: Architecture.Notation, index: Int, directory: URL) throws {
        self.directory = directory.appendingPathComponent("\(index)", isDirectory: true)
        let architecture = try Architecture(
            notation: notation, layers: 3, heads: 3, width: 24, feedForwardWidth: 50, context: 17, vocabulary: 29)
        var generator = SeededGenerator(UInt64(index))
        weights = try ModelWeights(architecture: architecture) { name, shape in
            let isScale = name.description.hasSuffix("temperature") || shape.isEmpty
            let values = (0..<shape.reduce(1, *)).map { _ in
                isScale
                    ? Float.random(in: 0.7...1.3, using: &generator) : Float.random(in: -0.4...0.4, using: &generator)
            }
            return WeightTensor(shape: shape, values: values)
        }
        windows = (0..<2).map { _ in
            (0..<architecture.context).map { _ in Int.random(in: 0..<architecture.vocabulary, using: &generator) }
        }
        try HuggingFaceModel.write(weights, to: self.directory)
        try JSONEncoder().encode(windows).write(to: self.directory.appendingPathComponent("tokens.json"))
    }

    /// Checks PyTorch's numbers in a directory against Sotto's with these weights.
    func expectAgreement(weights: ModelWeights, directory: URL) throws {
        let data = try Data(contentsOf: directory.appendingPathComponent("pytorch.json"))
        let numbers = try JSONDecoder().decode(Numbers.self, from: data)
        let model = ReferenceModel(weights)
        var losses: [Double] = []
        #expect(windows.count == numbers.logits.count)
        for (window, expected) in zip(windows, numbers.logits) {
            let (logits, flat) = (try model.logits(tokens: window), Array(expected.joined()))
            let largest = flat.map(abs).max() ?? 0
            #expect(logits.count == flat.count)
            // Unlike their largest, this sees differences that are no number.
            let margin = 2e-5 * max(largest, 1)
            #expect(
                margin.isFinite && zip(logits, flat).allSatisfy { abs($0 - $1) <= margin },
                "logits of \(weights.architecture)")
            losses += try ReferenceModel.losses(logits: logits, tokens: window)
        }
        let loss = losses.reduce(0, +) / Double(losses.count)
        #expect(abs(loss - numbers.loss) < 1e-5 * max(loss, 1), "loss of \(weights.architecture)")
        let measured = try model.attentionEntropies(of: Array(windows.joined())).entropies.means
        for entropies in [try trainedEntropies(of: weights), measured] {
            #expect(entropies.map(\.count) == numbers.entropies.map(\.count))
            let differences = zip(entropies.joined(), numbers.entropies.joined()).map { abs($0 - $1) }
            #expect(differences.allSatisfy { $0 < 1e-5 }, "entropies of \(weights.architecture)")
        }
    }

    /// [layer][head], by the trainer.
    private func trainedEntropies(of weights: ModelWeights) throws -> [[Double]] {
        var settings = TrainingSettings()
        settings.batch = windows.count
        let trainer = try Trainer(architecture: weights.architecture, settings: settings, openBLAS: .load())
        var state = Dictionary(uniqueKeysWithValues: trainer.state.map { ($0.name, $0.tensor) })
        for (name, tensor) in weights.tensors { state["parameter.\(name)"] = tensor }
        try trainer.restore(state, step: 0)
        return try trainer.gradients(windows: windows.map { $0.map(Int32.init) + [0] }).report.entropies
    }
}
