import DequeModule
import Foundation
import NIOCore
import NIOPosix

/// Takes TCP connections at a loopback address.
public final class TCPListener: Sendable {
    private struct State {
        var waiting = Deque<TCPChannel>()
        var isClosed = false
    }

    /// Where it listens; the port is the one the operating system chose if 0 was asked for.
    public let endpoint: Endpoint
    public var port: Int { endpoint.port }

    private let state: Guarded<State>
    private let socket: any NIOCore.Channel

    /// Connections that are made but not yet accepted; more are closed at once.
    private static let waitingLimit = 16

    /// Starts to listen.
    ///
    /// - Parameters:
    ///   - host: A loopback address or `localhost`.
    ///   - port: 0...65535; 0 lets the operating system choose.
    ///   - configuration: Of the channels accepted.
    ///   - transport: Moves the channels' bytes; must outlive the listener.
    /// - Throws: ``TransportError``: `.notLoopback`, `.invalidAddress`, `.addressInUse`, `.cannotListen`.
    public init(
        host: String, port: Int, configuration: TCPConfiguration = TCPConfiguration(), transport: TCPTransport
    ) throws {
        let requested = try Endpoint(host: host, port: port)
        let address = try requested.loopbackAddress()
        guard transport.isRunning else {
            throw TransportError.cannotListen(address: requested.description, reason: "the transport was shut down")
        }
        let state = Guarded(State())
        do {
            socket = try ServerBootstrap(group: transport.group)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .serverChannelOption(.backlog, value: 64)
                .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
                .childChannelOption(
                    .recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: TCPChannel.readSize)
                )
                .childChannelInitializer { connection in
                    connection.eventLoop.makeCompletedFuture {
                        try TCPListener.setUp(connection, configuration: configuration, state: state)
                    }
                }
                .bind(to: address).wait()
        } catch let error as IOError where error.errnoCode == EADDRINUSE {
            throw TransportError.addressInUse(address: requested.description)
        } catch let error as IOError {
            throw TransportError.cannotListen(address: requested.description, reason: error.reason)
        } catch {
            throw TransportError.cannotListen(address: requested.description, reason: "the transport was shut down")
        }
        self.state = state
        endpoint = try Endpoint(host: requested.host, port: socket.localAddress?.port ?? port)
    }

    deinit { close() }

    /// On the event loop: prepares a new connection and queues it once it is made.
    private static func setUp(
        _ connection: any NIOCore.Channel, configuration: TCPConfiguration, state: Guarded<State>
    ) throws {
        let address = connection.remoteAddress?.hostAndPort ?? "an unnamed address"
        let channel = TCPChannel(
            on: connection, peer: PeerName(role: "peer", address: address), configuration: configuration)
        try channel.addHandler(to: connection) {
            state.change { state in
                if !state.isClosed, state.waiting.count < waitingLimit {
                    state.waiting.append(channel)
                } else {
                    connection.close(promise: nil)
                }
            }
        }
    }

    /// The next connection, in the order in which they were made.
    ///
    /// - Parameters:
    ///   - peerRole: What errors call the peer until its handshake says.
    ///   - timeout: How long to wait for one.
    /// - Throws: `TransportError.timeout`, and `.closed` once the listener is closed.
    public func accept(peerRole: String = "peer", timeout: Duration) throws -> TCPChannel {
        let channel = try state.wait(until: Deadline(after: timeout)) { state -> TCPChannel? in
            if state.isClosed { throw TransportError.closed(peer: peerRole) }
            return state.waiting.popFirst()
        }
        guard let channel else {
            throw TransportError.timeout(
                peer: peerRole, seconds: timeout.inSeconds, waitingFor: "a connection to \(endpoint)")
        }
        channel.identifyPeer(as: peerRole)
        return channel
    }

    /// Stops listening and closes the connections that were not accepted; accepted ones stay.
    public func close() {
        let waiting: Deque<TCPChannel>? = state.change { state in
            guard !state.isClosed else { return nil }
            state.isClosed = true
            defer { state.waiting = [] }
            return state.waiting
        }
        guard let waiting else { return }
        if socket.isActive { socket.close(promise: nil) }
        for channel in waiting { channel.close() }
    }
}
