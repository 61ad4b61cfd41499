import DequeModule

/// Frames that arrived and wait for a thread to ask for them.
final class Mailbox: Sendable {
    fileprivate struct State {
        /// In the order of arrival; nobody has looked at their tags yet.
        var arrived = Deque<Frame>()
        var arrivedBytes = 0
        /// Set aside by a receive that was told to expect them.
        var setAside: [UInt32: Deque<Frame>] = [:]
        /// Why nothing more will arrive; the first reason stays.
        var end: TransportError?
        /// While positive, a full mailbox takes more all the same.
        var unboundedUses = 0
        var resumeReading: (@Sendable () -> Void)?
    }

    private let state = Guarded(State())
    /// Payload bytes above which the source of frames should pause.
    private let bound: Int

    init(bound: Int = .max) { self.bound = bound }

    /// Adds frames; after the end they are dropped.
    func deliver(_ frames: some Sequence<Frame>) {
        state.change { state in
            guard state.end == nil else { return }
            for frame in frames {
                state.arrived.append(frame)
                state.arrivedBytes += frame.payload.count
            }
        }
    }

    /// Says that nothing more will arrive, and why.
    func finish(_ reason: TransportError) {
        state.change { state in
            if state.end == nil { state.end = reason }
            state.resume()
        }
    }

    /// Drops what is there, so that the next receive throws `reason`.
    func discard(_ reason: TransportError) {
        state.change { state in
            state.end = reason
            state.arrived.removeAll()
            state.arrivedBytes = 0
            state.setAside.removeAll()
            state.resume()
        }
    }

    /// Why nothing more will arrive, if so.
    var end: TransportError? { state.withLock { $0.end } }

    /// Takes the next frame with this tag; see ``Channel/receive(tag:alsoExpected:)``.
    func receive(tag: UInt32, alsoExpected: Set<UInt32>, peer: PeerName, timeout: Duration) throws -> Frame {
        let deadline = Deadline(after: timeout)
        let frame = try state.wait(until: deadline) { state -> Frame? in
            try state.take(tag: tag, alsoExpected: alsoExpected, peer: peer, lowWater: bound / 2)
        }
        guard let frame else {
            let what = tag == Frame.controlTag ? "a control message" : "message \(tag)"
            throw TransportError.timeout(peer: peer.current, seconds: timeout.inSeconds, waitingFor: what)
        }
        return frame
    }

    /// Whether the source of frames should pause; if so, `resume` is called once when it may go on.
    func pauseIfFull(resume: @escaping @Sendable () -> Void) -> Bool {
        state.withLock { state in
            guard state.end == nil, state.unboundedUses == 0, state.arrivedBytes > bound else { return false }
            state.resumeReading = resume
            return true
        }
    }

    /// Takes frames without bound until ``endUnbounded()``: while this side waits to send it receives nothing,
    /// and two sides that both wait so would wait for each other.
    func beginUnbounded() {
        state.withLock { state in
            state.unboundedUses += 1
            state.resume()
        }
    }

    func endUnbounded() {
        state.withLock { $0.unboundedUses -= 1 }
    }
}

extension Mailbox.State {
    fileprivate mutating func resume() {
        // Under the lock, so that it cannot come after the connection's end was announced.
        resumeReading?()
        resumeReading = nil
    }

    fileprivate mutating func take(
        tag: UInt32, alsoExpected: Set<UInt32>, peer: PeerName, lowWater: Int
    ) throws -> Frame? {
        if let frame = setAside[tag]?.popFirst() {
            if setAside[tag]?.isEmpty == true { setAside[tag] = nil }
            return frame
        }
        defer { if arrivedBytes <= lowWater { resume() } }
        while let next = arrived.first {
            guard next.tag == tag || alsoExpected.contains(next.tag) else {
                throw TransportError.unexpectedTag(peer: peer.current, expected: tag, got: next.tag)
            }
            arrived.removeFirst()
            arrivedBytes -= next.payload.count
            if next.tag == tag { return next }
            setAside[next.tag, default: []].append(next)
        }
        if let end { throw end }
        return nil
    }
}
