import SecureComputation
import SottoPrivateTransformer

/// How scenarios are priced: by what the primitives declare, and on networks by replay.
public struct Pricing: Sendable {
    public let networks: [Network]
    /// What local work takes in each domain.
    public let computes: [DomainProfile: ComputeModel]

    /// - Parameter computes: without a domain's model its latencies are those of the network alone.
    public init(networks: [Network] = [], computes: [DomainProfile: ComputeModel] = [:]) {
        self.networks = networks
        self.computes = computes
    }

    public init(networks: [Network] = [], compute: ComputeModel?, profile: DomainProfile = .ring64) {
        self.init(networks: networks, computes: compute.map { [profile: $0] } ?? [:])
    }

    /// The cost of a scenario.
    /// - Throws: what building its program throws.
    func row(_ scenario: Scenario) throws -> ComparisonRow {
        var session = SessionCost(networks: networks, compute: computes[scenario.configuration.profile])
        let program = try scenario.pass.program(profile: scenario.configuration.profile)
        session.recordSetup(of: program)
        session.record(program)
        return ComparisonRow(scenario, session.report(scenario.configuration))
    }
}
