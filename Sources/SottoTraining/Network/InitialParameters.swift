import SottoModel

/// What training starts from: GPT-2's recipe, with a deviation that follows the width.
struct InitialParameters {
    let architecture: Architecture
    let settings: TrainingSettings

    /// Normal matrices and embeddings, those that write to the residual stream smaller by 1/√(2·layers); norms the
    /// identity; biases 0; alpha and beta 1.
    func fill(_ buffer: FloatBuffer, _ layout: ParameterLayout) {
        let usual = 0.02 * (768 / Double(architecture.width)).squareRoot()
        let matrix = settings.matrixDeviation ?? usual
        let embedding = settings.embeddingDeviation ?? matrix
        let residual = matrix / (2 * Double(architecture.layers.count)).squareRoot()
        var seeds = SplitMix64(state: settings.seed)
        for (name, shape) in architecture.weightShapes {
            // Each tensor has a generator of its own.
            let seed = seeds.next()
            let count = shape.reduce(1, *)
            func normal(_ deviation: Double) -> [Float] {
                SplitMix64.normals(count, seed: seed, deviation: Float(deviation))
            }
            func constant(_ value: Double) -> [Float] { [Float](repeating: Float(value), count: count) }
            let values =
                switch name {
                case .tokenEmbedding, .positionEmbedding: normal(embedding)
                case .head: normal(matrix)
                case .finalNormGamma: constant(1)
                case .finalNormBeta: constant(0)
                case .layer(_, let part):
                    switch part {
                    case .queryKeyValueWeight, .feedForwardInputWeight: normal(matrix)
                    case .attentionOutputWeight, .feedForwardOutputWeight, .fusedWeight: normal(residual)
                    case .temperature: constant(settings.temperatureStart)
                    case .norm1Gamma, .norm2Gamma, .alpha, .beta: constant(1)
                    case .norm1Beta, .norm2Beta, .queryKeyValueBias, .attentionOutputBias, .feedForwardInputBias,
                        .feedForwardOutputBias, .fusedBias:
                        constant(0)
                    }
                }
            buffer.write(values, at: layout.offset(name) ?? 0)
        }
        for layer in architecture.layers.indices {
            guard let range = layout.threshold(layer: layer) else { continue }
            buffer.write(
                [Float](repeating: Float(settings.thresholdStart), count: range.count), at: range.lowerBound)
        }
    }
}
