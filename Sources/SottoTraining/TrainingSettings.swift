import SottoAttentionEntropy

/// Everything beside architecture and text that decides what a training run computes.
public struct TrainingSettings: Sendable, Hashable, Codable {
    /// Updates of the weights.
    public var steps = 1000
    /// Windows of a step; each has as many tokens as the model has positions, and one more to predict.
    public var batch = 16
    /// The largest learning rate, reached after the warm-up.
    public var learningRate = 1e-3
    /// Steps in which the learning rate rises linearly from 0.
    public var warmupSteps = 100
    /// Where the cosine ends, as a fraction of ``learningRate``.
    public var finalLearningRate = 0.1
    /// AdamW's decay of the first moment.
    public var beta1 = 0.9
    /// AdamW's decay of the second moment.
    public var beta2 = 0.95
    /// AdamW's guard against division by zero.
    public var epsilon = 1e-8
    /// AdamW's decoupled decay, of matrices only.
    public var weightDecay = 0.1
    /// The largest norm of a gradient; longer ones are shortened to it. 0: none is.
    public var gradientClip = 1.0
    /// The standard deviation of matrices at the start. Those that write to the residual stream get 1/√(2·layers) of it.
    /// nil: 0.02·√(768/width), which is GPT-2's at GPT-2's width.
    public var matrixDeviation: Double?
    /// The standard deviation of both embeddings at the start. nil: as ``matrixDeviation``.
    public var embeddingDeviation: Double?
    /// Every temperature at the start, where the architecture has them.
    public var temperatureStart = 1.0
    /// The entropy regulariser, if one is in the loss.
    public var regulariser: EntropyRegulariser?
    /// Every head's threshold at the start, a fraction of log T.
    public var thresholdStart = 0.5
    /// A normalisation of weights, if there is one.
    public var normalization: WeightNormalization?
    /// What initial weights and windows are drawn from.
    public var seed: UInt64 = 0
    /// Threads; a run is repeatable to the bit only with the same number.
    public var threads = 1

    /// The defaults.
    public init() {}
}
