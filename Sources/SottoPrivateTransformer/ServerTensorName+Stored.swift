import SottoModel

extension ServerTensorName {
    /// What the files of a model call the tensor behind a name of the server's, and those that were folded into it.
    static func stored(_ name: String, of weights: ModelWeights) -> String {
        let isBias = name.hasSuffix("/bias")
        let base = isBias ? String(name.dropLast(5)) : name
        let present = sources(of: base, isBias: isBias, of: weights.architecture).filter { weights[$0] != nil }
        let names = present.map { weights.storedNames(of: $0).joined(separator: ", ") }
        guard let first = names.first else { return name }
        let folded = names.dropFirst()
        return folded.isEmpty ? first : "\(first), with \(folded.joined(separator: " and ")) folded in,"
    }

    /// The weights that make up a tensor, the one that gives it its name first.
    private static func sources(of name: String, isBias: Bool, of architecture: Architecture) -> [WeightName] {
        if EmbeddingTable.tokensOfRow(tensor: name) != nil { return [.tokenEmbedding] }
        switch name {
        case positions: return [.positionEmbedding]
        case head:
            let matrix = architecture.tiedHead ? WeightName.tokenEmbedding : .head
            return isBias ? [.finalNormBeta, matrix] : [matrix, .finalNormGamma]
        default:
            let parts = name.split(separator: "/", maxSplits: 1)
            guard parts.count == 2, let layer = Int(parts[0].dropFirst("layer.".count)) else { return [] }
            return layerParts(String(parts[1]), isBias: isBias).map { .layer(layer, $0) }
        }
    }

    private static func layerParts(_ name: String, isBias: Bool) -> [WeightName.LayerPart] {
        switch name {
        case "attention/qkv":
            isBias
                ? [.queryKeyValueBias, .norm1Beta, .queryKeyValueWeight] : [.queryKeyValueWeight, .norm1Gamma]
        case "attention/inverse-temperature": [.temperature]
        case "attention/output": isBias ? [.attentionOutputBias] : [.attentionOutputWeight]
        case "ffn/input":
            isBias
                ? [.feedForwardInputBias, .norm2Beta, .feedForwardInputWeight] : [.feedForwardInputWeight, .norm2Gamma]
        case "ffn/output":
            isBias ? [.feedForwardOutputBias, .alpha] : [.feedForwardOutputWeight, .alpha]
        case "ffn/fused":
            isBias ? [.fusedBias, .norm2Beta, .fusedWeight, .alpha] : [.fusedWeight, .norm2Gamma, .alpha, .beta]
        case "ffn/beta": [.beta]
        default: []
        }
    }
}
