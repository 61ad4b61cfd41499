import SottoJSON

/// Why a description of an architecture was refused.
public enum ArchitectureError: Error, Equatable, CustomStringConvertible {
    /// The name is not one of the paper's.
    case unknownNotation(String)
    /// There is no preset of this name.
    case unknownPreset(String)
    /// A size is not positive or larger than the limit.
    case sizeOutOfRange(name: String, size: Int, limit: Int)
    /// The heads do not divide the width.
    case indivisibleWidth(width: Int, heads: Int)
    /// The heads of keys and values do not divide the heads.
    case indivisibleHeads(heads: Int, keyValueHeads: Int)
    /// A head's elements cannot be paired for the rotation.
    case oddRotaryWidth(Int)
    /// The base of the rotary frequencies is out of range.
    case invalidTheta(Double)
    /// A norm's epsilon is not in (0, 1].
    case invalidEpsilon(Double)
    /// A fused FFN cannot have an activation.
    case fusedActivation(layer: Int, activation: String)
    /// A fused FFN cannot be gated.
    case fusedGate(layer: Int)
    /// More layers were asked for than there are, or none.
    case layerCount(requested: Int, available: Int)
    /// The document is no JSON.
    case malformedJSON(reason: String)
    /// A key that means nothing here.
    case unknownKey(key: String, place: String, valid: [String])
    /// A key that must be there is missing.
    case missingKey(key: String, place: String)
    /// A value that the key cannot have.
    case invalidValue(key: String, value: String, valid: [String])
    /// A bound is not a magnitude that values can have.
    case invalidBound(place: String, value: Double)
    /// An edit names a layer that does not exist.
    case invalidIndex(String, layers: Int)
    /// An edit is no `PATH=VALUE`.
    case malformedEdit(String)
    /// An edit names no part of an architecture.
    case unknownEditPath(String, valid: [String])
    /// More layers were asked for than a network has that differ from one another.
    case unrepeatableLayers(requested: Int, available: Int)
    /// Another width was asked for that the heads sharing one of keys and values do not divide.
    case indivisibleResize(width: Int, groupWidth: Int)

    public var description: String {
        switch self {
        case .unknownNotation(let name):
            "There is no architecture \(name.quoted); choose one of \(Self.list(Architecture.Notation.all.map(\.name)))."
        case .unknownPreset(let name):
            "There is no preset \(name.quoted); choose one of \(Self.list(Architecture.presetNames))."
        case .sizeOutOfRange(let name, let size, let limit):
            "The architecture's \(name) is \(size) but must be between 1 and \(limit)."
        case .indivisibleWidth(let width, let heads):
            "The width \(width) must be a multiple of the number of heads, \(heads)."
        case .indivisibleHeads(let heads, let keyValueHeads):
            "The number of heads, \(heads), must be a multiple of the number of key and value heads, \(keyValueHeads)."
        case .oddRotaryWidth(let width):
            "A head of width \(width) cannot be rotated; choose a width that is an even multiple of the number of heads."
        case .invalidTheta(let theta):
            "The rotary base is \(theta) but must be between 1 and \(Architecture.thetas.upperBound)."
        case .invalidEpsilon(let epsilon):
            "The norms' epsilon is \(epsilon) but must be above 0 and at most 1."
        case .fusedActivation(let layer, let activation):
            "Layer \(layer) has a fused FFN, which has no activation; set its activation to identity, not \(activation)."
        case .fusedGate(let layer):
            "Layer \(layer) has a fused FFN, which has no gate; set gated to false, or fused."
        case .layerCount(let requested, let available):
            "\(requested) layers were asked for; choose between 1 and \(available)."
        case .malformedJSON(let reason):
            "The architecture is no valid JSON: \(reason)."
        case .unknownKey(let key, let place, let valid):
            "The key \(key.quoted) means nothing in \(place); the keys there are \(Self.list(valid))."
        case .missingKey(let key, let place):
            "The key \(key.quoted) is missing in \(place)."
        case .invalidValue(let key, let value, let valid):
            "The value of \(key.quoted) cannot be \(value); choose \(Self.list(valid, conjunction: "or"))."
        case .invalidBound(let place, let value):
            "The bound of \(place) is \(value) but must be between \(Int(Bounds.allowed.lowerBound)) and "
                + "\(Int(Bounds.allowed.upperBound))."
        case .invalidIndex(let index, let layers):
            "There is no layer \(index); choose 0 to \(layers - 1), a list of these, or \"all\"."
        case .malformedEdit(let edit):
            "The edit \(edit.quoted) is no PATH=VALUE; write for instance layers[3].ffn.activation=relu."
        case .unknownEditPath(let path, let valid):
            "The edit path \(path.quoted) names nothing; the paths are \(Self.list(valid)), where N is a layer from 0, a "
                + "range such as 0-5, a list of these, or *."
        case .unrepeatableLayers(let requested, let available):
            "\(requested) layers were asked for, but the \(available) layers there are differ; choose 1 to \(available)."
        case .indivisibleResize(let width, let groupWidth):
            "The width \(width) must be a multiple of \(groupWidth), the width of a head times the heads that share keys."
        }
    }

    private static func list(_ items: [String], conjunction: String = "and") -> String {
        guard let last = items.last, items.count > 1 else { return items.first ?? "none" }
        return items.dropLast().joined(separator: ", ") + " \(conjunction) " + last
    }
}
