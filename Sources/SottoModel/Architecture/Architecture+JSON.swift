import Foundation

// One form for the configuration of a stored model, for edits and for Codable: the keys of `LayerKey` in a layer,
// snake case as in Hugging Face's files.

extension Architecture {
    enum LayerKey: String, CaseIterable {
        case norm1
        case norm2
        case activation
        case fused
        case scaled
        case temperature
        case gated

        static let names = allCases.map(\.rawValue)

        /// Whether a layer may leave the key out: files of before there were gates.
        var isOptional: Bool { self == .gated }
    }
}

extension Architecture.Layer {
    /// Sets what a key stands for.
    mutating func set(_ key: Architecture.LayerKey, to value: JSONValue) throws(ArchitectureError) {
        switch key {
        case .norm1: norm1 = try value.choice(of: Architecture.Norm.self, key: key.rawValue)
        case .norm2: norm2 = try value.choice(of: Architecture.Norm.self, key: key.rawValue)
        case .activation: activation = try value.choice(of: Architecture.Activation.self, key: key.rawValue)
        case .fused: feedForward.fused = try value.boolean(key: key.rawValue)
        case .scaled: feedForward.scaled = try value.boolean(key: key.rawValue)
        case .temperature: temperature = try value.boolean(key: key.rawValue)
        case .gated: feedForward.gated = try value.boolean(key: key.rawValue)
        }
    }

    /// Reads a layer in which every key is present, but for `gated`, which is false unless given.
    init(json: JSONValue, place: String) throws(ArchitectureError) {
        self.init()
        try json.checkKeys(Architecture.LayerKey.names, place: place)
        for key in Architecture.LayerKey.allCases {
            guard let value = json[key: key.rawValue] else {
                if key.isOptional { continue }
                throw .missingKey(key: key.rawValue, place: place)
            }
            try set(key, to: value)
        }
    }
}

extension JSONValue {
    func choice<Choice: RawRepresentable & CaseIterable>(
        of type: Choice.Type, key: String
    ) throws(ArchitectureError) -> Choice where Choice.RawValue == String {
        guard case .string(let name) = self, let choice = Choice(rawValue: name) else {
            throw .invalidValue(key: key, value: kind, valid: Choice.allCases.map(\.rawValue))
        }
        return choice
    }

    func boolean(key: String) throws(ArchitectureError) -> Bool {
        guard case .boolean(let value) = self else {
            throw .invalidValue(key: key, value: kind, valid: ["true", "false"])
        }
        return value
    }

    func checkKeys(_ valid: [String], place: String) throws(ArchitectureError) {
        guard case .object(let members) = self else {
            throw .invalidValue(key: place, value: kind, valid: ["an object"])
        }
        for member in members where !valid.contains(member.key) {
            throw .unknownKey(key: member.key, place: place, valid: valid)
        }
    }
}

// MARK: - Codable

extension Architecture.Layer: Codable {
    private enum CodingKeys: String, CodingKey {
        case norm1, norm2, activation, fused, scaled, temperature, gated
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            norm1: try container.decode(Architecture.Norm.self, forKey: .norm1),
            norm2: try container.decode(Architecture.Norm.self, forKey: .norm2),
            activation: try container.decode(Architecture.Activation.self, forKey: .activation),
            feedForward: .init(
                fused: try container.decode(Bool.self, forKey: .fused),
                scaled: try container.decode(Bool.self, forKey: .scaled),
                gated: try container.decodeIfPresent(Bool.self, forKey: .gated) ?? false),
            temperature: try container.decode(Bool.self, forKey: .temperature))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(norm1, forKey: .norm1)
        try container.encode(norm2, forKey: .norm2)
        try container.encode(activation, forKey: .activation)
        try container.encode(feedForward.fused, forKey: .fused)
        try container.encode(feedForward.scaled, forKey: .scaled)
        try container.encode(temperature, forKey: .temperature)
        try container.encode(feedForward.gated, forKey: .gated)
    }
}

extension Architecture: Codable {
    private enum CodingKeys: String, CodingKey {
        case layers, heads, width, context, vocabulary
        case feedForwardWidth = "feed_forward_width"
        case tiedHead = "tied_head"
        case finalNorm = "final_norm"
        case layerNormEpsilon = "layer_norm_epsilon"
        case keyValueHeads = "key_value_heads"
        case rotaryBase = "rotary_base"
        case hasBiases = "has_biases"
        case bounds
    }

    /// Decodes and checks an architecture. `key_value_heads`, `rotary_base` (absent for learned positions),
    /// `has_biases` and `bounds` may be absent; then they are those of GPT-2, and the standard ones.
    /// - Throws: `DecodingError` on malformed input, ``ArchitectureError`` on an impossible architecture.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        try self.init(
            layers: container.decode([Layer].self, forKey: .layers),
            heads: container.decode(Int.self, forKey: .heads),
            keyValueHeads: container.decodeIfPresent(Int.self, forKey: .keyValueHeads),
            width: container.decode(Int.self, forKey: .width),
            feedForwardWidth: container.decode(Int.self, forKey: .feedForwardWidth),
            context: container.decode(Int.self, forKey: .context),
            vocabulary: container.decode(Int.self, forKey: .vocabulary),
            tiedHead: container.decode(Bool.self, forKey: .tiedHead),
            finalNorm: container.decode(Norm.self, forKey: .finalNorm),
            layerNormEpsilon: container.decode(Double.self, forKey: .layerNormEpsilon),
            positions: container.decodeIfPresent(Double.self, forKey: .rotaryBase).map { .rotary(theta: $0) }
                ?? .learned,
            hasBiases: container.decodeIfPresent(Bool.self, forKey: .hasBiases) ?? true,
            bounds: container.decodeIfPresent(Bounds.self, forKey: .bounds) ?? Bounds())
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(layers, forKey: .layers)
        try container.encode(heads, forKey: .heads)
        try container.encode(width, forKey: .width)
        try container.encode(feedForwardWidth, forKey: .feedForwardWidth)
        try container.encode(context, forKey: .context)
        try container.encode(vocabulary, forKey: .vocabulary)
        try container.encode(tiedHead, forKey: .tiedHead)
        try container.encode(finalNorm, forKey: .finalNorm)
        try container.encode(layerNormEpsilon, forKey: .layerNormEpsilon)
        try container.encode(keyValueHeads, forKey: .keyValueHeads)
        if case .rotary(let theta) = positions { try container.encode(theta, forKey: .rotaryBase) }
        try container.encode(hasBiases, forKey: .hasBiases)
        if !bounds.isStandard { try container.encode(bounds, forKey: .bounds) }
    }
}
