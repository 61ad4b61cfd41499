import Foundation
import SottoJSON

/// A model's `config.json` in Hugging Face's layout of GPT-2, with Sotto's extension, or of LLaMA.
///
/// What GPT-2 cannot say stands under the key `sotto`: `final_norm`, `layers` (one object a layer with all of `norm1`,
/// `norm2`, `activation`, `fused`, `scaled`, `temperature`, and `gated` where it is true), `key_value_heads`, `rotary_base`
/// and `biases` where they are not GPT-2's and, if it is not known otherwise, `tokenizer`. `bounds` stands there too where
/// they are declared, in either layout, see ``Bounds``.
public struct HuggingFaceConfiguration: Sendable, Hashable {
    /// What the file describes.
    public let architecture: Architecture
    /// Whether token ids are the bytes of the text; told by `"tokenizer": "bytes"` under `sotto`.
    public let usesByteTokenizer: Bool
    /// How the weights beside the file are stored.
    let layout: HuggingFaceLayout

    /// The configuration of an architecture, in LLaMA's layout if that can say it all.
    public init(architecture: Architecture, usesByteTokenizer: Bool = false) {
        self.init(
            architecture, usesByteTokenizer: usesByteTokenizer, layout: architecture.isLLaMA ? .llama : .gpt2)
    }

    init(_ architecture: Architecture, usesByteTokenizer: Bool, layout: HuggingFaceLayout) {
        self.architecture = architecture
        self.usesByteTokenizer = usesByteTokenizer
        self.layout = layout
    }

    /// Reads a `config.json`.
    /// - Throws: ``ModelError`` if it is malformed or asks for something that is not supported, ``ArchitectureError`` if
    ///   it describes an impossible architecture.
    public init(json: Data) throws {
        let document: JSONValue
        do {
            document = try JSONValue(parsing: json)
        } catch {
            throw ModelError.malformedConfiguration(reason: error.description)
        }
        guard case .object = document else { throw ModelError.malformedConfiguration(reason: "it is no JSON object") }
        let type = document[key: "model_type"]
        switch type {
        case .string("gpt2")?: try self.init(gpt2: document)
        case .string("llama")?: try self.init(llama: document)
        default:
            throw ModelError.unsupportedSetting(
                key: "model_type", value: type?.kind ?? "missing", supported: "\"gpt2\" or \"llama\"")
        }
    }

    /// Refuses settings that change the forward pass, each with the one value that is supported, and quantized weights.
    static func refuse(
        unless required: [(key: String, value: JSONValue)], in document: JSONValue
    ) throws(ModelError) {
        for (key, supported) in required {
            guard let value = document[key: key], value != supported else { continue }
            throw .unsupportedSetting(key: key, value: value.summary, supported: supported.kind)
        }
        if let value = document[key: "quantization_config"], value != .null {
            throw .unsupportedSetting(key: "quantization_config", value: value.summary, supported: "absent")
        }
    }

    /// Checks a number of layers before a list of as many is made.
    static func layerCount(_ count: Int) throws(ArchitectureError) -> Int {
        guard (1...Architecture.limits.layers).contains(count) else {
            throw ArchitectureError.sizeOutOfRange(name: "layers", size: count, limit: Architecture.limits.layers)
        }
        return count
    }

    /// What the extension declares.
    static func bounds(_ addition: JSONValue, layers: Int) throws(ArchitectureError) -> Bounds {
        var bounds = Bounds()
        if let value = addition[key: "bounds"] {
            try bounds.apply(value, place: "config.json under \"sotto.bounds\"", layerCount: layers)
        }
        return bounds
    }

    /// Whether `tokenizer` in the extension names bytes.
    static func usesBytes(_ addition: JSONValue) throws(ArchitectureError) -> Bool {
        guard let tokenizer = addition[key: "tokenizer"] else { return false }
        guard tokenizer == .string("bytes") else {
            throw .invalidValue(key: "tokenizer", value: tokenizer.kind, valid: ["\"bytes\""])
        }
        return true
    }
}

// MARK: - GPT-2

extension HuggingFaceConfiguration {
    private init(gpt2 document: JSONValue) throws {
        try Self.refuse(
            unless: [
                ("scale_attn_weights", .boolean(true)), ("scale_attn_by_inverse_layer_idx", .boolean(false)),
                ("add_cross_attention", .boolean(false)), ("is_encoder_decoder", .boolean(false)),
            ], in: document)
        let width = try document.size(of: Self.widthNames)
        let count = try Self.layerCount(document.size(of: Self.layerNames))
        let addition = try document[key: "sotto"].map { try Extension($0, layers: count) }
        guard (1...Architecture.limits.width).contains(width) else {
            throw ArchitectureError.sizeOutOfRange(name: "width", size: width, limit: Architecture.limits.width)
        }
        let architecture = try Architecture(
            layers: try addition?.network?.layers
                ?? Array(
                    repeating: .init(activation: try document.activation("activation_function", default: .geluNew)),
                    count: count),
            heads: try document.size(of: Self.headNames), keyValueHeads: addition?.keyValueHeads, width: width,
            feedForwardWidth: try document.size("n_inner", default: 4 * width),
            context: try document.context(), vocabulary: try document.size("vocab_size"),
            tiedHead: try document.flag("tie_word_embeddings", default: true),
            finalNorm: addition?.network?.finalNorm ?? .layerNorm,
            layerNormEpsilon: try document.number("layer_norm_epsilon", default: 1e-5),
            positions: addition?.rotaryBase.map { .rotary(theta: $0) } ?? .learned,
            hasBiases: addition?.hasBiases ?? true, bounds: addition?.bounds ?? Bounds())
        self.init(architecture, usesByteTokenizer: addition?.usesByteTokenizer ?? false, layout: .gpt2)
    }

    // The names of GPT-2's sizes, each with the one that other models have for it and GPT-2 takes too.
    private static let widthNames = ["n_embd", "hidden_size"]
    private static let layerNames = ["n_layer", "num_hidden_layers"]
    private static let headNames = ["n_head", "num_attention_heads"]
    fileprivate static let contextNames = ["n_positions", "max_position_embeddings"]

    /// What stands under the key `sotto`.
    private struct Extension {
        /// nil where the network is GPT-2's own.
        let network: (layers: [Architecture.Layer], finalNorm: Architecture.Norm)?
        let keyValueHeads: Int?
        let rotaryBase: Double?
        let hasBiases: Bool
        let usesByteTokenizer: Bool
        let bounds: Bounds

        init(_ json: JSONValue, layers count: Int) throws {
            let place = "config.json under \"sotto\""
            try json.checkKeys(
                ["final_norm", "layers", "tokenizer", "key_value_heads", "rotary_base", "biases", "bounds"],
                place: place)
            network =
                json[key: "final_norm"] == nil && json[key: "layers"] == nil
                ? nil : try Self.network(json, layers: count, place: place)
            bounds = try HuggingFaceConfiguration.bounds(json, layers: count)
            keyValueHeads = try json[key: "key_value_heads"].map { _ in try json.size("key_value_heads") }
            rotaryBase = try json[key: "rotary_base"].map { _ in try json.number("rotary_base", default: 0) }
            hasBiases = try json.flag("biases", default: true)
            usesByteTokenizer = try HuggingFaceConfiguration.usesBytes(json)
        }

        private static func network(
            _ json: JSONValue, layers count: Int, place: String
        ) throws -> (layers: [Architecture.Layer], finalNorm: Architecture.Norm) {
            guard let norm = json[key: "final_norm"] else {
                throw ArchitectureError.missingKey(key: "final_norm", place: place)
            }
            guard case .array(let elements)? = json[key: "layers"] else {
                throw ArchitectureError.missingKey(key: "layers", place: place)
            }
            guard elements.count == count else {
                throw ModelError.unsupportedSetting(
                    key: "sotto.layers", value: "of \(elements.count) layers",
                    supported: "as long as n_layer, \(count)")
            }
            let layers = try elements.enumerated().map { index, element in
                try Architecture.Layer(json: element, place: "layer \(index) of config.json")
            }
            return (layers, try norm.choice(of: Architecture.Norm.self, key: "final_norm"))
        }
    }
}

// MARK: - LLaMA

extension HuggingFaceConfiguration {
    private init(llama document: JSONValue) throws {
        try Self.refuse(
            unless: [
                ("attention_bias", .boolean(false)), ("mlp_bias", .boolean(false)), ("rope_scaling", .null),
                ("partial_rotary_factor", .integer(1)), ("is_encoder_decoder", .boolean(false)),
                ("add_cross_attention", .boolean(false)),
            ], in: document)
        let (width, heads) = (try document.size("hidden_size"), try document.size("num_attention_heads"))
        let count = try Self.layerCount(document.size("num_hidden_layers"))
        var layer = Architecture.Layer.llama
        layer.activation = try document.activation("hidden_act", default: .silu)
        let architecture = try Architecture(
            layers: Array(repeating: layer, count: count), heads: heads,
            keyValueHeads: try document.size("num_key_value_heads", default: heads), width: width,
            feedForwardWidth: try document.size("intermediate_size"),
            context: try document.size("max_position_embeddings"), vocabulary: try document.size("vocab_size"),
            tiedHead: try document.flag("tie_word_embeddings", default: false), finalNorm: .rmsNorm,
            layerNormEpsilon: try document.number("rms_norm_eps", default: 1e-6),
            positions: .rotary(theta: try document.rotaryBase()), hasBiases: false)
        let headWidth = try document.size("head_dim", default: architecture.headWidth)
        guard headWidth == architecture.headWidth else {
            throw ModelError.unsupportedSetting(
                key: "head_dim", value: "\(headWidth)", supported: "the width over the heads, \(architecture.headWidth)"
            )
        }
        let addition = document[key: "sotto"] ?? .object([])
        try addition.checkKeys(["tokenizer", "bounds"], place: "config.json under \"sotto\"")
        self.init(
            try architecture.declaring(Self.bounds(addition, layers: count)),
            usesByteTokenizer: try Self.usesBytes(addition), layout: .llama)
    }

}

extension Architecture {
    /// Whether Hugging Face's `LlamaForCausalLM` computes this network from its own settings.
    public var isHuggingFaceLLaMA: Bool { isLLaMA }

    /// Whether LLaMA's configuration can say everything about this network.
    var isLLaMA: Bool {
        guard case .rotary = positions, !hasBiases, finalNorm == .rmsNorm else { return false }
        var expected = Layer.llama
        expected.activation = layers[0].activation
        return layers.allSatisfy { $0 == expected }
    }
}

extension JSONValue {
    /// `rope_theta`, which newer files have in `rope_parameters`.
    fileprivate func rotaryBase() throws(ModelError) -> Double {
        guard let parameters = self[key: "rope_parameters"], parameters != .null else {
            return try number("rope_theta", default: 10000)
        }
        for (key, supported) in [("rope_type", JSONValue.string("default")), ("partial_rotary_factor", .integer(1))] {
            guard let value = parameters[key: key], value != supported else { continue }
            throw .unsupportedSetting(key: "rope_parameters.\(key)", value: value.summary, supported: supported.kind)
        }
        let outer = try number("rope_theta", default: 10000)
        let theta = try parameters.number("rope_theta", default: outer)
        if self[key: "rope_theta"] != nil, theta != outer {
            throw .contradictorySettings(
                key: "rope_theta", value: "\(outer)", otherKey: "rope_parameters.rope_theta", otherValue: "\(theta)")
        }
        return theta
    }
}

// MARK: - Writing

extension HuggingFaceConfiguration {
    /// The text of a `config.json` that reads back as this configuration.
    ///
    /// The key `sotto` is there only where the layout's own keys do not say everything.
    public var json: String {
        let lines = layout == .llama ? llamaLines : gpt2Lines
        return "{\n" + lines.map { "  \($0)" }.joined(separator: ",\n") + "\n}\n"
    }

    private var llamaLines: [String] {
        var theta = 10000.0
        if case .rotary(let base) = architecture.positions { theta = base }
        let lines = [
            "\"model_type\": \"llama\"",
            "\"architectures\": [\"LlamaForCausalLM\"]",
            "\"vocab_size\": \(architecture.vocabulary)",
            "\"max_position_embeddings\": \(architecture.context)",
            "\"hidden_size\": \(architecture.width)",
            "\"num_hidden_layers\": \(architecture.layers.count)",
            "\"num_attention_heads\": \(architecture.heads)",
            "\"num_key_value_heads\": \(architecture.keyValueHeads)",
            "\"intermediate_size\": \(architecture.feedForwardWidth)",
            "\"hidden_act\": \(architecture.layers[0].activation.huggingFaceName.asJSON)",
            "\"rms_norm_eps\": \(architecture.layerNormEpsilon)",
            "\"rope_theta\": \(theta)",
            "\"tie_word_embeddings\": \(architecture.tiedHead)",
        ]
        let additions = commonLines
        return additions.isEmpty ? lines : lines + ["\"sotto\": {\(additions.joined(separator: ", "))}"]
    }

    private var gpt2Lines: [String] {
        let first = architecture.layers[0]
        let isPlain = architecture.isHuggingFaceGPT2 && commonLines.isEmpty
        var lines = [
            "\"model_type\": \"gpt2\"",
            "\"architectures\": [\"GPT2LMHeadModel\"]",
            "\"vocab_size\": \(architecture.vocabulary)",
            "\"n_positions\": \(architecture.context)",
            "\"n_embd\": \(architecture.width)",
            "\"n_layer\": \(architecture.layers.count)",
            "\"n_head\": \(architecture.heads)",
            "\"n_inner\": \(architecture.feedForwardWidth)",
            "\"activation_function\": \(first.activation.huggingFaceName.asJSON)",
            "\"layer_norm_epsilon\": \(architecture.layerNormEpsilon)",
            "\"tie_word_embeddings\": \(architecture.tiedHead)",
        ]
        // Readers take GPT-2's own ids where none are given.
        if architecture.vocabulary <= 50256 { lines += ["\"bos_token_id\": null", "\"eos_token_id\": null"] }
        if !isPlain {
            let layers = architecture.layers.map { "      \($0.json)" }.joined(separator: ",\n")
            lines.append(
                """
                "sotto": {\(extensionLines.map { "\n    \($0)," }.joined())
                    "final_norm": \(architecture.finalNorm.rawValue.asJSON),
                    "layers": [
                \(layers)
                    ]
                  }
                """)
        }
        return lines
    }

    /// What of the extension either layout can have.
    private var commonLines: [String] {
        (usesByteTokenizer ? ["\"tokenizer\": \"bytes\""] : [])
            + (architecture.bounds.isStandard ? [] : ["\"bounds\": \(architecture.bounds.json)"])
    }

    /// What of the extension is there only where it is not GPT-2's.
    private var extensionLines: [String] {
        var lines = commonLines
        if architecture.keyValueHeads != architecture.heads {
            lines.append("\"key_value_heads\": \(architecture.keyValueHeads)")
        }
        if case .rotary(let theta) = architecture.positions { lines.append("\"rotary_base\": \(theta)") }
        if !architecture.hasBiases { lines.append("\"biases\": false") }
        return lines
    }
}

extension Architecture.Activation {
    /// The name that Hugging Face gives this function.
    var huggingFaceName: String { self == .identity ? "linear" : rawValue }

    /// The names in `activation_function` and `hidden_act` and what they stand for.
    static let huggingFaceNames: [(name: String, activation: Self)] = [
        ("gelu_new", .geluNew), ("gelu_pytorch_tanh", .geluNew), ("gelu", .gelu), ("relu", .relu), ("silu", .silu),
        ("swish", .silu), ("linear", .identity),
    ]
}

// MARK: - Reading settings

extension JSONValue {
    func size(_ key: String, default fallback: Int? = nil) throws(ModelError) -> Int {
        switch self[key: key] {
        case .integer(let value)?: return value
        case nil, .null?:
            guard let fallback else { throw .unsupportedSetting(key: key, value: "missing", supported: "an integer") }
            return fallback
        case let value?: throw .unsupportedSetting(key: key, value: value.kind, supported: "an integer")
        }
    }

    /// A size that has several names, of which the first is the usual one.
    func size(of names: [String]) throws(ModelError) -> Int {
        let found = names.filter { self[key: $0] != nil && self[key: $0] != .null }
        guard let key = found.first else { return try size(names[0]) }
        let size = try size(key)
        for other in found.dropFirst() {
            let value = try self.size(other)
            guard value == size else {
                throw .contradictorySettings(key: key, value: "\(size)", otherKey: other, otherValue: "\(value)")
            }
        }
        return size
    }

    func flag(_ key: String, default fallback: Bool) throws(ModelError) -> Bool {
        switch self[key: key] {
        case .boolean(let value)?: return value
        case nil: return fallback
        case let value?: throw .unsupportedSetting(key: key, value: value.kind, supported: "true or false")
        }
    }

    func number(_ key: String, default fallback: Double) throws(ModelError) -> Double {
        switch self[key: key] {
        case .real(let value)?: return value
        case .integer(let value)?: return Double(value)
        case nil: return fallback
        case let value?: throw .unsupportedSetting(key: key, value: value.kind, supported: "a number")
        }
    }

    /// `n_positions`, or `n_ctx` in files that have only that. Where both are there, `n_ctx` is no name of it.
    fileprivate func context() throws(ModelError) -> Int {
        let names = HuggingFaceConfiguration.contextNames
        guard names.allSatisfy({ self[key: $0] == nil }), self[key: "n_ctx"] != nil else { return try size(of: names) }
        return try size("n_ctx")
    }

    func activation(
        _ key: String, default fallback: Architecture.Activation
    ) throws(ModelError) -> Architecture.Activation {
        guard let value = self[key: key] else { return fallback }
        let names = Architecture.Activation.huggingFaceNames
        guard case .string(let name) = value, let match = names.first(where: { $0.name == name }) else {
            throw .unsupportedSetting(
                key: key, value: value.kind, supported: "one of \(names.map(\.name).joined(separator: ", "))")
        }
        return match.activation
    }
}

extension Architecture {
    /// Whether Hugging Face's `GPT2LMHeadModel` computes this network from its own settings.
    public var isHuggingFaceGPT2: Bool {
        let activation = layers[0].activation
        return finalNorm == .layerNorm && positions == .learned && keyValueHeads == heads && hasBiases
            && layers.allSatisfy { $0 == Layer(activation: activation) }
    }
}
