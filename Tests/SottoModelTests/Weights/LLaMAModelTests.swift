import Foundation
import SottoModel
import TestSupport
import Testing

@Suite struct LLaMAModelTests {
    private static let settings = [
        ("model_type", "\"llama\""), ("vocab_size", "19"), ("hidden_size", "16"), ("num_attention_heads", "4"),
        ("num_key_value_heads", "2"), ("num_hidden_layers", "2"), ("intermediate_size", "11"),
        ("max_position_embeddings", "16"), ("rms_norm_eps", "1e-05"), ("rope_theta", "10000.0"),
    ]

    private func configuration(
        without missing: String? = nil, _ key: String? = nil, _ value: String = ""
    ) throws -> HuggingFaceConfiguration {
        let settings =
            Self.settings.filter { $0.0 != key && $0.0 != missing } + (key.map { [($0, value)] } ?? [])
        let text = "{" + settings.map { "\"\($0.0)\": \($0.1)" }.joined(separator: ", ") + "}"
        return try HuggingFaceConfiguration(json: Data(text.utf8))
    }

    // MARK: Configuration

    @Test func readsEverySetting() throws {
        #expect(try configuration().architecture == Architecture.smallLLaMA())
        func read(_ key: String, _ value: String) throws -> Architecture { try configuration(key, value).architecture }
        #expect(try read("tie_word_embeddings", "true").tiedHead)
        #expect(try read("num_key_value_heads", "1").keyValueHeads == 1)
        #expect(try read("num_key_value_heads", "null").keyValueHeads == 4)
        #expect(try read("rms_norm_eps", "0.001").layerNormEpsilon == 0.001)
        #expect(try read("rope_theta", "500000").positions == .rotary(theta: 500_000))
        #expect(
            try configuration(
                without: "rope_theta", "rope_parameters", #"{"rope_theta": 7.5, "rope_type": "default"}"#
            ).architecture.positions == .rotary(theta: 7.5))
        #expect(try read("rope_parameters", "{}").positions == .rotary(theta: 10000))
        #expect(try read("head_dim", "4") == Architecture.smallLLaMA())
        for (name, activation) in [
            ("silu", .silu), ("swish", .silu), ("gelu_new", .geluNew), ("gelu_pytorch_tanh", .geluNew), ("gelu", .gelu),
            ("relu", .relu), ("linear", .identity),
        ] as [(String, Architecture.Activation)] {
            #expect(try read("hidden_act", "\"\(name)\"").layers[1].activation == activation)
        }
        for harmless in [
            ("rope_scaling", "null"), ("attention_bias", "false"), ("mlp_bias", "false"), ("pretraining_tp", "1"),
            ("attention_dropout", "0.0"), ("use_cache", "true"), ("partial_rotary_factor", "1"),
        ] {
            #expect(try read(harmless.0, harmless.1) == Architecture.smallLLaMA())
        }
        let bytes = try configuration("sotto", #"{"tokenizer": "bytes"}"#)
        #expect(bytes.usesByteTokenizer)
        #expect(try bytes.architecture == Architecture.smallLLaMA())
    }

    @Test func defaultsAreHuggingFaces() throws {
        #expect(try configuration(without: "rms_norm_eps").architecture.layerNormEpsilon == 1e-6)
        #expect(try configuration(without: "rope_theta").architecture.positions == .rotary(theta: 10000))
        #expect(try configuration(without: "num_key_value_heads").architecture.keyValueHeads == 4)
        #expect(try !configuration().architecture.tiedHead)
    }

    static let unsupported: [(key: String, value: String, named: String)] = [
        ("rope_scaling", #"{"type": "linear", "factor": 2.0}"#, "rope_scaling"),
        ("rope_scaling", #"{"rope_type": "llama3", "factor": 8.0}"#, "rope_scaling"),
        ("rope_parameters", #"{"rope_type": "llama3", "factor": 8.0}"#, "rope_parameters.rope_type"),
        ("rope_parameters", #"{"partial_rotary_factor": 0.5}"#, "rope_parameters.partial_rotary_factor"),
        ("rope_parameters", #"{"rope_theta": "large"}"#, "rope_theta"),
        ("attention_bias", "true", "attention_bias"), ("mlp_bias", "true", "mlp_bias"), ("head_dim", "8", "head_dim"),
        ("hidden_act", "\"mish\"", "hidden_act"), ("quantization_config", "{}", "quantization_config"),
        ("partial_rotary_factor", "0.5", "partial_rotary_factor"), ("hidden_size", "\"16\"", "hidden_size"),
        ("num_key_value_heads", "2.0", "num_key_value_heads"), ("rope_theta", "\"1e4\"", "rope_theta"),
        ("tie_word_embeddings", "1", "tie_word_embeddings"), ("rms_norm_eps", "null", "rms_norm_eps"),
    ]

    @Test(arguments: unsupported) func refusesUnsupportedSettings(key: String, value: String, named: String) {
        let error = #expect(throws: ModelError.self) { try configuration(key, value) }
        guard case .unsupportedSetting(let found, _, _)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(found == named)
    }

    @Test(arguments: settings.map(\.0).filter { !["num_key_value_heads", "rms_norm_eps", "rope_theta"].contains($0) })
    func refusesMissingSettings(key: String) {
        let error = #expect(throws: ModelError.self) { try configuration(without: key) }
        #expect(error?.description.contains("lacks \(key)") == true)
    }

    @Test func refusesImpossibleArchitectures() {
        let refused: [(String, String, ArchitectureError)] = [
            ("num_key_value_heads", "3", .indivisibleHeads(heads: 4, keyValueHeads: 3)),
            ("num_key_value_heads", "0", .indivisibleHeads(heads: 4, keyValueHeads: 0)),
            ("hidden_size", "20", .oddRotaryWidth(5)), ("hidden_size", "18", .indivisibleWidth(width: 18, heads: 4)),
            ("rope_theta", "0", .invalidTheta(0)), ("rms_norm_eps", "0", .invalidEpsilon(0)),
            ("num_hidden_layers", "0", .sizeOutOfRange(name: "layers", size: 0, limit: 1024)),
            (
                "num_hidden_layers", "9223372036854775807",
                .sizeOutOfRange(name: "layers", size: .max, limit: 1024)
            ),
            (
                "sotto", #"{"layers": []}"#,
                .unknownKey(key: "layers", place: "config.json under \"sotto\"", valid: ["tokenizer", "bounds"])
            ),
        ]
        for (key, value, error) in refused {
            #expect(throws: error, "\(key) \(value)") { try configuration(key, value) }
        }
    }

    @Test func writesWhatItReads() throws {
        for architecture in [
            try Architecture.smallLLaMA(), try Architecture.smallLLaMA(theta: 12345.5),
            try .preset(named: "llama3-8b"), try .preset(named: "tinyllama-1.1b"),
        ] {
            for bytes in [false, true] {
                let written = HuggingFaceConfiguration(architecture: architecture, usesByteTokenizer: bytes)
                #expect(written.json.contains("\"llama\""))
                #expect(try HuggingFaceConfiguration(json: Data(written.json.utf8)) == written)
            }
        }
        // What LLaMA's keys cannot say is written in GPT-2's layout with the extension.
        for architecture in try LLaMACase.all.map(\.architecture) + [
            Architecture.smallLLaMA(hasBiases: true), Architecture.smallLLaMA(finalNorm: .none),
        ] {
            let written = HuggingFaceConfiguration(architecture: architecture)
            #expect(try HuggingFaceConfiguration(json: Data(written.json.utf8)) == written)
        }
    }

    // MARK: Weights

    @Test(arguments: LLaMACase.all) func storedWeightsReadBack(_ test: LLaMACase) throws {
        let weights = try ModelWeights.random(test.architecture, seed: 5)
        try withTemporaryDirectory { directory in
            try HuggingFaceModel.write(weights, to: directory)
            let copy = try HuggingFaceModel(directory: directory).weights()
            #expect(copy.architecture == weights.architecture)
            #expect(copy.tensors.map(\.tensor) == weights.tensors.map(\.tensor))
        }
    }

    /// A stored model whose tensors have been changed.
    private func altered(
        tied: Bool = false, _ change: (inout [(name: String, tensor: WeightTensor)]) throws -> Void
    ) throws -> ModelWeights {
        try withTemporaryDirectory { directory in
            let name = tied ? "tied" : "grouped"
            let reference = try #require(ReferenceData.llama.first { $0.name == name })
            let file = directory.appendingPathComponent("model.safetensors")
            try FileManager.default.copyItem(
                at: reference.directory.appendingPathComponent("config.json"),
                to: directory.appendingPathComponent("config.json"))
            let stored = try SafeTensors(contentsOf: reference.directory.appendingPathComponent("model.safetensors"))
            var tensors = try stored.entries.map { (name: $0.name, tensor: try stored.tensor(named: $0.name)) }
            try change(&tensors)
            try SafeTensors.write(tensors, to: file)
            return try HuggingFaceModel(directory: directory).weights()
        }
    }

    @Test func tensorsMustMatchTheConfiguration() throws {
        _ = try altered { _ in }
        let name = "model.layers.1.self_attn.k_proj.weight"
        #expect(throws: ModelError.missingTensor(name)) { try altered { $0.removeAll { $0.name == name } } }
        #expect(throws: ModelError.wrongShape(tensor: name, expected: [12, 24], found: [24, 24])) {
            try altered { tensors in
                let index = try #require(tensors.firstIndex { $0.name == name })
                tensors[index].tensor = WeightTensor(shape: [24, 24], repeating: 0)
            }
        }
        for extra in ["model.layers.2.mlp.up_proj.weight", "model.layers.0.self_attn.q_proj.bias", "score.weight"] {
            #expect(throws: ModelError.unexpectedTensor(extra)) {
                try altered { $0.append((extra, WeightTensor(scalar: 1))) }
            }
        }
        // A buffer of older files.
        _ = try altered {
            $0.append(("model.layers.0.self_attn.rotary_emb.inv_freq", WeightTensor(shape: [3], repeating: 1)))
        }
    }

    @Test func storedTiedHeadMustBeTheEmbedding() throws {
        let embedding = "model.embed_tokens.weight"
        _ = try altered(tied: true) { tensors in
            tensors.append(("lm_head.weight", try #require(tensors.first { $0.name == embedding }).tensor))
        }
        #expect(throws: ModelError.headNotTied(tensor: "lm_head.weight")) {
            try altered(tied: true) { $0.append(("lm_head.weight", WeightTensor(shape: [53, 30], repeating: 1))) }
        }
    }

    // MARK: Several files

    /// A copy of the model in three files after a change to its directory.
    private func sharded(_ change: (URL) throws -> Void) throws -> HuggingFaceModel {
        try withTemporaryDirectory { directory in
            let copy = directory.appendingPathComponent("model")
            let reference = try #require(ReferenceData.llama.first { $0.name == "sharded" })
            try FileManager.default.copyItem(at: reference.directory, to: copy)
            try change(copy)
            return try HuggingFaceModel(directory: copy)
        }
    }

    private func rewriteIndex(_ directory: URL, _ change: (String) -> String) throws {
        let url = directory.appendingPathComponent("model.safetensors.index.json")
        try Data(change(String(contentsOf: url, encoding: .utf8)).utf8).write(to: url)
    }

    @Test func severalFilesAreOneModel() throws {
        let model = try sharded { _ in }
        #expect(try model.weights().architecture.layers.count == 3)
        #expect(throws: ModelError.self) {
            try sharded {
                try FileManager.default.removeItem(at: $0.appendingPathComponent("model-00002-of-00003.safetensors"))
            }
        }
        #expect(throws: ModelError.self) {
            try sharded {
                try FileManager.default.removeItem(at: $0.appendingPathComponent("model.safetensors.index.json"))
            }
        }
    }

    @Test func malformedIndicesAreRefused() throws {
        let changes: [(String) -> String] = [
            { _ in "" }, { _ in "[]" }, { _ in "{}" }, { _ in #"{"weight_map": {}}"# }, { _ in #"{"weight_map": []}"# },
            { $0.replacingOccurrences(of: "model-00001", with: "../model-00001") },
            { $0.replacingOccurrences(of: "00003.safetensors", with: "00003.bin") },
            // A tensor that the file it names has not.
            { $0.replacingOccurrences(of: "\"lm_head.weight\"", with: "\"lm_head.bias\"") },
            {
                $0.replacingOccurrences(
                    of: "\"lm_head.weight\": \"model-00001", with: "\"lm_head.weight\": \"model-00002")
            },
        ]
        for change in changes {
            let error = #expect(throws: ModelError.self) { try sharded { try rewriteIndex($0, change) } }
            guard case .malformedIndex? = error else {
                Issue.record("\(String(describing: error))")
                continue
            }
        }
        #expect(throws: ModelError.self) {
            try sharded {
                let files = ["model-00001-of-00003.safetensors", "model-00002-of-00003.safetensors"].map(
                    $0.appendingPathComponent)
                try FileManager.default.removeItem(at: files[1])
                try FileManager.default.copyItem(at: files[0], to: files[1])
            }
        }
    }
}

/// Presets that are too large to be drawn whole.
@Suite struct LargeModelTests {
    @Test func sevenBillionWeightsAreNotDrawn() throws {
        let source = try ModelSource("llama-7b")
        #expect(try source.architecture() == .preset(named: "llama-7b"))
        #expect(throws: ModelError.tooManyRandomWeights(count: 6_738_415_616, limit: 1 << 32)) {
            try source.load(seed: 1)
        }
        #expect(throws: ArchitectureError.layerCount(requested: 33, available: 32)) {
            try source.load(seed: 1, layers: 33)
        }
    }

    @Test func onlyTheLayersThatAreAskedForAreDrawn() throws {
        let loaded = try ModelSource("tiny").load(
            applying: .notation(.init("SM+R")), seed: 4, layers: 2)
        #expect(loaded.areWeightsRandom && loaded.weights.architecture.layers.count == 2)
        let whole = try ModelSource("tiny").load(applying: .notation(.init("SM+R")), seed: 4)
        // A tied head: the first layers' weights do not depend on how many follow.
        #expect(try whole.weights.firstLayers(2).tensors.map(\.tensor) == loaded.weights.tensors.map(\.tensor))
        // Stored weights are read whole.
        #expect(try ModelSource("tiny").load(seed: 4, layers: 2).weights.architecture.layers.count == 4)
    }
}
