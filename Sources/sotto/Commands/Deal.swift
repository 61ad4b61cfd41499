import Algebra
import ArgumentParser
import Foundation
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

    @Option(help: "Stop after this many sessions; without it the dealer goes on.")
    var sessions: Int?

    @OptionGroup var role: RoleOptions

    func run() throws {
        let transport = try TCPTransport()
        let listener = try role.listen(on: listen, over: transport)
        let profile = try role.protocols.profile()
        try serve(profile.domain, profile, listener)
        listener.close()
        transport.shutdown()
    }

    private func serve<Domain: ShareDomain>(
        _ domain: Domain, _ profile: DomainProfile, _ listener: TCPListener
    ) throws {
        let service = DealerService(domain: domain, threads: role.threads) {
            try ForwardPass.dealerProgram($0, profile: profile)
        }
        let finished = DispatchSemaphore(value: 0)
        var connections = 0
        while sessions.map({ connections < 2 * $0 }) ?? true {
            let channel = try nextConnection(listener, role: "party")
            connections += 1
            let thread = Thread {
                defer { finished.signal() }
                do {
                    try service.serve(channel, seeds: SystemSeedSource())
                } catch {
                    Diagnostics.warn("\(error)")
                }
            }
            thread.stackSize = 16 << 20
            thread.start()
        }
        for _ in 0..<connections { finished.wait() }
    }
}
