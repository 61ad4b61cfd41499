import Foundation
import SottoAlgebra
import SottoRandomness
import SottoTransport
import Synchronization

/// A program as the dealer needs it.
public struct DealerProgram: Sendable {
    package let fingerprint: String
    package let plan: CorrelationPlan

    package init(fingerprint: String, plan: CorrelationPlan) {
        self.fingerprint = fingerprint
        self.plan = plan
    }
}

/// What a dealer grants its parties.
public struct DealerLimits: Sendable, Hashable {
    /// Sessions dealt for at the same time; more are told that the dealer is busy.
    public var sessions: Int
    /// Parties whose partner has not come yet.
    public var waiting: Int
    /// How long a party waits for its partner.
    public var patience: Duration
    /// How long a session may stand idle between runs.
    public var idle: Duration

    public init(
        sessions: Int = 8, waiting: Int = 16, patience: Duration = .seconds(60), idle: Duration = .seconds(600)
    ) {
        self.sessions = sessions
        self.waiting = waiting
        self.patience = patience
        self.idle = idle
    }
}

/// What a dealer did for two parties.
public struct DealtSession: Sendable {
    /// Names of server and client.
    public let parties: [String]
    /// Runs that both parties finished.
    public internal(set) var runs = 0
    /// Bytes of seeds and corrections.
    public internal(set) var bytes = 0
    /// Why it ended before its client left, if it did.
    public internal(set) var failure: (any Error)?
}

/// The dealer: pairs a server and a client of the same session and streams corrections for the programs that both ask
/// for. It learns architecture, lengths and timing, and nothing that depends on an input.
///
/// Memory is bounded by the largest correlation of a program and the transport's queue, not by the program. Everything is
/// bounded that strangers can cause: sessions, parties that wait, how long they do, and what the planner accepts.
public final class DealerService<Domain: ShareDomain>: Sendable {
    /// Makes the program from a party's public description; refuses what is too large before it builds anything.
    public typealias Planner = @Sendable (_ description: String) throws -> DealerProgram

    private let domain: Domain
    private let planner: Planner
    private let threads: Int
    private let limits: DealerLimits
    private let waiting: WaitingRoom
    private let running = Mutex(0)

    public init(
        domain: Domain, threads: Int = 1, limits: DealerLimits = DealerLimits(), planner: @escaping Planner
    ) {
        self.domain = domain
        self.limits = limits
        self.threads = threads
        self.planner = planner
        waiting = WaitingRoom(limit: limits.waiting, patience: limits.patience)
    }

    /// Parties that wait for their partners.
    public var waitingParties: Int { waiting.count }

    /// Sends the parties away whose partners have not come, because no more connections are taken.
    public func dismissWaitingParties() { waiting.dismiss() }

    /// Takes a new connection: learns its role and session, and serves the session on this thread if it is the second
    /// party's; the first party's thread waits for it. Call it on a thread for each connection.
    /// - Parameter seeds: the source of this session's seeds.
    /// - Returns: what was done once the session has ended, well or not; nil to the party that came first.
    /// - Throws: `TransportError`, ``PreprocessingError``, where no session came about; the party was told why.
    @discardableResult
    public func serve(_ channel: any Channel, seeds: some SeedSource) throws -> DealtSession? {
        let (role, session) = try greet(channel)
        guard let partner = try waiting.meet(channel, role: role.name, session: session) else { return nil }
        let (server, client) = role == .server ? (channel, partner) : (partner, channel)
        var dealing = Dealing(server: server, client: client, limits: limits)
        do {
            try begin()
            defer { running.withLock { $0 -= 1 } }
            let pulse = Pulse()
            for party in [server, client] { party.join(pulse) }
            try deal(&dealing, seeds: seeds)
            server.close()
            client.close()
        } catch {
            let cause = SessionFault.cause(of: error, among: [server, client])
            dealing.record.failure = cause
            SessionFault.abort([server, client], for: cause)
        }
        return dealing.record
    }

    private func greet(_ channel: any Channel) throws -> (role: Party, session: String) {
        let hello = Handshake(version: WireProtocol.version, role: "dealer", fields: [:])
        let theirs = try hello.exchange(over: channel, expecting: [], peerRole: nil)
        func refuse(_ error: PreprocessingError) -> PreprocessingError {
            SessionFault.abort([channel], for: error)
            return error
        }
        guard let session = theirs.fields["session"], SessionName.isOne(session) else {
            throw refuse(.malformedRequest("a party must name its session, in 1 to 64 characters of ASCII"))
        }
        guard let role = Party.allCases.first(where: { $0.name == theirs.role }) else { throw refuse(.unknownRole) }
        return (role, session)
    }

    private func begin() throws {
        let isFree = running.withLock { running in
            guard running < limits.sessions else { return false }
            running += 1
            return true
        }
        guard isFree else { throw PreprocessingError.tooManySessions(limits.sessions) }
    }

    private func deal(_ dealing: inout Dealing, seeds: some SeedSource) throws {
        var seeds = seeds
        let weightSeed = try seeds.nextSeed()
        try dealing.send(FrameTag.dealerWeightSeed, weightSeed.bytes, to: .server)
        let weightMasks = WeightMasks(domain: domain, seed: weightSeed)
        var generation = KeptGeneration<ByParty<Seed>>()
        while let request = try dealing.nextRequest() {
            let program = try planner(request.description)
            guard program.fingerprint == request.fingerprint else {
                throw PreprocessingError.malformedRequest("its program differs from the one of this version")
            }
            let own = ByParty(server: try seeds.nextSeed(), client: try seeds.nextSeed())
            let kept = try generation.seeds(for: program.plan.keptRows, own: own)
            for party in Party.allCases { try dealing.send(FrameTag.dealerSeed, own[party].bytes, to: party) }
            let engine = DealerEngine(
                domain: domain, plan: program.plan, seeds: own, keptSeeds: kept, weightMasks: weightMasks,
                threads: threads)
            for index in program.plan.streamOrder {
                try dealing.checkThatBothAreThere()
                guard let corrections = try engine.corrections(index), !corrections.isEmpty else { continue }
                let corrected = program.plan.correlations[index].corrected
                for party in Party.allCases where corrected.includes(party) {
                    try dealing.send(FrameTag.correction(index: index), corrections, to: party)
                }
            }
            try dealing.finishRun()
        }
    }
}

/// A session in progress at the dealer.
private struct Dealing {
    let server: any Channel
    let client: any Channel
    let limits: DealerLimits
    private let idle: IdleSession
    var record: DealtSession

    init(server: any Channel, client: any Channel, limits: DealerLimits) {
        self.server = server
        self.client = client
        self.limits = limits
        idle = IdleSession([server, client])
        record = DealtSession(parties: [server.peerName, client.peerName])
    }

    /// The frame's depth is the number of the run.
    mutating func send(_ tag: UInt32, _ payload: [UInt8], to party: Party) throws {
        let frame = Frame(tag: tag, depth: UInt32(record.runs), payload: payload)
        try (party == .server ? server : client).send(frame)
        record.bytes += payload.count
    }

    /// The next request of both parties, or nil when the client has left.
    func nextRequest() throws -> DealerRequest? {
        let first: [UInt8]
        do {
            // Before the first run the client gets the server's weights, for as long as that makes progress.
            let patience = record.runs == 0 ? nil : limits.idle
            first = try idle.wait { try client.receiveRequest(limit: DealerRequest.byteLimit, within: patience) }
        } catch TransportError.peerClosed {
            return nil
        } catch TransportError.timeout where record.runs > 0 {
            throw PreprocessingError.idle(seconds: limits.idle / .seconds(1))
        }
        let request = try DealerRequest(json: first, of: "client", sequence: record.runs)
        // The server heard of it before the dealer did, and says while it prepares that it works.
        let second = try server.receiveControl(limit: DealerRequest.byteLimit)
        let other = try DealerRequest(json: second, of: "server", sequence: record.runs)
        guard request == other else {
            throw PreprocessingError.programMismatch(server: other.fingerprint, client: request.fingerprint)
        }
        try checkThatBothAreThere()
        return request
    }

    /// Nobody needs what is dealt for parties that have left.
    func checkThatBothAreThere() throws {
        for party in [server, client] { if let failure = party.failure { throw failure } }
    }

    mutating func finishRun() throws {
        // A run takes as long as its parties work.
        for party in [client, server] { _ = try party.receiveControl(limit: 0) }
        record.runs += 1
    }
}
