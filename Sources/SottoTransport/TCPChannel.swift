import NIOCore
import Synchronization

/// One end of a TCP connection. See ``WireFormat`` for the bytes.
///
/// Nothing is encrypted, so only loopback addresses are taken.
public final class TCPChannel: Channel {
    private let mailbox: Mailbox
    private let outbox: Outbox
    private let heartbeats: Heartbeats
    private let admission = Admission()
    private let peer: PeerName
    private let configuration: TCPConfiguration
    private let isClosed = Atomic<Bool>(false)

    /// Bytes asked of the operating system at once. Reading asks in between whether the mailbox is full.
    static let readSize = 256 << 10
    /// The most by which one read fills the mailbox: with empty frames, each charged.
    fileprivate static let readCharge = 3 * readSize

    init(on connection: any NIOCore.Channel, peer: PeerName, configuration: TCPConfiguration) {
        self.peer = peer
        self.configuration = configuration
        mailbox = Mailbox(limits: configuration.limitsBeforeGreeting)
        outbox = Outbox(
            connection: connection, bound: configuration.unsentBound, timeout: configuration.timeout,
            signs: mailbox.signs, peer: peer)
        heartbeats = Heartbeats(
            connection: connection, outbox: outbox, signs: mailbox.signs, timeout: configuration.timeout)
    }

    /// On the event loop: makes the connection speak to this channel.
    ///
    /// - Parameter whenActive: Called on the event loop once the connection is made.
    func addHandler(to connection: any NIOCore.Channel, whenActive: ((FrameHandler) -> Void)? = nil) throws {
        let handler = FrameHandler(
            mailbox: mailbox, outbox: outbox, peer: peer, frameLimit: configuration.frameLimit, admission: admission,
            whenActive: whenActive)
        try connection.pipeline.syncOperations.addHandler(handler)
    }

    deinit { outbox.beginClosing() }

    /// Gives up a connection that was never made.
    func abandon() { outbox.finish(.closed(peer: peerName)) }

    public var peerName: String { peer.current }

    public func identifyPeer(as role: String) { peer.identify(as: role) }

    public func admit() {
        guard !admission.isGranted else { return }
        admission.grant()
        mailbox.setLimits(configuration.limits)
        outbox.announceAdmission()
    }

    public func restrict() {
        admission.revoke()
        mailbox.setLimits(configuration.limitsWhileIdle)
    }

    public func sendFinal(_ frame: Frame) {
        // Not as long as a peer shows that it lives: it may never read.
        let patience = Patience(within: min(configuration.timeout, .seconds(2)))
        try? outbox.send([frame], newPatience: { patience }, whileWaiting: { _ in })
    }

    public func join(_ pulse: Pulse) { heartbeats.join(pulse) }

    public func whenEnded(_ body: @escaping @Sendable () -> Void) { mailbox.whenEnded(body) }

    /// The stream header, the frame headers, the heartbeats and the control messages.
    public var overheadBytesSent: Int { outbox.overhead.load(ordering: .relaxed) }

    public var failure: TransportError? { mailbox.end }

    public var silence: Duration? { mailbox.signs.silence }

    public var timeout: Duration? { configuration.timeout }

    public var greetingTimeout: Duration? { min(configuration.greetingTimeout, configuration.timeout) }

    public func send(_ frame: Frame) throws { try send([frame]) }

    public func send(_ frames: [Frame]) throws {
        let limit = configuration.sentFrameLimit ?? configuration.frameLimit
        for frame in frames where frame.payload.count > limit {
            throw TransportError.oversizedFrame(peer: peerName, length: UInt64(frame.payload.count), limit: limit)
        }
        let pulse = heartbeats.pulse
        var wait: Int?
        try outbox.send(
            frames, newPatience: { patience(ofSending: true) },
            whileWaiting: { isWaiting in
                if isWaiting { wait = mailbox.beginWait(pulse) } else { mailbox.endWait(wait, pulse) }
            })
    }

    public func receive(tag: UInt32, alsoExpected: Set<UInt32>) throws -> Frame {
        try receive(tag, alsoExpected, patience(ofSending: false))
    }

    public func receive(tag: UInt32, alsoExpected: Set<UInt32>, within time: Duration) throws -> Frame {
        try receive(tag, alsoExpected, Patience(within: time))
    }

    private func receive(_ tag: UInt32, _ alsoExpected: Set<UInt32>, _ patience: Patience) throws -> Frame {
        try mailbox.receive(
            tag: tag, alsoExpected: alsoExpected, peer: peer, patience: patience, pulse: heartbeats.pulse)
    }

    private func patience(ofSending isSending: Bool) -> Patience {
        Patience(
            timeout: configuration.timeout, heartbeatLimit: configuration.heartbeatLimit, signs: mailbox.signs,
            isOfSending: isSending)
    }

    public func close() {
        guard !isClosed.exchange(true, ordering: .acquiringAndReleasing) else { return }
        // The mailbox last: whoever has received the error must not be able to send.
        outbox.beginClosing()
        mailbox.discard(.closed(peer: peerName))
        outbox.waitUntilClosed()
    }
}

extension TCPConfiguration {
    fileprivate var limits: Mailbox.Limits {
        let (sum, overflow) = unreadBound.addingReportingOverflow(frameLimit)
        let (cap, overflow2) = sum.addingReportingOverflow(Frame.charge + TCPChannel.readCharge)
        return Mailbox.Limits(bound: unreadBound, cap: overflow || overflow2 ? .max : cap)
    }

    /// Room for requests, and for the small messages of a run that may come right after one.
    fileprivate var limitsWhileIdle: Mailbox.Limits {
        let bound = min(unreadBound, 16 << 20)
        return Mailbox.Limits(bound: bound, cap: bound + Admission.frameLimit + Frame.charge + TCPChannel.readCharge)
    }

    /// Room for the greeting, and for what one read may bring besides.
    fileprivate var limitsBeforeGreeting: Mailbox.Limits {
        Mailbox.Limits(
            bound: min(unreadBound, Admission.frameLimit / 4),
            cap: Admission.frameLimit + Frame.charge + TCPChannel.readCharge)
    }
}
