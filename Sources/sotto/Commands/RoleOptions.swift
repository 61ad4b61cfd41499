import ArgumentParser
import Foundation
import Transformer
import Transport

/// Options of every role that talks to others over a network.
struct RoleOptions: ParsableArguments {
    @Option(help: ArgumentHelp("How long to wait for another party before giving up.", valueName: "seconds"))
    var timeout: Double = 60

    @Option(help: "Threads for matrix products.")
    var threads: Int = 1

    @OptionGroup var protocols: ProtocolOptions

    @Flag(help: "Talk over plain TCP, without encryption or authentication; loopback only.")
    var insecurePlaintext = false

    func validate() throws {
        guard timeout > 0, timeout <= 86_400 else {
            throw ValidationError("--timeout must be above 0 and at most 86400")
        }
        guard (1...1024).contains(threads) else { throw ValidationError("--threads must be 1 to 1024") }
        guard insecurePlaintext else {
            throw ValidationError(
                "TLS is not built yet: pass --insecure-plaintext to talk over plain TCP on loopback")
        }
    }

    var configuration: TCPConfiguration { TCPConfiguration(timeout: .seconds(timeout)) }

    func connect(to endpoint: Endpoint, role: String, over transport: TCPTransport) throws -> TCPChannel {
        try TCPChannel.connect(
            host: endpoint.host, port: endpoint.port, peerRole: role, timeout: .seconds(timeout),
            configuration: configuration, transport: transport)
    }

    func listen(on endpoint: Endpoint, over transport: TCPTransport) throws -> TCPListener {
        let listener = try TCPListener(
            host: endpoint.host, port: endpoint.port, configuration: configuration, transport: transport)
        print("\(Self.listeningPrefix)\(listener.endpoint)")
        // Whoever started this process in a pipe waits for the line.
        fflush(nil)
        return listener
    }

    /// What a listening role says first, before its address.
    static let listeningPrefix = "listening on "
}

/// Accepts connections for as long as a listening role lives; a wait that ends without one is no error.
func nextConnection(_ listener: TCPListener, role: String) throws -> TCPChannel {
    while true {
        do {
            return try listener.accept(peerRole: role, timeout: .seconds(3600))
        } catch TransportError.timeout {
            continue
        }
    }
}
