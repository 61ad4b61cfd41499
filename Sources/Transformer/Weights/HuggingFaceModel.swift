import Foundation

/// A directory with `config.json` and `model.safetensors` in Hugging Face's GPT-2 layout, with Sotto's extension.
///
/// Tensor names may carry the prefix `transformer.`; the buffers `attn.bias` and `attn.masked_bias` of older files are
/// passed over. `docs/formats.md` lists the names.
public struct HuggingFaceModel: Sendable {
    /// What `config.json` says.
    public let configuration: HuggingFaceConfiguration
    private let tensors: SafeTensors
    private let storedNames: [String: String]

    /// Opens a model and checks the names and shapes of its tensors, without reading the weights yet.
    /// - Throws: ``ModelError``, ``ArchitectureError`` or ``SafeTensorsError``.
    public init(directory: URL) throws {
        configuration = try Self.configuration(directory: directory)
        let url = directory.appendingPathComponent(Self.weightsFile)
        guard FileManager.default.isReadableFile(atPath: url.path) else {
            throw ModelError.missingFile(path: url.path)
        }
        tensors = try SafeTensors(contentsOf: url)
        storedNames = try Self.match(tensors, with: configuration.architecture)
    }

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
        return try ModelWeights(architecture: configuration.architecture) { name, _ in
            try tensor(name)
        }
    }

    /// Writes a directory that reads back as these weights; with ``SafeTensors/StoredType/float32`` exactly.
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
        try SafeTensors.write(
            weights.tensors.map { (storedName($0.name), $0.tensor) },
            to: directory.appendingPathComponent(weightsFile), as: type, metadata: ["format": "pt"])
    }

    static let configurationFile = "config.json"
    static let weightsFile = "model.safetensors"
    private static let prefix = "transformer."

    private static func storedName(_ name: WeightName) -> String {
        name == .head ? name.description : prefix + name.description
    }

    private func tensor(_ name: WeightName) throws -> WeightTensor {
        guard let stored = storedNames[name.description] else { throw ModelError.missingTensor(name.description) }
        let tensor = try tensors.tensor(named: stored)
        // A scalar may be stored as a list of one.
        if case .layer(_, let part) = name, part == .alpha || part == .beta, tensor.shape == [1] {
            return WeightTensor(scalar: tensor.values[0])
        }
        return tensor
    }

    /// Maps the architecture's names to the file's; every tensor of the file must be known.
    private static func match(
        _ tensors: SafeTensors, with architecture: Architecture
    ) throws -> [String: String] {
        var storedNames: [String: String] = [:]
        for entry in tensors.entries {
            let name = entry.name.hasPrefix(prefix) ? String(entry.name.dropFirst(prefix.count)) : entry.name
            guard storedNames.updateValue(entry.name, forKey: name) == nil else {
                throw SafeTensorsError.duplicateTensor(name)
            }
        }
        var unknown = Set(storedNames.keys)
        for (name, shape) in architecture.weightShapes {
            let key = name.description
            guard let stored = storedNames[key], let entry = tensors.entry(named: stored) else {
                throw ModelError.missingTensor(key)
            }
            let isScalar = shape.isEmpty && entry.shape == [1]
            guard entry.shape == shape || isScalar else {
                throw ModelError.wrongShape(tensor: stored, expected: shape, found: entry.shape)
            }
            unknown.remove(key)
        }
        if architecture.tiedHead { unknown.remove(WeightName.head.description) }
        for index in architecture.layers.indices {
            unknown.remove("h.\(index).attn.bias")
            unknown.remove("h.\(index).attn.masked_bias")
        }
        if let name = unknown.min() { throw ModelError.unexpectedTensor(storedNames[name] ?? name) }
        return storedNames
    }

    /// Some exporters store a tied head as well; it must then be the embedding.
    private func checkTiedHead() throws {
        guard let stored = storedNames[WeightName.head.description] else { return }
        guard try tensors.tensor(named: stored) == tensor(.tokenEmbedding) else {
            throw ModelError.headNotTied(tensor: stored)
        }
    }
}
