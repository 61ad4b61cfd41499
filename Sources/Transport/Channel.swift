/// A reliable, ordered connection to one peer that carries whole frames.
///
/// Calls block the calling thread, so each party runs on a thread of its own; every wait ends at the
/// channel's timeout. All methods may be called from any thread.
public protocol Channel: AnyObject, Sendable {
    /// Queues a frame; never waits for the peer to take it, except that a channel over a network waits
    /// while too many bytes are still unsent.
    ///
    /// - Throws: ``TransportError``: the reason why the connection ended, `.timeout` when the peer takes
    ///   nothing, `.oversizedFrame` when the frame exceeds the limit (nothing is sent then).
    func send(_ frame: Frame) throws

    /// Queues several frames, in order, as one batch.
    func send(_ frames: [Frame]) throws

    /// Returns the next frame with this tag, waiting at most the channel's timeout.
    ///
    /// Frames whose tag is in `alsoExpected` and that arrive earlier are kept for later calls, because
    /// messages of parallel branches may overtake each other.
    ///
    /// - Throws: ``TransportError``: `.unexpectedTag` when any other frame arrives, `.timeout`, or the reason
    ///   why the connection ended. Frames that arrived before its end can still be received.
    func receive(tag: UInt32, alsoExpected: Set<UInt32>) throws -> Frame

    /// Ends the connection after what was sent has left; the peer's next call throws `.peerClosed`.
    /// Closing twice does nothing.
    func close()

    /// Role and address of the peer, such as `client at 127.0.0.1:1234`; every error names it.
    var peerName: String { get }

    /// Makes `peerName` begin with the role that the peer's handshake gave.
    func identifyPeer(as role: String)

    /// Why the connection ended, or nil while it lasts.
    var failure: TransportError? { get }

    /// Bytes handed to the connection that are not payload of the program's messages: frame headers and
    /// control messages.
    var overheadBytesSent: Int { get }
}

extension Channel {
    public func send(_ frames: [Frame]) throws {
        for frame in frames { try send(frame) }
    }

    public func identifyPeer(as role: String) {}

    public var failure: TransportError? { nil }

    /// Returns the next frame with this tag, where no other may arrive before it.
    public func receive(tag: UInt32) throws -> Frame {
        try receive(tag: tag, alsoExpected: [])
    }

    /// Returns the next frame with this tag, whose payload must have exactly `byteCount` bytes.
    ///
    /// - Throws: `TransportError.unexpectedSize` on any other size, and what `receive(tag:alsoExpected:)` throws.
    public func receive(tag: UInt32, byteCount: Int, alsoExpected: Set<UInt32> = []) throws -> Frame {
        let frame = try receive(tag: tag, alsoExpected: alsoExpected)
        guard frame.payload.count == byteCount else {
            throw TransportError.unexpectedSize(
                peer: peerName, tag: tag, expected: byteCount, got: frame.payload.count)
        }
        return frame
    }

    /// Sends bytes beside the program, such as a request for the next token; they count as overhead.
    public func sendControl(_ bytes: [UInt8]) throws {
        try send(Frame(tag: Frame.controlTag, depth: 0, payload: bytes))
    }

    /// Returns the next control message.
    ///
    /// - Parameter limit: The most bytes it may have.
    /// - Throws: `TransportError.oversizedFrame` above the limit, and what `receive(tag:alsoExpected:)` throws.
    public func receiveControl(limit: Int) throws -> [UInt8] {
        let payload = try receive(tag: Frame.controlTag, alsoExpected: []).payload
        guard payload.count <= limit else {
            throw TransportError.oversizedFrame(peer: peerName, length: UInt64(payload.count), limit: limit)
        }
        return payload
    }

    /// Gives up: tells the peer why, in one sentence without secrets, and closes the channel.
    ///
    /// The peer's calls throw `TransportError.refusedByPeer` with the reason. Works on a broken channel too.
    public func abort(reason: String) {
        try? send(Frame(tag: Frame.abortTag, depth: 0, payload: Array(reason.printable.utf8)))
        close()
    }
}
