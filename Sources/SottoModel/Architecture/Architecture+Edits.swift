import Foundation
import SottoJSON

extension Architecture {
    /// The same sizes with single layers changed by a JSON document.
    ///
    /// For instance `{"notation": "SM+LN+G", "final_norm": "none", "layers": [{"index": 3, "activation": "relu"},
    /// {"index": [0, 1], "notation": "SM+R"}, {"index": "all", "norm1": "none"}]}`. All keys are optional but `index`;
    /// `bounds` is an object as `config.json` has it.
    /// The document's `notation` comes first, then the edits in their order; a layer's own `notation` comes before its
    /// other keys. A `notation` of a layer leaves the final norm as it is.
    /// - Throws: ``ArchitectureError``, which lists the valid keys, values or indices.
    public func applying(edits: Data) throws(ArchitectureError) -> Architecture {
        let document: JSONValue
        do {
            document = try JSONValue(parsing: edits)
        } catch {
            throw .malformedJSON(reason: error.description)
        }
        let place = "the edits"
        try document.checkKeys(["notation", "final_norm", "layers", "bounds"], place: place)
        var architecture = self
        if let value = document[key: "notation"] {
            architecture = try architecture.withNotation(value.notation())
        }
        var finalNorm = architecture.finalNorm
        if let value = document[key: "final_norm"] {
            finalNorm = try value.choice(of: Norm.self, key: "final_norm")
        }
        var layers = architecture.layers
        if let value = document[key: "layers"] {
            guard case .array(let edits) = value else {
                throw .invalidValue(key: "layers", value: value.kind, valid: ["a list of edits"])
            }
            let norm = prevailingNorm
            for edit in edits { try Self.apply(edit, to: &layers, norm: norm) }
        }
        var bounds = architecture.bounds
        if let value = document[key: "bounds"] {
            try bounds.apply(value, place: "the bounds", layerCount: layers.count)
        }
        return try with(layers: layers, finalNorm: finalNorm, bounds: bounds)
    }

    private static func apply(_ edit: JSONValue, to layers: inout [Layer], norm: Norm) throws(ArchitectureError) {
        let place = "the edit of a layer"
        try edit.checkKeys(["index", "notation"] + LayerKey.names, place: place)
        guard let index = edit[key: "index"] else { throw .missingKey(key: "index", place: place) }
        for position in try indices(index, layers: layers.count) {
            if let value = edit[key: "notation"] {
                layers[position] = try value.notation().layer(replacing: layers[position], norm: norm)
            }
            for key in LayerKey.allCases {
                guard let value = edit[key: key.rawValue] else { continue }
                try layers[position].set(key, to: value)
            }
        }
    }

    private static func indices(_ value: JSONValue, layers: Int) throws(ArchitectureError) -> [Int] {
        switch value {
        case .string("all"):
            return Array(0..<layers)
        case .integer(let index) where (0..<layers).contains(index):
            return [index]
        case .array(let elements):
            var positions: [Int] = []
            for element in elements {
                guard case .integer(let index) = element, (0..<layers).contains(index) else {
                    throw .invalidIndex(element.kind, layers: layers)
                }
                positions.append(index)
            }
            return positions
        default:
            throw .invalidIndex(value.kind, layers: layers)
        }
    }
}

extension JSONValue {
    fileprivate func notation() throws(ArchitectureError) -> Architecture.Notation {
        guard case .string(let name) = self else {
            throw .invalidValue(
                key: "notation", value: kind, valid: Architecture.Notation.all.map(\.name))
        }
        return try Architecture.Notation(name)
    }
}
