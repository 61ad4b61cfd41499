import SottoModel

/// All that decides the results of a run, to the last bit: what a checkpoint must share with the run that goes on from it.
public struct TrainingPlan: Sendable, Hashable, Codable {
    public var architecture: Architecture
    public var settings: TrainingSettings
    /// ``CorpusRecord/digest`` of the text.
    public var corpus: String
    /// Every how many steps the logs have a row.
    public var logInterval: Int

    /// This plan.
    package init(architecture: Architecture, settings: TrainingSettings, corpus: String, logInterval: Int = 1) {
        self.architecture = architecture
        self.settings = settings
        self.corpus = corpus
        self.logInterval = logInterval
    }

    /// The first thing in which another plan differs, as a user would name it, or nil.
    func firstDifference(from other: TrainingPlan) -> (what: String, here: String, there: String)? {
        for (own, foreign) in zip(parts, other.parts) where own.value != foreign.value {
            return (own.name, own.value, foreign.value)
        }
        // What no part shows, such as an edit of one layer.
        return self == other ? nil : ("architecture or settings", "these", "others")
    }

    private var parts: [(name: String, value: String)] {
        let regulariser = settings.regulariser
        return [
            ("text", corpus.split(separator: "/").map { String($0.prefix(8)) }.joined(separator: "/")),
            ("architecture", architecture.description),
            ("number of layers", "\(architecture.layers.count)"),
            ("number of heads", "\(architecture.heads)"),
            ("width", "\(architecture.width)"),
            ("FFN width", "\(architecture.feedForwardWidth)"),
            ("context", "\(architecture.context)"),
            ("head", architecture.tiedHead ? "tied" : "untied"),
            ("number of steps", "\(settings.steps)"),
            ("batch", "\(settings.batch)"),
            ("learning rate", "\(settings.learningRate)"),
            ("warm-up", "\(settings.warmupSteps)"),
            ("final learning rate", "\(settings.finalLearningRate)"),
            ("weight decay", "\(settings.weightDecay)"),
            ("gradient clip", "\(settings.gradientClip)"),
            ("matrix deviation", settings.matrixDeviation.map { "\($0)" } ?? "the default"),
            ("embedding deviation", settings.embeddingDeviation.map { "\($0)" } ?? "the default"),
            ("starting temperature", "\(settings.temperatureStart)"),
            ("normalization", settings.normalization?.description ?? "none"),
            ("lambda", regulariser.map { "\($0.coefficient)" } ?? "none"),
            ("gamma", regulariser.map { "\($0.tolerance)" } ?? "none"),
            ("starting threshold", "\(settings.thresholdStart)"),
            ("seed", "\(settings.seed)"),
            ("number of threads", "\(settings.threads)"),
            ("log interval", "\(logInterval)"),
        ]
    }
}
