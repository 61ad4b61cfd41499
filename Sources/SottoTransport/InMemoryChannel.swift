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
    private let patience: Duration
    private let overhead = Atomic<Int>(0)
    private let isClosed = Atomic<Bool>(false)
    private let pulse = Mutex<Pulse?>(nil)

    private init(incoming: Mailbox, outgoing: Mailbox, ownName: String, peerName: String, timeout: Duration) {
        self.incoming = incoming
        self.outgoing = outgoing
        self.ownName = ownName
        self.peer = PeerName(role: peerName)
        patience = timeout
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

    public var timeout: Duration? { patience }

    public var overheadBytesSent: Int { overhead.load(ordering: .relaxed) }

    public func send(_ frame: Frame) throws {
        if let end = incoming.end { throw end }
        if frame.isOverhead { overhead.add(frame.payload.count, ordering: .relaxed) }
        if frame.tag == FrameTag.abort {
            outgoing.finish(TransportError(abort: frame.payload, peer: ownName))
        } else {
            // Within a process nothing bounds what is queued.
            _ = outgoing.deliver(CollectionOfOne(frame))
        }
    }

    public func receive(tag: UInt32, alsoExpected: Set<UInt32>) throws -> Frame {
        let patience = Patience(timeout: patience, heartbeatLimit: patience, signs: incoming.signs)
        return try receive(tag, alsoExpected, patience)
    }

    public func receive(tag: UInt32, alsoExpected: Set<UInt32>, within time: Duration) throws -> Frame {
        try receive(tag, alsoExpected, Patience(within: time))
    }

    private func receive(_ tag: UInt32, _ alsoExpected: Set<UInt32>, _ patience: Patience) throws -> Frame {
        let pulse = pulse.withLock { $0 }
        return try incoming.receive(
            tag: tag, alsoExpected: alsoExpected, peer: peer, patience: patience, pulse: pulse)
    }

    /// The pulse learns when this end waits; no heartbeats are sent.
    public func join(_ pulse: Pulse) { self.pulse.withLock { $0 = pulse } }

    public func whenEnded(_ body: @escaping @Sendable () -> Void) { incoming.whenEnded(body) }

    public func close() {
        guard !isClosed.exchange(true, ordering: .acquiringAndReleasing) else { return }
        incoming.discard(.closed(peer: peerName))
        outgoing.finish(.peerClosed(peer: ownName))
    }
}
