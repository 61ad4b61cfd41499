import Transformer

/// How scenarios are priced: by what the primitives declare, and on networks by replay.
public struct Pricing: Sendable {
    public let networks: [Network]
    public let compute: ComputeModel?

    /// - Parameter compute: what local work takes; nil for latencies of the network alone.
    public init(networks: [Network] = [], compute: ComputeModel? = nil) {
        self.networks = networks
        self.compute = compute
    }

    /// The cost of a scenario.
    /// - Throws: what building its program throws.
    func row(_ scenario: Scenario) throws -> ComparisonRow {
        var session = SessionCost(networks: networks, compute: compute)
        let program = try scenario.pass.program()
        session.recordSetup(of: program)
        session.record(program)
        return ComparisonRow(scenario, session.report(scenario.configuration))
    }
}
