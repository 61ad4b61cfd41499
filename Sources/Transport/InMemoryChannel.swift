import Synchronization

/// One end of a connection between two threads of this process.
///
/// Payloads are handed over without a copy. Nothing is framed, so the overhead is the control messages only.
public final class InMemoryChannel: Channel {
    private let incoming: Mailbox
    private let outgoing: Mailbox
    /// What the other end calls this one.
    private let ownName: String
    private let peer: PeerName
    private let timeout: Duration
    private let overhead = Atomic<Int>(0)
    private let isClosed = Atomic<Bool>(false)

    private init(incoming: Mailbox, outgoing: Mailbox, ownName: String, peerName: String, timeout: Duration) {
        self.incoming = incoming
        self.outgoing = outgoing
        self.ownName = ownName
        self.peer = PeerName(role: peerName)
        self.timeout = timeout
    }

    deinit { close() }

    /// Two connected ends.
    ///
    /// - Parameters:
    ///   - names: What the parties at the first and at the second end are called in errors.
    ///   - timeout: How long a receive waits.
    public static func pair(
        names: (String, String) = ("server", "client"), timeout: Duration = .seconds(60)
    ) -> (InMemoryChannel, InMemoryChannel) {
        let toFirst = Mailbox()
        let toSecond = Mailbox()
        let first = InMemoryChannel(
            incoming: toFirst, outgoing: toSecond, ownName: names.0, peerName: names.1, timeout: timeout)
        let second = InMemoryChannel(
            incoming: toSecond, outgoing: toFirst, ownName: names.1, peerName: names.0, timeout: timeout)
        return (first, second)
    }

    public var peerName: String { peer.current }

    public var failure: TransportError? { incoming.end }

    public var overheadBytesSent: Int { overhead.load(ordering: .relaxed) }

    public func send(_ frame: Frame) throws {
        if let end = incoming.end { throw end }
        if frame.isOverhead { overhead.add(frame.payload.count, ordering: .relaxed) }
        if frame.tag == Frame.abortTag {
            outgoing.finish(.refusedByPeer(peer: ownName, reason: String(decoding: frame.payload, as: UTF8.self)))
        } else {
            outgoing.deliver(CollectionOfOne(frame))
        }
    }

    public func receive(tag: UInt32, alsoExpected: Set<UInt32>) throws -> Frame {
        try incoming.receive(tag: tag, alsoExpected: alsoExpected, peer: peer, timeout: timeout)
    }

    public func close() {
        guard !isClosed.exchange(true, ordering: .acquiringAndReleasing) else { return }
        incoming.discard(.closed(peer: peerName))
        outgoing.finish(.peerClosed(peer: ownName))
    }
}
