/// Which weight of a model a tensor is.
///
/// ``description`` is its name in a safetensors file, that of Hugging Face's GPT-2 where there is one.
public enum WeightName: Sendable, Hashable, CustomStringConvertible {
    /// [vocabulary, width].
    case tokenEmbedding
    /// [context, width].
    case positionEmbedding
    /// A weight of a layer, counted from 0.
    case layer(Int, LayerPart)
    /// [width].
    case finalNormGamma
    /// [width].
    case finalNormBeta
    /// [vocabulary, width]; absent where the head is tied.
    case head

    /// A weight inside a layer. Matrices are [in, out].
    public enum LayerPart: String, Sendable, Hashable, CaseIterable {
        case norm1Gamma = "ln_1.weight"
        case norm1Beta = "ln_1.bias"
        /// [width, 3·width]: queries, keys, values, each split into heads in order.
        case queryKeyValueWeight = "attn.c_attn.weight"
        case queryKeyValueBias = "attn.c_attn.bias"
        /// [heads, context].
        case temperature = "attn.temperature"
        case attentionOutputWeight = "attn.c_proj.weight"
        case attentionOutputBias = "attn.c_proj.bias"
        case norm2Gamma = "ln_2.weight"
        case norm2Beta = "ln_2.bias"
        /// [width, feedForwardWidth].
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
        var shapes: [(name: WeightName, shape: [Int])] = [
            (.tokenEmbedding, [vocabulary, width]), (.positionEmbedding, [context, width]),
        ]
        for (index, layer) in layers.enumerated() {
            shapes += self.shapes(of: layer).map { (.layer(index, $0.part), $0.shape) }
        }
        if finalNorm == .layerNorm {
            shapes += [(.finalNormGamma, [width]), (.finalNormBeta, [width])]
        }
        if !tiedHead { shapes.append((.head, [vocabulary, width])) }
        return shapes
    }

    private func shapes(of layer: Layer) -> [(part: WeightName.LayerPart, shape: [Int])] {
        var shapes: [(part: WeightName.LayerPart, shape: [Int])] = []
        if layer.norm1 == .layerNorm { shapes += [(.norm1Gamma, [width]), (.norm1Beta, [width])] }
        shapes += [(.queryKeyValueWeight, [width, 3 * width]), (.queryKeyValueBias, [3 * width])]
        if layer.temperature { shapes.append((.temperature, [heads, context])) }
        shapes += [(.attentionOutputWeight, [width, width]), (.attentionOutputBias, [width])]
        if layer.norm2 == .layerNorm { shapes += [(.norm2Gamma, [width]), (.norm2Beta, [width])] }
        if layer.feedForward.fused {
            shapes += [(.fusedWeight, [width, width]), (.fusedBias, [width])]
        } else {
            shapes += [
                (.feedForwardInputWeight, [width, feedForwardWidth]), (.feedForwardInputBias, [feedForwardWidth]),
                (.feedForwardOutputWeight, [feedForwardWidth, width]), (.feedForwardOutputBias, [width]),
            ]
        }
        if layer.feedForward.scaled { shapes += [(.alpha, []), (.beta, [])] }
        return shapes
    }
}
