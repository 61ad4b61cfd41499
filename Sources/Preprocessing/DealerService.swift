import Algebra
import Foundation
import Randomness
import Synchronization
import Transport

/// A program as the dealer needs it.
public struct DealerProgram: Sendable {
    public let fingerprint: String
    public let plan: CorrelationPlan

    public init(fingerprint: String, plan: CorrelationPlan) {
        self.fingerprint = fingerprint
        self.plan = plan
    }
}

/// The dealer: pairs a server and a client of the same session and streams corrections for the programs that both ask
/// for. It learns architecture, lengths and timing, and nothing that depends on an input.
///
/// Memory is bounded by the largest correlation of a program and the transport's queue, not by the program.
public final class DealerService<Domain: ShareDomain>: Sendable {
    /// Makes the program from a party's public description.
    public typealias Planner = @Sendable (_ description: String) throws -> DealerProgram

    private let domain: Domain
    private let planner: Planner
    private let threads: Int
    private let idleLimit: Duration
    private let waiting = Mutex<[String: [String: any Channel]]>([:])

    /// - Parameter idleLimit: how long a session may go without a request before it is ended.
    public init(
        domain: Domain, threads: Int = 1, idleLimit: Duration = .seconds(3600), planner: @escaping Planner
    ) {
        self.domain = domain
        self.idleLimit = idleLimit
        self.threads = threads
        self.planner = planner
    }

    /// Takes a new connection: learns its role and session, and serves the session on this thread once both parties are
    /// there. Call it on a thread for each connection.
    /// - Parameter seeds: the source of this session's seeds.
    /// - Throws: `TransportError`, ``PreprocessingError``; both parties are told why.
    public func serve(_ channel: any Channel, seeds: some SeedSource) throws {
        let hello = Handshake(version: WireProtocol.version, role: "dealer", fields: [:])
        let theirs = try hello.exchange(over: channel, expecting: [], peerRole: nil)
        guard let session = theirs.fields["session"] else {
            channel.abort(reason: "a party must name its session")
            throw TransportError.malformedHandshake(peer: channel.peerName, reason: "no session")
        }
        guard ["server", "client"].contains(theirs.role) else {
            let error = PreprocessingError.unknownRole(theirs.role)
            channel.abort(reason: error.description)
            throw error
        }
        guard let parties = try pair(channel, role: theirs.role, session: session) else { return }
        do {
            try deal(server: parties.server, client: parties.client, seeds: seeds)
            parties.server.close()
            parties.client.close()
        } catch {
            for party in [parties.server, parties.client] { party.abort(reason: "\(error)") }
            throw error
        }
    }

    /// Both parties' channels once the second has come; a role that a session already has is refused.
    private func pair(
        _ channel: any Channel, role: String, session: String
    ) throws -> (server: any Channel, client: any Channel)? {
        let known = waiting.withLock { waiting -> [String: any Channel]? in
            var known = waiting[session] ?? [:]
            guard known[role] == nil else { return nil }
            known[role] = channel
            waiting[session] = known.count == 2 ? nil : known
            return known
        }
        guard let known else {
            let error = PreprocessingError.sessionTaken(role: role)
            channel.abort(reason: error.description)
            throw error
        }
        guard let server = known["server"], let client = known["client"] else { return nil }
        return (server, client)
    }

    private func deal(server: any Channel, client: any Channel, seeds: some SeedSource) throws {
        var seeds = seeds
        let weightSeed = try seeds.nextSeed()
        try server.send(Frame(tag: FrameTag.dealerWeightSeed, depth: 0, payload: weightSeed.bytes))
        let weightMasks = WeightMasks(domain: domain, seed: weightSeed)
        while let request = try nextRequest(client) {
            guard let other = try nextRequest(server) else { return }
            guard request == other else {
                throw PreprocessingError.programMismatch(server: other.fingerprint, client: request.fingerprint)
            }
            let program = try planner(request.description)
            guard program.fingerprint == request.fingerprint else {
                throw PreprocessingError.malformedRequest("its program differs from the one of this version")
            }
            let own = [try seeds.nextSeed(), try seeds.nextSeed()]
            try server.send(Frame(tag: FrameTag.dealerSeed, depth: 0, payload: own[0].bytes))
            try client.send(Frame(tag: FrameTag.dealerSeed, depth: 0, payload: own[1].bytes))
            let engine = DealerEngine(
                domain: domain, plan: program.plan, seeds: own, weightMasks: weightMasks, threads: threads)
            for index in program.plan.correlations.indices {
                guard let corrections = try engine.corrections(index), !corrections.isEmpty else { continue }
                try server.send(Frame(tag: FrameTag.correction(index: index), depth: 0, payload: corrections))
            }
        }
    }

    /// A party's next request, or nil when it has left. A party may be silent for as long as its runs take.
    private func nextRequest(_ channel: any Channel) throws -> DealerRequest? {
        let start = ContinuousClock.now
        while true {
            do {
                let bytes = try channel.receiveControl(limit: DealerRequest.byteLimit)
                return try JSONDecoder().decode(DealerRequest.self, from: Data(bytes))
            } catch let error as TransportError where error.isTimeout {
                guard ContinuousClock.now - start < idleLimit else { throw error }
            } catch TransportError.peerClosed {
                return nil
            } catch is DecodingError {
                throw PreprocessingError.malformedRequest("not a request in JSON")
            }
        }
    }
}

extension TransportError {
    fileprivate var isTimeout: Bool { if case .timeout = self { true } else { false } }
}
