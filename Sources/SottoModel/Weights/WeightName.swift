/// Which weight of a model a tensor is.
///
/// ``description`` is its name in a safetensors file, that of Hugging Face's GPT-2 where there is one.
public enum WeightName: Sendable, Hashable, CustomStringConvertible {
    /// [vocabulary, width].
    case tokenEmbedding
    /// [context, width]; absent where positions are rotary.
    case positionEmbedding
    /// A weight of a layer, counted from 0.
    case layer(Int, LayerPart)
    /// [width].
    case finalNormGamma
    /// [width]; RMSNorm has none.
    case finalNormBeta
    /// [vocabulary, width]; absent where the head is tied.
    case head

    /// A weight inside a layer. Matrices are [in, out]. The biases of linear layers are there if the architecture has
    /// them, those of norms if the norm is LayerNorm.
    public enum LayerPart: String, Sendable, Hashable, CaseIterable {
        case norm1Gamma = "ln_1.weight"
        case norm1Beta = "ln_1.bias"
        /// [width, queryKeyValueWidth]: queries, keys, values, each split into heads in order.
        case queryKeyValueWeight = "attn.c_attn.weight"
        case queryKeyValueBias = "attn.c_attn.bias"
        /// [heads, context].
        case temperature = "attn.temperature"
        case attentionOutputWeight = "attn.c_proj.weight"
        case attentionOutputBias = "attn.c_proj.bias"
        case norm2Gamma = "ln_2.weight"
        case norm2Beta = "ln_2.bias"
        /// [width, feedForwardWidth]; gated [width, 2·feedForwardWidth], what the activation takes before the other factor.
        case feedForwardInputWeight = "mlp.c_fc.weight"
        case feedForwardInputBias = "mlp.c_fc.bias"
        /// [feedForwardWidth, width].
        case feedForwardOutputWeight = "mlp.c_proj.weight"
        case feedForwardOutputBias = "mlp.c_proj.bias"
        /// [width, width].
        case fusedWeight = "mlp.fused.weight"
        case fusedBias = "mlp.fused.bias"
        /// A scalar; its reciprocal scales the FFN.
        case alpha = "mlp.alpha"
        /// A scalar; scales the FFN's skip connection.
        case beta = "mlp.beta"
    }

    public var description: String {
        switch self {
        case .tokenEmbedding: "wte.weight"
        case .positionEmbedding: "wpe.weight"
        case .layer(let index, let part): "h.\(index).\(part.rawValue)"
        case .finalNormGamma: "ln_f.weight"
        case .finalNormBeta: "ln_f.bias"
        case .head: "lm_head.weight"
        }
    }
}

extension Architecture {
    /// Every weight of this architecture with its shape, in the order of the forward pass.
    public var weightShapes: [(name: WeightName, shape: [Int])] {
        var shapes: [(name: WeightName, shape: [Int])] = [(.tokenEmbedding, [vocabulary, width])]
        if positions == .learned { shapes.append((.positionEmbedding, [context, width])) }
        for (index, layer) in layers.enumerated() {
            shapes += self.shapes(of: layer).map { (.layer(index, $0.part), $0.shape) }
        }
        if finalNorm != .none { shapes.append((.finalNormGamma, [width])) }
        if finalNorm == .layerNorm { shapes.append((.finalNormBeta, [width])) }
        if !tiedHead { shapes.append((.head, [vocabulary, width])) }
        return shapes
    }

    /// The number of weights.
    public var parameterCount: Int {
        weightShapes.reduce(0) { $0 + $1.shape.reduce(1, *) }
    }

    private typealias PartShape = (part: WeightName.LayerPart, shape: [Int])

    private func shapes(of layer: Layer) -> [PartShape] {
        func norm(_ norm: Norm, _ gamma: WeightName.LayerPart, _ beta: WeightName.LayerPart) -> [PartShape] {
            switch norm {
            case .none: []
            case .layerNorm: [(gamma, [width]), (beta, [width])]
            case .rmsNorm: [(gamma, [width])]
            }
        }
        func linear(
            _ weight: WeightName.LayerPart, _ bias: WeightName.LayerPart, _ inputs: Int, _ outputs: Int
        ) -> [PartShape] {
            hasBiases ? [(weight, [inputs, outputs]), (bias, [outputs])] : [(weight, [inputs, outputs])]
        }
        var shapes = norm(layer.norm1, .norm1Gamma, .norm1Beta)
        shapes += linear(.queryKeyValueWeight, .queryKeyValueBias, width, queryKeyValueWidth)
        if layer.temperature { shapes.append((.temperature, [heads, context])) }
        shapes += linear(.attentionOutputWeight, .attentionOutputBias, width, width)
        shapes += norm(layer.norm2, .norm2Gamma, .norm2Beta)
        if layer.feedForward.fused {
            shapes += linear(.fusedWeight, .fusedBias, width, width)
        } else {
            shapes += linear(.feedForwardInputWeight, .feedForwardInputBias, width, feedForwardInputWidth(layer))
            shapes += linear(.feedForwardOutputWeight, .feedForwardOutputBias, feedForwardWidth, width)
        }
        if layer.feedForward.scaled { shapes += [(.alpha, []), (.beta, [])] }
        return shapes
    }
}
