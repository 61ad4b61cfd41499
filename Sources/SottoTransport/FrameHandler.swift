import NIOCore

/// Lives on the event loop: turns arriving bytes into frames of the mailbox, and the connection's end into errors.
final class FrameHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var decoder: FrameDecoder
    private var frames: [Frame] = []
    private var isDiscarding = false
    /// What was read but must wait until the peer is admitted.
    private var stalled: ByteBuffer?
    private let mailbox: Mailbox
    private let outbox: Outbox
    private let peer: PeerName
    private var whenActive: ((FrameHandler) -> Void)?

    /// - Parameter whenActive: Called on the event loop once the connection is made.
    init(
        mailbox: Mailbox, outbox: Outbox, peer: PeerName, frameLimit: Int, admission: Admission,
        whenActive: ((FrameHandler) -> Void)? = nil
    ) {
        self.decoder = FrameDecoder(limit: frameLimit, peer: peer, admission: admission)
        self.mailbox = mailbox
        self.outbox = outbox
        self.peer = peer
        self.whenActive = whenActive
    }

    func channelActive(context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: WireFormat.streamHeader)), promise: nil)
        whenActive?(self)
        whenActive = nil
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isDiscarding else { return }
        var buffer = unwrapInboundIn(data)
        if stalled != nil {
            // What reading had begun before it paused.
            stalled?.writeBuffer(&buffer)
        } else {
            take(&buffer)
        }
    }

    /// Decodes the bytes, and keeps those that must wait for the peer's admission.
    private func take(_ buffer: inout ByteBuffer) {
        do throws(TransportError) {
            let before = decoder.partialBytes
            let used = try buffer.withUnsafeReadableBytes { bytes throws(TransportError) in
                try decoder.feed(bytes, into: &frames)
            }
            // Whole frames are noted where they are delivered; heartbeats are no data.
            if decoder.partialBytes > before { mailbox.signs.note(bytes: decoder.partialBytes - before) }
            buffer.moveReaderIndex(forwardBy: used)
            stalled = buffer.readableBytes > 0 ? buffer : nil
            if !deliver() { breakOff(.tooMuchUnread(peer: peer.current, bytes: mailbox.cap)) }
        } catch {
            _ = deliver()
            breakOff(error)
        }
    }

    /// Hands the complete frames over, up to one with which the peer gives up.
    ///
    /// - Returns: Whether the mailbox holds them.
    private func deliver() -> Bool {
        defer { frames.removeAll(keepingCapacity: true) }
        for frame in frames where frame.tag == FrameTag.heartbeat { mailbox.signs.noteHeartbeat(depth: frame.depth) }
        frames.removeAll { $0.tag == FrameTag.heartbeat }
        let abort = frames.firstIndex { $0.tag == FrameTag.abort }
        let fits = mailbox.deliver(frames[..<(abort ?? frames.endIndex)], partial: decoder.partialBytes)
        if let abort { finish(TransportError(abort: frames[abort].payload, peer: peer.current)) }
        return fits || abort != nil
    }

    func read(context: ChannelHandlerContext) {
        guard stalled == nil else { return }
        let channel = context.channel
        // Later, because the mailbox resumes under its lock and reading asks it again whether it is full.
        let resume = { @Sendable in channel.eventLoop.execute { channel.read() } }
        guard !mailbox.pauseIfFull(resume: resume) else { return }
        context.read()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard event is PeerAdmitted else { return context.fireUserInboundEventTriggered(event) }
        guard var buffer = stalled, !isDiscarding else { return }
        stalled = nil
        take(&buffer)
        context.channel.read()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // Resets and the like: the peer's process is gone.
        finish(.peerClosed(peer: peer.current))
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        finish(decoder.errorAtEnd())
        context.fireChannelInactive()
    }

    /// Tells a peer that is not taken why, and ends the connection.
    func refuse(_ kind: AbortKind, reason: String) {
        outbox.sendLast(.abort(kind, reason: reason))
        finish(.closed(peer: peer.current))
        outbox.endSoon()
    }

    /// Ends the connection to a peer that broke the protocol, and tells it so where a frame can be sent.
    private func breakOff(_ error: TransportError) {
        if let reason = error.reasonForPeer { outbox.sendLast(.abort(.refused, reason: reason)) }
        finish(error)
        outbox.endSoon()
    }

    /// Nothing that arrives from here on is looked at.
    private func finish(_ error: TransportError) {
        isDiscarding = true
        stalled = nil
        // The mailbox last: whoever has received the error must not be able to send.
        outbox.finish(error)
        mailbox.finish(error)
    }
}

/// Passes along a connection once its peer is admitted.
struct PeerAdmitted: Sendable {}

extension TransportError {
    /// What the peer should read where what it sent broke the protocol; nil where it cannot read frames.
    fileprivate var reasonForPeer: String? {
        switch self {
        case .damagedFrame: "what arrived here was damaged on its way."
        case .oversizedFrame(_, let length, let limit):
            "a message of \(length) bytes exceeds the limit of \(limit) bytes here."
        case .tooMuchUnread(_, let bytes): "more than the \(bytes) bytes arrived that this side holds unread."
        case .unexpectedSize(_, let tag, let expected, let got):
            "\(FrameTag.describe(tag)) has \(got) bytes instead of \(expected)."
        default: nil
        }
    }
}
