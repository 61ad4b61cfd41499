/// What the latest update reported, kept so that a run can end without another update.
package struct LastStep: Sendable, Hashable, Codable {
    /// Cross-entropy, nats a token.
    package let loss: Double
    /// [layer][head], natural logarithm, mean over batch and queries.
    package let entropies: [[Double]]
}
