import Foundation
import SottoModel
import SottoTokenization

/// A model that is compared with others, and what is known of its training.
public struct ComparedModel: Sendable {
    public let source: ModelSource
    /// Its own name, or its path where another model has the same.
    public let name: String
    /// What a training run left beside it.
    public let record: TrainingRecord?

    /// Reads what is known of models.
    /// - Parameter names: of presets, or paths of directories in Hugging Face's layout.
    /// - Throws: `ModelError` if there is no such model, ``RunFileError`` if its training is not at its end or what is said
    ///   of it cannot be read.
    public static func all(named names: [String]) throws -> [ComparedModel] {
        let sources = try names.map { try ModelSource($0) }
        return try zip(names, sources).map { name, source in
            let isAlone = sources.count { $0.name == source.name } == 1
            return ComparedModel(
                source: source, name: isAlone ? source.name : name, record: try record(of: source))
        }
    }

    private static func record(of source: ModelSource) throws -> TrainingRecord? {
        guard case .directory(let url) = source else { return nil }
        let files = RunFiles(directory: url)
        func exists(_ file: URL) -> Bool { FileManager.default.fileExists(atPath: file.path) }
        guard let data = try? Data(contentsOf: files.record) else {
            guard !exists(files.checkpoint) || exists(files.configuration) else {
                throw RunFileError.unfinished(path: url.path)
            }
            return nil
        }
        guard let record = try? TrainingRecord(json: data) else {
            throw RunFileError.damagedRecord(path: files.record.path)
        }
        return record
    }

    /// What the network was called in training.
    public var trainedName: String? {
        record.map { record in
            record.architecture + (record.normalization.map { ", \($0)" } ?? "")
        }
    }

    /// The perplexity of the held-out text in windows of this length; NaN if training diverged, nil if it was not measured.
    public func heldOutPerplexity(window: Int) -> Double? {
        guard let record else { return nil }
        if record.diverged != nil { return .nan }
        return record.sizes.context == window ? record.heldOut?.perplexity : nil
    }
}

/// The perplexities of models that are compared, each as the network that it was trained as.
public struct ComparedPerplexities {
    private let models: [String: ComparedModel]
    private let networks: [String: Architecture]
    private let loaded: [String: LoadedModel]
    private let text: (((any Tokenizer)?) throws -> [Int])?

    /// Loads what is needed.
    /// - Parameter text: the tokens to predict, by a model's tokenizer; nil for the text that was held out in training.
    /// - Throws: `ModelError`, `ArchitectureError` or `SafeTensorsError`.
    public init(of models: [ComparedModel], on text: (((any Tokenizer)?) throws -> [Int])? = nil) throws {
        var networks: [String: Architecture] = [:]
        var loaded: [String: LoadedModel] = [:]
        for model in models where text != nil || model.record != nil {
            networks[model.name] = try model.source.architecture()
            // A run that diverged has left no weights.
            guard text != nil, model.record?.diverged == nil else { continue }
            let weights = try model.source.load(seed: 0)
            if !weights.areWeightsRandom { loaded[model.name] = weights }
        }
        self.models = Dictionary(models.map { ($0.name, $0) }) { first, _ in first }
        self.networks = networks
        self.loaded = loaded
        self.text = text
    }

    /// Whether any of the models can predict a text.
    public var hasWeights: Bool { !loaded.isEmpty }

    /// The perplexity in windows of this length: NaN where training diverged; nil where the architecture is not what the
    /// model was trained as, and where nothing is known.
    /// - Parameter name: of one of the models.
    /// - Throws: `ReferenceModelError` for texts that the model cannot be asked about, and errors of the text itself.
    public func perplexity(of name: String, as architecture: Architecture, window: Int) throws -> Double? {
        guard let model = models[name], networks[name] == architecture else { return nil }
        guard let text, model.record?.diverged == nil else { return model.heldOutPerplexity(window: window) }
        guard let model = loaded[name] else { return nil }
        return try ReferenceModel(model.weights).perplexity(of: text(model.tokenizer), window: max(2, window)).value
    }
}
