/// A change to one place of a network that removes nonlinear work: what a researcher might try next.
public struct SingleEdit: Sendable, Hashable {
    /// What kind of work it removes.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        case dropNorm = "drop the norm"
        case dropFinalNorm = "drop the final norm"
        case useReLU = "ReLU for the activation"
        case dropActivation = "drop the activation"
        case dropGate = "drop the gate"
        case fuse = "fuse the FFN"
        case dropTemperature = "drop the temperature"
    }

    public let kind: Kind
    /// The layer; nil for the final norm.
    public let layer: Int?
    /// The key of the layer that it changes first.
    public let key: String?
    /// In the form that ``ArchitectureEdit`` reads.
    public let edits: [String]

    private init(_ kind: Kind, layer: Int?, changes: [(Architecture.LayerKey, String)] = []) {
        self.kind = kind
        self.layer = layer
        key = changes.first?.0.path
        if let layer {
            edits = changes.map { "layers[\(layer)].\($0.0.path)=\($0.1)" }
        } else {
            edits = ["final_norm=\(Architecture.Norm.none.rawValue)"]
        }
    }

    /// The single edits that change an architecture, in the order of its layers.
    public static func all(of architecture: Architecture) -> [SingleEdit] {
        let inLayers = architecture.layers.enumerated().flatMap { index, layer in edits(of: layer, index) }
        return inLayers + (architecture.finalNorm == .none ? [] : [SingleEdit(.dropFinalNorm, layer: nil)])
    }

    private static func edits(of layer: Architecture.Layer, _ index: Int) -> [SingleEdit] {
        let none = Architecture.Norm.none.rawValue
        let identity = Architecture.Activation.identity.rawValue
        var edits: [SingleEdit] = []
        if layer.norm1 != .none { edits.append(SingleEdit(.dropNorm, layer: index, changes: [(.norm1, none)])) }
        if layer.temperature {
            edits.append(SingleEdit(.dropTemperature, layer: index, changes: [(.temperature, "false")]))
        }
        if layer.norm2 != .none { edits.append(SingleEdit(.dropNorm, layer: index, changes: [(.norm2, none)])) }
        if layer.activation != .identity, layer.activation != .relu {
            let relu = Architecture.Activation.relu.rawValue
            edits.append(SingleEdit(.useReLU, layer: index, changes: [(.activation, relu)]))
        }
        if layer.activation != .identity {
            edits.append(SingleEdit(.dropActivation, layer: index, changes: [(.activation, identity)]))
        }
        if layer.feedForward.gated { edits.append(SingleEdit(.dropGate, layer: index, changes: [(.gated, "false")])) }
        if !layer.feedForward.fused {
            let changes: [(Architecture.LayerKey, String)] =
                [(.fused, "true")] + (layer.activation == .identity ? [] : [(.activation, identity)])
                + (layer.feedForward.gated ? [(.gated, "false")] : [])
            edits.append(SingleEdit(.fuse, layer: index, changes: changes))
        }
        return edits
    }
}
