import SottoJSON

/// One change to an architecture, as a user types it: `layers[3].ffn.activation=relu`.
///
/// A path is `final_norm`, `layers[INDEX].KEY` with one of ``keys``, or `bounds.PLACE` or `layers[INDEX].bounds.PLACE` with
/// one of ``Bounds/Place``. An index is a number from 0, a range such as `0-5` with both ends, several of these between
/// commas, or `*` for all layers.
public struct ArchitectureEdit: Sendable, Hashable, CustomStringConvertible {
    /// The edit as it was typed.
    public let description: String
    private let place: Place
    private let valueText: String

    private enum Place: Sendable, Hashable {
        case finalNorm
        case layers(Selection, Architecture.LayerKey)
        case bound(Bounds.Place)
        case boundOfLayers(Selection, Bounds.Place)
    }

    private enum Selection: Sendable, Hashable {
        case all
        case ranges([ClosedRange<Int>])
    }

    /// The keys of a layer, in the order of the forward pass.
    public static let keys = Architecture.LayerKey.allCases.map(\.path)

    /// Reads `PATH=VALUE`.
    /// - Throws: ``ArchitectureError/malformedEdit(_:)`` or ``ArchitectureError/unknownEditPath(_:valid:)``; values are
    ///   checked when the edit is applied.
    public init(_ text: String) throws(ArchitectureError) {
        description = text
        let sides = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard sides.count == 2, !sides[0].isEmpty, !sides[1].isEmpty else { throw .malformedEdit(text) }
        valueText = sides[1]
        place = try Self.place(sides[0])
    }

    private var value: JSONValue {
        switch valueText {
        case "true": .boolean(true)
        case "false": .boolean(false)
        default: .string(valueText)
        }
    }

    private static func place(_ path: String) throws(ArchitectureError) -> Place {
        if path == finalNorm { return .finalNorm }
        if let place = boundPlace(path[...]) { return .bound(place) }
        let parts = path.split(separator: "]", maxSplits: 1, omittingEmptySubsequences: false)
        if parts.count == 2, parts[0].hasPrefix("layers["), parts[1].hasPrefix("."),
            let selection = selection(parts[0].dropFirst("layers[".count))
        {
            let name = parts[1].dropFirst()
            if let key = Architecture.LayerKey.allCases.first(where: { name == $0.path || name == $0.rawValue }) {
                return .layers(selection, key)
            }
            if let place = boundPlace(name), place != .logits { return .boundOfLayers(selection, place) }
        }
        throw .unknownEditPath(
            path,
            valid: [finalNorm] + keys.map { "layers[N].\($0)" } + Bounds.Place.allCases.map { bounds + $0.rawValue }
                + Bounds.Place.ofLayers.map { "layers[N]." + bounds + $0.rawValue })
    }

    private static func boundPlace(_ path: Substring) -> Bounds.Place? {
        path.hasPrefix(bounds) ? Bounds.Place(rawValue: String(path.dropFirst(bounds.count))) : nil
    }

    private static func selection(_ text: Substring) -> Selection? {
        guard text != "*" else { return .all }
        var ranges: [ClosedRange<Int>] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
            guard (1...2).contains(ends.count), let first = ends[0], let last = ends[ends.count - 1], first <= last
            else { return nil }
            ranges.append(first...last)
        }
        return .ranges(ranges)
    }

    private static let finalNorm = "final_norm"
    private static let bounds = "bounds."

    private func bound(of place: Bounds.Place) throws(ArchitectureError) -> Double {
        guard let value = Double(valueText) else {
            throw .invalidValue(key: Self.bounds + place.rawValue, value: valueText, valid: ["a number"])
        }
        return value
    }

    /// Changes the parts of a network; whether they fit together is checked by ``Architecture/applying(_:)``.
    fileprivate func apply(
        to layers: inout [Architecture.Layer], _ finalNorm: inout Architecture.Norm, _ bounds: inout Bounds
    ) throws(ArchitectureError) {
        switch place {
        case .bound(let place):
            try bounds.declare(place, bound(of: place))
        case .boundOfLayers(let selection, let place):
            let value = try bound(of: place)
            for index in try Self.indices(selection, layers: layers.count) {
                try bounds.declare(place, value, layer: index)
            }
        case .finalNorm:
            finalNorm = try value.choice(of: Architecture.Norm.self, key: Self.finalNorm)
        case .layers(let selection, let key):
            for index in try Self.indices(selection, layers: layers.count) { try layers[index].set(key, to: value) }
        }
    }

    private static func indices(_ selection: Selection, layers: Int) throws(ArchitectureError) -> [Int] {
        guard case .ranges(let ranges) = selection else { return Array(0..<layers) }
        for range in ranges where !(0..<layers).contains(range.upperBound) {
            throw .invalidIndex("\(range.upperBound)", layers: layers)
        }
        return ranges.flatMap { Array($0) }
    }
}

extension Architecture {
    /// The same sizes with these changes, one after the other.
    /// - Throws: ``ArchitectureError`` if a layer does not exist, a value is none of its key's, or the parts do not fit
    ///   together in the end.
    public func applying(_ edits: [ArchitectureEdit]) throws(ArchitectureError) -> Architecture {
        var (layers, finalNorm, bounds) = (layers, finalNorm, bounds)
        for edit in edits { try edit.apply(to: &layers, &finalNorm, &bounds) }
        return try with(layers: layers, finalNorm: finalNorm, bounds: bounds)
    }
}

extension Architecture.LayerKey {
    /// Where an edit's path finds the key in a layer.
    var path: String {
        switch self {
        case .norm1: "attention.norm"
        case .norm2: "ffn.norm"
        case .temperature: "attention.temperature"
        default: "ffn.\(rawValue)"
        }
    }
}
