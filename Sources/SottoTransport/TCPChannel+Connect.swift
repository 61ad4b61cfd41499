import Foundation
import NIOCore
import NIOPosix

extension TCPChannel {
    /// Connects to a listening party, and tries again until it listens, so that processes may start in any order.
    ///
    /// - Parameters:
    ///   - host: A loopback address or `localhost`.
    ///   - port: 1...65535.
    ///   - peerRole: What errors call the peer until its handshake says.
    ///   - timeout: How long to try; what the channel does later waits as `configuration` says.
    ///   - transport: Moves the channel's bytes; must outlive it.
    /// - Throws: ``TransportError``: `.connectionRefused` when nobody listened in all that time, `.unreachable`,
    ///   `.notLoopback`, `.invalidAddress`.
    public static func connect(
        host: String, port: Int, peerRole: String = "peer", timeout: Duration = .seconds(10),
        configuration: TCPConfiguration = TCPConfiguration(), transport: TCPTransport
    ) throws -> TCPChannel {
        let endpoint = try Endpoint(host: host, port: port)
        guard port > 0 else { throw TransportError.invalidAddress(endpoint.description) }
        let attempt = ConnectionAttempt(
            address: try endpoint.loopbackAddress(), peerRole: peerRole, configuration: configuration)
        let deadline = Deadline(after: timeout)
        while true {
            do {
                return try attempt.run(within: max(deadline.remaining, .milliseconds(10)), transport: transport)
            } catch {
                guard transport.isRunning, deadline.remaining > retryInterval else { throw error }
                Thread.sleep(forTimeInterval: retryInterval.inSeconds)
            }
        }
    }

    private static var retryInterval: Duration { .milliseconds(30) }
}

/// One try at making a connection.
private struct ConnectionAttempt {
    let address: SocketAddress
    let peerRole: String
    let configuration: TCPConfiguration

    func run(within time: Duration, transport: TCPTransport) throws(TransportError) -> TCPChannel {
        guard transport.isRunning else {
            throw .unreachable(address: address.hostAndPort, reason: "the transport was shut down")
        }
        let made = Guarded<TCPChannel?>(nil)
        let bootstrap = ClientBootstrap(group: transport.group)
            .connectTimeout(.nanoseconds(time.inNanoseconds))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: TCPChannel.readSize))
            .channelOption(.maxMessagesPerRead, value: 1)
            .channelInitializer { [configuration, peerRole, address] connection in
                connection.eventLoop.makeCompletedFuture {
                    let peer = PeerName(role: peerRole, address: address.hostAndPort)
                    let channel = TCPChannel(on: connection, peer: peer, configuration: configuration)
                    try channel.addHandler(to: connection)
                    made.withLock { $0 = channel }
                }
            }
        do {
            let connection = try bootstrap.connect(to: address).wait()
            // A socket that looks for a free port nobody listens at can find itself.
            if connection.localAddress == connection.remoteAddress {
                connection.close(promise: nil)
                throw TransportError.connectionRefused(address: address.hostAndPort)
            }
        } catch {
            made.withLock { $0 }?.abandon()
            throw describe(error)
        }
        guard let channel = made.withLock({ $0.take() }) else {
            throw .unreachable(address: address.hostAndPort, reason: "the transport was shut down")
        }
        return channel
    }

    private func describe(_ error: any Error) -> TransportError {
        switch error {
        case let error as TransportError:
            return error
        case let error as IOError where error.errnoCode == ECONNREFUSED:
            return .connectionRefused(address: address.hostAndPort)
        case let error as IOError:
            return .unreachable(address: address.hostAndPort, reason: error.reason)
        case ChannelError.connectTimeout:
            return .unreachable(address: address.hostAndPort, reason: "no answer in time")
        default:
            return .unreachable(address: address.hostAndPort, reason: "the transport was shut down")
        }
    }
}

extension IOError {
    /// The operating system's words for the error.
    var reason: String { String(cString: strerror(errnoCode)) }
}
