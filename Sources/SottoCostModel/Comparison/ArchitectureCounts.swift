import SottoModel
import SottoPrivateTransformer

/// What a forward pass computes, counted as the literature counts it: nonlinear operations with their shapes, and the
/// flops of matrix products.
public struct ArchitectureCounts: Sendable, Hashable, Codable {
    /// Equal nonlinear operations.
    public struct Operation: Sendable, Hashable, Codable {
        public enum Kind: String, Sendable, Hashable, Codable {
            case softmax
            case norm
            case finalNorm = "final_norm"
            case activation
            /// A product of two secrets, element by element.
            case gate
        }

        public let kind: Kind
        /// Such as `LayerNorm` or `GELU`.
        public let name: String
        public fileprivate(set) var count: Int
        /// Rows and columns of one of them; a softmax row counts masked positions too, which cost nothing.
        public let shape: [Int]
    }

    /// In the order of first appearance.
    public private(set) var operations: [Operation] = []
    /// `2·rows·inputs·outputs` for each matrix of an FFN.
    public private(set) var feedForwardFlops = 0
    /// The same for queries, keys, values and outputs, and for scores and weighted values of the whole square.
    public private(set) var attentionFlops = 0

    private enum CodingKeys: String, CodingKey {
        case operations
        case feedForwardFlops = "ffn_flops"
        case attentionFlops = "attention_flops"
    }

    public init(_ pass: ForwardPass) {
        let architecture = pass.architecture
        for (index, layer) in architecture.layers.enumerated() {
            let isCut = pass.output == .last && index == architecture.layers.count - 1
            add(layer, architecture, pass, rows: isCut ? 1 : pass.new)
        }
        if pass.output != .blocks {
            add(.finalNorm, architecture.finalNorm.name, 1, [pass.outputPositions, architecture.width])
        }
    }

    /// - Parameter rows: positions that go on after the keys and values.
    private mutating func add(
        _ layer: Architecture.Layer, _ architecture: Architecture, _ pass: ForwardPass, rows: Int
    ) {
        let (width, inner) = (architecture.width, architecture.feedForwardWidth)
        add(.norm, layer.norm1.name, 1, [pass.new, width])
        add(.softmax, "softmax", architecture.heads, [rows, pass.total])
        add(.norm, layer.norm2.name, 1, [rows, width])
        let projections = pass.new * architecture.queryKeyValueWidth + rows * width
        attentionFlops += 2 * width * projections + 4 * rows * pass.total * width
        if layer.feedForward.fused {
            feedForwardFlops += 2 * rows * width * width
        } else {
            add(.activation, layer.activation.name, 1, [rows, inner])
            if layer.feedForward.gated { add(.gate, "gate", 1, [rows, inner]) }
            feedForwardFlops += 2 * rows * width * (architecture.feedForwardInputWidth(layer) + inner)
        }
    }

    private mutating func add(_ kind: Operation.Kind, _ name: String?, _ count: Int, _ shape: [Int]) {
        guard let name else { return }
        if let place = operations.firstIndex(where: { $0.kind == kind && $0.name == name && $0.shape == shape }) {
            operations[place].count += count
        } else {
            operations.append(Operation(kind: kind, name: name, count: count, shape: shape))
        }
    }
}

extension Architecture.Norm {
    /// As papers write it; nil for none.
    fileprivate var name: String? {
        switch self {
        case .none: nil
        case .layerNorm: "LayerNorm"
        case .rmsNorm: "RMSNorm"
        }
    }
}

extension Architecture.Activation {
    /// As papers write it, whatever the form of GELU; nil for none.
    fileprivate var name: String? {
        switch self {
        case .identity: nil
        case .relu: "ReLU"
        case .gelu, .geluNew: "GELU"
        case .silu: "SiLU"
        }
    }
}
