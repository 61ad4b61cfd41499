import Algebra
import Randomness

/// A dealer in the parties' own process, for tests and simulations only. It is insecure: whoever holds it, and that
/// is both parties' process, can compute every mask.
public struct InsecureInProcessDealer<Domain: ShareDomain>: Sendable {
    private let domain: Domain
    private let plan: CorrelationPlan
    private let seeds: [Seed]
    public let weightMasks: WeightMasks<Domain>
    private let threads: Int

    public init(
        domain: Domain, plan: CorrelationPlan, seeds: some SeedSource, threads: Int = 1
    ) throws {
        var seeds = seeds
        self.domain = domain
        self.plan = plan
        self.weightMasks = WeightMasks(domain: domain, seed: try seeds.nextSeed())
        self.seeds = [try seeds.nextSeed(), try seeds.nextSeed()]
        self.threads = threads
    }

    /// The source of one party. Call it once for each party: each call starts the plan anew.
    public func source(party: Int, maskedWeights: [Domain.Elements] = []) -> DealtCorrelations<Domain> {
        let engine = DealerEngine(
            domain: domain, plan: plan, seeds: seeds, weightMasks: weightMasks, threads: threads)
        return DealtCorrelations(
            domain: domain, plan: plan, party: party, seed: seeds[party],
            stream: party == 0 ? EngineStream(engine) : nil, maskedWeights: maskedWeights, threads: threads)
    }

    private final class EngineStream: CorrectionStream {
        private let engine: DealerEngine<Domain>

        init(_ engine: DealerEngine<Domain>) { self.engine = engine }

        let isDealer = true

        func corrections(_ index: Int, byteCount: Int) throws -> [UInt8] { try engine.corrections(index) ?? [] }
    }
}
