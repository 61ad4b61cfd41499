extension Architecture {
    /// The paper's name of an architecture, such as `SM+LN+G` or `EReg(SM(t)+ScFuFFN)`.
    public struct Notation: Sendable, Hashable, CustomStringConvertible {
        /// Which nonlinear functions the network has.
        public let network: Network
        /// Whether it was trained with the entropy regulariser; the network is the same.
        public let isEntropyRegularised: Bool

        /// The eight networks of the paper.
        public enum Network: String, Sendable, Hashable, CaseIterable {
            case softmaxLayerNormGELU = "SM+LN+G"
            case softmaxLayerNormReLU = "SM+LN+R"
            case softmaxLayerNorm = "SM+LN"
            case softmaxGELU = "SM+G"
            case softmaxReLU = "SM+R"
            case softmax = "SM"
            case softmaxFused = "SM+ScFuFFN"
            case softmaxTemperatureFused = "SM(t)+ScFuFFN"
        }

        /// The notation of a network.
        public init(_ network: Network, isEntropyRegularised: Bool = false) {
            self.network = network
            self.isEntropyRegularised = isEntropyRegularised
        }

        /// The paper's nine names, in its order.
        public static let all: [Notation] =
            Network.allCases.map { Notation($0) }
            + [Notation(.softmaxTemperatureFused, isEntropyRegularised: true)]

        /// Reads one of the paper's nine names.
        /// - Throws: ``ArchitectureError/unknownNotation(_:)``, which lists them.
        public init(_ name: String) throws(ArchitectureError) {
            guard let notation = Self.all.first(where: { $0.name == name }) else { throw .unknownNotation(name) }
            self = notation
        }

        /// The name, as the paper prints it.
        public var name: String {
            isEntropyRegularised ? "EReg(\(network.rawValue))" : network.rawValue
        }

        public var description: String { name }

        /// The norm of every place that can have one.
        public var norm: Norm {
            switch network {
            case .softmaxLayerNormGELU, .softmaxLayerNormReLU, .softmaxLayerNorm: .layerNorm
            default: .none
            }
        }

        /// The layer that this notation stands for, GELU in GPT-2's form.
        public var layer: Layer {
            switch network {
            case .softmaxLayerNormGELU, .softmaxGELU: Layer(norm1: norm, norm2: norm, activation: .geluNew)
            case .softmaxLayerNormReLU, .softmaxReLU: Layer(norm1: norm, norm2: norm, activation: .relu)
            case .softmaxLayerNorm, .softmax: Layer(norm1: norm, norm2: norm, activation: .identity)
            case .softmaxFused, .softmaxTemperatureFused:
                Layer(
                    norm1: norm, norm2: norm, activation: .identity, feedForward: .init(fused: true, scaled: true),
                    temperature: network == .softmaxTemperatureFused)
            }
        }

        /// The layer in place of another one, whose form of GELU is kept.
        func layer(replacing old: Layer) -> Layer {
            var layer = layer
            if layer.activation == .geluNew, old.activation == .gelu { layer.activation = .gelu }
            return layer
        }
    }

    /// A network of one kind of layer.
    /// - Parameter feedForwardWidth: 4 times the width unless given.
    /// - Throws: ``ArchitectureError`` if a size is out of range or the heads do not divide the width.
    public init(
        notation: Notation, layers: Int, heads: Int, width: Int, feedForwardWidth: Int? = nil, context: Int,
        vocabulary: Int, tiedHead: Bool = true
    ) throws(ArchitectureError) {
        guard (1...Self.limits.layers).contains(layers) else {
            throw .sizeOutOfRange(name: "layers", size: layers, limit: Self.limits.layers)
        }
        guard (1...Self.limits.width).contains(width) else {
            throw .sizeOutOfRange(name: "width", size: width, limit: Self.limits.width)
        }
        try self.init(
            layers: Array(repeating: notation.layer, count: layers), heads: heads, width: width,
            feedForwardWidth: feedForwardWidth ?? 4 * width, context: context, vocabulary: vocabulary,
            tiedHead: tiedHead, finalNorm: notation.norm)
    }

    /// The paper's name of this network, or nil if its layers differ from one another or have none.
    ///
    /// The entropy regulariser leaves no trace in the network, so no name says `EReg`.
    public var notation: Notation? {
        for network in Notation.Network.allCases {
            let notation = Notation(network)
            if finalNorm == notation.norm, layers.allSatisfy({ notation.layer(replacing: $0) == $0 }) {
                return notation
            }
        }
        return nil
    }

    /// The same sizes with the layers and the final norm of a notation; the form of GELU in use is kept.
    public func withNotation(_ notation: Notation) throws(ArchitectureError) -> Architecture {
        try with(layers: layers.map { notation.layer(replacing: $0) }, finalNorm: notation.norm)
    }
}

extension Architecture: CustomStringConvertible {
    /// The paper's name, or `edited` if it has none for this network.
    public var description: String {
        notation?.name ?? "edited"
    }
}
