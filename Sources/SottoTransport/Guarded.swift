import Foundation

/// What says when waiting ends; the moment may move while a thread waits.
protocol Ending {
    var end: ContinuousClock.Instant { get }
}

/// A fixed moment at which waiting ends.
struct Deadline: Ending, Sendable {
    let end: ContinuousClock.Instant

    /// - Parameter timeout: From now; more than a year is taken as a year.
    init(after timeout: Duration) { end = ContinuousClock.now + timeout.bounded }

    var remaining: Duration { max(ContinuousClock.now.duration(to: end), .zero) }
}

extension Duration {
    /// The duration in seconds.
    var inSeconds: Double {
        Double(components.seconds) + Double(components.attoseconds) / 1e18
    }

    /// The duration, at least zero and at most a year.
    var bounded: Duration { min(max(self, .zero), .seconds(365 * 86_400)) }
}

/// State shared by threads behind one lock, with threads that sleep until it changes.
final class Guarded<State>: @unchecked Sendable {
    // Unchecked: `state` is touched only between lock and unlock.
    private var state: State
    private let condition = NSCondition()

    init(_ state: State) { self.state = state }

    /// Runs `body` under the lock; wakes nobody.
    func withLock<Result>(_ body: (inout State) throws -> Result) rethrows -> Result {
        condition.lock()
        defer { condition.unlock() }
        return try body(&state)
    }

    /// Runs `body` under the lock and wakes the threads that wait for a change.
    func change<Result>(_ body: (inout State) throws -> Result) rethrows -> Result {
        condition.lock()
        defer {
            condition.broadcast()
            condition.unlock()
        }
        return try body(&state)
    }

    /// Runs `body` under the lock after every change until it returns a value.
    ///
    /// - Returns: That value, or nil when the end came first; it is asked for again before the wait ends.
    func wait<Result>(until ending: some Ending, _ body: (inout State) throws -> Result?) rethrows -> Result? {
        condition.lock()
        defer { condition.unlock() }
        while true {
            if let result = try body(&state) { return result }
            let remaining = ContinuousClock.now.duration(to: ending.end)
            if remaining <= .zero { return nil }
            _ = condition.wait(until: Date(timeIntervalSinceNow: remaining.inSeconds))
        }
    }
}
