import Foundation
import SottoModel
import TestSupport
import Testing

/// What files call tensors, and that errors and settings are told by these names.
@Suite struct StoredNameTests {
    /// A reference model with other names of its tensors.
    private func renamed(
        _ reference: ReferenceData, _ rename: (String) -> String?
    ) throws -> (model: HuggingFaceModel, weights: ModelWeights) {
        try withTemporaryDirectory { directory in
            let name = "config.json"
            try FileManager.default.copyItem(
                at: reference.directory.appendingPathComponent(name), to: directory.appendingPathComponent(name))
            let file = try SafeTensors(contentsOf: reference.directory.appendingPathComponent("model.safetensors"))
            let tensors = try file.entries.compactMap { entry in
                try rename(entry.name).map { ($0, try file.tensor(named: entry.name)) }
            }
            try SafeTensors.write(tensors, to: directory.appendingPathComponent("model.safetensors"))
            let model = try HuggingFaceModel(directory: directory)
            return (model, try model.weights())
        }
    }

    private static let references = [
        ReferenceData(collection: "HuggingFace", name: "gelu_new"),
        ReferenceData(collection: "HuggingFace", name: "untied"), ReferenceData(collection: "LLaMA", name: "grouped"),
        ReferenceData(collection: "LLaMA", name: "tied"),
    ]

    @Test(arguments: references, ["module.", "_orig_mod.", "base_model.model.", "_orig_mod.module.", "model.", "x.y."])
    func aCommonPrefixIsPassedOver(reference: ReferenceData, prefix: String) throws {
        let plain = try HuggingFaceModel(directory: reference.directory)
        #expect(plain.strippedPrefix == nil)
        let (model, weights) = try renamed(reference) { prefix + $0 }
        #expect(model.strippedPrefix == prefix)
        #expect(try weights.tensors.map(\.tensor) == plain.weights().tensors.map(\.tensor))
    }

    /// As Hugging Face saves a model without its head.
    @Test(arguments: [references[0], references[3]])
    func theNetworkWithoutAHeadHasNoInnerPrefix(reference: ReferenceData) throws {
        let plain = try HuggingFaceModel(directory: reference.directory).weights()
        for prefix in ["", "module."] {
            let (model, weights) = try renamed(reference) { name in
                prefix + name.replacing(/^(transformer|model)\./, with: "")
            }
            #expect(model.strippedPrefix == (prefix.isEmpty ? nil : prefix))
            #expect(weights.tensors.map(\.tensor) == plain.tensors.map(\.tensor))
        }
    }

    @Test func aPrefixOfSomeIsNamed() throws {
        let reference = Self.references[1]
        #expect(throws: ModelError.mixedPrefix(prefix: "module.", tensor: "lm_head.weight")) {
            try renamed(reference) { $0 == "lm_head.weight" ? $0 : "module." + $0 }
        }
    }

    // MARK: Aliases

    private static let aliases = [
        ("n_embd", "hidden_size"), ("n_head", "num_attention_heads"), ("n_layer", "num_hidden_layers"),
        ("n_positions", "max_position_embeddings"),
    ]

    @Test func aliasesOfGPT2sSizesAreRead() throws {
        let plain = HuggingFaceModelTests.json()
        let expected = try HuggingFaceConfiguration(json: Data(plain.utf8)).architecture
        var all = plain
        for (name, alias) in Self.aliases {
            all = all.replacingOccurrences(of: name, with: alias)
            let one = plain.replacingOccurrences(of: name, with: alias)
            let both = plain.dropLast() + ", \"\(alias)\": " + "\(try #require(Self.value(name)))}"
            let null = plain.dropLast() + ", \"\(alias)\": null}"
            for text in [one, String(both), String(null)] {
                #expect(try HuggingFaceConfiguration(json: Data(text.utf8)).architecture == expected, "\(text)")
            }
            let contradictory = plain.dropLast() + ", \"\(alias)\": 7}"
            let error = #expect(throws: ModelError.self) {
                try HuggingFaceConfiguration(json: Data(contradictory.utf8))
            }
            #expect(error?.description.contains("\(alias) 7") == true && error?.description.contains(name) == true)
        }
        #expect(try HuggingFaceConfiguration(json: Data(all.utf8)).architecture == expected)
    }

    private static func value(_ key: String) -> String? {
        HuggingFaceModelTests.settings.first { $0.0 == key }?.1
    }

    @Test func twoRotaryBasesMustBeOne() throws {
        func llama(_ outer: String, _ inner: String) throws -> Architecture {
            let text = """
                {"model_type": "llama", "vocab_size": 50, "max_position_embeddings": 32, "hidden_size": 24, \
                "num_hidden_layers": 1, "num_attention_heads": 4, "intermediate_size": 30, "rope_theta": \(outer), \
                "rope_parameters": {"rope_theta": \(inner)}}
                """
            return try HuggingFaceConfiguration(json: Data(text.utf8)).architecture
        }
        #expect(try llama("500", "500.0").positions == .rotary(theta: 500))
        let error = #expect(throws: ModelError.self) { try llama("500", "10000") }
        #expect(error?.description.contains("rope_theta 500.0") == true)
    }

    // MARK: Words

    @Test func refusalsSayWhatWasFoundAndWhatToDo() throws {
        let missing = ModelError.unsupportedSetting(key: "n_embd", value: "missing", supported: "an integer")
        #expect(missing.description == "config.json lacks n_embd; add it: an integer.")
        let text = String(HuggingFaceModelTests.json().dropLast()) + ", \"quantization_config\": {\"bits\": 4}}"
        let error = #expect(throws: ModelError.self) { try HuggingFaceConfiguration(json: Data(text.utf8)) }
        #expect(error?.description.contains("{\"bits\": 4}") == true)
    }

    /// Of several models, the one that is refused.
    @Test func theDirectoryIsNamed() throws {
        try withTemporaryDirectory { directory in
            for text in [
                HuggingFaceModelTests.json("scale_attn_weights", "false"), HuggingFaceModelTests.json("n_head", "5"),
                "{",
            ] {
                try Data(text.utf8).write(to: directory.appendingPathComponent("config.json"))
                let source = ModelSource.directory(directory)
                for read in [{ _ = try source.architecture() }, { _ = try source.load(seed: 1) }] {
                    let error = #expect(throws: ModelError.self) { try read() }
                    guard case .inDirectory(directory.path, _)? = error else {
                        Issue.record("\(String(describing: error))")
                        return
                    }
                }
            }
        }
    }

    @Test func aBrokenFileIsNamed() throws {
        try withTemporaryDirectory { directory in
            let reference = try #require(ReferenceData.llama.first { $0.name == "sharded" })
            let copy = directory.appendingPathComponent("model")
            try FileManager.default.copyItem(at: reference.directory, to: copy)
            let shards = ["model-00001-of-00003.safetensors", "model-00002-of-00003.safetensors"].map {
                copy.appendingPathComponent($0)
            }
            let whole = try Data(contentsOf: shards[1])
            try Data().write(to: shards[1])
            var error = #expect(throws: SafeTensorsError.self) { try HuggingFaceModel(directory: copy) }
            #expect(error == .inFile(path: shards[1].path, error: .missingLength(bytes: 0)))
            #expect(error?.description.hasPrefix(shards[1].path) == true)
            // A type that is no weight's is found when it is read.
            let other = #"{"t":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}}"#
            try
                (withUnsafeBytes(of: UInt64(other.utf8.count).littleEndian) { Data($0) } + Data(other.utf8)
                + Data(count: 8))
                .write(to: shards[1])
            error = #expect(throws: SafeTensorsError.self) {
                try SafeTensors(contentsOf: shards[1]).tensor(named: "t")
            }
            #expect(error?.description.contains(shards[1].path) == true)
            // One tensor in two files.
            try whole.write(to: shards[1])
            try FileManager.default.removeItem(at: shards[1])
            try FileManager.default.copyItem(at: shards[0], to: shards[1])
            let twice = #expect(throws: ModelError.self) { try HuggingFaceModel(directory: copy) }
            guard case .duplicateTensor(_, let paths)? = twice else {
                Issue.record("\(String(describing: twice))")
                return
            }
            #expect(paths == shards.map(\.path))
        }
    }
}
