import NIOCore

/// Bytes on their way from the sending thread to the socket.
final class Outbox: Sendable {
    fileprivate struct State {
        /// Not yet handed to the event loop.
        var pending: [ByteBuffer] = []
        /// All that the socket has not taken, pending or not.
        var unsentBytes = 0
        var isDrainScheduled = false
        /// One thread at a time sends, so that frames do not mix.
        var isSending = false
        /// Set once nothing can be sent any more.
        var end: TransportError?
        /// Set once the output shall end as soon as everything has left.
        var isClosing = false
        var isOutputEnded = false
    }

    private let state = Guarded(State())
    private let connection: any NIOCore.Channel
    private let bound: Int
    private let timeout: Duration
    private let peer: PeerName

    /// How long the peer's end of a closed connection may stay open.
    private static let linger = TimeAmount.seconds(1)
    /// Larger pieces cost cache misses, smaller ones system calls.
    private static let pieceSize = 256 << 10

    init(connection: any NIOCore.Channel, bound: Int, timeout: Duration, peer: PeerName) {
        self.connection = connection
        self.bound = bound
        self.timeout = timeout
        self.peer = peer
    }

    /// Queues frames in order.
    ///
    /// - Parameter whileWaiting: Called before a wait for room, with true, and after it, with false.
    func send(_ frames: [Frame], whileWaiting: (Bool) -> Void) throws {
        try beginSending()
        defer { state.change { $0.isSending = false } }
        var piece = ByteBuffer()
        for frame in frames {
            piece.writeBytes(WireFormat.header(of: frame))
            var sent = 0
            while sent < frame.payload.count {
                let count = min(frame.payload.count - sent, max(Outbox.pieceSize - piece.readableBytes, 0))
                if count > 0 {
                    piece.reserveCapacity(minimumWritableBytes: count)
                    frame.payload.withUnsafeBytes {
                        _ = piece.writeBytes(UnsafeRawBufferPointer(rebasing: $0[sent..<sent + count]))
                    }
                    sent += count
                }
                if piece.readableBytes >= Outbox.pieceSize {
                    try enqueue(piece, whileWaiting: whileWaiting)
                    piece = ByteBuffer()
                }
            }
        }
        if piece.readableBytes > 0 { try enqueue(piece, whileWaiting: whileWaiting) }
    }

    private func beginSending() throws {
        let turn: Void? = try state.wait(until: Deadline(after: timeout)) { state in
            try state.checkOpen(peer: peer)
            guard !state.isSending else { return nil }
            state.isSending = true
            return ()
        }
        guard turn != nil else { throw timeoutError }
    }

    private func enqueue(_ piece: ByteBuffer, whileWaiting: (Bool) -> Void) throws {
        if try state.withLock({ try add(piece, to: &$0) }) != nil { return }
        whileWaiting(true)
        defer { whileWaiting(false) }
        let added: Void? = try state.wait(until: Deadline(after: timeout)) { try add(piece, to: &$0) }
        guard added != nil else {
            // Part of a frame may have left: what followed would be taken for the rest of it.
            finish(timeoutError)
            connection.close(promise: nil)
            throw timeoutError
        }
    }

    private func add(_ piece: ByteBuffer, to state: inout State) throws -> Void? {
        try state.checkOpen(peer: peer)
        guard state.unsentBytes <= bound else { return nil }
        state.pending.append(piece)
        state.unsentBytes += piece.readableBytes
        scheduleDrain(&state)
        return ()
    }

    private func scheduleDrain(_ state: inout State) {
        guard !state.isDrainScheduled else { return }
        state.isDrainScheduled = true
        // Under the lock and before the end, so that the event loop cannot have stopped.
        connection.eventLoop.execute { self.drain() }
    }

    /// On the event loop: writes what is pending, and ends the output if all has left and it shall end.
    private func drain() {
        let pieces = state.withLock { state in
            state.isDrainScheduled = false
            defer { state.pending = [] }
            return state.pending
        }
        for piece in pieces {
            let count = piece.readableBytes
            connection.write(piece).whenComplete { _ in self.didWrite(count) }
        }
        if !pieces.isEmpty { connection.flush() }
        endOutputIfDone()
    }

    private func didWrite(_ count: Int) {
        state.change { $0.unsentBytes -= count }
        endOutputIfDone()
    }

    private func endOutputIfDone() {
        let isDone = state.withLock { $0.isClosing && $0.unsentBytes == 0 }
        if isDone { endOutput() }
    }

    /// On the event loop: tells the peer that nothing more comes, and gives it a moment to end its side, because
    /// closing at once would destroy what it has not yet read.
    func endOutput() {
        let isFirst = state.change { state in
            defer { state.isOutputEnded = true }
            return !state.isOutputEnded
        }
        guard isFirst else { return }
        connection.close(mode: .output, promise: nil)
        closeLatest(in: Outbox.linger)
    }

    /// Ends the connection after the time, if it does not end before.
    private func closeLatest(in time: TimeAmount) {
        let connection = connection
        let task = connection.eventLoop.scheduleTask(in: time) { connection.close(promise: nil) }
        connection.closeFuture.whenComplete { _ in task.cancel() }
    }

    /// Says that nothing can be sent any more, and why; the first reason stays.
    func finish(_ reason: TransportError) {
        state.change { if $0.end == nil { $0.end = reason } }
    }

    /// Lets what is queued leave and then ends the connection, without waiting for it.
    func beginClosing() {
        state.change { state in
            guard !state.isClosing else { return }
            state.isClosing = true
            guard state.end == nil else { return }
            scheduleDrain(&state)
            closeLatest(in: .nanoseconds(timeout.inNanoseconds))
        }
    }

    /// Waits until what was queued has left or cannot leave any more.
    func waitUntilClosed() {
        let left: Void? = state.wait(until: Deadline(after: timeout)) { state in
            state.isOutputEnded || state.end != nil ? () : nil
        }
        if left == nil { connection.close(promise: nil) }
    }

    private var timeoutError: TransportError {
        .timeout(peer: peer.current, seconds: timeout.inSeconds, waitingFor: "the peer to take what is sent to it")
    }
}

extension Outbox.State {
    fileprivate func checkOpen(peer: PeerName) throws(TransportError) {
        if isClosing { throw .closed(peer: peer.current) }
        if let end { throw end }
    }
}

extension Duration {
    /// The duration in nanoseconds, at most a year's.
    var inNanoseconds: Int64 {
        Int64(min(max(inSeconds, 0), 365 * 86_400) * 1e9)
    }
}
