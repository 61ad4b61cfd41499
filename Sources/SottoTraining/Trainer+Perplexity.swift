import SottoModel

extension Trainer {
    /// The perplexity of a stream of tokens, as ``ReferenceModel/perplexity(of:window:progress:)`` defines it, in single
    /// precision and with all threads.
    /// - Parameters:
    ///   - window: tokens in a window, at least 2 and at most the context; the context unless given.
    ///   - progress: is told the fraction done.
    /// - Throws: ``TrainingError/invalidBatch(_:)`` if there is nothing to predict or a token is not in the vocabulary.
    public func perplexity(
        of tokens: [Int32], window: Int? = nil, progress: ((Double) -> Void)? = nil
    ) throws(TrainingError) -> ReferenceModel.Perplexity {
        let window = window ?? architecture.context
        guard tokens.count >= 2, (2...architecture.context).contains(window) else {
            throw .invalidBatch("there must be two tokens, and windows of 2 to \(architecture.context)")
        }
        try checkTokens(tokens[...])
        refreshEffectiveWeights(iterates: false)
        var loss = 0.0
        var predictions = 0
        var start = 0
        while tokens.count - start >= 2 {
            // Windows of a group are equally long: the last, shorter one is a group of its own.
            let whole = (tokens.count - start) / window
            let length = whole > 0 ? window : tokens.count - start
            let count = whole > 0 ? min(settings.batch, whole) : 1
            let group = (0..<count).map { index in
                Array(tokens[start + index * length..<start + (index + 1) * length])
            }
            loss += groupLoss(group)
            predictions += count * (length - 1)
            start += count * length
            progress?(Double(start) / Double(tokens.count))
        }
        return .init(meanLoss: loss / Double(predictions), predictions: predictions)
    }

    private func groupLoss(_ group: [[Int32]]) -> Double {
        let parts = min(shards.count, group.count)
        inParallel(parts) { [shards, effective] index in
            let part = group[group.count * index / parts..<group.count * (index + 1) / parts]
            shards[index].forward(part, weights: effective, lossWeight: 0)
        }
        return shards.prefix(parts).reduce(0) { $0 + $1.loss }
    }
}
