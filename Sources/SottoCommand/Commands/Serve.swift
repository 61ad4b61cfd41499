import ArgumentParser
import Foundation
import Logging
import SottoAlgebra
import SottoModel
import SottoPreprocessing
import SottoPrivateTransformer
import SottoSessions
import SottoTokenization
import SottoTransport
import Synchronization

/// The server, a process of its own.
struct Serve: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Serve private completions with a model.",
        discussion: "The server learns the lengths and the timing of requests, and nothing of prompts or outputs.")

    @OptionGroup var model: ModelOptions

    @Option(help: "HOST:PORT to listen on; port 0 lets the system choose one.", transform: Endpoint.init(_:))
    var listen: Endpoint

    @OptionGroup var dealer: DealerOptions

    @OptionGroup var check: OfferCheckOptions
    @OptionGroup var offer: OfferOptions
    @OptionGroup var service: ServiceOptions
    @OptionGroup var sharing: ShareTimesOption
    @OptionGroup var role: RoleOptions

    func validate() throws {
        try role.validateConnections()
        try dealer.validate(for: role.protocols.target())
    }

    func run() throws {
        let keys = try dealer.keyFile(of: .server, target: role.protocols.target())
        let selected = try model.load()
        let offered = ServerSession.Model(
            name: selected.named.name, notation: selected.named.notation, architecture: selected.architecture,
            weights: PreparedWeights(selected.weights), tokenizer: try selected.tokenizer.map(OfferedTokenizer.init))
        try check.check(selected, offered.weights, role.protocols.target())
        // Before anybody waits for it; embedding and head only once a run needs them.
        try offered.weights.prepare(
            for: ForwardPass(architecture: selected.architecture, new: 1, output: .blocks)
                .program(target: role.protocols.target()))
        let transport = try TCPTransport()
        let listener = try role.listen(
            on: listen, connections: service.maxSessions + ServiceOptions.strangers, isDealer: false,
            over: transport)
        let service = RoleService(
            listener: listener, sessions: service.sessions, drainTime: .seconds(role.timeout),
            logger: self.service.logger)
        let host = SessionHost(
            model: offered, configuration: try role.protocols.session(sharesTimes: sharing.shareTimes),
            limits: limits, maxSessions: self.service.maxSessions, threads: role.threads,
            crossovers: role.crossovers(), logger: self.service.logger, keys: keys,
            dealer: { try role.connect(toDealer: dealer.endpoint(), over: transport) })
        service.run(peerRole: "client", serve: { if host.serve($0) { service.countServed() } })
        transport.shutdown()
    }

    private var limits: SessionLimits {
        SessionLimits(
            budget: service.budget, idle: .seconds(service.idleTimeout), outputs: offer.outputs,
            queries: offer.maxQueries)
    }
}

/// What a server opens to its clients.
struct OfferOptions: ParsableArguments {
    enum Logits: String, ExpressibleByArgument, CaseIterable {
        case last, all
    }

    @Option(
        help: ArgumentHelp(
            "Whose logits a client may learn: those of the last position, or of all.", valueName: "last,all"))
    var allowOutputs = CommaList<Logits>([.last])

    @Flag(help: "Open hidden states too, for measurements; a client can compute weights from them.")
    var allowBlocks = false

    @Option(help: "Positions whose output a client may learn in one session.")
    var maxQueries: Int = 10_000

    func validate() throws {
        guard (1...1_000_000_000).contains(maxQueries) else {
            throw ValidationError("--max-queries must be 1 to 1000000000")
        }
    }

    var outputs: Set<ForwardPass.Output> {
        Set(allowOutputs.elements.map { $0 == .last ? ForwardPass.Output.last : .all }).union(
            allowBlocks ? [.blocks] : [])
    }
}

/// Serves one client after the other, or several side by side, and says a line of each.
private final class SessionHost: Sendable {
    private let model: ServerSession.Model
    private let configuration: SessionConfiguration
    private let limits: SessionLimits
    private let maxSessions: Int
    private let threads: Int
    private let crossovers: ProductCrossovers
    private let logger: Logger
    private let keys: KeyFile?
    private let dealer: @Sendable () throws -> TCPChannel
    private let running = Mutex(0)

    init(
        model: ServerSession.Model, configuration: SessionConfiguration, limits: SessionLimits, maxSessions: Int,
        threads: Int, crossovers: ProductCrossovers, logger: Logger, keys: KeyFile?,
        dealer: @escaping @Sendable () throws -> TCPChannel
    ) {
        self.model = model
        self.configuration = configuration
        self.limits = limits
        self.maxSessions = maxSessions
        self.threads = threads
        self.crossovers = crossovers
        self.logger = logger
        self.keys = keys
        self.dealer = dealer
    }

    /// - Returns: whether a run was finished.
    func serve(_ channel: TCPChannel) -> Bool {
        let start = ContinuousClock.now
        let place = Place(in: self)
        defer { place.leave() }
        let session: ServerSession
        do {
            session = try ServerSession(
                channel: channel, model: model, configuration: configuration, limits: limits, threads: threads,
                crossovers: crossovers, keys: keys
            ) {
                // Who has greeted takes one of the places.
                try place.take()
                return try self.dealer()
            }
        } catch {
            channel.close()
            logger.warning("\(describe(channel, .init(), since: start)), ended by an error: \(error)")
            return false
        }
        do {
            _ = try session.serve()
            logger.info("\(describe(channel, session.record, since: start)), ended by the client.")
        } catch {
            logger.warning("\(describe(channel, session.record, since: start)), ended by an error: \(error)")
        }
        return session.record.runs > 0
    }

    /// One of the places for sessions at the same time.
    private final class Place {
        private let host: SessionHost
        private var isTaken = false

        init(in host: SessionHost) { self.host = host }

        func take() throws(SessionError) {
            isTaken = host.running.withLock { running in
                guard running < host.maxSessions else { return false }
                running += 1
                return true
            }
            guard isTaken else { throw .busy(sessions: host.maxSessions) }
        }

        func leave() {
            guard isTaken else { return }
            isTaken = false
            host.running.withLock { $0 -= 1 }
        }
    }

    private func describe(
        _ channel: TCPChannel, _ record: ServerSession.Record, since start: ContinuousClock.Instant
    ) -> String {
        let seconds = String(format: "%.1f", (ContinuousClock.now - start) / .seconds(1))
        return "session with \(channel.peerName): \(record.runs) runs of \(record.positions) positions, "
            + "\(record.bytesSent) bytes sent, \(seconds) s"
    }
}
