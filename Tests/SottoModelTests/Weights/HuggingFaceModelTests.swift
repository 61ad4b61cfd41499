import Foundation
import SottoModel
import TestSupport
import Testing

@Suite struct HuggingFaceModelTests {
    // MARK: Configuration

    static let settings = [
        ("model_type", "\"gpt2\""), ("vocab_size", "40"), ("n_positions", "16"), ("n_embd", "12"), ("n_layer", "2"),
        ("n_head", "3"),
    ]

    /// A plain configuration, one of its settings replaced or added.
    static func json(_ key: String? = nil, _ value: String = "") -> String {
        let settings = settings.filter { $0.0 != key } + (key.map { [($0, value)] } ?? [])
        return "{" + settings.map { "\"\($0.0)\": \($0.1)" }.joined(separator: ", ") + "}"
    }

    private func configuration(_ key: String, _ value: String) throws -> HuggingFaceConfiguration {
        try HuggingFaceConfiguration(json: Data(Self.json(key, value).utf8))
    }

    @Test func defaultsAreGPT2s() throws {
        let architecture = try HuggingFaceConfiguration(json: Data(Self.json().utf8)).architecture
        let expected = try Architecture(
            layers: [.init(), .init()], heads: 3, width: 12, feedForwardWidth: 48, context: 16, vocabulary: 40)
        #expect(architecture == expected)
        #expect(architecture.layerNormEpsilon == 1e-5 && architecture.tiedHead)
    }

    @Test func readsEverySetting() throws {
        #expect(try configuration("n_inner", "31").architecture.feedForwardWidth == 31)
        #expect(try configuration("n_inner", "null").architecture.feedForwardWidth == 48)
        #expect(try configuration("tie_word_embeddings", "false").architecture.tiedHead == false)
        #expect(try configuration("layer_norm_epsilon", "1e-12").architecture.layerNormEpsilon == 1e-12)
        #expect(try configuration("n_ctx", "99").architecture.context == 16)
        let expected: [(String, Architecture.Activation)] = [
            ("gelu_new", .geluNew), ("gelu_pytorch_tanh", .geluNew), ("gelu", .gelu), ("relu", .relu),
            ("linear", .identity),
        ]
        for (name, activation) in expected {
            let architecture = try configuration("activation_function", "\"\(name)\"").architecture
            #expect(architecture.layers == Array(repeating: .init(activation: activation), count: 2))
        }
        for harmless in ["attn_pdrop", "reorder_and_upcast_attn", "use_cache", "anything"] {
            _ = try configuration(harmless, "true")
        }
    }

    @Test func oldNameOfTheContextIsRead() throws {
        let old = Self.json().replacingOccurrences(of: "n_positions", with: "n_ctx")
        #expect(try HuggingFaceConfiguration(json: Data(old.utf8)).architecture.context == 16)
    }

    static let unsupported: [(key: String, value: String)] = [
        ("model_type", "\"mistral\""), ("model_type", "null"), ("scale_attn_by_inverse_layer_idx", "true"),
        ("scale_attn_weights", "false"), ("add_cross_attention", "true"), ("is_encoder_decoder", "true"),
        ("quantization_config", "{}"), ("activation_function", "\"elu\""), ("activation_function", "3"),
        ("n_embd", "\"12\""), ("n_embd", "12.0"), ("n_head", "null"), ("n_inner", "true"),
        ("tie_word_embeddings", "1"), ("layer_norm_epsilon", "\"small\""),
    ]

    @Test(arguments: unsupported) func refusesUnsupportedSettings(key: String, value: String) {
        let error = #expect(throws: ModelError.self) { try configuration(key, value) }
        guard case .unsupportedSetting(let named, _, _)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(named == key)
        #expect(error?.description.contains(key) == true)
    }

    @Test func refusesImpossibleSizes() {
        let refused = [
            ("n_positions", "65537"), ("n_positions", "0"), ("n_embd", "13"), ("n_embd", "9223372036854775807"),
            ("n_layer", "0"), ("n_layer", "9223372036854775807"), ("n_head", "-3"), ("vocab_size", "0"),
            ("layer_norm_epsilon", "0"), ("n_inner", "0"),
        ]
        for (key, value) in refused {
            #expect(throws: ArchitectureError.self, "\(key) \(value)") { try configuration(key, value) }
        }
    }

    @Test(arguments: ["", "[]", "{", "{\"model_type\": \"gpt2\"", "3"]) func refusesOtherDocuments(text: String) {
        let error = #expect(throws: ModelError.self) { try HuggingFaceConfiguration(json: Data(text.utf8)) }
        guard case .malformedConfiguration? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test func refusesMalformedExtensions() throws {
        let layer = """
            {"norm1": "none", "norm2": "none", "activation": "relu", "fused": false, "scaled": true, "temperature": true}
            """
        func read(_ text: String) throws -> Architecture { try configuration("sotto", text).architecture }
        let good = "{\"final_norm\": \"none\", \"layers\": [\(layer), \(layer)]}"
        let architecture = try read(good)
        #expect(architecture.finalNorm == .none)
        #expect(
            architecture.layers[1]
                == .init(
                    norm1: .none, norm2: .none, activation: .relu, feedForward: .init(scaled: true), temperature: true))
        #expect(throws: ArchitectureError.missingKey(key: "final_norm", place: "config.json under \"sotto\"")) {
            try read("{\"layers\": [\(layer), \(layer)]}")
        }
        #expect(throws: ArchitectureError.missingKey(key: "layers", place: "config.json under \"sotto\"")) {
            try read("{\"final_norm\": \"none\"}")
        }
        #expect(throws: ModelError.self) { try read("{\"final_norm\": \"none\", \"layers\": [\(layer)]}") }
        #expect(throws: ArchitectureError.missingKey(key: "norm2", place: "layer 1 of config.json")) {
            try read("{\"final_norm\": \"none\", \"layers\": [\(layer), {\"norm1\": \"none\"}]}")
        }
        #expect(throws: ArchitectureError.self) { try read(good.replacingOccurrences(of: "scaled", with: "scale")) }
        #expect(throws: ArchitectureError.self) { try read(good.replacingOccurrences(of: "relu", with: "elu")) }
        #expect(throws: ArchitectureError.self) { try read("3") }
        #expect(throws: ArchitectureError.self) { try read(good.dropLast() + ", \"tokenizer\": \"bpe\"}") }
        #expect(try configuration("sotto", good.dropLast() + ", \"tokenizer\": \"bytes\"}").tokenizer != nil)
        #expect(try configuration("sotto", good).tokenizer == nil)
    }

    // MARK: Directories

    @Test(arguments: ReferenceData.all) func writesWhatItReads(
        reference: ReferenceData
    ) throws {
        let weights = try HuggingFaceModel(directory: reference.directory).weights()
        try withTemporaryDirectory { directory in
            try HuggingFaceModel.write(weights, to: directory.appendingPathComponent("new/model"))
            let copy = try HuggingFaceModel(directory: directory.appendingPathComponent("new/model")).weights()
            #expect(copy.architecture == weights.architecture)
            #expect(copy.tensors.map(\.name) == weights.tensors.map(\.name))
            #expect(copy.tensors.map(\.tensor) == weights.tensors.map(\.tensor))
        }
    }

    @Test func writesPlainGPT2WithoutTheExtension() throws {
        let plain = HuggingFaceConfiguration(architecture: try ArchitectureTests.small())
        #expect(!plain.json.contains("sotto"))
        for other in ["SM+G", "SM+ScFuFFN", "SM(t)+ScFuFFN"] {
            let configuration = HuggingFaceConfiguration(architecture: try ArchitectureTests.small(other))
            #expect(configuration.json.contains("\"sotto\""))
            #expect(try HuggingFaceConfiguration(json: Data(configuration.json.utf8)) == configuration)
        }
        let bytes = HuggingFaceConfiguration(architecture: try ArchitectureTests.small(), usesByteTokenizer: true)
        #expect(try HuggingFaceConfiguration(json: Data(bytes.json.utf8)) == bytes)
    }

    /// A stored model whose tensors have been changed.
    private func altered(
        _ notation: String = "SM+LN+G", _ change: (inout [(name: String, tensor: WeightTensor)]) throws -> Void
    ) throws -> ModelWeights {
        try withTemporaryDirectory { directory in
            let weights = try ModelWeights.random(ArchitectureTests.small(notation), seed: 4)
            try HuggingFaceModel.write(weights, to: directory)
            var tensors = weights.tensors.map { (name: "transformer.\($0.name)", tensor: $0.tensor) }
            try change(&tensors)
            try SafeTensors.write(tensors, to: directory.appendingPathComponent("model.safetensors"))
            return try HuggingFaceModel(directory: directory).weights()
        }
    }

    @Test func tensorsMustMatchTheConfiguration() throws {
        _ = try altered { _ in }
        #expect(throws: ModelError.missingTensor("ln_f.bias")) {
            try altered { $0.removeAll { $0.name == "transformer.ln_f.bias" } }
        }
        #expect(throws: ModelError.unexpectedTensor("transformer.h.4.ln_1.weight")) {
            try altered { $0.append(("transformer.h.4.ln_1.weight", WeightTensor(shape: [12], repeating: 1))) }
        }
        #expect(throws: ModelError.unexpectedTensor("classifier")) {
            try altered { $0.append(("classifier", WeightTensor(scalar: 1))) }
        }
        #expect(throws: ModelError.ambiguousTensor(names: ["transformer.wte.weight", "wte.weight"])) {
            try altered { $0.append(("wte.weight", $0[0].tensor)) }
        }
        // The transposed layout of torch.nn.Linear.
        let name = "transformer.h.0.attn.c_attn.weight"
        #expect(throws: ModelError.wrongShape(tensor: name, expected: [12, 36], found: [36, 12])) {
            try altered { tensors in
                let index = try #require(tensors.firstIndex { $0.name == name })
                tensors[index].tensor = WeightTensor(shape: [36, 12], values: tensors[index].tensor.values)
            }
        }
        #expect(throws: ModelError.notFinite(tensor: "transformer.h.1.ln_2.bias")) {
            try altered { tensors in
                let index = try #require(tensors.firstIndex { $0.name == "transformer.h.1.ln_2.bias" })
                tensors[index].tensor = WeightTensor(shape: [12], repeating: .nan)
            }
        }
    }

    @Test func storedTiedHeadMustBeTheEmbedding() throws {
        _ = try altered { $0.append(("lm_head.weight", $0[0].tensor)) }
        #expect(throws: ModelError.headNotTied(tensor: "lm_head.weight")) {
            try altered { $0.append(("lm_head.weight", WeightTensor(shape: [40, 12], repeating: 1))) }
        }
    }

    @Test func scalarsMayBeListsOfOne() throws {
        let weights = try altered("SM+ScFuFFN") { tensors in
            for index in tensors.indices where tensors[index].name.hasSuffix("mlp.alpha") {
                tensors[index].tensor = WeightTensor(shape: [1], values: [2.5])
            }
        }
        #expect(weights.layers.allSatisfy { $0.scale == .init(alpha: 2.5, beta: 1) })
        #expect(throws: ModelError.wrongShape(tensor: "transformer.h.3.mlp.beta", expected: [], found: [2])) {
            try altered("SM+ScFuFFN") { tensors in
                tensors[tensors.count - 1].tensor = WeightTensor(shape: [2], repeating: 1)
            }
        }
    }

    @Test func missingFilesAreNamed() throws {
        try withTemporaryDirectory { directory in
            #expect(throws: ModelError.missingFile(path: directory.appendingPathComponent("config.json").path)) {
                try HuggingFaceModel(directory: directory)
            }
            try Data(Self.json().utf8).write(to: directory.appendingPathComponent("config.json"))
            #expect(throws: ModelError.missingFile(path: directory.appendingPathComponent("model.safetensors").path)) {
                try HuggingFaceModel(directory: directory)
            }
        }
        let weights = try ModelWeights.random(ArchitectureTests.small(), seed: 1)
        #expect(throws: ModelError.self) {
            try HuggingFaceModel.write(weights, to: URL(fileURLWithPath: "/dev/null/model"))
        }
    }
}
