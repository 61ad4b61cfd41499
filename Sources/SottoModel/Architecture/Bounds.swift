import SottoJSON

/// The largest magnitudes that a network's values may have, in real units: public properties of the architecture, which
/// choose the rings that a private run computes in.
///
/// A model's owner may measure and declare them; they are never derived from the weights or inputs of a run. A value
/// beyond its bound gives wrong results that nobody can see under shares, so a run in plaintext finds it first.
public struct Bounds: Sendable, Hashable {
    /// What a bound is of.
    public enum Place: String, Sendable, Hashable, CaseIterable, Codable {
        /// Hidden states: embeddings, and what attention and FFN add up to.
        case residual
        /// Queries, keys, values, and the values weighted by attention.
        case projections
        /// `q·k/(t·√headWidth)` before softmax.
        case scores
        /// What enters the FFN's activation, and the second factor of a gated FFN.
        case feedForward = "ffn"
        /// The product of a gated FFN's factors.
        case gate
        /// What the head gives. It has no layer.
        case logits
        /// Entries of matrices, with what is folded into them. Of all layers.
        ///
        /// Products without a dealer are the shorter for it, and nothing else depends on it: a run with one takes any weights.
        case weights

        /// Places that a layer may have bounds of its own for.
        package static let ofLayers = allCases.filter { $0 != .logits && $0 != .weights }

        /// The bound where none is declared.
        package var standard: Double { self == .weights ? Bounds.standardWeight : Bounds.standard }
    }

    /// Holds GPT-2-like models, their outliers included.
    public static let standard = 4095.0

    /// Of weights: trained matrices stay far below it.
    public static let standardWeight = 1023.0

    /// What a bound may be.
    public static let allowed = 1.0...0x1p40

    private var whole: [Place: Double] = [:]
    private var layers: [Int: [Place: Double]] = [:]

    /// The standard bounds everywhere.
    public init() {}

    /// The bound of a place in a layer: the layer's own, else the network's.
    public func bound(_ place: Place, layer: Int? = nil) -> Double {
        layer.flatMap { layers[$0]?[place] } ?? whole[place] ?? place.standard
    }

    /// Whether nothing was declared.
    package var isStandard: Bool { self == Bounds() }

    /// The largest magnitude of hidden states anywhere.
    package var largestResidual: Double {
        layers.values.compactMap { $0[.residual] }.reduce(bound(.residual), max)
    }

    /// Declares the bound of a place, in one layer or in all that have none of their own.
    /// - Throws: ``ArchitectureError/invalidBound(place:value:)``,
    ///   ``ArchitectureError/invalidValue(key:value:valid:)`` for logits or weights of a layer.
    public mutating func declare(_ place: Place, _ value: Double, layer: Int? = nil) throws(ArchitectureError) {
        guard Self.allowed.contains(value) else { throw .invalidBound(place: place.rawValue, value: value) }
        guard let layer else {
            whole[place] = value == place.standard ? nil : value
            return
        }
        guard Place.ofLayers.contains(place) else {
            throw .invalidValue(
                key: "bounds of layer \(layer)", value: place.rawValue, valid: Place.ofLayers.map(\.rawValue))
        }
        layers[layer, default: [:]][place] = value
    }

    /// Without the bounds of layers from `count` on.
    func limited(toLayers count: Int) -> Bounds {
        var result = self
        result.layers = layers.filter { $0.key < count }
        return result
    }

    /// The layer with the largest index that has a bound of its own.
    var lastLayer: Int? { layers.keys.max() }

    /// Declared bounds by place, and by layer, in a fixed order.
    var declared: (whole: [(Place, Double)], layers: [(Int, [(Place, Double)])]) {
        func sorted(_ bounds: [Place: Double]) -> [(Place, Double)] {
            Place.allCases.compactMap { place in bounds[place].map { (place, $0) } }
        }
        return (sorted(whole), layers.sorted { $0.key < $1.key }.map { ($0.key, sorted($0.value)) })
    }
}

// MARK: - JSON

extension Bounds {
    private static let layersKey = "layers"
    private static let indexKey = "index"

    /// Declares what an object says: `{"residual": 8191, "layers": [{"index": 3, "gate": 70000}]}`.
    mutating func apply(_ json: JSONValue, place: String, layerCount: Int) throws(ArchitectureError) {
        try json.checkKeys(Place.allCases.map(\.rawValue) + [Self.layersKey], place: place)
        for key in Place.allCases {
            guard let value = json[key: key.rawValue] else { continue }
            try declare(key, value.bound(key: key.rawValue))
        }
        guard let list = json[key: Self.layersKey] else { return }
        guard case .array(let elements) = list else {
            throw .invalidValue(key: Self.layersKey, value: list.kind, valid: ["a list of bounds of layers"])
        }
        for element in elements {
            try element.checkKeys([Self.indexKey] + Place.ofLayers.map(\.rawValue), place: "the bounds of a layer")
            guard case .integer(let index)? = element[key: Self.indexKey], (0..<layerCount).contains(index) else {
                throw .invalidIndex(element[key: Self.indexKey]?.kind ?? "without an index", layers: layerCount)
            }
            for key in Place.ofLayers {
                guard let value = element[key: key.rawValue] else { continue }
                try declare(key, value.bound(key: key.rawValue), layer: index)
            }
        }
    }

    /// The object that ``apply(_:place:layerCount:)`` reads.
    var json: String {
        func members(_ bounds: [(Place, Double)]) -> [String] {
            bounds.map { "\($0.0.rawValue.asJSON): \($0.1)" }
        }
        let declared = declared
        let layers = declared.layers.map { index, bounds in
            "{" + (["\(Self.indexKey.asJSON): \(index)"] + members(bounds)).joined(separator: ", ") + "}"
        }
        let list = layers.isEmpty ? [] : ["\(Self.layersKey.asJSON): [\(layers.joined(separator: ", "))]"]
        return "{" + (members(declared.whole) + list).joined(separator: ", ") + "}"
    }
}

extension JSONValue {
    fileprivate func bound(key: String) throws(ArchitectureError) -> Double {
        switch self {
        case .real(let value): return value
        case .integer(let value): return Double(value)
        default: throw .invalidValue(key: key, value: kind, valid: ["a number"])
        }
    }
}

extension Bounds: Codable {
    private struct OfLayer: Codable {
        let index: Int
        let bounds: [String: Double]
    }

    private enum CodingKeys: String, CodingKey { case whole, layers }

    public init(from decoder: any Decoder) throws {
        self.init()
        let container = try decoder.container(keyedBy: CodingKeys.self)
        func place(_ name: String) throws -> Place {
            guard let place = Place(rawValue: name) else {
                throw ArchitectureError.unknownKey(
                    key: name, place: "the bounds", valid: Place.allCases.map(\.rawValue))
            }
            return place
        }
        for (name, value) in try container.decode([String: Double].self, forKey: .whole) {
            try declare(place(name), value)
        }
        for layer in try container.decode([OfLayer].self, forKey: .layers) {
            guard (0..<Architecture.limits.layers).contains(layer.index) else {
                throw ArchitectureError.invalidIndex("\(layer.index)", layers: Architecture.limits.layers)
            }
            for (name, value) in layer.bounds { try declare(place(name), value, layer: layer.index) }
        }
    }

    public func encode(to encoder: any Encoder) throws {
        func named(_ bounds: [(Place, Double)]) -> [String: Double] {
            Dictionary(uniqueKeysWithValues: bounds.map { ($0.0.rawValue, $0.1) })
        }
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(named(declared.whole), forKey: .whole)
        try container.encode(declared.layers.map { OfLayer(index: $0.0, bounds: named($0.1)) }, forKey: .layers)
    }
}
