import SottoTransport
import Synchronization

/// A channel that keeps a copy of every frame it sends, control messages apart.
public final class RecordingChannel: Channel {
    private let inner: any Channel
    private let recorded = Mutex<[Frame]>([])

    public init(_ inner: any Channel) { self.inner = inner }

    /// Two connected ends in memory that record.
    public static func pair() -> (RecordingChannel, RecordingChannel) {
        let (server, client) = InMemoryChannel.pair()
        return (RecordingChannel(server), RecordingChannel(client))
    }

    /// What was sent, in order.
    public var frames: [Frame] { recorded.withLock { $0 } }

    public var peerName: String { inner.peerName }
    public var overheadBytesSent: Int { inner.overheadBytesSent }
    public func identifyPeer(as role: String) { inner.identifyPeer(as: role) }
    public func admit() { inner.admit() }
    public func restrict() { inner.restrict() }
    public func join(_ pulse: Pulse) { inner.join(pulse) }
    public func whenEnded(_ body: @escaping @Sendable () -> Void) { inner.whenEnded(body) }
    public var failure: TransportError? { inner.failure }
    public var timeout: Duration? { inner.timeout }
    public var greetingTimeout: Duration? { inner.greetingTimeout }
    public func close() { inner.close() }

    public func receive(tag: UInt32, alsoExpected: Set<UInt32>) throws -> Frame {
        try inner.receive(tag: tag, alsoExpected: alsoExpected)
    }

    public func receive(tag: UInt32, alsoExpected: Set<UInt32>, within time: Duration) throws -> Frame {
        try inner.receive(tag: tag, alsoExpected: alsoExpected, within: time)
    }

    public func send(_ frame: Frame) throws {
        if frame.tag < FrameTag.firstReserved { recorded.withLock { $0.append(frame) } }
        try inner.send(frame)
    }
}
