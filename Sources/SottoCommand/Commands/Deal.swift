import ArgumentParser
import Foundation
import Logging
import SottoAlgebra
import SottoModel
import SottoPreprocessing
import SottoPrivateTransformer
import SottoRandomness
import SottoSecureComputation
import SottoSessions
import SottoTransport

/// The dealer, a process of its own.
struct Deal: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Deal correlated randomness to a server and a client.",
        discussion: """
            The dealer learns architecture, lengths and timing, and nothing of prompt, weights or output. It must not \
            collude with either party. With --to it deals ahead to a file for either party, which they use with --keys, and \
            listens to nobody.
            """)

    @Option(help: "HOST:PORT to listen on; port 0 lets the system choose one.", transform: Endpoint.init(_:))
    var listen: Endpoint?

    @OptionGroup var ahead: DealAheadOptions
    @OptionGroup var service: ServiceOptions
    @OptionGroup var role: RoleOptions

    func validate() throws {
        let target = try role.protocols.target()
        guard target.usesDealer else {
            throw ValidationError("--preprocessing two-party has no dealer; start the server and the client alone")
        }
        guard (listen == nil) != (ahead.to == nil) else {
            throw ValidationError(
                "Give one of --listen, to deal to parties that connect, and --to, to deal ahead to files")
        }
        if listen != nil { try role.validateConnections() }
        if ahead.to != nil, service.sessions != nil {
            throw ValidationError("--sessions is of a dealer that listens; --completions says how many are dealt ahead")
        }
        if ahead.to != nil, let option = try listeningOption() {
            throw ValidationError("\(option) is of a dealer that listens, and --to does not")
        }
    }

    /// One that was given another value than its own, and says how to listen.
    private func listeningOption() throws -> String? {
        let (service, role) = (try ServiceOptions.parse([]), try RoleOptions.parse([]))
        if self.role.timeout != role.timeout { return "--timeout" }
        if self.service.maxSessions != service.maxSessions { return "--max-sessions" }
        if self.service.idleTimeout != service.idleTimeout { return "--idle-timeout" }
        return self.service.quiet ? "--quiet" : nil
    }

    func run() throws {
        guard let listen else {
            return try ahead.deal(
                for: role.protocols, threads: role.threads, crossovers: role.crossovers(), budget: service.budget)
        }
        let transport = try TCPTransport()
        let limits = limits
        let listener = try role.listen(
            on: listen, connections: 2 * limits.sessions + limits.waiting + ServiceOptions.strangers, isDealer: true,
            over: transport)
        let target = try role.protocols.target()
        serve(target.domain.domain(crossovers: role.crossovers()), target, limits, listener)
        transport.shutdown()
    }

    private var limits: DealerLimits {
        DealerLimits(
            sessions: service.maxSessions, waiting: 2 * service.maxSessions,
            patience: .seconds(min(role.timeout, 60)), idle: .seconds(service.idleTimeout))
    }

    private func serve<Domain: ShareDomain>(
        _ domain: Domain, _ target: Target, _ limits: DealerLimits, _ listener: TCPListener
    ) {
        let (budget, logger) = (service.budget, service.logger)
        let dealer = DealerService(domain: domain, threads: role.threads, limits: limits) {
            try ForwardPass.dealerProgram($0, target: target, budget: budget)
        }
        let service = RoleService(
            listener: listener, sessions: service.sessions, drainTime: .seconds(role.timeout), logger: logger)
        service.run(
            peerRole: "party", stopping: { dealer.dismissWaitingParties() },
            serve: { if Self.serve($0, dealer, logger) { service.countServed() } })
    }

    /// - Returns: whether the parties finished a run.
    private static func serve<Domain: ShareDomain>(
        _ channel: TCPChannel, _ dealer: DealerService<Domain>, _ logger: Logger
    ) -> Bool {
        let start = ContinuousClock.now
        do {
            guard let session = try dealer.serve(channel, seeds: SystemSeedSource()) else { return false }
            let line = describe(session, since: start)
            if let failure = session.failure {
                logger.warning("\(line), ended by an error: \(failure)")
            } else {
                logger.info("\(line), ended by the client.")
            }
            return session.runs > 0
        } catch {
            channel.close()
            logger.warning("connection of \(channel.peerName), ended by an error: \(error)")
            return false
        }
    }

    private static func describe(_ session: DealtSession, since start: ContinuousClock.Instant) -> String {
        let seconds = String(format: "%.1f", (ContinuousClock.now - start) / .seconds(1))
        return "session of \(session.parties[0]) and \(session.parties[1]): \(session.runs) runs, "
            + "\(session.bytes) bytes dealt, \(seconds) s"
    }
}
