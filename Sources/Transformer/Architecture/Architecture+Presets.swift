extension Architecture {
    /// The names that ``preset(named:)`` knows.
    public static let presetNames = presets.map(\.name)

    /// The architecture of a preset: GPT-2 in its sizes, an 18-layer one between them, and the two built-in models.
    /// - Throws: ``ArchitectureError/unknownPreset(_:)``, which lists the names.
    public static func preset(named name: String) throws(ArchitectureError) -> Architecture {
        guard let preset = presets.first(where: { $0.name == name }) else { throw .unknownPreset(name) }
        return try Architecture(
            notation: Notation(preset.network), layers: preset.layers, heads: preset.heads, width: preset.width,
            context: preset.context, vocabulary: preset.vocabulary)
    }

    private struct Preset: Sendable {
        let name: String
        let network: Notation.Network
        let layers: Int
        let heads: Int
        let width: Int
        var context = 1024
        var vocabulary = 50257
    }

    private static let presets = [
        Preset(
            name: "tiny", network: .softmaxLayerNormGELU, layers: 4, heads: 4, width: 128, context: 128,
            vocabulary: 256),
        Preset(
            name: "tiny-scfu", network: .softmaxFused, layers: 6, heads: 5, width: 160, context: 128, vocabulary: 256),
        Preset(name: "gpt2", network: .softmaxLayerNormGELU, layers: 12, heads: 12, width: 768),
        Preset(name: "gpt2-medium", network: .softmaxLayerNormGELU, layers: 24, heads: 16, width: 1024),
        Preset(name: "gpt2-large", network: .softmaxLayerNormGELU, layers: 36, heads: 20, width: 1280),
        Preset(name: "gpt2-xl", network: .softmaxLayerNormGELU, layers: 48, heads: 25, width: 1600),
        Preset(name: "gpt2-18l", network: .softmaxLayerNormGELU, layers: 18, heads: 12, width: 768),
    ]
}
