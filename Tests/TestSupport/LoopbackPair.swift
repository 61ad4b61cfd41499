import SottoTransport

/// Two ends of a TCP connection on loopback.
public enum LoopbackPair {
    /// Runs `body` with the server's and the client's end, the accepting and the connecting one.
    public static func with<Result>(
        configuration: TCPConfiguration = TCPConfiguration(timeout: .seconds(20)),
        _ body: (TCPChannel, TCPChannel) throws -> Result
    ) throws -> Result {
        let transport = try TCPTransport()
        defer { transport.shutdown() }
        let listener = try TCPListener(host: "127.0.0.1", port: 0, configuration: configuration, transport: transport)
        defer { listener.close() }
        let client = try TCPChannel.connect(
            host: "127.0.0.1", port: listener.port, peerRole: "server", configuration: configuration,
            transport: transport)
        defer { client.close() }
        let server = try listener.accept(peerRole: "client", timeout: .seconds(20))
        defer { server.close() }
        // Without a handshake.
        server.admit()
        client.admit()
        return try body(server, client)
    }
}
