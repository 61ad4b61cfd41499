import NIOCore
import Synchronization

/// One end of a TCP connection. See ``WireFormat`` for the bytes.
///
/// Nothing is encrypted, so only loopback addresses are taken.
public final class TCPChannel: Channel {
    private let mailbox: Mailbox
    private let outbox: Outbox
    private let peer: PeerName
    private let configuration: TCPConfiguration
    private let overhead = Atomic<Int>(WireFormat.streamHeaderSize)
    private let isClosed = Atomic<Bool>(false)

    /// Bytes asked of the operating system at once.
    static let readSize = 256 << 10

    init(on connection: any NIOCore.Channel, peer: PeerName, configuration: TCPConfiguration) {
        self.peer = peer
        self.configuration = configuration
        mailbox = Mailbox(bound: configuration.unreadBound)
        outbox = Outbox(
            connection: connection, bound: configuration.unsentBound, timeout: configuration.timeout, peer: peer)
    }

    /// On the event loop: makes the connection speak to this channel.
    ///
    /// - Parameter whenActive: Called on the event loop once the connection is made.
    func addHandler(to connection: any NIOCore.Channel, whenActive: (() -> Void)? = nil) throws {
        let handler = FrameHandler(
            mailbox: mailbox, outbox: outbox, peer: peer, frameLimit: configuration.frameLimit, whenActive: whenActive)
        try connection.pipeline.syncOperations.addHandler(handler)
    }

    deinit { outbox.beginClosing() }

    /// Gives up a connection that was never made.
    func abandon() { outbox.finish(.closed(peer: peerName)) }

    public var peerName: String { peer.current }

    public func identifyPeer(as role: String) { peer.identify(as: role) }

    /// The stream header, the frame headers and the control messages.
    public var overheadBytesSent: Int { overhead.load(ordering: .relaxed) }

    public var failure: TransportError? { mailbox.end }

    public func send(_ frame: Frame) throws { try send([frame]) }

    public func send(_ frames: [Frame]) throws {
        for frame in frames where frame.payload.count > configuration.frameLimit {
            throw TransportError.oversizedFrame(
                peer: peerName, length: UInt64(frame.payload.count), limit: configuration.frameLimit)
        }
        try outbox.send(frames) { isWaiting in
            if isWaiting { mailbox.beginUnbounded() } else { mailbox.endUnbounded() }
        }
        let bytes = frames.reduce(0) {
            $0 + WireFormat.frameHeaderSize + ($1.isOverhead ? $1.payload.count : 0)
        }
        overhead.add(bytes, ordering: .relaxed)
    }

    public func receive(tag: UInt32, alsoExpected: Set<UInt32>) throws -> Frame {
        try mailbox.receive(tag: tag, alsoExpected: alsoExpected, peer: peer, timeout: configuration.timeout)
    }

    public func close() {
        guard !isClosed.exchange(true, ordering: .acquiringAndReleasing) else { return }
        mailbox.discard(.closed(peer: peerName))
        outbox.beginClosing()
        outbox.waitUntilClosed()
    }
}
