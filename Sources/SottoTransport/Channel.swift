/// A reliable, ordered connection to one peer that carries whole frames.
///
/// Calls block the calling thread, so each party runs on a thread of its own. A wait ends when nothing has come from the
/// peer, and the peer has taken nothing, for the channel's timeout: a frame, 64 KiB of one, or a heartbeat prolong it. All
/// methods may be called from any thread.
public protocol Channel: AnyObject, Sendable {
    /// Queues a frame; never waits for the peer to take it, except that a channel over a network waits
    /// while too many bytes are still unsent.
    ///
    /// - Throws: ``TransportError``: the reason why the connection ended, `.timeout` when the peer takes
    ///   nothing, `.oversizedFrame` when the frame exceeds the limit (nothing is sent then).
    func send(_ frame: Frame) throws

    /// Queues several frames, in order, as one batch.
    func send(_ frames: [Frame]) throws

    /// Returns the next frame with this tag.
    ///
    /// Frames whose tag is in `alsoExpected` and that arrive earlier are kept for later calls, one for each tag, because
    /// messages of parallel branches may overtake each other.
    ///
    /// - Throws: ``TransportError``: `.unexpectedTag` when any other frame arrives, `.timeout`, or the reason
    ///   why the connection ended. Frames that arrived before its end can still be received.
    func receive(tag: UInt32, alsoExpected: Set<UInt32>) throws -> Frame

    /// The same, waiting at most this long, whatever signs of life the peer gives.
    func receive(tag: UInt32, alsoExpected: Set<UInt32>, within time: Duration) throws -> Frame

    /// Ends the connection after what was sent has left; the peer's next call throws `.peerClosed`.
    /// Closing twice does nothing.
    func close()

    /// Role and address of the peer, such as `client at 127.0.0.1:1234`; every error names it.
    var peerName: String { get }

    /// Makes `peerName` begin with the role that the peer's handshake gave.
    func identifyPeer(as role: String)

    /// Lifts the limits that hold before the peer has greeted: until then a channel over a network refuses a first frame
    /// of more than 1 MiB, takes no later one of that size, and holds little. ``Handshake/exchange(over:expecting:peerRole:within:)``
    /// calls it; who does without a handshake must.
    func admit()

    /// Until the next ``admit()`` takes no frame of more than 1 MiB, which waits, and holds at most 16 MiB: for a peer from
    /// whom nothing but a request is due.
    func restrict()

    /// Sends a frame as the last one, waiting 2 seconds at most.
    func sendFinal(_ frame: Frame)

    /// Sends heartbeats as the pulse says, until the channel ends, in place of those of another pulse. Does nothing within
    /// a process.
    func join(_ pulse: Pulse)

    /// Calls `body` once when nothing more will arrive, because the peer has gone, broke the protocol or gave up, or this
    /// side closed; at once if it has ended. `body` runs on the thread that finds out, and must not wait.
    func whenEnded(_ body: @escaping @Sendable () -> Void)

    /// Why the connection ended, or nil while it lasts.
    var failure: TransportError? { get }

    /// The time since the peer last gave any sign of life, its thread waiting or not; nil where nobody knows. A peer whose
    /// session has a ``Pulse`` gives one each interval, unless it rests.
    var silence: Duration? { get }

    /// How long the channel waits without any sign of progress, if it is known.
    var timeout: Duration? { get }

    /// How long a handshake waits for the peer's, however alive the peer is; nil where the timeout alone counts.
    var greetingTimeout: Duration? { get }

    /// Bytes handed to the connection that are not payload of the program's messages: frame headers, heartbeats and
    /// control messages.
    var overheadBytesSent: Int { get }
}

extension Channel {
    public func send(_ frames: [Frame]) throws {
        for frame in frames { try send(frame) }
    }

    public func receive(tag: UInt32, alsoExpected: Set<UInt32>, within time: Duration) throws -> Frame {
        try receive(tag: tag, alsoExpected: alsoExpected)
    }

    public func identifyPeer(as role: String) {}
    public func admit() {}
    public func restrict() {}
    public func sendFinal(_ frame: Frame) { try? send(frame) }
    public func join(_ pulse: Pulse) {}
    public func whenEnded(_ body: @escaping @Sendable () -> Void) {}

    public var failure: TransportError? { nil }
    public var silence: Duration? { nil }
    public var timeout: Duration? { nil }
    public var greetingTimeout: Duration? { nil }

    /// Returns the next frame with this tag, where no other may arrive before it.
    package func receive(tag: UInt32) throws -> Frame {
        try receive(tag: tag, alsoExpected: [])
    }

    /// Returns the next frame with this tag, whose payload must have exactly `byteCount` bytes.
    ///
    /// - Throws: `TransportError.unexpectedSize` on any other size, and what `receive(tag:alsoExpected:)` throws.
    package func receive(tag: UInt32, byteCount: Int, alsoExpected: Set<UInt32> = []) throws -> Frame {
        let frame = try receive(tag: tag, alsoExpected: alsoExpected)
        guard frame.payload.count == byteCount else {
            throw TransportError.unexpectedSize(
                peer: peerName, tag: tag, expected: byteCount, got: frame.payload.count)
        }
        return frame
    }

    /// Sends bytes beside the program, such as a request for the next token; they count as overhead.
    package func sendControl(_ bytes: [UInt8]) throws {
        try send(Frame(tag: FrameTag.control, depth: 0, payload: bytes))
    }

    /// Returns the next control message.
    ///
    /// - Parameter limit: The most bytes it may have.
    /// - Throws: `TransportError.oversizedFrame` above the limit, and what `receive(tag:alsoExpected:)` throws.
    package func receiveControl(limit: Int) throws -> [UInt8] {
        try checked(receive(tag: FrameTag.control, alsoExpected: []), limit: limit)
    }

    /// Returns the next control message of a peer that may be idle: nothing but the message ends the wait, and meanwhile
    /// this side sends no heartbeats.
    ///
    /// - Parameters:
    ///   - limit: The most bytes it may have.
    ///   - time: How long to wait; the channel's timeout does not count.
    /// - Throws: As ``receiveControl(limit:)``.
    package func receiveControl(limit: Int, within time: Duration) throws -> [UInt8] {
        try checked(receive(tag: FrameTag.control, alsoExpected: [], within: time), limit: limit)
    }

    /// Returns the next control message of a peer from whom nothing else is due; see ``restrict()``.
    ///
    /// - Parameter time: As in ``receiveControl(limit:within:)``; with nil the wait lasts as long as there is progress.
    package func receiveRequest(limit: Int, within time: Duration?) throws -> [UInt8] {
        restrict()
        defer { admit() }
        guard let time else { return try receiveControl(limit: limit) }
        return try receiveControl(limit: limit, within: time)
    }

    private func checked(_ frame: Frame, limit: Int) throws -> [UInt8] {
        guard frame.payload.count <= limit else {
            throw TransportError.oversizedFrame(peer: peerName, length: UInt64(frame.payload.count), limit: limit)
        }
        return frame.payload
    }

    /// Gives up: tells the peer why, in one sentence without secrets, and closes the channel.
    ///
    /// The peer's calls throw the error of that kind with the reason: `TransportError.refusedByPeer`,
    /// `.unavailableBehind` or `.busy`. Works on a broken channel too.
    package func abort(reason: String, kind: AbortKind = .refused) {
        sendFinal(Frame.abort(kind, reason: reason))
        close()
    }

    /// Gives up because of an error, which tells the kind and, as its description, the reason.
    package func abort(for error: any Error) { abort(reason: "\(error)", kind: AbortKind(for: error)) }
}
