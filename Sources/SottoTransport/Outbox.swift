import NIOCore
import Synchronization

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
        /// Part of a frame is queued and its rest is not.
        var isFrameOpen = false
        /// Set once nothing can be sent any more.
        var end: TransportError?
        /// Set once the output shall end as soon as everything has left.
        var isClosing = false
        /// Set once the last frame to a peer that broke the protocol is queued.
        var isEnding = false
        var isOutputEnded = false
        var lastQueued = NIODeadline.now()
    }

    private let state = Guarded(State())
    private let connection: any NIOCore.Channel
    private let bound: Int
    private let timeout: Duration
    private let signs: LifeSigns
    private let peer: PeerName
    /// Frame headers, heartbeats and control messages, the stream header included.
    let overhead = Atomic<Int>(WireFormat.streamHeaderSize)

    /// How long to wait for the peer to end its side once this side has ended its own.
    private static let linger = Duration.seconds(1)
    /// Larger pieces cost cache misses, smaller ones system calls.
    private static let pieceSize = 256 << 10

    /// - Parameter signs: Where what the peer takes is noted.
    init(connection: any NIOCore.Channel, bound: Int, timeout: Duration, signs: LifeSigns, peer: PeerName) {
        self.connection = connection
        self.bound = bound
        self.timeout = timeout
        self.signs = signs
        self.peer = peer
    }

    /// Queues frames in order.
    ///
    /// - Parameters:
    ///   - newPatience: Makes the patience of one wait for the peer to take something.
    ///   - whileWaiting: Called before a wait for room, with true, and after it, with false.
    func send(_ frames: [Frame], newPatience: () -> Patience, whileWaiting: (Bool) -> Void) throws {
        try beginSending(newPatience())
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
                    try enqueue(
                        piece, endsFrame: sent == frame.payload.count, newPatience: newPatience,
                        whileWaiting: whileWaiting)
                    piece = ByteBuffer()
                }
            }
        }
        if piece.readableBytes > 0 {
            try enqueue(piece, endsFrame: true, newPatience: newPatience, whileWaiting: whileWaiting)
        }
        let bytes = frames.reduce(0) { $0 + WireFormat.frameHeaderSize + ($1.isOverhead ? $1.payload.count : 0) }
        overhead.add(bytes, ordering: .relaxed)
    }

    private func beginSending(_ patience: Patience) throws {
        let turn: Void? = try state.wait(until: patience) { state in
            try state.checkOpen(peer: peer)
            guard !state.isSending else { return nil }
            state.isSending = true
            return ()
        }
        guard turn != nil else { throw timeoutError(patience) }
    }

    private func enqueue(
        _ piece: ByteBuffer, endsFrame: Bool, newPatience: () -> Patience, whileWaiting: (Bool) -> Void
    ) throws {
        if try state.withLock({ try add(piece, endsFrame, to: &$0) }) != nil { return }
        whileWaiting(true)
        defer { whileWaiting(false) }
        let patience = newPatience()
        let added: Void? = try state.wait(until: patience) { try add(piece, endsFrame, to: &$0) }
        guard added != nil else {
            // Part of a frame may have left: what followed would be taken for the rest of it.
            let error = timeoutError(patience)
            finish(error)
            connection.close(promise: nil)
            throw error
        }
    }

    private func add(_ piece: ByteBuffer, _ endsFrame: Bool, to state: inout State) throws -> Void? {
        try state.checkOpen(peer: peer)
        guard state.unsentBytes <= bound else { return nil }
        state.queue(piece)
        state.isFrameOpen = !endsFrame
        scheduleDrain(&state)
        return ()
    }

    /// How long nothing has been queued.
    var silence: TimeAmount { state.withLock { .now() - $0.lastQueued } }

    /// Whether frames can still be sent.
    var isOpen: Bool { state.withLock { $0.end == nil && !$0.isClosing } }

    /// Queues a small frame unless another is on its way, whole or in part: no wait, and no frame within another.
    ///
    /// - Returns: Whether it was queued.
    @discardableResult func sendBetween(_ frame: Frame) -> Bool {
        queue(frame) { !$0.isSending && $0.unsentBytes == 0 }
    }

    /// Queues the last small frame to a peer that broke the protocol, behind what is on its way: what follows it is not read.
    /// It is left out where part of a frame has left without the rest.
    func sendLast(_ frame: Frame) {
        queue(frame) { !$0.isFrameOpen }
    }

    @discardableResult private func queue(_ frame: Frame, where isPossible: (State) -> Bool) -> Bool {
        let bytes = WireFormat.header(of: frame) + frame.payload
        let isQueued = state.change { state in
            guard state.end == nil, !state.isClosing, isPossible(state) else { return false }
            state.queue(ByteBuffer(bytes: bytes))
            scheduleDrain(&state)
            return true
        }
        if isQueued { overhead.add(bytes.count, ordering: .relaxed) }
        return isQueued
    }

    /// Runs `body` on the event loop, unless the connection has ended.
    func onEventLoop(_ body: @escaping @Sendable () -> Void) {
        // Under the lock and before the end, so that the event loop cannot have stopped.
        state.withLock { if $0.end == nil { connection.eventLoop.execute(body) } }
    }

    /// Tells the connection's handler that the peer is admitted.
    func announceAdmission() {
        onEventLoop { [connection] in connection.pipeline.fireUserInboundEventTriggered(PeerAdmitted()) }
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
        for var piece in pieces {
            // In steps of progress, so that a slow connection shows that it moves.
            while let step = piece.readSlice(length: min(piece.readableBytes, LifeSigns.step)), step.readableBytes > 0 {
                connection.write(step).whenComplete { _ in self.didWrite(step.readableBytes) }
            }
        }
        if !pieces.isEmpty { connection.flush() }
        endOutputIfDone()
    }

    private func didWrite(_ count: Int) {
        signs.note(takenBytes: count)
        state.change { $0.unsentBytes -= count }
        endOutputIfDone()
    }

    private func endOutputIfDone() {
        let isDone = state.withLock { ($0.isClosing || $0.isEnding) && $0.unsentBytes == 0 }
        if isDone { endOutput() }
    }

    /// On the event loop: tells the peer that nothing more comes. The peer ends its side when it has read
    /// everything; closing before would destroy what it has not yet read.
    private func endOutput() {
        let isFirst = state.change { state in
            defer { state.isOutputEnded = true }
            return !state.isOutputEnded
        }
        if isFirst { connection.close(mode: .output, promise: nil) }
    }

    /// On the event loop: ends the connection to a peer that broke the protocol, with a moment for what was sent
    /// to it to arrive.
    func endSoon() {
        state.change { $0.isEnding = true }
        drain()
        closeLatest(in: Outbox.linger)
    }

    /// Ends the connection after the time, if it does not end before.
    private func closeLatest(in time: Duration) {
        let connection = connection
        let task = connection.eventLoop.scheduleTask(in: .nanoseconds(time.inNanoseconds)) {
            connection.close(promise: nil)
        }
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
            closeLatest(in: timeout)
        }
    }

    /// Waits until what was queued has left, and a moment for the peer to end its side: a process that ends may
    /// destroy what the peer has not yet read.
    func waitUntilClosed() {
        let left: Void? = state.wait(until: Deadline(after: timeout)) { state in
            state.isOutputEnded || state.end != nil ? () : nil
        }
        if left == nil { return connection.close(promise: nil) }
        let ended: Void? = state.wait(until: Deadline(after: min(timeout, Outbox.linger))) { $0.end == nil ? nil : () }
        // A peer that lives would have ended its side: one that does not must not hold a descriptor.
        if ended == nil { closeLatest(in: Outbox.linger) }
    }

    private func timeoutError(_ patience: Patience) -> TransportError {
        .timeout(peer: peer.current, seconds: patience.seconds, waitingFor: "the peer to take what is sent to it")
    }
}

extension Outbox.State {
    fileprivate func checkOpen(peer: PeerName) throws(TransportError) {
        if isClosing { throw .closed(peer: peer.current) }
        if let end { throw end }
    }

    fileprivate mutating func queue(_ piece: ByteBuffer) {
        pending.append(piece)
        unsentBytes += piece.readableBytes
        lastQueued = .now()
    }
}

extension Duration {
    /// The duration in nanoseconds, at most a year's.
    var inNanoseconds: Int64 {
        Int64(min(max(inSeconds, 0), 365 * 86_400) * 1e9)
    }
}
