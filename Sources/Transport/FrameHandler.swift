import NIOCore

/// Lives on the event loop: turns arriving bytes into frames of the mailbox, and the connection's end into errors.
final class FrameHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private var decoder: FrameDecoder
    private var frames: [Frame] = []
    private var isDiscarding = false
    private let mailbox: Mailbox
    private let outbox: Outbox
    private let peer: PeerName
    private var whenActive: (() -> Void)?

    init(
        mailbox: Mailbox, outbox: Outbox, peer: PeerName, frameLimit: Int, whenActive: (() -> Void)? = nil
    ) {
        self.decoder = FrameDecoder(limit: frameLimit, peer: peer)
        self.mailbox = mailbox
        self.outbox = outbox
        self.peer = peer
        self.whenActive = whenActive
    }

    func channelActive(context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: WireFormat.streamHeader)), promise: nil)
        whenActive?()
        whenActive = nil
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isDiscarding else { return }
        do throws(TransportError) {
            let buffer = unwrapInboundIn(data)
            try buffer.withUnsafeReadableBytes { bytes throws(TransportError) in
                try decoder.feed(bytes, into: &frames)
            }
            deliver()
        } catch {
            deliver()
            finish(error)
            outbox.endOutput()
        }
    }

    /// Hands the complete frames over, up to one with which the peer gives up.
    private func deliver() {
        guard !frames.isEmpty else { return }
        let abort = frames.firstIndex { $0.tag == Frame.abortTag }
        mailbox.deliver(frames[..<(abort ?? frames.endIndex)])
        if let abort {
            let reason = String(decoding: frames[abort].payload, as: UTF8.self).printable
            finish(.refusedByPeer(peer: peer.current, reason: reason))
        }
        frames.removeAll(keepingCapacity: true)
    }

    func read(context: ChannelHandlerContext) {
        let channel = context.channel
        // Later, because the mailbox resumes under its lock and reading asks it again whether it is full.
        let resume = { @Sendable in channel.eventLoop.execute { channel.read() } }
        guard !mailbox.pauseIfFull(resume: resume) else { return }
        context.read()
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

    /// Nothing that arrives from here on is looked at.
    private func finish(_ error: TransportError) {
        isDiscarding = true
        // The mailbox last: whoever has received the error must not be able to send.
        outbox.finish(error)
        mailbox.finish(error)
    }
}
