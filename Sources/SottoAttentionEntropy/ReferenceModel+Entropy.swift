import SottoModel

extension ReferenceModel {
    /// The entropies of this model's attention on a stream of tokens.
    ///
    /// The stream is cut into windows of `window` tokens that do not overlap. What is left over at the end is not looked
    /// at, so that every position is seen equally often; a stream shorter than a window is one window.
    /// - Parameters:
    ///   - tokens: token ids.
    ///   - window: T, tokens in a window, at most the context; the context unless given.
    ///   - limit: windows at most; all unless given.
    ///   - epsilon: the constant in the logarithm.
    ///   - progress: is told the fraction done after each window.
    /// - Returns: entropies, their `context` the windows' length, and the number of windows.
    /// - Throws: ``ReferenceModelError`` or ``EntropyError``, of which ``EntropyError/divergedAttention(layer:head:)`` where
    ///   attention is infinite or no number.
    public func attentionEntropies(
        of tokens: [Int], window: Int? = nil, limit: Int? = nil,
        epsilon: Double = AttentionRowEntropy.defaultEpsilon, progress: ((Double) -> Void)? = nil
    ) throws -> (entropies: AttentionEntropies, windows: Int) {
        let architecture = weights.architecture
        guard !tokens.isEmpty else { throw ReferenceModelError.noTokens }
        let length = min(window ?? architecture.context, tokens.count)
        guard length > 0 else { throw EntropyError.invalidContext(length) }
        let windows = max(1, min(tokens.count / length, limit ?? .max))
        var accumulator = try EntropyAccumulator(
            heads: architecture.layers.map { _ in architecture.heads }, context: length, epsilon: epsilon)
        for index in 0..<windows {
            try observeAttention(tokens: Array(tokens[index * length..<(index + 1) * length])) { row in
                do throws(EntropyError) {
                    try accumulator.add(row.probabilities, layer: row.layer, head: row.head, query: row.query)
                } catch .invalidRow(let layer, let head, _, _) {
                    throw EntropyError.divergedAttention(layer: layer, head: head)
                }
            }
            progress?(Double(index + 1) / Double(windows))
        }
        return (try accumulator.entropies(), windows)
    }
}
