import Foundation
import SottoAttentionEntropy
import SottoModel
import SottoTraining
import Testing

/// A small random model with the losses, gradients and updates that PyTorch computed of it.
struct TrainingReference: Sendable, CustomTestStringConvertible {
    /// What `training.json` says of a case.
    struct Case: Decodable, Sendable {
        let name: String
        let architecture: String
        let tiedHead: Bool
        let normalization: Normalization?
        let regulariser: EntropyRegulariser?
        /// [update][window][context + 1].
        let tokens: [[[Int32]]]
        /// Before each update.
        let losses: [Double]
        let gradientNorms: [Double]
        /// Of the first batch, [layer][head].
        let entropies: [[Double]]
        let penalty: Double
    }

    struct Normalization: Decodable, Sendable {
        let kind: WeightNormalization.Kind
        let matrices: Set<WeightNormalization.Matrix>
    }

    private struct Document: Decodable {
        let sizes: Sizes
        let batch: Int
        let learningRates: [Double]
        let cases: [Case]
    }

    private struct Sizes: Decodable {
        let layers, heads, width, feedForwardWidth, context, vocabulary: Int
    }

    let numbers: Case
    let learningRates: [Double]
    let architecture: Architecture
    private let batch: Int

    var testDescription: String { numbers.name }

    /// Every stored case.
    static func all() throws -> [TrainingReference] {
        let data = try Data(contentsOf: directory.appendingPathComponent("training.json"))
        let document = try JSONDecoder().decode(Document.self, from: data)
        let sizes = document.sizes
        return try document.cases.map { numbers in
            TrainingReference(
                numbers: numbers, learningRates: document.learningRates,
                architecture: try Architecture(
                    notation: .init(numbers.architecture), layers: sizes.layers, heads: sizes.heads,
                    width: sizes.width, feedForwardWidth: sizes.feedForwardWidth, context: sizes.context,
                    vocabulary: sizes.vocabulary, tiedHead: numbers.tiedHead),
                batch: document.batch)
        }
    }

    /// The tensors of one kind (`parameter`, `gradient`, `updated`) by the trainer's names.
    func tensors(_ kind: String) throws -> [String: WeightTensor] {
        let file = try SafeTensors(contentsOf: Self.directory.appendingPathComponent("training.safetensors"))
        let prefix = "\(numbers.name)/\(kind)/"
        let names = file.entries.map(\.name).filter { $0.hasPrefix(prefix) }
        return try Dictionary(
            uniqueKeysWithValues: names.map { (String($0.dropFirst(prefix.count)), try file.tensor(named: $0)) })
    }

    /// A trainer that holds the stored parameters.
    func trainer(threads: Int) throws -> Trainer {
        var settings = TrainingSettings()
        settings.batch = batch
        settings.threads = threads
        settings.regulariser = numbers.regulariser
        settings.normalization = numbers.normalization.map { WeightNormalization($0.kind, of: $0.matrices) }
        let trainer = try Trainer(architecture: architecture, settings: settings, openBLAS: .load())
        let parameters = try tensors("parameter")
        let rights = parameters.filter { $0.key.hasSuffix(".right") }
        var state = Dictionary(uniqueKeysWithValues: trainer.state.map { ($0.name, $0.tensor) })
        for name in state.keys where name.hasPrefix("parameter.") {
            let tensor: WeightTensor = try #require(parameters[String(name.dropFirst("parameter.".count))], "\(name)")
            state[name] = tensor
        }
        for (name, tensor) in rights {
            let key = "singular_right.\(name.dropLast(".right".count))"
            try #require(state[key] != nil, "\(key)")
            state[key] = tensor
        }
        let known = state.keys.filter { $0.hasPrefix("parameter.") || $0.hasPrefix("singular_right.") }.count
        try #require(known == parameters.count)
        try trainer.restore(state, step: 0)
        return trainer
    }

    private static var directory: URL {
        (Bundle.module.resourceURL ?? Bundle.module.bundleURL).appendingPathComponent("Data", isDirectory: true)
    }
}
