import SottoModel

extension TrainingSettings {
    /// Checks every setting by itself.
    /// - Throws: ``TrainingError/invalidSetting(name:requirement:)``.
    public func validate() throws(TrainingError) {
        let counts = [("steps", steps, 1), ("batch", batch, 1), ("threads", threads, 1), ("warmup", warmupSteps, 0)]
        for (name, value, least) in counts where value < least {
            throw .invalidSetting(name: name, requirement: "at least \(least)")
        }
        // Checkpoints keep numbers of steps in single precision.
        guard steps <= 1 << 24 else { throw .invalidSetting(name: "steps", requirement: "at most 16,777,216") }
        guard batch <= 1 << 16, threads <= 1024 else {
            throw .invalidSetting(name: "batch or threads", requirement: "at most 65,536 windows and 1,024 threads")
        }
        let positive = [
            ("learning-rate", learningRate), ("epsilon", epsilon), ("temperature-start", temperatureStart),
            ("matrix-deviation", matrixDeviation ?? 1), ("embedding-deviation", embeddingDeviation ?? 1),
        ]
        for (name, value) in positive where !(value > 0 && value.isFinite) {
            throw .invalidSetting(name: name, requirement: "above 0")
        }
        let fractions = [("beta1", beta1), ("beta2", beta2)]
        for (name, value) in fractions where !(0..<1).contains(value) {
            throw .invalidSetting(name: name, requirement: "at least 0 and below 1")
        }
        let nonnegative = [
            ("weight-decay", weightDecay), ("clip", gradientClip), ("threshold-start", thresholdStart),
            ("lambda", regulariser?.coefficient ?? 0), ("gamma", regulariser?.tolerance ?? 0),
        ]
        for (name, value) in nonnegative where !(value >= 0 && value.isFinite) {
            throw .invalidSetting(name: name, requirement: "at least 0")
        }
        guard (0...1).contains(finalLearningRate) else {
            throw .invalidSetting(name: "final-learning-rate", requirement: "a fraction of the largest, from 0 to 1")
        }
    }
}

extension Architecture {
    /// Checks that the trainer has gradients for every part: those of the paper's nine architectures.
    /// - Throws: ``TrainingError/unsupported(part:)``.
    func checkTrainable() throws(TrainingError) {
        guard positions == .learned else { throw .unsupported(part: "rotary positions") }
        guard keyValueHeads == heads else { throw .unsupported(part: "heads that share keys and values") }
        guard context >= 2 else { throw .unsupported(part: "a context of one position") }
        guard finalNorm != .rmsNorm else { throw .unsupported(part: "RMSNorm") }
        for layer in layers {
            if layer.norm1 == .rmsNorm || layer.norm2 == .rmsNorm { throw .unsupported(part: "RMSNorm") }
            if layer.feedForward.gated { throw .unsupported(part: "a gated FFN") }
            guard [.identity, .relu, .geluNew].contains(layer.activation) else {
                throw .unsupported(part: "the activation \(layer.activation.rawValue)")
            }
        }
    }
}
