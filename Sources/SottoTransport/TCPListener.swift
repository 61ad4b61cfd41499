import DequeModule
import Foundation
import NIOCore
import NIOPosix

/// Takes TCP connections at a loopback address.
public final class TCPListener: Sendable {
    fileprivate struct Waiting {
        let channel: TCPChannel
        let connection: ObjectIdentifier
    }
    fileprivate struct State {
        var waiting = Deque<Waiting>()
        /// Connections that were taken and have not ended, waiting or accepted.
        var open = 0
        /// Connections that were turned away and have not ended.
        var refused = 0
        var isStopped = false
    }

    /// Where it listens; the port is the one the operating system chose if 0 was asked for.
    public let endpoint: Endpoint
    public var port: Int { endpoint.port }

    private let state: Guarded<State>
    private let socket: any NIOCore.Channel

    /// Connections beyond the limits are told so, but no more than these at once.
    fileprivate static let refusedLimit = 32

    /// Starts to listen.
    ///
    /// - Parameters:
    ///   - host: A loopback address or `localhost`.
    ///   - port: 0...65535; 0 lets the operating system choose.
    ///   - configuration: Of the channels accepted.
    ///   - waitingLimit: The most connections that are made but not yet accepted.
    ///   - openLimit: The most connections that are open, waiting ones included. Beyond either, connections are told
    ///     that this party is busy, and closed.
    ///   - transport: Moves the channels' bytes; must outlive the listener.
    /// - Throws: ``TransportError``: `.notLoopback`, `.invalidAddress`, `.addressInUse`, `.cannotListen`.
    public init(
        host: String, port: Int, configuration: TCPConfiguration = TCPConfiguration(), waitingLimit: Int = 16,
        openLimit: Int = 256, transport: TCPTransport
    ) throws {
        let requested = try Endpoint(host: host, port: port)
        let address = try requested.loopbackAddress()
        guard transport.isRunning else {
            throw TransportError.cannotListen(address: requested.description, reason: "the transport was shut down")
        }
        let state = Guarded(State())
        let limits = Limits(waiting: waitingLimit, open: openLimit)
        do {
            socket = try ServerBootstrap(group: transport.group)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .serverChannelOption(.backlog, value: 64)
                .serverChannelInitializer { socket in
                    socket.eventLoop.makeCompletedFuture {
                        // Without file descriptors left, accepting fails again at once: try again a little later.
                        try socket.pipeline.syncOperations.addHandler(
                            AcceptBackoffHandler(shouldForwardIOErrorCaught: false) { _ in .milliseconds(100) })
                    }
                }
                .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
                .childChannelOption(
                    .recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: TCPChannel.readSize)
                )
                .childChannelOption(.maxMessagesPerRead, value: 1)
                .childChannelInitializer { connection in
                    connection.eventLoop.makeCompletedFuture {
                        try TCPListener.setUp(
                            connection, configuration: configuration, limits: limits, state: state)
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

    fileprivate struct Limits {
        let waiting: Int
        let open: Int
    }

    /// What becomes of a new connection.
    fileprivate enum Verdict { case taken, busy, dropped }

    /// On the event loop: prepares a new connection and queues it once it is made.
    private static func setUp(
        _ connection: any NIOCore.Channel, configuration: TCPConfiguration, limits: Limits, state: Guarded<State>
    ) throws {
        let address = connection.remoteAddress?.hostAndPort ?? "an unnamed address"
        let channel = TCPChannel(
            on: connection, peer: PeerName(role: "peer", address: address), configuration: configuration)
        let identity = ObjectIdentifier(connection)
        try channel.addHandler(to: connection) { handler in
            switch state.change({ $0.take(Waiting(channel: channel, connection: identity), limits) }) {
            case .taken:
                connection.closeFuture.whenComplete { _ in state.withLock { $0.forget(identity) } }
            case .busy:
                connection.closeFuture.whenComplete { _ in state.withLock { $0.refused -= 1 } }
                handler.refuse(.busy, reason: TCPListener.busyReason)
            case .dropped:
                connection.close(promise: nil)
            }
        }
    }

    private static let busyReason = "it has as many connections as it takes at once; try again later."

    /// The next connection, in the order in which they were made.
    ///
    /// - Parameters:
    ///   - peerRole: What errors call the peer until its handshake says.
    ///   - timeout: How long to wait for one.
    /// - Throws: `TransportError.timeout`, and `.closed` once the listener is closed.
    public func accept(peerRole: String = "peer", timeout: Duration) throws -> TCPChannel {
        let channel = try state.wait(until: Deadline(after: timeout)) { state -> TCPChannel? in
            if state.isStopped { throw TransportError.closed(peer: peerRole) }
            return state.waiting.popFirst()?.channel
        }
        guard let channel else {
            throw TransportError.timeout(
                peer: peerRole, seconds: timeout.inSeconds, waitingFor: "a connection to \(endpoint)")
        }
        channel.identifyPeer(as: peerRole)
        return channel
    }

    /// Stops listening; accepted connections stay, those that still wait are told that this party is busy, and
    /// ``accept(peerRole:timeout:)`` throws `.closed` from now on.
    public func stopAccepting() { stop { $0.abort(reason: TCPListener.stoppingReason, kind: .busy) } }

    private static let stoppingReason = "it is about to stop; try another, or again later."

    /// Stops listening and closes the connections that were not accepted; accepted ones stay.
    public func close() { stop { $0.close() } }

    private func stop(_ end: (TCPChannel) -> Void) {
        let waiting: Deque<Waiting>? = state.change { state in
            guard !state.isStopped else { return nil }
            state.isStopped = true
            defer { state.waiting = [] }
            return state.waiting
        }
        guard let waiting else { return }
        if socket.isActive { socket.close(promise: nil) }
        for waiting in waiting { end(waiting.channel) }
    }
}

extension TCPListener.State {
    fileprivate mutating func take(
        _ connection: TCPListener.Waiting, _ limits: TCPListener.Limits
    ) -> TCPListener.Verdict {
        if isStopped { return .dropped }
        if waiting.count < limits.waiting, open < limits.open {
            waiting.append(connection)
            open += 1
            return .taken
        }
        guard refused < TCPListener.refusedLimit else { return .dropped }
        refused += 1
        return .busy
    }

    /// A connection that was taken has ended: nobody need accept it.
    fileprivate mutating func forget(_ connection: ObjectIdentifier) {
        open -= 1
        waiting.removeAll { $0.connection == connection }
    }
}
