import SottoPrivateTransformer
import SottoSecureComputation

/// How scenarios are priced: by what the primitives declare, and on networks by replay.
public struct Pricing: Sendable {
    public let networks: [Network]
    /// What local work takes in programs of each target.
    public let computes: [Target: ComputeModel]

    /// - Parameter computes: without a target's model its latencies are those of the network alone.
    public init(networks: [Network] = [], computes: [Target: ComputeModel] = [:]) {
        self.networks = networks
        self.computes = computes
    }

    public init(networks: [Network] = [], compute: ComputeModel?, target: Target) {
        self.init(networks: networks, computes: compute.map { [target: $0] } ?? [:])
    }

    /// Whether a scenario is so long that it is priced in larger tiles than a run's: its latencies are then below a run's.
    public func usesLargerTiles(_ scenario: Scenario) -> Bool {
        !networks.isEmpty
            && (try? scenario.pass.countingTiling(
                upTo: ForwardPass.countedInstructions, in: scenario.configuration.target)) != .standard
    }

    /// The cost of a scenario.
    /// - Throws: what building its program throws.
    func row(_ scenario: Scenario) throws -> ComparisonRow {
        var session = SessionCost(networks: networks, compute: computes[scenario.configuration.target])
        let target = scenario.configuration.target
        let program = try scenario.pass.program(
            target: target, tiling: scenario.pass.countingTiling(upTo: ForwardPass.countedInstructions, in: target))
        session.recordSetup(of: program)
        session.record(program)
        return ComparisonRow(scenario, session.report(scenario.configuration))
    }
}
