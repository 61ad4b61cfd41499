import Algebra
import Preprocessing
import Randomness
import SecureComputation
import Transport

/// One party's run of a program in a session, once the dealer has given a seed for it.
struct PartyRun {
    let channel: any Channel
    let seed: Seed
    let threads: Int
    /// Whether all correlations are prepared before the online phase.
    let prefetch: Bool
    let tensors: any TensorSource
    let progress: ((Int, Int) -> Void)?

    /// Ends the offline lap and the online one.
    func run<Domain: ShareDomain>(
        _ program: Program, _ party: Party, _ dealt: DealtCorrelations<Domain>, _ domain: Domain,
        _ times: inout SessionTimes
    ) throws -> PartyResult {
        let source: any CorrelationSource<Domain> =
            try prefetch ? PreparedCorrelations(dealt, plan: program.plan) : dealt
        if prefetch { try channel.meetPeer() }
        times.lap(\.offline)
        let result = try PartyInterpreter(domain: domain, party: party, channel: channel, threads: threads)
            .run(program, source: source, tensors: tensors, progress: progress)
        times.lap(\.online)
        return result
    }
}

/// The client's part of a session that depends on the domain: the masked weights, kept from run to run.
protocol ClientParty: AnyObject {
    func receiveSetup(_ weights: [WeightDeclaration], over channel: any Channel) throws -> (bytes: Int, work: [Int])
    func run(_ program: Program, _ run: PartyRun, _ times: inout SessionTimes) throws -> PartyResult
}

func makeClientParty<Domain: ShareDomain>(_ domain: Domain) -> any ClientParty { DomainClientParty(domain) }

private final class DomainClientParty<Domain: ShareDomain>: ClientParty {
    private let domain: Domain
    private var maskedWeights: [Domain.Elements] = []

    init(_ domain: Domain) { self.domain = domain }

    func receiveSetup(_ weights: [WeightDeclaration], over channel: any Channel) throws -> (bytes: Int, work: [Int]) {
        let received = try ModelSetup(domain: domain, weights: weights).receive(over: channel)
        maskedWeights = received.masked
        return (received.bytes, received.work)
    }

    func run(_ program: Program, _ run: PartyRun, _ times: inout SessionTimes) throws -> PartyResult {
        let dealt = DealtCorrelations(
            domain: domain, plan: program.plan, party: Party.client.rawValue, seed: run.seed, stream: nil,
            maskedWeights: maskedWeights, threads: run.threads)
        return try run.run(program, .client, dealt, domain, &times)
    }
}
