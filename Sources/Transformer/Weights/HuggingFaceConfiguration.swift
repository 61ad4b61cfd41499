import Foundation

/// A model's `config.json` in Hugging Face's GPT-2 layout, with Sotto's extension.
///
/// What GPT-2 cannot say stands under the key `sotto`: `final_norm`, `layers` (one object a layer with all of `norm1`,
/// `norm2`, `activation`, `fused`, `scaled`, `temperature`) and, if it is not known otherwise, `tokenizer`.
public struct HuggingFaceConfiguration: Sendable, Hashable {
    /// What the file describes.
    public let architecture: Architecture
    /// Whether token ids are the bytes of the text; told by `"tokenizer": "bytes"` under `sotto`.
    public let usesByteTokenizer: Bool

    /// The configuration of an architecture.
    public init(architecture: Architecture, usesByteTokenizer: Bool = false) {
        self.architecture = architecture
        self.usesByteTokenizer = usesByteTokenizer
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
        try Self.refuseUnsupported(document)
        let width = try document.size("n_embd")
        let tied = try document.flag("tie_word_embeddings", default: true)
        let epsilon = try document.epsilon()
        let count = try document.size("n_layer")
        guard (1...Architecture.limits.layers).contains(count) else {
            throw ArchitectureError.sizeOutOfRange(name: "layers", size: count, limit: Architecture.limits.layers)
        }
        var finalNorm = Architecture.Norm.layerNorm
        var layers: [Architecture.Layer]
        var usesByteTokenizer = false
        if let addition = document[key: "sotto"] {
            (layers, finalNorm, usesByteTokenizer) = try Self.read(addition, layers: count)
        } else {
            layers = Array(repeating: .init(activation: try document.activation()), count: count)
        }
        guard (1...Architecture.limits.width).contains(width) else {
            throw ArchitectureError.sizeOutOfRange(name: "width", size: width, limit: Architecture.limits.width)
        }
        architecture = try Architecture(
            layers: layers, heads: try document.size("n_head"), width: width,
            feedForwardWidth: try document.size("n_inner", default: 4 * width),
            context: try document.context(), vocabulary: try document.size("vocab_size"), tiedHead: tied,
            finalNorm: finalNorm, layerNormEpsilon: epsilon)
        self.usesByteTokenizer = usesByteTokenizer
    }

    /// Settings that change the forward pass, with the one value that is supported.
    private static let required: [(key: String, value: JSONValue)] = [
        ("scale_attn_weights", .boolean(true)), ("scale_attn_by_inverse_layer_idx", .boolean(false)),
        ("add_cross_attention", .boolean(false)), ("is_encoder_decoder", .boolean(false)),
    ]

    private static func refuseUnsupported(_ document: JSONValue) throws(ModelError) {
        guard let type = document[key: "model_type"] else {
            throw .unsupportedSetting(key: "model_type", value: "missing", supported: "\"gpt2\"")
        }
        guard type == .string("gpt2") else {
            throw .unsupportedSetting(key: "model_type", value: type.kind, supported: "\"gpt2\"")
        }
        for (key, supported) in required {
            guard let value = document[key: key], value != supported else { continue }
            throw .unsupportedSetting(key: key, value: value.kind, supported: supported.kind)
        }
        if let value = document[key: "quantization_config"], value != .null {
            throw .unsupportedSetting(key: "quantization_config", value: value.kind, supported: "absent")
        }
    }

    private static func read(
        _ json: JSONValue, layers count: Int
    ) throws -> (layers: [Architecture.Layer], finalNorm: Architecture.Norm, usesByteTokenizer: Bool) {
        let place = "config.json under \"sotto\""
        try json.checkKeys(["final_norm", "layers", "tokenizer"], place: place)
        guard let norm = json[key: "final_norm"] else {
            throw ArchitectureError.missingKey(key: "final_norm", place: place)
        }
        guard case .array(let elements)? = json[key: "layers"] else {
            throw ArchitectureError.missingKey(key: "layers", place: place)
        }
        guard elements.count == count else {
            throw ModelError.unsupportedSetting(
                key: "sotto.layers", value: "of \(elements.count) layers", supported: "as long as n_layer, \(count)")
        }
        let layers = try elements.enumerated().map { index, element in
            try Architecture.Layer(json: element, place: "layer \(index) of config.json")
        }
        var usesByteTokenizer = false
        if let tokenizer = json[key: "tokenizer"] {
            guard tokenizer == .string("bytes") else {
                throw ArchitectureError.invalidValue(key: "tokenizer", value: tokenizer.kind, valid: ["\"bytes\""])
            }
            usesByteTokenizer = true
        }
        return (layers, try norm.choice(of: Architecture.Norm.self, key: "final_norm"), usesByteTokenizer)
    }
}

// MARK: - Writing

extension HuggingFaceConfiguration {
    /// The text of a `config.json` that reads back as this configuration.
    ///
    /// The key `sotto` is there only where GPT-2's own keys do not say everything.
    public var json: String {
        let architecture = self.architecture
        let first = architecture.layers[0]
        let isPlain =
            architecture.finalNorm == .layerNorm && !usesByteTokenizer
            && architecture.layers.allSatisfy { $0 == Architecture.Layer(activation: first.activation) }
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
        if !isPlain {
            let layers = architecture.layers.map { "      \($0.json)" }.joined(separator: ",\n")
            let tokenizer = usesByteTokenizer ? "\n    \"tokenizer\": \"bytes\"," : ""
            lines.append(
                """
                "sotto": {\(tokenizer)
                    "final_norm": \(architecture.finalNorm.rawValue.asJSON),
                    "layers": [
                \(layers)
                    ]
                  }
                """)
        }
        return "{\n" + lines.map { "  \($0)" }.joined(separator: ",\n") + "\n}\n"
    }
}

extension Architecture.Layer {
    fileprivate var json: String {
        """
        {"norm1": \(norm1.rawValue.asJSON), "norm2": \(norm2.rawValue.asJSON), \
        "activation": \(activation.rawValue.asJSON), "fused": \(feedForward.fused), \
        "scaled": \(feedForward.scaled), "temperature": \(temperature)}
        """
    }
}

extension Architecture.Activation {
    /// The name that Hugging Face gives this function.
    var huggingFaceName: String { self == .identity ? "linear" : rawValue }

    /// The names in `activation_function` and what they stand for.
    static let huggingFaceNames: [(name: String, activation: Self)] = [
        ("gelu_new", .geluNew), ("gelu_pytorch_tanh", .geluNew), ("gelu", .gelu), ("relu", .relu),
        ("linear", .identity),
    ]
}

// MARK: - Reading settings

extension JSONValue {
    fileprivate func size(_ key: String, default fallback: Int? = nil) throws(ModelError) -> Int {
        switch self[key: key] {
        case .integer(let value)?: return value
        case nil, .null?:
            guard let fallback else { throw .unsupportedSetting(key: key, value: "missing", supported: "an integer") }
            return fallback
        case let value?: throw .unsupportedSetting(key: key, value: value.kind, supported: "an integer")
        }
    }

    fileprivate func flag(_ key: String, default fallback: Bool) throws(ModelError) -> Bool {
        switch self[key: key] {
        case .boolean(let value)?: return value
        case nil: return fallback
        case let value?: throw .unsupportedSetting(key: key, value: value.kind, supported: "true or false")
        }
    }

    fileprivate func epsilon() throws(ModelError) -> Double {
        switch self[key: "layer_norm_epsilon"] {
        case .real(let value)?: return value
        case .integer(let value)?: return Double(value)
        case nil: return 1e-5
        case let value?:
            throw .unsupportedSetting(key: "layer_norm_epsilon", value: value.kind, supported: "a number")
        }
    }

    /// `n_positions`, or `n_ctx` in files that have only that.
    fileprivate func context() throws(ModelError) -> Int {
        guard self[key: "n_positions"] == nil, self[key: "n_ctx"] != nil else { return try size("n_positions") }
        return try size("n_ctx")
    }

    fileprivate func activation() throws(ModelError) -> Architecture.Activation {
        guard let value = self[key: "activation_function"] else { return .geluNew }
        let names = Architecture.Activation.huggingFaceNames
        guard case .string(let name) = value, let match = names.first(where: { $0.name == name }) else {
            throw .unsupportedSetting(
                key: "activation_function", value: value.kind,
                supported: "one of \(names.map(\.name).joined(separator: ", "))")
        }
        return match.activation
    }
}
