import SottoAlgebra
import SottoRandomness
import SottoTransport

/// A dealer in the parties' own process, for tests and simulations only. It is insecure: whoever holds it, and that
/// is both parties' process, can compute every mask.
package struct InsecureInProcessDealer<Domain: ShareDomain>: Sendable {
    private let domain: Domain
    private let seeds: ByParty<Seed>
    private let later: Seed
    package let weightMasks: WeightMasks<Domain>
    private let threads: Int

    package init(domain: Domain, seeds: some SeedSource, threads: Int = 1) throws {
        var seeds = seeds
        self.domain = domain
        self.weightMasks = WeightMasks(domain: domain, seed: try seeds.nextSeed())
        self.seeds = ByParty(server: try seeds.nextSeed(), client: try seeds.nextSeed())
        later = try seeds.nextSeed()
        self.threads = threads
    }

    /// The source of one party. Call it once for each party: each call starts the plan anew.
    package func source(
        _ party: Party, plan: CorrelationPlan, maskedWeights: [Domain.Elements] = []
    ) -> DealtCorrelations<Domain> {
        source(party, plan: plan, seeds: seeds, keptSeeds: seeds, maskedWeights: maskedWeights)
    }

    fileprivate func source(
        _ party: Party, plan: CorrelationPlan, seeds: ByParty<Seed>, keptSeeds: ByParty<Seed>,
        maskedWeights: [Domain.Elements]
    ) -> DealtCorrelations<Domain> {
        let engine = DealerEngine(
            domain: domain, plan: plan, seeds: seeds, keptSeeds: keptSeeds, weightMasks: weightMasks, threads: threads)
        return DealtCorrelations(
            domain: domain, plan: plan, party: party, seed: seeds[party], keptSeed: keptSeeds[party],
            stream: EngineStream(engine), maskedWeights: ReceivedWeights(domain, maskedWeights), threads: threads)
    }

    /// Both parties' seeds of a session's run, from 0 on.
    fileprivate func seeds(ofRun run: Int) throws -> ByParty<Seed> {
        guard run > 0 else { return seeds }
        let words = try PseudorandomGenerator(seed: later, domain: UInt64(run)).words(4)
        return ByParty(
            server: try Block(words[0], words[1]).seed(), client: try Block(words[2], words[3]).seed())
    }

    /// One party, for a session.
    func party(_ party: Party) -> any PartyPreprocessing<Domain> { InProcessParty(self, party, domain) }

    private final class EngineStream: CorrectionStream {
        private let engine: DealerEngine<Domain>

        init(_ engine: DealerEngine<Domain>) { self.engine = engine }

        let isDealer = true

        func corrections(_ index: Int, byteCount: Int) throws -> [UInt8] { try engine.corrections(index) ?? [] }
    }
}

private final class InProcessParty<Domain: ShareDomain>: PartyPreprocessing {
    private let dealer: InsecureInProcessDealer<Domain>
    private let party: Party
    private let domain: Domain
    private var maskedWeights: [Domain.Elements] = []
    private var runs = 0
    private var generation = KeptGeneration<ByParty<Seed>>()

    init(_ dealer: InsecureInProcessDealer<Domain>, _ party: Party, _ domain: Domain) {
        self.dealer = dealer
        self.party = party
        self.domain = domain
    }

    func setUp(
        _ plan: CorrelationPlan, inferences: Int, weights: (String) throws -> [Int64], over peer: any Channel
    ) throws -> SetupRecord {
        let masked = MaskedWeights(domain: domain, weights: plan.weights)
        guard party == .client else {
            return try masked.send(over: peer, values: weights, masks: dealer.weightMasks)
        }
        let received = try masked.receive(over: peer)
        maskedWeights = received.masked
        return received.record
    }

    func begin(_ run: PreprocessedRun, over peer: any Channel) throws -> any CorrelationSource<Domain> {
        let seeds = try dealer.seeds(ofRun: runs)
        runs += 1
        return dealer.source(
            party, plan: run.plan, seeds: seeds,
            keptSeeds: try generation.seeds(for: run.plan.keptRows, own: seeds), maskedWeights: maskedWeights)
    }

    func end() {}

    var channels: [any Channel] { [] }

    func close() {}
}
