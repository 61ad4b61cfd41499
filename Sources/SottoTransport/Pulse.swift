import Synchronization

/// Says for the connections of one session whether this party works, so that those who wait for it go on waiting.
///
/// While the session's thread works, each channel that has joined sends a heartbeat whenever it has sent nothing else for
/// an interval. While the thread waits for one peer, the others are told so by heartbeats only as long as that peer works
/// itself: each heartbeat carries a depth, which falls by one wherever it is passed on, so that parties that wait for each
/// other in a circle do not keep each other waiting. A depth of 0, as in ``Channel/receiveControl(limit:within:)``, which
/// waits for a peer that may be idle, says that this party lives and keeps nobody waiting. While resting, none are sent.
public final class Pulse: Sendable {
    private struct Wait {
        let signs: LifeSigns
        let start: ContinuousClock.Instant
        let isIdle: Bool
    }
    private struct State {
        var waits: [Int: Wait] = [:]
        var next = 0
        var isResting = false
    }

    private let state = Mutex(State())
    private let interval: Duration?

    /// The depth of a heartbeat of a party that works.
    static let workingDepth: UInt32 = 2

    /// - Parameter interval: of heartbeats; nil takes a quarter of each channel's timeout, at most 5 seconds.
    package init(interval: Duration? = nil) { self.interval = interval }

    /// Sends none until ``resume()``: for a session that nobody waits for, such as a client's between two requests.
    package func rest() { state.withLock { $0.isResting = true } }

    package func resume() { state.withLock { $0.isResting = false } }

    func interval(timeout: Duration) -> Duration {
        max(interval ?? min(timeout / 4, .seconds(5)), .milliseconds(1)).bounded
    }

    /// The session's thread begins to wait for the peer of a channel.
    ///
    /// - Parameter isIdle: Whether it waits for a peer from whom nothing is due.
    /// - Returns: what ends the wait.
    func beginWait(for signs: LifeSigns, isIdle: Bool) -> Int {
        let wait = Wait(signs: signs, start: .now, isIdle: isIdle)
        return state.withLock { state in
            defer { state.next &+= 1 }
            state.waits[state.next] = wait
            return state.next
        }
    }

    func endWait(_ wait: Int) { state.withLock { $0.waits[wait] = nil } }

    /// The depth of the heartbeat that the channel with these signs should send now: 0 says that this party waits itself,
    /// which prolongs no wait but tells a stopped process from one that waits. nil for none.
    func depth(for own: LifeSigns, interval: Duration) -> UInt32? {
        let now = ContinuousClock.now
        return state.withLock { state -> UInt32? in
            guard !state.isResting else { return nil }
            guard !state.waits.values.contains(where: \.isIdle) else { return 0 }
            // A wait that has just begun is part of the work: many short ones, one after the other, are a run.
            if state.waits.values.allSatisfy({ now - $0.start <= interval }) { return Pulse.workingDepth }
            // Twice the interval, because the clocks of two parties do not tick together.
            let deepest =
                state.waits.values.filter { $0.signs !== own }
                .map { $0.signs.depth(since: now - interval * 2) }.max() ?? 0
            return deepest > 1 ? deepest - 1 : 0
        }
    }
}
