import Transformer

/// How scenarios are priced: what the primitives declare, and the networks whose latency is replayed.
public struct Pricing: Sendable {
    public init() {}

    /// The cost of a scenario.
    /// - Throws: what building its program throws.
    func row(_ scenario: Scenario) throws -> ComparisonRow {
        var session = SessionCost()
        let program = try scenario.pass.program()
        session.recordSetup(of: program)
        session.record(program)
        return ComparisonRow(scenario, session.report(scenario.configuration))
    }
}
