import Synchronization

/// When the peer of a connection last showed that it lives.
final class LifeSigns: Sendable {
    private struct State {
        var data: ContinuousClock.Instant
        /// When the peer last took a step of what is sent to it.
        var taken: ContinuousClock.Instant
        var heartbeat: ContinuousClock.Instant
        var depth: UInt32 = 0
        /// Of any sign at all, that of a peer that waits itself included.
        var life: ContinuousClock.Instant
        /// Bytes since the last step of progress.
        var bytes = 0
        var takenBytes = 0
    }

    private let state: Mutex<State>

    /// So many bytes of a frame that takes its time are progress.
    static let step = 64 << 10

    init() {
        let now = ContinuousClock.now
        state = Mutex(State(data: now, taken: now, heartbeat: now, life: now))
    }

    /// Whole frames arrived.
    func noteFrames() {
        let now = ContinuousClock.now
        state.withLock { state in
            state.data = now
            state.life = now
            state.bytes = 0
        }
    }

    /// Bytes of a frame arrived.
    func note(bytes: Int) {
        let now = ContinuousClock.now
        state.withLock { state in
            state.life = now
            state.bytes += bytes
            guard state.bytes >= LifeSigns.step else { return }
            state.data = now
            state.bytes = 0
        }
    }

    /// The system took bytes for the peer. It does so for a while for a process that has stopped, too.
    func note(takenBytes bytes: Int) {
        let now = ContinuousClock.now
        state.withLock { state in
            state.takenBytes += bytes
            guard state.takenBytes >= LifeSigns.step else { return }
            state.data = now
            state.taken = now
            state.takenBytes = 0
        }
    }

    func noteHeartbeat(depth: UInt32) {
        let now = ContinuousClock.now
        state.withLock { state in
            state.life = now
            // A peer that says that it waits itself prolongs no wait.
            guard depth > 0 else { return }
            state.heartbeat = now
            state.depth = depth
        }
    }

    /// The time since the last sign of any kind.
    var silence: Duration {
        let now = ContinuousClock.now
        return state.withLock { now - $0.life }
    }

    /// The last data, or of it what the peer took, and the last heartbeat, or the beginning.
    func last(taken: Bool) -> (data: ContinuousClock.Instant, heartbeat: ContinuousClock.Instant) {
        state.withLock { (taken ? $0.taken : $0.data, $0.heartbeat) }
    }

    /// How alive the peer has been since a moment: as deep as its heartbeat, and while data moves as if it worked.
    func depth(since moment: ContinuousClock.Instant) -> UInt32 {
        state.withLock { state in
            if state.data >= moment { return Pulse.workingDepth }
            return state.heartbeat >= moment ? min(state.depth, Pulse.workingDepth) : 0
        }
    }
}

/// How long one wait may last.
struct Patience: Ending, Sendable {
    private let timeout: Duration
    /// With nil the wait ends after the timeout, whatever the peer does.
    private let signs: LifeSigns?
    /// The longest that heartbeats alone prolong the wait.
    private let heartbeatLimit: Duration
    /// Whether only what the peer takes is progress: one that sends and never reads could be waited for without end.
    private let isOfSending: Bool
    private let start = ContinuousClock.now

    /// A wait that lasts as long as there is progress.
    init(timeout: Duration, heartbeatLimit: Duration, signs: LifeSigns, isOfSending: Bool = false) {
        self.isOfSending = isOfSending
        self.timeout = timeout.bounded
        self.heartbeatLimit = max(heartbeatLimit, timeout).bounded
        self.signs = signs
    }

    /// A wait that ends at a fixed moment.
    init(within time: Duration) {
        timeout = time.bounded
        heartbeatLimit = timeout
        isOfSending = false
        signs = nil
    }

    var isAbsolute: Bool { signs == nil }

    /// When the wait ends unless there is more progress.
    var end: ContinuousClock.Instant {
        guard let signs else { return start + timeout }
        let (data, heartbeat) = signs.last(taken: isOfSending)
        let progress = max(start, data)
        return min(max(progress, heartbeat) + timeout, progress + heartbeatLimit)
    }

    /// What an error says how long it waited: the time without any sign of life, or with none but heartbeats.
    var seconds: Double {
        guard let signs else { return timeout.inSeconds }
        let (data, heartbeat) = signs.last(taken: isOfSending)
        return (max(data, heartbeat, start) + timeout <= end ? timeout : heartbeatLimit).inSeconds
    }
}
