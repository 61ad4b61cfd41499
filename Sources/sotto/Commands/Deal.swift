import Algebra
import ArgumentParser
import Foundation
import Logging
import Preprocessing
import Randomness
import SecureComputation
import Transformer
import Transport

/// The dealer, a process of its own.
struct Deal: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Deal correlated randomness to a server and a client.",
        discussion: """
            The dealer learns architecture, lengths and timing, and nothing of prompt, weights or output. It must not \
            collude with either party.
            """)

    @Option(help: "HOST:PORT to listen on; port 0 lets the system choose one.", transform: Endpoint.init(_:))
    var listen: Endpoint

    @OptionGroup var service: ServiceOptions
    @OptionGroup var role: RoleOptions

    func run() throws {
        let transport = try TCPTransport()
        let limits = limits
        let listener = try role.listen(
            on: listen, connections: 2 * limits.sessions + limits.waiting + ServiceOptions.strangers, over: transport)
        let profile = try role.protocols.profile()
        serve(profile.domain, profile, limits, listener)
        transport.shutdown()
    }

    private var limits: DealerLimits {
        DealerLimits(
            sessions: service.maxSessions, waiting: 2 * service.maxSessions,
            patience: .seconds(min(role.timeout, 60)), idle: .seconds(service.idleTimeout))
    }

    private func serve<Domain: ShareDomain>(
        _ domain: Domain, _ profile: DomainProfile, _ limits: DealerLimits, _ listener: TCPListener
    ) {
        let (budget, logger) = (service.budget, service.logger)
        let dealer = DealerService(domain: domain, threads: role.threads, limits: limits) {
            try ForwardPass.dealerProgram($0, profile: profile, budget: budget)
        }
        let service = RoleService(
            listener: listener, sessions: service.sessions, drainTime: .seconds(role.timeout), logger: logger)
        service.run(peerRole: "party", stopping: { dealer.dismissWaitingParties() }) { channel in
            let start = ContinuousClock.now
            var session: DealtSession?
            do {
                try dealer.serve(channel, seeds: SystemSeedSource()) { session = $0 }
                if let session { logger.info("\(Self.describe(session, since: start)), ended by the client.") }
            } catch {
                let what = session.map { Self.describe($0, since: start) } ?? "connection of \(channel.peerName)"
                logger.warning("\(what), ended by an error: \(error)")
            }
            if let session, session.runs > 0 { service.countServed() }
        }
    }

    private static func describe(_ session: DealtSession, since start: ContinuousClock.Instant) -> String {
        let seconds = String(format: "%.1f", (ContinuousClock.now - start) / .seconds(1))
        return "session of \(session.parties[0]) and \(session.parties[1]): \(session.runs) runs, "
            + "\(session.bytes) bytes dealt, \(seconds) s"
    }
}
