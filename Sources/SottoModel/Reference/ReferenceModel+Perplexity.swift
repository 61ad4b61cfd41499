import Foundation

extension ReferenceModel {
    /// How well a model predicts a text.
    public struct Perplexity: Sendable, Hashable {
        /// The mean negative logarithm of the probability of a token, natural.
        public let meanLoss: Double
        /// The number of tokens predicted.
        public let predictions: Int

        /// `exp(meanLoss)`.
        public var value: Double { exp(meanLoss) }

        /// The mean over several predictions' losses.
        package init(meanLoss: Double, predictions: Int) {
            self.meanLoss = meanLoss
            self.predictions = predictions
        }
    }

    /// The perplexity of a stream of tokens.
    ///
    /// The stream is cut into windows of `window` tokens that do not overlap, the last one shorter. In each window every
    /// token but the first is predicted from those before it in the window.
    /// - Parameters:
    ///   - window: tokens in a window, at least 2 and at most the context; the context unless given.
    ///   - progress: is told the fraction done after each window.
    /// - Throws: ``ReferenceModelError``.
    public func perplexity(
        of tokens: [Int], window: Int? = nil, progress: ((Double) -> Void)? = nil
    ) throws -> Perplexity {
        let window = window ?? weights.architecture.context
        guard tokens.count >= 2, window >= 2 else {
            throw ReferenceModelError.tooFewTokens(count: min(tokens.count, window))
        }
        var loss = 0.0
        var predictions = 0
        for start in stride(from: 0, to: tokens.count, by: window) {
            let part = Array(tokens[start..<min(start + window, tokens.count)])
            // A last window of one token has nothing to predict.
            guard part.count >= 2 else { break }
            let logits = try logits(tokens: part)
            loss += try Self.losses(logits: logits, tokens: part).reduce(0, +)
            predictions += part.count - 1
            progress?(Double(start + part.count) / Double(tokens.count))
        }
        return Perplexity(meanLoss: loss / Double(predictions), predictions: predictions)
    }

    /// The negative logarithms of the probabilities that logits give to the tokens that follow.
    /// - Parameters:
    ///   - logits: [T, vocabulary] of the tokens' positions.
    ///   - tokens: T token ids.
    /// - Returns: T - 1 losses; the first is that of `tokens[1]`.
    /// - Throws: ``ReferenceModelError/unknownToken(_:vocabulary:)`` if a token is not in the logits' vocabulary.
    package static func losses(logits: [Float], tokens: [Int]) throws -> [Double] {
        guard let last = tokens.indices.last, last > 0 else { return [] }
        let vocabulary = logits.count / tokens.count
        return try (0..<last).map { position in
            let row = logits[position * vocabulary..<(position + 1) * vocabulary]
            let target = tokens[position + 1]
            guard (0..<vocabulary).contains(target) else {
                throw ReferenceModelError.unknownToken(target, vocabulary: vocabulary)
            }
            let maximum = Double(row.max() ?? 0)
            let sum = row.reduce(0) { $0 + exp(Double($1) - maximum) }
            return maximum + log(sum) - Double(row[row.startIndex + target])
        }
    }
}
