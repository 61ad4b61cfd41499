extension Architecture {
    /// The names that ``preset(named:)`` knows.
    public static let presetNames = presets.map(\.name)

    /// The architecture of a preset: the two built-in models, GPT-2 in its sizes and an 18-layer one between them, and
    /// LLaMA in some of its.
    /// - Throws: ``ArchitectureError/unknownPreset(_:)``, which lists the names.
    public static func preset(named name: String) throws(ArchitectureError) -> Architecture {
        guard let preset = presets.first(where: { $0.name == name }) else { throw .unknownPreset(name) }
        return try preset.build()
    }

    private struct Preset: Sendable {
        let name: String
        let build: @Sendable () throws(ArchitectureError) -> Architecture

        static func gpt2(
            _ name: String, _ network: Notation.Network = .softmaxLayerNormGELU, layers: Int, heads: Int, width: Int,
            context: Int = 1024, vocabulary: Int = 50257
        ) -> Preset {
            Preset(name: name) { () throws(ArchitectureError) in
                try Architecture(
                    notation: Notation(network), layers: layers, heads: heads, width: width, context: context,
                    vocabulary: vocabulary)
            }
        }

        static func llama(
            _ name: String, layers: Int, heads: Int, keyValueHeads: Int, width: Int, feedForwardWidth: Int,
            context: Int, vocabulary: Int = 32000, epsilon: Double = 1e-5, theta: Double = 10000
        ) -> Preset {
            Preset(name: name) { () throws(ArchitectureError) in
                try Architecture(
                    layers: Array(repeating: .llama, count: layers), heads: heads, keyValueHeads: keyValueHeads,
                    width: width, feedForwardWidth: feedForwardWidth, context: context, vocabulary: vocabulary,
                    tiedHead: false, finalNorm: .rmsNorm, layerNormEpsilon: epsilon,
                    positions: .rotary(theta: theta), hasBiases: false)
            }
        }
    }

    private static let presets: [Preset] = [
        .gpt2("tiny", layers: 4, heads: 4, width: 128, context: 128, vocabulary: 256),
        .gpt2("tiny-scfu", .softmaxFused, layers: 6, heads: 5, width: 160, context: 128, vocabulary: 256),
        .gpt2("gpt2", layers: 12, heads: 12, width: 768),
        .gpt2("gpt2-medium", layers: 24, heads: 16, width: 1024),
        .gpt2("gpt2-large", layers: 36, heads: 20, width: 1280),
        .gpt2("gpt2-xl", layers: 48, heads: 25, width: 1600),
        .gpt2("gpt2-18l", layers: 18, heads: 12, width: 768),
        .llama(
            "tinyllama-1.1b", layers: 22, heads: 32, keyValueHeads: 4, width: 2048, feedForwardWidth: 5632,
            context: 2048),
        .llama(
            "llama-7b", layers: 32, heads: 32, keyValueHeads: 32, width: 4096, feedForwardWidth: 11008, context: 2048,
            epsilon: 1e-6),
        .llama(
            "llama2-7b", layers: 32, heads: 32, keyValueHeads: 32, width: 4096, feedForwardWidth: 11008, context: 4096),
        .llama(
            "llama3-8b", layers: 32, heads: 32, keyValueHeads: 8, width: 4096, feedForwardWidth: 14336, context: 8192,
            vocabulary: 128_256, theta: 500_000),
    ]
}

extension Architecture.Layer {
    /// LLaMA's block: RMSNorm, and an FFN gated by SiLU.
    public static let llama = Architecture.Layer(
        norm1: .rmsNorm, norm2: .rmsNorm, activation: .silu, feedForward: .init(gated: true))
}
