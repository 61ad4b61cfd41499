import ArgumentParser
import Foundation
import SottoAttentionEntropy
import SottoModel
import SottoTraining

/// How a network is trained.
struct TrainingOptions: ParsableArguments {
    private static let defaults = TrainingSettings()

    @Option(
        help: "Updates of the weights. (default: \(Self.defaults.steps))",
        transform: Number.integer(1...1 << 24))
    var steps = Self.defaults.steps

    @Option(
        help: ArgumentHelp(
            "Windows of a step; each has as many bytes as the context, and one more to predict. (default: "
                + "\(Self.defaults.batch))"),
        transform: Number.integer(1...65536))
    var batch = Self.defaults.batch

    @Option(
        help: "The largest learning rate, reached after the warm-up. (default: \(Self.defaults.learningRate))",
        transform: Number.real(Double.leastNonzeroMagnitude...1e3))
    var learningRate = Self.defaults.learningRate

    @Option(
        help: "Steps in which the learning rate rises linearly; by default a tenth of all, at most 100.",
        transform: Number.integer(0...1 << 24))
    var warmup: Int?

    @Option(
        help: ArgumentHelp(
            "Where the cosine ends, as a fraction of the learning rate. (default: "
                + "\(Self.defaults.finalLearningRate))"),
        transform: Number.real(0...1))
    var finalLearningRate = Self.defaults.finalLearningRate

    @Option(
        help: "AdamW's decoupled decay, of matrices only. (default: \(Self.defaults.weightDecay))",
        transform: Number.real(0...1e3))
    var weightDecay = Self.defaults.weightDecay

    @Option(
        help: "The largest norm of a gradient; 0: any. (default: \(Self.defaults.gradientClip))",
        transform: Number.real(0...1e9))
    var clip = Self.defaults.gradientClip

    @Option(
        help: "The standard deviation of matrices at the start; by default 0.02·√(768/width).",
        transform: Number.real(Double.leastNonzeroMagnitude...1e3))
    var matrixDeviation: Double?

    @Option(
        help: "The standard deviation of both embeddings at the start; by default that of matrices.",
        transform: Number.real(Double.leastNonzeroMagnitude...1e3))
    var embeddingDeviation: Double?

    @Option(
        help: "Temperatures at the start; by default 0.01 where the architecture has them.",
        transform: Number.real(1e-6...1e6))
    var temperatureStart: Double?

    @Option(
        help: ArgumentHelp(
            "Normalise matrices as they are trained, such as weight:ffn or spectral:QK+FFN, of query, key, value, output and ffn.",
            valueName: "kind:matrices"))
    var normalization: WeightNormalization?

    @Option(
        help: "The entropy regulariser's coefficient; 1e-5 for EReg(...), else there is none.",
        transform: Number.real(0...1e9))
    var lambda: Double?

    @Option(
        help: "The regulariser's tolerance margin; by default 0.2.",
        transform: Number.real(0...1))
    var gamma: Double?

    @Option(
        help: "Every head's threshold at the start, as a fraction of log T.",
        transform: Number.real(0...1))
    var thresholdStart: Double?

    @Option(
        help: "What initial weights and windows are drawn from. (default: 0)",
        transform: Number.seed)
    var seed: UInt64 = 0

    @Option(
        help: "Threads; a run is repeatable to the bit with the same number only. By default one for each core.",
        transform: Number.integer(Number.threads))
    var threads: Int?

    func validate() throws {
        if let warmup, warmup > steps { throw ValidationError("--warmup cannot be more than --steps") }
    }

    /// The settings for a network.
    /// - Parameter isRegularised: whether the regulariser is in the loss even if `--lambda` is not given.
    /// - Throws: ``UsageError`` if an option has nothing to act on.
    func settings(for network: Architecture, isRegularised: Bool) throws -> TrainingSettings {
        let hasTemperature = network.layers.contains(where: \.temperature)
        guard temperatureStart == nil || hasTemperature else {
            throw UsageError("--temperature-start needs an architecture with temperatures, such as SM(t)+ScFuFFN.")
        }
        var settings = TrainingSettings()
        if lambda != nil || isRegularised {
            settings.regulariser = EntropyRegulariser()
            if let lambda { settings.regulariser?.coefficient = lambda }
            if let gamma { settings.regulariser?.tolerance = gamma }
            if let thresholdStart { settings.thresholdStart = thresholdStart }
        } else if gamma != nil || thresholdStart != nil {
            throw UsageError("--gamma and --threshold-start need the entropy regulariser; give --lambda too.")
        }
        settings.steps = steps
        settings.batch = batch
        settings.learningRate = learningRate
        settings.warmupSteps = warmup ?? min(settings.warmupSteps, steps / 10)
        settings.finalLearningRate = finalLearningRate
        settings.weightDecay = weightDecay
        settings.gradientClip = clip
        settings.matrixDeviation = matrixDeviation
        settings.embeddingDeviation = embeddingDeviation
        settings.temperatureStart = temperatureStart ?? (hasTemperature ? 0.01 : settings.temperatureStart)
        settings.normalization = normalization
        settings.seed = seed
        settings.threads = threads ?? ProcessInfo.processInfo.activeProcessorCount
        return settings
    }
}

extension WeightNormalization: ExpressibleByArgument {
    public init?(argument: String) { self.init(argument) }

    public var defaultValueDescription: String { description }
}
