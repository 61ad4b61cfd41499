import DequeModule

/// Frames that arrived and wait for a thread to ask for them.
final class Mailbox: Sendable {
    /// How much may be held: payloads, a charge for each frame, and what has arrived of the frame in progress.
    struct Limits: Sendable {
        /// Above, the source of frames should pause unless a thread waits.
        var bound = Int.max
        /// Above, the connection ends. While a thread waits it must read on, or two sides that wait for each other to
        /// read would wait for ever.
        var cap = Int.max
    }

    fileprivate struct State {
        var limits: Limits
        /// In the order of arrival; nobody has looked at their tags yet.
        var arrived = Deque<Frame>()
        /// Set aside by a receive that was told to expect them; one for each tag.
        var setAside: [UInt32: Frame] = [:]
        /// Bytes of the frames above.
        var held = 0
        /// What has arrived of the next frame.
        var partial = 0
        /// Threads that wait for this connection; while there are any, reading does not pause.
        var waiting = 0
        /// Why nothing more will arrive; the first reason stays.
        var end: TransportError?
        var resumeReading: (@Sendable () -> Void)?
        /// To be called once at the end.
        var observers: [@Sendable () -> Void] = []
    }

    /// When the peer showed that it lives.
    let signs = LifeSigns()
    private let state: Guarded<State>

    init(limits: Limits = Limits()) { state = Guarded(State(limits: limits)) }

    /// Adds frames; after the end they are dropped.
    ///
    /// - Parameter partial: Bytes of the frame in progress.
    /// - Returns: Whether all of it fits; if not, the connection must end.
    func deliver(_ frames: some Collection<Frame>, partial: Int = 0) -> Bool {
        if !frames.isEmpty { signs.noteFrames() }
        return state.change { state in
            guard state.end == nil else { return true }
            for frame in frames {
                state.arrived.append(frame)
                state.held += frame.heldBytes
            }
            state.partial = partial
            return state.total <= state.limits.cap
        }
    }

    /// The most bytes held.
    var cap: Int { state.withLock { $0.limits.cap } }

    /// Sets other limits, and reads on if they allow it.
    func setLimits(_ limits: Limits) {
        state.withLock { state in
            state.limits = limits
            if state.total <= limits.bound { state.resume() }
        }
    }

    /// Says that nothing more will arrive, and why.
    func finish(_ reason: TransportError) {
        let observers = state.change { state in
            if state.end == nil { state.end = reason }
            return state.announceEnd()
        }
        for observer in observers { observer() }
    }

    /// Drops what is there, so that the next receive throws `reason`.
    func discard(_ reason: TransportError) {
        let observers = state.change { state in
            state.end = reason
            state.arrived.removeAll()
            state.setAside.removeAll()
            state.held = 0
            return state.announceEnd()
        }
        for observer in observers { observer() }
    }

    /// Why nothing more will arrive, if so.
    var end: TransportError? { state.withLock { $0.end } }

    /// Calls `body` once when nothing more will arrive, or at once if so already.
    func whenEnded(_ body: @escaping @Sendable () -> Void) {
        let hasEnded = state.withLock { state in
            if state.end == nil { state.observers.append(body) }
            return state.end != nil
        }
        if hasEnded { body() }
    }

    /// Takes the next frame with this tag; see ``Channel/receive(tag:alsoExpected:)``.
    func receive(
        tag: UInt32, alsoExpected: Set<UInt32>, peer: PeerName, patience: Patience, pulse: Pulse?
    ) throws -> Frame {
        let take = { (state: inout State) in try state.take(tag: tag, alsoExpected: alsoExpected, peer: peer) }
        if let frame = try state.withLock(take) { return frame }
        let wait = beginWait(pulse, isIdle: patience.isAbsolute)
        defer { endWait(wait, pulse) }
        guard let frame = try state.wait(until: patience, take) else {
            throw TransportError.timeout(
                peer: peer.current, seconds: patience.seconds, waitingFor: FrameTag.describe(tag))
        }
        return frame
    }

    /// Whether the source of frames should pause; if so, `resume` is called once when it may go on.
    func pauseIfFull(resume: @escaping @Sendable () -> Void) -> Bool {
        state.withLock { state in
            guard state.end == nil, state.waiting == 0, state.total > state.limits.bound else { return false }
            state.resumeReading = resume
            return true
        }
    }

    /// A thread begins to wait for the peer, to receive or to send: frames are taken up to the cap, and the pulse knows.
    func beginWait(_ pulse: Pulse?, isIdle: Bool = false) -> Int? {
        let wait = pulse?.beginWait(for: signs, isIdle: isIdle)
        state.withLock { state in
            state.waiting += 1
            state.resume()
        }
        return wait
    }

    func endWait(_ wait: Int?, _ pulse: Pulse?) {
        state.withLock { $0.waiting -= 1 }
        if let wait { pulse?.endWait(wait) }
    }
}

extension Mailbox.State {
    fileprivate var total: Int { held + partial }

    fileprivate mutating func resume() {
        // Under the lock, so that it cannot come after the connection's end was announced.
        resumeReading?()
        resumeReading = nil
    }

    /// - Returns: whom to tell.
    fileprivate mutating func announceEnd() -> [@Sendable () -> Void] {
        resume()
        defer { observers = [] }
        return observers
    }

    fileprivate mutating func take(tag: UInt32, alsoExpected: Set<UInt32>, peer: PeerName) throws -> Frame? {
        defer { if resumeReading != nil, total <= limits.bound / 2 { resume() } }
        if !setAside.isEmpty, let frame = setAside.removeValue(forKey: tag) {
            held -= frame.heldBytes
            return frame
        }
        while let next = arrived.first {
            if next.tag == tag {
                held -= next.heldBytes
                return arrived.removeFirst()
            }
            // A message comes once: a second one with its tag would be out of step, and could be repeated for ever.
            guard alsoExpected.contains(next.tag), setAside[next.tag] == nil else {
                throw TransportError.unexpectedTag(peer: peer.current, expected: tag, got: next.tag)
            }
            setAside[next.tag] = arrived.removeFirst()
        }
        if let end { throw end }
        return nil
    }
}
