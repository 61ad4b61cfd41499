import SottoModel

/// One layer's weights, or their gradients, in a flat buffer of a ``ParameterLayout``.
struct LayerParameters {
    typealias Pointer = UnsafeMutablePointer<Float>

    /// A norm's affine part.
    struct Norm {
        let gamma: Pointer
        let beta: Pointer
    }

    /// A matrix [in, out] with its bias [out], where there is one.
    struct Linear {
        let weight: MatrixView
        let bias: Pointer?
    }

    /// What stands between Xsa and Xout.
    enum FeedForward {
        case pair(input: Linear, output: Linear)
        case fused(Linear)
    }

    let norm1: Norm?
    let queryKeyValue: Linear
    /// [heads, context].
    let temperature: Pointer?
    let output: Linear
    let norm2: Norm?
    let feedForward: FeedForward
    /// The FFN's alpha and beta.
    let scale: (alpha: Pointer, beta: Pointer)?

    init(layer index: Int, of architecture: Architecture, layout: ParameterLayout, in base: Pointer) {
        func pointer(_ part: WeightName.LayerPart) -> Pointer? {
            layout.offset(.layer(index, part)).map { base + $0 }
        }
        func norm(_ gamma: WeightName.LayerPart, _ beta: WeightName.LayerPart) -> Norm? {
            guard let gamma = pointer(gamma), let beta = pointer(beta) else { return nil }
            return Norm(gamma: gamma, beta: beta)
        }
        func linear(_ weight: WeightName.LayerPart, _ bias: WeightName.LayerPart, _ rows: Int, _ columns: Int) -> Linear
        {
            guard let start = pointer(weight) else { preconditionFailure("the layout lacks \(weight.rawValue)") }
            return Linear(weight: MatrixView(start, rows: rows, columns: columns), bias: pointer(bias))
        }
        let (width, inner) = (architecture.width, architecture.feedForwardWidth)
        norm1 = norm(.norm1Gamma, .norm1Beta)
        queryKeyValue = linear(.queryKeyValueWeight, .queryKeyValueBias, width, 3 * width)
        temperature = pointer(.temperature)
        output = linear(.attentionOutputWeight, .attentionOutputBias, width, width)
        norm2 = norm(.norm2Gamma, .norm2Beta)
        feedForward =
            architecture.layers[index].feedForward.fused
            ? .fused(linear(.fusedWeight, .fusedBias, width, width))
            : .pair(
                input: linear(.feedForwardInputWeight, .feedForwardInputBias, width, inner),
                output: linear(.feedForwardOutputWeight, .feedForwardOutputBias, inner, width))
        if let alpha = pointer(.alpha), let beta = pointer(.beta) {
            scale = (alpha, beta)
        } else {
            scale = nil
        }
    }
}
