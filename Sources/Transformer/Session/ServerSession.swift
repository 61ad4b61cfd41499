import Algebra
import Foundation
import Preprocessing
import Randomness
import SecureComputation
import Transport

/// The server's side of a session with one client: handshake, setup, and a run for each of the client's requests.
public final class ServerSession {
    private let channel: any Channel
    private let dealer: DealerConnection
    private let architecture: Architecture
    private let weights: PreparedWeights
    private let threads: Int
    private let profile: DomainProfile
    /// The weights of the setup, once it has been made.
    private var setup: [WeightDeclaration]?

    /// What a server offers.
    public struct Model: Sendable {
        public let name: String
        /// What reports call the architecture.
        public let notation: String
        public let architecture: Architecture
        public let weights: PreparedWeights
        /// Whether text is turned into tokens byte by byte.
        public let usesByteTokenizer: Bool

        public init(
            name: String, notation: String, architecture: Architecture, weights: PreparedWeights,
            usesByteTokenizer: Bool
        ) {
            self.name = name
            self.notation = notation
            self.architecture = architecture
            self.weights = weights
            self.usesByteTokenizer = usesByteTokenizer
        }
    }

    /// Greets a client that has connected.
    /// - Parameter dealer: connects to the dealer; called once the client is known to agree.
    /// - Throws: `TransportError` naming both sides' values where the parties do not agree.
    public init(
        channel: any Channel, model: Model, configuration: SessionConfiguration = SessionConfiguration(),
        threads: Int = 1, dealer: () throws -> any Channel
    ) throws {
        let session = try SystemEntropy.bytes(16).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }
            .joined()
        let architecture = try JSONEncoder().encode(model.architecture)
        var fields = configuration.fields
        fields["session"] = session
        fields["model"] = model.name
        fields["notation"] = model.notation
        fields["architecture"] = String(decoding: architecture, as: UTF8.self)
        fields["tokenizer"] = model.usesByteTokenizer ? "byte" : "none"
        _ = try Handshake(version: WireProtocol.version, role: Party.server.name, fields: fields).exchange(
            over: channel, expecting: SessionConfiguration.agreedFields, peerRole: Party.client.name)
        self.channel = channel
        profile = configuration.profile
        self.architecture = model.architecture
        weights = model.weights
        self.threads = threads
        do {
            self.dealer = try DealerConnection(
                channel: try dealer(), role: Party.server.name, session: session)
        } catch {
            channel.abort(reason: "the server cannot use its dealer: \(error)")
            throw error
        }
    }

    /// Serves runs until the client leaves.
    /// - Parameter progress: called during runs with the nodes done and all nodes.
    /// - Returns: the number of runs.
    public func serve(
        progress: ((Int, Int) -> Void)? = nil, finished: ((AccountedRun) -> Void)? = nil
    ) throws -> Int {
        defer { dealer.close() }
        var runs = 0
        do {
            while let request = try nextRequest() {
                let accounted = try run(request, progress: progress)
                finished?(accounted)
                runs += 1
            }
        } catch {
            // Where the client has left, the dealer gives up as well; the client is the cause.
            let cause = channel.failure ?? error
            channel.abort(reason: "the server gave up: \(cause)")
            throw cause
        }
        channel.close()
        return runs
    }

    private func nextRequest() throws -> RunRequest? {
        do {
            let bytes = try channel.receiveControl(limit: RunRequest.byteLimit)
            return try JSONDecoder().decode(RunRequest.self, from: Data(bytes))
        } catch TransportError.peerClosed {
            return nil
        } catch is DecodingError {
            throw TransportError.malformedHandshake(peer: channel.peerName, reason: "its request is not a request")
        }
    }

    private func run(_ request: RunRequest, progress: ((Int, Int) -> Void)?) throws -> AccountedRun {
        let agreed = try AgreedProgram(
            ForwardPass(architecture: architecture, past: request.past, new: request.new, output: request.output),
            profile)
        guard agreed.fingerprint == request.fingerprint else {
            throw TransportError.handshakeMismatch(
                peer: channel.peerName, field: "program", ours: agreed.fingerprint, theirs: request.fingerprint)
        }
        return try run(agreed, request, profile.domain, progress: progress)
    }

    private func run<Domain: ShareDomain>(
        _ agreed: AgreedProgram, _ request: RunRequest, _ domain: Domain, progress: ((Int, Int) -> Void)?
    ) throws -> AccountedRun {
        let plan = agreed.program.plan
        var times = SessionTimes()
        times.start()
        if let setup {
            guard setup == plan.weights else { throw PreprocessingError.otherWeights }
        } else {
            let masks = WeightMasks(domain: domain, seed: try dealer.weightSeed())
            times.setupWork = try ModelSetup(domain: domain, weights: plan.weights).send(
                over: channel, tensors: weights, masks: masks
            ).work
            setup = plan.weights
            times.lap(\.setup)
        }
        let seed = try dealer.begin(description: try agreed.description(), fingerprint: agreed.fingerprint)
        let dealt = DealtCorrelations(
            domain: domain, plan: plan, party: Party.server.rawValue, seed: seed,
            stream: dealer.corrections(of: plan), maskedWeights: [], threads: threads)
        let result = try PartyRun(
            channel: channel, seed: seed, threads: threads, prefetch: request.prefetch, tensors: weights,
            progress: progress
        ).run(agreed.program, .server, dealt, domain, &times)
        return try RunReport(result, channel, dealer, times).exchanged(
            over: channel, agreed.program, party: .server)
    }
}

extension RunReport {
    init(_ result: PartyResult, _ channel: any Channel, _ dealer: DealerConnection, _ times: SessionTimes) {
        self.init(
            trace: result.trace, overheadBytesSent: channel.overheadBytesSent + dealer.overheadBytesSent,
            peakMemoryBytes: Transformer.peakMemoryBytes(), times: times)
    }

    /// Swaps reports with the peer.
    func exchanged(over channel: any Channel, _ program: Program, party: Party) throws -> AccountedRun {
        try channel.sendControl(Array(try JSONEncoder().encode(self)))
        let bytes = try channel.receiveControl(limit: Self.byteLimit)
        guard let peer = try? JSONDecoder().decode(RunReport.self, from: Data(bytes)),
            peer.isPlausible(for: program, party: party.peer)
        else {
            throw TransportError.malformedHandshake(peer: channel.peerName, reason: "its report is not a report")
        }
        return AccountedRun(program: program, own: self, peer: peer, party: party)
    }
}
