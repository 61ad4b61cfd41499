/// What the latest update reported, kept so that a run can end without another update.
public struct LastStep: Sendable, Hashable, Codable {
    /// Cross-entropy, nats a token.
    public let loss: Double
    /// [layer][head], natural logarithm, mean over batch and queries.
    public let entropies: [[Double]]
}
