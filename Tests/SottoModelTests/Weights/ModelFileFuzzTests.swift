import Foundation
import SottoJSON
import SottoModel
import TestSupport
import Testing

/// Damaged inputs of every reader of a model's directory: refused in a sentence or read, never a trap. The corpus lies in
/// `Data/Corpus`.
@Suite struct ModelFileFuzzTests {
    private static func corpus(_ name: String) throws -> [[UInt8]] {
        let directory = (Bundle.module.resourceURL ?? Bundle.module.bundleURL)
            .appendingPathComponent("Data/Corpus/\(name)", isDirectory: true)
        let names = try FileManager.default.contentsOfDirectory(atPath: directory.path).sorted()
        return try names.map { [UInt8](try Data(contentsOf: directory.appendingPathComponent($0))) }
    }

    /// Reads mutations of every input of a corpus; what is refused must have one sentence.
    private func mutate(_ name: String, _ count: Int, seed: UInt64, _ read: ([UInt8]) throws -> Void) throws {
        var mutator = Mutator(seed: Fuzzing.seed(seed))
        let inputs = try Self.corpus(name)
        try #require(!inputs.isEmpty)
        for _ in 0..<count * Fuzzing.factor {
            for input in inputs {
                do {
                    try read(mutator.mutate(input))
                } catch {
                    let sentence = "\(error)"
                    #expect(sentence.count < 1000 && !sentence.contains("\n"), "\(sentence)")
                }
            }
        }
    }

    @Test func jsonDocuments() throws {
        for name in ["json", "configurations", "indices"] {
            try mutate(name, 1500, seed: 1) { bytes in _ = try JSONValue(parsing: bytes).summary }
        }
    }

    @Test func configurations() throws {
        try mutate("configurations", 2500, seed: 2) { bytes in
            let configuration = try HuggingFaceConfiguration(json: Data(bytes))
            // What is read can be written and read again.
            let copy = try HuggingFaceConfiguration(json: Data(configuration.json.utf8))
            #expect(copy.architecture == configuration.architecture)
        }
    }

    @Test func architectureEdits() throws {
        let architecture = try ArchitectureTests.small()
        try mutate("configurations", 300, seed: 3) { bytes in _ = try architecture.applying(edits: Data(bytes)) }
    }

    @Test func indices() throws {
        try withTemporaryDirectory { directory in
            let reference = try #require(ReferenceData.llama.first { $0.name == "sharded" })
            let copy = directory.appendingPathComponent("model")
            try FileManager.default.copyItem(at: reference.directory, to: copy)
            let index = copy.appendingPathComponent("model.safetensors.index.json")
            let whole = [UInt8](try Data(contentsOf: index))
            var mutator = Mutator(seed: Fuzzing.seed(4))
            var refused = 0
            for _ in 0..<300 * Fuzzing.factor {
                try Data(mutator.mutate(whole)).write(to: index)
                if (try? HuggingFaceModel(directory: copy)) == nil { refused += 1 }
            }
            #expect(refused > 100)
            try mutate("indices", 60, seed: 5) { bytes in
                try Data(bytes).write(to: index)
                _ = try HuggingFaceModel(directory: copy)
            }
        }
    }

    @Test func weightFiles() throws {
        let tensors: [(name: String, tensor: WeightTensor)] = [
            ("a", WeightTensor(shape: [2, 3], repeating: 1)), ("b.weight", WeightTensor(scalar: 2)),
            ("c", WeightTensor(shape: [0, 5], values: [])),
        ]
        let files = try SafeTensors.StoredType.allCases.map { type in
            [UInt8](try SafeTensors.encode(tensors, as: type, metadata: ["k": "v", "sotto": "\u{e9}\""]))
        }
        var mutator = Mutator(seed: Fuzzing.seed(6))
        for _ in 0..<4000 * Fuzzing.factor {
            for whole in files {
                let bytes = mutator.mutate(whole)
                guard let file = try? SafeTensors(data: Data(bytes)) else { continue }
                for entry in file.entries {
                    #expect(entry.byteRange.upperBound <= bytes.count)
                    guard let tensor = try? file.tensor(named: entry.name) else { continue }
                    #expect(tensor.count == entry.shape.reduce(1, *))
                }
            }
        }
    }
}
