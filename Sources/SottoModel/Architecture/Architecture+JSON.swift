import Foundation
import SottoJSON

// One form for the configuration of a stored model, for edits and for Codable: the keys of `LayerKey` in a layer,
// snake case as in Hugging Face's files.

extension Architecture {
    enum LayerKey: String, CodingKey, CaseIterable {
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

    /// What a key of a layer holds.
    enum LayerValue: Equatable {
        case flag(Bool)
        /// The name of a norm or an activation.
        case choice(String)

        var json: String {
            switch self {
            case .flag(let isSet): "\(isSet)"
            case .choice(let name): name.asJSON
            }
        }
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

    func value(of key: Architecture.LayerKey) -> Architecture.LayerValue {
        switch key {
        case .norm1: .choice(norm1.rawValue)
        case .norm2: .choice(norm2.rawValue)
        case .activation: .choice(activation.rawValue)
        case .fused: .flag(feedForward.fused)
        case .scaled: .flag(feedForward.scaled)
        case .temperature: .flag(temperature)
        case .gated: .flag(feedForward.gated)
        }
    }

    /// Its object in a configuration, without optional keys that hold what they hold by default.
    var json: String {
        let standard = Self()
        let keys = Architecture.LayerKey.allCases.filter { !$0.isOptional || value(of: $0) != standard.value(of: $0) }
        return "{" + keys.map { "\($0.rawValue.asJSON): \(value(of: $0).json)" }.joined(separator: ", ") + "}"
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
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Architecture.LayerKey.self)
        self.init()
        for key in Architecture.LayerKey.allCases where !key.isOptional || container.contains(key) {
            let value: JSONValue =
                switch self.value(of: key) {
                case .flag: .boolean(try container.decode(Bool.self, forKey: key))
                case .choice: .string(try container.decode(String.self, forKey: key))
                }
            do throws(ArchitectureError) { try set(key, to: value) } catch {
                throw DecodingError.dataCorruptedError(forKey: key, in: container, debugDescription: "\(error)")
            }
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Architecture.LayerKey.self)
        for key in Architecture.LayerKey.allCases {
            switch value(of: key) {
            case .flag(let isSet): try container.encode(isSet, forKey: key)
            case .choice(let name): try container.encode(name, forKey: key)
            }
        }
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
