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

        /// The layer in place of another one, of which it keeps the kind of norm, the smooth activation and the gate: the
        /// paper's `LN` stands for RMSNorm where that is in use, `G` for SiLU or the exact GELU, and `R` and no activation
        /// in a gated FFN leave the product of two projections. A fused FFN has no gate.
        /// - Parameter fallback: the norm where the other layer has none.
        func layer(replacing old: Layer, norm fallback: Norm = .layerNorm) -> Layer {
            var layer = layer
            if norm != .none {
                let inUse = [old.norm1, old.norm2]
                let kind = inUse.first { $0 != .none } ?? fallback
                (layer.norm1, layer.norm2) = (
                    old.norm1 == .none ? kind : old.norm1, old.norm2 == .none ? kind : old.norm2
                )
            }
            if layer.activation == .geluNew, [.gelu, .silu].contains(old.activation) {
                layer.activation = old.activation
            }
            layer.feedForward.gated = old.feedForward.gated && !layer.feedForward.fused
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

    /// The paper's name of this network, or nil if it is not one of the paper's: its layers differ from one another or
    /// have other parts, or its attention is not that of GPT-2.
    ///
    /// The entropy regulariser leaves no trace in the network, so no name says `EReg`.
    public var notation: Notation? {
        guard positions == .learned, keyValueHeads == heads, hasBiases else { return nil }
        return Notation.Network.allCases.map { Notation($0) }.first { notation in
            finalNorm == notation.norm
                && layers.allSatisfy { layer in
                    var plain = layer
                    if plain.activation == .gelu { plain.activation = .geluNew }
                    return plain == notation.layer
                }
        }
    }

    /// The same sizes with the layers and the final norm of a notation, read for this network: the kind of norm, the
    /// smooth activation and the gates in use are kept, and so are positions, heads and biases.
    public func withNotation(_ notation: Notation) throws(ArchitectureError) -> Architecture {
        let kind = prevailingNorm
        return try with(
            layers: layers.map { notation.layer(replacing: $0, norm: kind) },
            finalNorm: notation.norm == .none ? Norm.none : finalNorm == .none ? kind : finalNorm)
    }

    /// The first norm in use, or LayerNorm.
    var prevailingNorm: Norm {
        (layers.flatMap { [$0.norm1, $0.norm2] } + [finalNorm]).first { $0 != .none } ?? .layerNorm
    }
}

// MARK: - Systematic names

extension Architecture: CustomStringConvertible {
    /// The paper's name; for another network of equal layers a name of the same form, such as `SM(RoPE)+RMSN+SwiGLU`;
    /// else `edited`.
    ///
    /// The parts are `SM`, with `t` (temperatures), `RoPE` and `GQA` in parentheses; `LN` or `RMSN` where every place has
    /// that norm; the FFN: `G`, `R`, `SiLU`, gated `GEGLU`, `ReGLU`, `SwiGLU`, `Bilinear`, `FuFFN`, with `Sc` in front
    /// where it is scaled; and `NoBias` where only that tells the network from one of the paper's.
    public var description: String {
        if let notation { return notation.name }
        guard let layer = layers.first, layers.allSatisfy({ $0 == layer }), layer.norm1 == layer.norm2,
            layer.norm1 == finalNorm
        else { return "edited" }
        let isOtherwiseLikeGPT2 = positions == .learned && keyValueHeads == heads && !hasBiases
        let parts = [
            attentionName(of: layer), finalNorm.symbol, layer.feedForwardName, isOtherwiseLikeGPT2 ? "NoBias" : nil,
        ]
        return parts.compactMap { $0 }.joined(separator: "+")
    }

    /// What to call this network where a notation was asked for: the paper's name if it is the paper's network, else its
    /// ``description``, with `EReg` around it if the notation has that.
    public func name(as notation: Notation) -> String {
        guard self.notation?.network != notation.network else { return notation.name }
        return notation.isEntropyRegularised ? "EReg(\(description))" : description
    }

    private func attentionName(of layer: Layer) -> String {
        var qualifiers = layer.temperature ? ["t"] : []
        if positions != .learned { qualifiers.append("RoPE") }
        if keyValueHeads != heads { qualifiers.append("GQA") }
        return qualifiers.isEmpty ? "SM" : "SM(\(qualifiers.joined(separator: ",")))"
    }
}

extension Architecture.Norm {
    fileprivate var symbol: String? {
        switch self {
        case .none: nil
        case .layerNorm: "LN"
        case .rmsNorm: "RMSN"
        }
    }
}

extension Architecture.Layer {
    fileprivate var feedForwardName: String? {
        let name: String? =
            switch activation {
            case .identity: feedForward.fused ? "FuFFN" : feedForward.gated ? "Bilinear" : nil
            case .relu: feedForward.gated ? "ReGLU" : "R"
            case .gelu, .geluNew: feedForward.gated ? "GEGLU" : "G"
            case .silu: feedForward.gated ? "SwiGLU" : "SiLU"
            }
        return feedForward.scaled ? "Sc" + (name ?? "FFN") : name
    }
}
