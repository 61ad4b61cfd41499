import Foundation
import SottoAlgebra
import SottoPreprocessing
import SottoRandomness
import SottoSecureComputation
import SottoTransport

/// One party of a session as its domain has it: preprocessing that lasts as long as the session, and runs of programs.
protocol SessionParty: AnyObject {
    /// Connections beside that to the peer.
    var channels: [any Channel] { get }
    /// - Parameter inferences: runs that the session is declared to have.
    func setUp(_ plan: CorrelationPlan, inferences: Int, weights: any TensorSource) throws -> SetupRecord
    /// Ends the offline lap and the online one.
    func run(_ agreed: AgreedProgram, _ run: PartyRun, _ times: inout SessionTimes) throws -> PartyResult
    func close()
}

/// What a run of a party needs besides its program.
struct PartyRun {
    /// Whether all correlations are prepared before the online phase.
    let prefetch: Bool
    let tensors: any TensorSource
    let progress: ((Int, Int) -> Void)?
}

/// Makes a party of a session and connects it to whom its preprocessing needs.
func makeSessionParty(
    _ target: Target, _ party: Party, peer: any Channel, session: String, threads: Int,
    crossovers: ProductCrossovers, pulse: Pulse, keys: KeyFile?, dealer: @escaping () throws -> any Channel
) throws -> any SessionParty {
    func make<Domain: ShareDomain>(_ domain: Domain) throws -> any SessionParty {
        let preprocessing = try target.preprocessing.party(
            PreprocessingSession(
                domain: domain, party: party, name: session, threads: threads, pulse: pulse, keys: keys,
                dealer: dealer))
        return DomainSessionParty(domain, party, preprocessing, peer: peer, threads: threads)
    }
    return try make(target.domain.domain(crossovers: crossovers))
}

private final class DomainSessionParty<Domain: ShareDomain>: SessionParty {
    private let domain: Domain
    private let party: Party
    private let preprocessing: any PartyPreprocessing<Domain>
    private let peer: any Channel
    private let threads: Int
    /// Of the generation that is under way.
    private let kept = KeptDifferences<Domain>()

    init(
        _ domain: Domain, _ party: Party, _ preprocessing: any PartyPreprocessing<Domain>, peer: any Channel,
        threads: Int
    ) {
        self.domain = domain
        self.party = party
        self.preprocessing = preprocessing
        self.peer = peer
        self.threads = threads
    }

    var channels: [any Channel] { preprocessing.channels }

    func setUp(_ plan: CorrelationPlan, inferences: Int, weights: any TensorSource) throws -> SetupRecord {
        try preprocessing.setUp(plan, inferences: inferences, weights: weights.tensor, over: peer)
    }

    func run(_ agreed: AgreedProgram, _ run: PartyRun, _ times: inout SessionTimes) throws -> PartyResult {
        let plan = agreed.program.plan
        var source = try preprocessing.begin(
            PreprocessedRun(
                plan: plan, description: try agreed.description(), fingerprint: agreed.fingerprint,
                name: agreed.pass.dealtName), over: peer)
        if run.prefetch {
            source = try PreparedCorrelations(source, plan: plan)
            try peer.meetPeer()
        }
        times.lap(\.offline)
        let result = try PartyInterpreter(domain: domain, party: party, channel: peer, threads: threads)
            .run(agreed.program, source: source, tensors: run.tensors, kept: kept, progress: run.progress)
        times.lap(\.online)
        try preprocessing.end()
        return result
    }

    func close() { preprocessing.close() }
}
