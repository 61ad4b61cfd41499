/// One change to an architecture, as a user types it: `layers[3].ffn.activation=relu`.
///
/// A path is `final_norm`, or `layers[INDEX].KEY` with one of ``keys``. An index is a number from 0, a range such as
/// `0-5` with both ends, several of these between commas, or `*` for all layers.
public struct ArchitectureEdit: Sendable, Hashable, CustomStringConvertible {
    /// The edit as it was typed.
    public let description: String
    private let place: Place
    private let valueText: String

    private enum Place: Sendable, Hashable {
        case finalNorm
        case layers(Selection, Architecture.LayerKey)
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
        let parts = path.split(separator: "]", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].hasPrefix("layers["), parts[1].hasPrefix("."),
            let selection = selection(parts[0].dropFirst("layers[".count)),
            let key = Architecture.LayerKey.allCases.first(where: {
                parts[1].dropFirst() == $0.path || parts[1].dropFirst() == $0.rawValue
            })
        else {
            throw .unknownEditPath(path, valid: [finalNorm] + keys.map { "layers[N].\($0)" })
        }
        return .layers(selection, key)
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

    /// Changes the parts of a network; whether they fit together is checked by ``Architecture/applying(_:)``.
    fileprivate func apply(to layers: inout [Architecture.Layer], _ finalNorm: inout Architecture.Norm)
        throws(ArchitectureError)
    {
        switch place {
        case .finalNorm:
            finalNorm = try value.choice(of: Architecture.Norm.self, key: Self.finalNorm)
        case .layers(.all, let key):
            for index in layers.indices { try layers[index].set(key, to: value) }
        case .layers(.ranges(let ranges), let key):
            for range in ranges {
                guard layers.indices.contains(range.upperBound) else {
                    throw .invalidIndex("\(range.upperBound)", layers: layers.count)
                }
                for index in range { try layers[index].set(key, to: value) }
            }
        }
    }
}

extension Architecture {
    /// The same sizes with these changes, one after the other.
    /// - Throws: ``ArchitectureError`` if a layer does not exist, a value is none of its key's, or the parts do not fit
    ///   together in the end.
    public func applying(_ edits: [ArchitectureEdit]) throws(ArchitectureError) -> Architecture {
        var (layers, finalNorm) = (layers, finalNorm)
        for edit in edits { try edit.apply(to: &layers, &finalNorm) }
        return try with(layers: layers, finalNorm: finalNorm)
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
