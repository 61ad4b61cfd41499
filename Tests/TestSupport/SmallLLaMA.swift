import SottoModel

extension Architecture {
    /// Two layers with the parts of LLaMA.
    public static func smallLLaMA(
        heads: Int = 4, keyValueHeads: Int? = 2, width: Int = 16, theta: Double = 10000,
        layer: Architecture.Layer = .llama,
        finalNorm: Architecture.Norm = .rmsNorm, hasBiases: Bool = false
    ) throws -> Architecture {
        try Architecture(
            layers: [layer, layer], heads: heads, keyValueHeads: keyValueHeads, width: width, feedForwardWidth: 11,
            context: 16, vocabulary: 19, tiedHead: false, finalNorm: finalNorm, positions: .rotary(theta: theta),
            hasBiases: hasBiases)
    }
}
