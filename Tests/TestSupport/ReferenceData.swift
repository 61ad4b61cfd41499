import Foundation
import SottoModel

/// A stored random model with the logits that PyTorch computed of it.
public struct ReferenceData: Sendable, CustomStringConvertible {
    public let collection: String
    public let name: String

    public init(collection: String, name: String) { (self.collection, self.name) = (collection, name) }

    public static let huggingFace = [
        "gelu_new", "gelu", "relu", "odd_inner", "untied", "half", "bfloat", "one_token", "unprefixed",
    ].map { ReferenceData(collection: "HuggingFace", name: $0) }

    public static let llama = ["plain", "grouped", "one_shared_head", "tied", "one_token", "gelu", "sharded"].map {
        ReferenceData(collection: "LLaMA", name: $0)
    }

    public static let notation = [
        "SM+LN+G", "SM+LN+R", "SM+LN", "SM+G", "SM+R", "SM", "SM+ScFuFFN", "SM(t)+ScFuFFN", "edited",
    ].map { ReferenceData(collection: "Notation", name: $0) }

    public static let all = huggingFace + notation + llama

    public var description: String { "\(collection)/\(name)" }

    public var directory: URL { Self.directory(description) }

    /// The directory of a model, as in `HuggingFace/gelu`.
    public static func directory(_ path: String) -> URL {
        (Bundle.module.resourceURL ?? Bundle.module.bundleURL).appendingPathComponent("Data/\(path)", isDirectory: true)
    }

    public func tokens() throws -> [Int] {
        try JSONDecoder().decode([Int].self, from: Data(contentsOf: directory.appendingPathComponent("tokens.json")))
    }

    /// [T, vocabulary].
    public func logits() throws -> WeightTensor {
        try SafeTensors(contentsOf: directory.appendingPathComponent("logits.safetensors")).tensor(named: "logits")
    }
}
