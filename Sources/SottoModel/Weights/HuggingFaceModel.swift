import Foundation

/// A directory with `config.json` and `model.safetensors`, or several files behind `model.safetensors.index.json`, in
/// Hugging Face's layout of GPT-2, with Sotto's extension, or of LLaMA.
///
/// GPT-2's tensor names may carry the prefix `transformer.`, and all names one that a wrapper has put before them
/// (``strippedPrefix``); buffers of older files (`attn.bias`, `attn.masked_bias`, `rotary_emb.inv_freq`) are passed over.
/// `docs/formats.md` lists the names.
public struct HuggingFaceModel: Sendable {
    /// What `config.json` says.
    public let configuration: HuggingFaceConfiguration
    private let tensors: StoredTensors
    private let names: StoredTensorNames

    /// Opens a model and checks the names and shapes of its tensors, without reading the weights yet.
    /// - Throws: ``ModelError``, ``ArchitectureError`` or ``SafeTensorsError``.
    public init(directory: URL) throws {
        configuration = try Self.configuration(directory: directory)
        tensors = try StoredTensors(directory: directory)
        names = try StoredTensorNames(tensors.entries.map(\.name), layout: configuration.layout)
        try Self.match(tensors, names, with: configuration.architecture)
    }

    /// What all tensors' names had before the layout's own and is passed over, such as `module.`; nil if nothing.
    public var strippedPrefix: String? { names.prefix.isEmpty ? nil : names.prefix }

    /// Reads only the `config.json` of a directory.
    /// - Throws: ``ModelError`` or ``ArchitectureError``.
    public static func configuration(directory: URL) throws -> HuggingFaceConfiguration {
        let url = directory.appendingPathComponent(configurationFile)
        guard let json = try? Data(contentsOf: url) else { throw ModelError.missingFile(path: url.path) }
        return try HuggingFaceConfiguration(json: json)
    }

    /// Reads the weights.
    /// - Throws: ``ModelError`` or ``SafeTensorsError``.
    public func weights() throws -> ModelWeights {
        if configuration.architecture.tiedHead { try checkTiedHead() }
        return try ModelWeights(architecture: configuration.architecture, names: names) { name, shape in
            try tensor(name, shape: shape)
        }
    }

    /// Writes a directory that reads back as these weights; with ``SafeTensors/StoredType/float32`` exactly. LLaMA's layout
    /// is used for networks that it can describe, GPT-2's with the extension for all others.
    /// - Throws: ``ModelError/unwritable(path:)`` or ``SafeTensorsError``.
    public static func write(
        _ weights: ModelWeights, to directory: URL, as type: SafeTensors.StoredType = .float32,
        usesByteTokenizer: Bool = false
    ) throws {
        let configuration = HuggingFaceConfiguration(
            architecture: weights.architecture, usesByteTokenizer: usesByteTokenizer)
        do {
            try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
            try Data(configuration.json.utf8).write(
                to: directory.appendingPathComponent(configurationFile), options: .atomic)
        } catch {
            throw ModelError.unwritable(path: directory.path)
        }
        let layout = configuration.layout
        try SafeTensors.write(
            weights.tensors.flatMap { name, tensor in
                let parts = layout.parts(of: name, shape: tensor.shape, in: weights.architecture)
                return zip(parts, layout.split(tensor, name, into: parts)).map { ($0.writtenName, $1) }
            },
            to: directory.appendingPathComponent(StoredTensors.weightsFile), as: type, metadata: ["format": "pt"])
    }

    private static let configurationFile = "config.json"

    private func tensor(_ name: WeightName, shape: [Int]) throws -> WeightTensor {
        let layout = configuration.layout
        let parts = try layout.parts(of: name, shape: shape, in: configuration.architecture).map { part in
            guard let stored = names[part.name] else { throw ModelError.missingTensor(part.name) }
            return try tensors.tensor(named: stored)
        }
        // A scalar may be stored as a list of one.
        if shape.isEmpty, let scalar = parts.first, scalar.shape == [1] {
            return WeightTensor(scalar: scalar.values[0])
        }
        return layout.joined(parts, name)
    }

    /// Every weight must be there in its shape, and every tensor of the files must be known.
    private static func match(
        _ tensors: StoredTensors, _ names: StoredTensorNames, with architecture: Architecture
    ) throws(ModelError) {
        let layout = names.layout
        var unknown = names.known
        for (name, shape) in architecture.weightShapes {
            for part in layout.parts(of: name, shape: shape, in: architecture) {
                guard let stored = names[part.name], let entry = tensors.entry(named: stored) else {
                    throw ModelError.missingTensor(part.name)
                }
                let isScalar = part.shape.isEmpty && entry.shape == [1]
                guard entry.shape == part.shape || isScalar else {
                    throw ModelError.wrongShape(tensor: stored, expected: part.shape, found: entry.shape)
                }
                unknown.remove(part.name)
            }
        }
        if architecture.tiedHead { unknown.remove(WeightName.head.description) }
        for index in architecture.layers.indices { unknown.subtract(layout.buffers(ofLayer: index)) }
        if let name = unknown.min() { throw ModelError.unexpectedTensor(names[name] ?? name) }
    }

    /// Some exporters store a tied head as well; it must then be the embedding.
    private func checkTiedHead() throws {
        guard let stored = names[WeightName.head.description] else { return }
        let architecture = configuration.architecture
        let embedding = try tensor(.tokenEmbedding, shape: [architecture.vocabulary, architecture.width])
        guard try tensors.tensor(named: stored) == embedding else { throw ModelError.headNotTied(tensor: stored) }
    }
}
