import Foundation
import SottoModel
import Testing

/// A stored random model with the logits that PyTorch computed of it.
struct ReferenceData: Sendable, CustomTestStringConvertible {
    let collection: String
    let name: String

    static let huggingFace = [
        "gelu_new", "gelu", "relu", "odd_inner", "untied", "half", "bfloat", "one_token", "unprefixed",
    ].map { ReferenceData(collection: "HuggingFace", name: $0) }

    static let llama = ["plain", "grouped", "one_shared_head", "tied", "one_token", "gelu", "sharded"].map {
        ReferenceData(collection: "LLaMA", name: $0)
    }

    static let notation = [
        "SM+LN+G", "SM+LN+R", "SM+LN", "SM+G", "SM+R", "SM", "SM+ScFuFFN", "SM(t)+ScFuFFN", "edited",
    ].map { ReferenceData(collection: "Notation", name: $0) }

    static let all = huggingFace + notation + llama

    var testDescription: String { "\(collection)/\(name)" }

    var directory: URL {
        (Bundle.module.resourceURL ?? Bundle.module.bundleURL).appendingPathComponent(
            "Data/\(collection)/\(name)", isDirectory: true)
    }

    func tokens() throws -> [Int] {
        try JSONDecoder().decode([Int].self, from: Data(contentsOf: directory.appendingPathComponent("tokens.json")))
    }

    /// [T, vocabulary].
    func logits() throws -> WeightTensor {
        try SafeTensors(contentsOf: directory.appendingPathComponent("logits.safetensors")).tensor(named: "logits")
    }
}

/// A directory that goes away with the test.
@discardableResult func withTemporaryDirectory<Result>(_ body: (URL) throws -> Result) throws -> Result {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent(
        "sotto-\(UUID().uuidString)", isDirectory: true)
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: url) }
    return try body(url)
}
