import Foundation
import SottoAlgebra
import SottoModel
import SottoPreprocessing
import SottoPrivateTransformer
import SottoRandomness
import SottoSecureComputation
import SottoTransport

/// The server's side of a session with one client: handshake, setup, and a run for each of the client's requests.
public final class ServerSession {
    private let channel: any Channel
    private let party: any SessionParty
    private let architecture: Architecture
    private let weights: PreparedWeights
    private let target: Target
    private let exactOpenings: Bool
    private let idle: IdleSession
    private let limits: SessionLimits
    private let sharesTimes: Bool
    /// What a client may ask for once.
    private var tokenizer: OfferedTokenizer?
    /// The weights of the setup, once it has been made, and what the session has since.
    private var setup: [WeightDeclaration]?
    private var memory = PreprocessingMemory()
    /// What was done for the client so far; also after an error.
    public private(set) var record = Record()

    /// What a session did.
    public struct Record: Sendable, Hashable {
        /// Runs that ended well.
        public var runs = 0
        /// Positions that were run.
        public var positions = 0
        /// Positions whose output the client has learnt, or would have.
        public var opened = 0
        /// Payload bytes that the server sent to the client.
        public var bytesSent = 0

        package init() {}
    }

    /// What a server offers.
    public struct Model: Sendable {
        public let name: String
        /// What reports call the architecture.
        public let notation: String
        public let architecture: Architecture
        public let weights: PreparedWeights
        /// nil if the model has none.
        public let tokenizer: OfferedTokenizer?

        public init(
            name: String, notation: String, architecture: Architecture, weights: PreparedWeights,
            tokenizer: OfferedTokenizer? = nil
        ) {
            self.name = name
            self.notation = notation
            self.architecture = architecture
            self.weights = weights
            self.tokenizer = tokenizer
        }
    }

    /// Greets a client that has connected.
    /// - Parameters:
    ///   - limits: what the client may ask for.
    ///   - crossovers: of this side's matrix products; the client may have others.
    ///   - keys: what was dealt ahead, in place of the dealer, who is then not connected to; the client must have the other
    ///     half of the set, and one session at a time has them.
    ///   - dealer: connects to the dealer; called once the client is known to agree.
    /// - Throws: `TransportError` naming both sides' values where the parties do not agree.
    public init(
        channel: any Channel, model: Model, configuration: SessionConfiguration,
        limits: SessionLimits = SessionLimits(), threads: Int = 1, crossovers: ProductCrossovers = .standard,
        keys: KeyFile? = nil, dealer: @escaping () throws -> any Channel
    ) throws {
        try keys?.check(.server, target: configuration.target, before: channel)
        let session = try SystemEntropy.bytes(16).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }
            .joined()
        let architecture = try JSONEncoder().encode(model.architecture)
        var fields = configuration.fields(keys)
        fields["session"] = session
        fields["model"] = model.name
        fields["notation"] = model.notation
        fields["architecture"] = String(decoding: architecture, as: UTF8.self)
        fields[OfferedTokenizer.field] = model.tokenizer?.fingerprint ?? OfferedTokenizer.none
        let theirs = try Handshake(version: WireProtocol.version, role: Party.server.name, fields: fields).exchange(
            over: channel, expecting: SessionConfiguration.agreedFields(keys), peerRole: Party.client.name)
        self.channel = channel
        target = configuration.target
        exactOpenings = configuration.exactOpenings
        sharesTimes = configuration.sharesTimes(with: theirs)
        self.architecture = model.architecture
        weights = model.weights
        tokenizer = model.tokenizer
        self.limits = limits
        let pulse = Pulse()
        channel.join(pulse)
        do {
            party = try makeSessionParty(
                configuration.target, .server, peer: channel, session: session, threads: threads,
                crossovers: crossovers, pulse: pulse, keys: keys, dealer: dealer)
        } catch {
            SessionFault.abort([channel], for: error)
            throw error
        }
        idle = IdleSession([channel] + party.channels)
    }

    /// Serves runs until the client leaves.
    /// - Parameters:
    ///   - progress: called during runs with the nodes done and all nodes.
    ///   - finished: called with every run.
    /// - Returns: the number of runs.
    public func serve(
        progress: ((Int, Int) -> Void)? = nil, finished: ((AccountedRun) -> Void)? = nil
    ) throws -> Int {
        do {
            while let request = try nextRequest() {
                let accounted = try run(request, progress: progress)
                record.runs += 1
                record.bytesSent += accounted.cost.onlineBytes.server
                finished?(accounted)
            }
        } catch {
            let channels = [channel] + party.channels
            let cause = SessionFault.cause(of: error, among: channels)
            SessionFault.abort(channels, for: cause)
            throw cause
        }
        party.close()
        channel.close()
        return record.runs
    }

    private func nextRequest() throws -> RunRequest? {
        // Who has only greeted holds a place, and is expected to ask.
        let patience = record.runs == 0 ? min(limits.idle, channel.timeout ?? limits.idle) : limits.idle
        do {
            func next() throws -> [UInt8] {
                try idle.wait { try channel.receiveRequest(limit: RunRequest.byteLimit, within: patience) }
            }
            let bytes = try next()
            guard let request = TokenizerRequest(json: bytes), let offered = tokenizer,
                request.tokenizer == offered.fingerprint
            else { return try RunRequest(json: bytes, of: channel.peerName) }
            tokenizer = nil
            try channel.sendControl(offered.definition)
            return try RunRequest(json: next(), of: channel.peerName)
        } catch TransportError.peerClosed {
            return nil
        } catch TransportError.timeout {
            throw SessionError.idle(seconds: patience / .seconds(1))
        }
    }

    private func run(_ request: RunRequest, progress: ((Int, Int) -> Void)?) throws -> AccountedRun {
        let start = ContinuousClock.now
        let agreed = try AgreedProgram(try allowed(request), target, budget: limits.budget)
        guard agreed.fingerprint == request.fingerprint else {
            throw TransportError.handshakeMismatch(
                peer: channel.peerName, field: "program", ours: agreed.fingerprint, theirs: request.fingerprint)
        }
        record.positions += agreed.pass.new
        record.opened += agreed.pass.outputPositions
        return try run(agreed, request, since: start, progress: progress)
    }

    /// The pass that was asked for, if the client may learn what it opens.
    private func allowed(_ request: RunRequest) throws -> ForwardPass {
        guard limits.outputs.contains(request.output) else {
            let offered = ForwardPass.Output.allCases.filter(limits.outputs.contains)
            throw SessionError.notOffered(request.output, offered: offered)
        }
        let pass = try ForwardPass(
            architecture: architecture, past: request.past, new: request.new, output: request.output,
            exactOpenings: exactOpenings, keeps: request.keeps)
        let left = max(limits.queries - record.opened, 0)
        guard pass.outputPositions <= left else {
            throw SessionError.queriesUsedUp(asked: pass.outputPositions, left: left)
        }
        return pass
    }

    private func run(
        _ agreed: AgreedProgram, _ request: RunRequest, since start: ContinuousClock.Instant,
        progress: ((Int, Int) -> Void)?
    ) throws -> AccountedRun {
        let plan = agreed.program.plan
        var times = SessionTimes()
        times.start()
        if let setup {
            guard setup == plan.weights else { throw PreprocessingError.otherWeights }
        } else {
            let made = try party.setUp(plan, inferences: request.inferences, weights: weights)
            memory = target.preprocessing.memory(afterSetupOf: plan, inferences: request.inferences)
            times.setupWork = made.work
            record.bytesSent += made.bytesSent.server
            setup = plan.weights
            // The client goes on when it has everything; until then there is nothing to wait for elsewhere.
            _ = try channel.receiveControl(limit: 0)
            times.lap(\.setup)
        }
        let result = try party.run(
            agreed, PartyRun(prefetch: request.prefetch, tensors: weights, progress: progress), &times)
        return try RunReport(result, [channel] + party.channels, times).exchanged(
            over: channel, agreed.program, memory, party: .server, shares: sharesTimes, since: start)
    }
}
