import ArgumentParser
import Foundation
import SottoAlgebra
import SottoPreprocessing
import SottoPrivateTransformer
import SottoSecureComputation
import SottoTransport

/// Options of every role that talks to others over a network.
struct RoleOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("How long to wait for a party that gives no sign of life.", valueName: "seconds"))
    var timeout: Double = 60

    @Option(help: "Threads for matrix products, in the clear or encrypted.")
    var threads: Int = 1

    @OptionGroup var protocols: ProtocolOptions

    /// Whoever started the role has said already that there is no calibration of use.
    @Flag(help: .hidden)
    var standardCrossovers = false

    @Flag(help: "Talk over plain TCP, without encryption or authentication; loopback only.")
    var insecurePlaintext = false

    func validate() throws {
        guard timeout > 0, timeout <= 86_400 else {
            throw ValidationError("--timeout must be above 0 and at most 86400")
        }
        guard (1...1024).contains(threads) else { throw ValidationError("--threads must be 1 to 1024") }
    }

    /// - Throws: `ValidationError` unless whoever talks to others says how.
    func validateConnections() throws {
        guard insecurePlaintext else {
            throw ValidationError(
                "TLS is not built yet: pass --insecure-plaintext to talk over plain TCP on loopback")
        }
    }

    /// Of this machine's matrix products.
    func crossovers() -> ProductCrossovers { standardCrossovers ? .standard : KnownCrossovers.ofThisMachine() }

    private func configuration(_ received: Int, sent: Int? = nil) -> TCPConfiguration {
        var configuration = TCPConfiguration(timeout: .seconds(timeout), frameLimit: received, sentFrameLimit: sent)
        // Who gets small messages only has no use for many.
        configuration.unreadBound = min(configuration.unreadBound, 2 * received)
        return configuration
    }

    /// Connects to the dealer, who gets nothing but requests.
    func connect(toDealer endpoint: Endpoint, over transport: TCPTransport) throws -> TCPChannel {
        try connect(
            to: endpoint, role: "dealer", configuration(FrameTag.payloadLimit, sent: DealerRequest.byteLimit), transport
        )
    }

    func connect(toServer endpoint: Endpoint, over transport: TCPTransport) throws -> TCPChannel {
        try connect(to: endpoint, role: "server", configuration(FrameTag.payloadLimit), transport)
    }

    private func connect(
        to endpoint: Endpoint, role: String, _ configuration: TCPConfiguration, _ transport: TCPTransport
    ) throws -> TCPChannel {
        try TCPChannel.connect(
            host: endpoint.host, port: endpoint.port, peerRole: role, timeout: .seconds(timeout),
            configuration: configuration, transport: transport)
    }

    /// - Parameters:
    ///   - connections: the most that may be open at the same time.
    ///   - isDealer: who gets nothing but requests, and sends what is large.
    func listen(
        on endpoint: Endpoint, connections: Int, isDealer: Bool, over transport: TCPTransport
    ) throws -> TCPListener {
        let limits =
            isDealer
            ? configuration(DealerRequest.byteLimit, sent: FrameTag.payloadLimit)
            : configuration(FrameTag.payloadLimit)
        let listener = try TCPListener(
            host: endpoint.host, port: endpoint.port, configuration: limits, openLimit: connections,
            transport: transport)
        do {
            try Output.write("\(Self.listeningPrefix)\(listener.endpoint)")
        } catch {
            guard endpoint.port != 0 else { throw error }
            // Whoever chose the port knows the address.
            Diagnostics.warn("\(error)")
        }
        return listener
    }

    /// What a listening role says first, before its address.
    static let listeningPrefix = "listening on "
}

/// Whether a party tells the other what it measured.
struct ShareTimesOption: ParsableArguments {
    @Flag(help: "Tell the other party how long every step took and how much memory, if it does as well.")
    var shareTimes = false
}

/// Where a party's correlations come from, where its preprocessing has a dealer.
struct DealerOptions: ParsableArguments {
    @Option(help: "HOST:PORT of the dealer; with --preprocessing dealer only.", transform: Endpoint.init(_:))
    var dealer: Endpoint?

    @Option(
        help: ArgumentHelp(
            "This party's keys that sotto deal --to has dealt ahead, in place of --dealer.", valueName: "FILE"))
    var keys: String?

    /// - Throws: `ValidationError` unless the dealer, or what it has dealt, is named exactly where there is one.
    func validate(for target: Target) throws {
        let method = target.preprocessing
        if method.usesDealer, dealer == nil, keys == nil {
            throw ValidationError("Missing expected argument '--dealer <dealer>', or '--keys <FILE>' in its place")
        }
        if method.usesDealer, dealer != nil, keys != nil {
            throw ValidationError("--keys stands in place of --dealer; leave out one of them")
        }
        if !method.usesDealer, dealer != nil || keys != nil {
            throw ValidationError(
                "--preprocessing \(method.name) has no dealer; leave out \(dealer != nil ? "--dealer" : "--keys")")
        }
    }

    func endpoint() throws -> Endpoint {
        guard let dealer else { throw ValidationError("Missing expected argument '--dealer <dealer>'") }
        return dealer
    }

    /// The party's keys, locked; nil where it asks a dealer.
    /// - Throws: `KeyFileError` for what is none, or not the party's or for another target.
    func keyFile(of party: Party, target: Target) throws -> KeyFile? {
        guard let keys else { return nil }
        let file = try KeyFile(path: keys)
        try file.check(party, target: target.description)
        return file
    }
}
