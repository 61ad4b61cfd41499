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

    /// Instructions of a scenario, and of all together, up to which latencies are those of a run's tiles: some seconds of
    /// replay, and 200 MB.
    private static let exactInstructions = (each: 1 << 18, all: 1 << 20)

    /// The tiles in which scenarios that are compared with each other are priced, the same for all: those of a run unless
    /// that takes long. Latencies of larger tiles are mostly below a run's; nothing else depends on them.
    /// - Parameter count: of all scenarios that share the time.
    /// - Throws: `PassLengthError` for passes that are too long to count.
    func tiling(of scenarios: [Scenario], among count: Int) throws(PassLengthError) -> Tiling {
        let exact = min(Self.exactInstructions.each, Self.exactInstructions.all / max(count, 1))
        let limit = max(ForwardPass.countedInstructions, networks.isEmpty ? 0 : exact)
        var tiling = Tiling.standard
        for scenario in scenarios {
            let (pass, target) = (scenario.pass, scenario.configuration.target)
            guard pass.size(in: target).instructions > Double(limit) else { continue }
            let own = try pass.countingTiling(upTo: ForwardPass.countedInstructions, in: target)
            if own.elements > tiling.elements { tiling = own }
        }
        return tiling
    }

    /// The cost of a scenario.
    /// - Throws: what building its program throws.
    func row(_ scenario: Scenario, _ tiling: Tiling) throws -> ComparisonRow {
        if let measure = scenario.cheapestBy {
            let cheapest = try CheapestMix(of: scenario, by: measure, pricing: self, tiling: tiling)
            return ComparisonRow(scenario, cheapest.report, mix: cheapest.suites)
        }
        let target = scenario.configuration.target
        return ComparisonRow(scenario, try report(of: scenario, in: target, compute: computes[target], tiling))
    }

    /// What a scenario's pass costs when it is written for that target.
    func report(
        of scenario: Scenario, in target: Target, compute: ComputeModel?, _ tiling: Tiling
    ) throws -> CostReport {
        var session = SessionCost(networks: networks, compute: compute)
        let program = try scenario.pass.program(target: target, tiling: tiling)
        session.recordSetup(of: program)
        session.record(program)
        return session.report(scenario.configuration)
    }
}
