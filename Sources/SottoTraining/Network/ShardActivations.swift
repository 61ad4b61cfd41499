import SottoModel

/// What one thread's share of a batch leaves in memory between the forward and the backward pass.
///
/// Matrices have one row for each token, window after window. Attention's probabilities are whole squares: for each
/// window and head T rows of T.
final class ShardActivations {
    /// What one layer keeps.
    struct Layer {
        /// The residual stream that enters.
        let input: FloatBuffer
        let normalized1: FloatBuffer?
        let queryKeyValue: FloatBuffer
        let probabilities: FloatBuffer
        /// For each window and head the entropy of every query's row.
        let entropies: FloatBuffer
        let mixed: FloatBuffer
        /// Xsa.
        let afterAttention: FloatBuffer
        let normalized2: FloatBuffer?
        /// Between the FFN's matrices, before and after the activation; one buffer where that is the identity.
        let inner: FloatBuffer?
        let activated: FloatBuffer?
        let statistics1: NormStatistics?
        let statistics2: NormStatistics?
    }

    /// Each row's mean and reciprocal deviation.
    struct NormStatistics {
        let mean: FloatBuffer
        let reciprocalDeviation: FloatBuffer

        init(rows: Int) {
            mean = FloatBuffer(count: rows)
            reciprocalDeviation = FloatBuffer(count: rows)
        }
    }

    let layers: [Layer]
    /// What leaves the last layer, and what the head reads.
    let output: FloatBuffer
    let normalizedOutput: FloatBuffer?
    let outputStatistics: NormStatistics?
    /// Logits, then their gradients.
    let logits: FloatBuffer
    /// Scale of every head's scores by query position: 1/(t·√headWidth), of one layer.
    let scales: FloatBuffer
    // The backward pass's own space.
    let gradient: FloatBuffer
    let branchGradient: FloatBuffer
    let queryKeyValueGradient: FloatBuffer
    let innerGradient: FloatBuffer?
    let scoreGradient: FloatBuffer
    let scaleGradient: FloatBuffer

    /// About how many bytes `windows` windows need; a floating-point number, because absurd sizes exceed an integer.
    static func bytes(_ architecture: Architecture, windows: Int) -> Double {
        let (width, inner) = (Double(architecture.width), Double(architecture.feedForwardWidth))
        let context = Double(architecture.context)
        let rows = Double(windows) * context
        let squares = Double(architecture.heads) * (context + 1)
        let layers = architecture.layers.reduce(0.0) { sum, layer in
            let norms = width * Double([layer.norm1, layer.norm2].count { $0 != .none })
            let pairs = layer.feedForward.fused ? 0 : inner * (layer.activation == .identity ? 1 : 2)
            return sum + 6 * width + squares + norms + pairs
        }
        return 4 * (rows * (layers + 7 * width + inner + Double(architecture.vocabulary)) + context * context)
    }

    /// Space for `windows` windows of the architecture's context.
    init(_ architecture: Architecture, windows: Int) {
        let (width, context, heads) = (architecture.width, architecture.context, architecture.heads)
        let rows = windows * context
        let hasPairs = architecture.layers.contains { !$0.feedForward.fused }
        layers = architecture.layers.map { layer in
            let inner = layer.feedForward.fused ? nil : FloatBuffer(count: rows * architecture.feedForwardWidth)
            return Layer(
                input: FloatBuffer(count: rows * width),
                normalized1: layer.norm1 == .none ? nil : FloatBuffer(count: rows * width),
                queryKeyValue: FloatBuffer(count: rows * 3 * width),
                probabilities: FloatBuffer(count: rows * heads * context),
                entropies: FloatBuffer(count: rows * heads),
                mixed: FloatBuffer(count: rows * width), afterAttention: FloatBuffer(count: rows * width),
                normalized2: layer.norm2 == .none ? nil : FloatBuffer(count: rows * width),
                inner: inner,
                activated: layer.activation == .identity
                    ? inner : FloatBuffer(count: rows * architecture.feedForwardWidth),
                statistics1: layer.norm1 == .none ? nil : NormStatistics(rows: rows),
                statistics2: layer.norm2 == .none ? nil : NormStatistics(rows: rows))
        }
        output = FloatBuffer(count: rows * width)
        normalizedOutput = architecture.finalNorm == .none ? nil : FloatBuffer(count: rows * width)
        outputStatistics = architecture.finalNorm == .none ? nil : NormStatistics(rows: rows)
        logits = FloatBuffer(count: rows * architecture.vocabulary)
        scales = FloatBuffer(count: heads * context)
        gradient = FloatBuffer(count: rows * width)
        branchGradient = FloatBuffer(count: rows * width)
        queryKeyValueGradient = FloatBuffer(count: rows * 3 * width)
        innerGradient = hasPairs ? FloatBuffer(count: rows * architecture.feedForwardWidth) : nil
        scoreGradient = FloatBuffer(count: context * context)
        scaleGradient = FloatBuffer(count: context)
    }
}
