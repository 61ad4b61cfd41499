import SottoAlgebra
import SottoRandomness
import SottoTransport

/// A party's side of a dealer's session: its connection to the dealer, and at the client the masked weights, kept from run
/// to run.
final class DealtParty<Domain: ShareDomain>: PartyPreprocessing {
    private let session: PreprocessingSession<Domain>
    private let dealer: DealerConnection
    private var maskedWeights: ReceivedWeights<Domain>
    private var generation = KeptGeneration<Seed>()

    /// Introduces the party to the dealer.
    init(_ session: PreprocessingSession<Domain>) throws {
        self.session = session
        maskedWeights = ReceivedWeights(session.domain)
        dealer = try DealerConnection(
            channel: try session.dealer(), role: session.party.name, session: session.name, pulse: session.pulse)
    }

    func setUp(
        _ plan: CorrelationPlan, inferences: Int, weights: (String) throws -> [Int64], over peer: any Channel
    ) throws -> SetupRecord {
        let masked = MaskedWeights(domain: session.domain, weights: plan.weights)
        switch session.party {
        case .server:
            let masks = WeightMasks(domain: session.domain, seed: try dealer.weightSeed())
            return try masked.send(over: peer, values: weights, masks: masks)
        case .client:
            let received = try masked.receive(over: peer)
            maskedWeights = ReceivedWeights(session.domain, received.masked)
            return received.record
        }
    }

    func begin(_ run: PreprocessedRun, over peer: any Channel) throws -> any CorrelationSource<Domain> {
        let seed = try dealer.begin(description: run.description, fingerprint: run.fingerprint)
        return DealtCorrelations(
            domain: session.domain, plan: run.plan, party: session.party, seed: seed,
            keptSeed: try generation.seeds(for: run.plan.keptRows, own: seed),
            stream: dealer.corrections(of: run.plan, for: session.party), maskedWeights: maskedWeights,
            threads: session.threads)
    }

    func end() throws { try dealer.end() }

    var channels: [any Channel] { [dealer.channel] }

    func close() { dealer.close() }
}
