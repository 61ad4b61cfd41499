import Dispatch
import Foundation
import Logging
import SottoTransport
import Synchronization

/// The loop of a listening role: takes connections, gives each a thread of its own, and ends when enough sessions were
/// served or a signal asks for it. What happens on one connection never ends another, nor the loop.
final class RoleService: Sendable {
    private struct State {
        var served = 0
        var isStopping = false
        var running: [ObjectIdentifier: TCPChannel] = [:]
    }

    private let listener: TCPListener
    private let sessions: Int?
    private let drainTime: Duration
    private let logger: Logger
    private let state = Mutex(State())
    private let allEnded = DispatchGroup()

    /// - Parameters:
    ///   - sessions: how many to serve; nil for no end.
    ///   - drainTime: how long sessions may go on once the role is to stop.
    init(listener: TCPListener, sessions: Int?, drainTime: Duration, logger: Logger) {
        self.listener = listener
        self.sessions = sessions
        self.drainTime = drainTime
        self.logger = logger
    }

    /// Serves until the role is to stop, and the sessions that run then to their end.
    /// - Parameters:
    ///   - peerRole: what errors call who connects.
    ///   - stopping: called once no more connections are taken.
    ///   - body: called with every connection on a thread of its own.
    func run(peerRole: String, stopping: () -> Void = {}, serve body: @escaping @Sendable (TCPChannel) -> Void) {
        let signals = StopSignals { self.stop() }
        while let channel = next(peerRole) { start(channel, body) }
        stopping()
        withExtendedLifetime(signals) { drain() }
        listener.close()
    }

    /// Counts a session that was served.
    func countServed() {
        let isEnough = state.withLock { state in
            state.served += 1
            return sessions.map { state.served >= $0 } ?? false
        }
        if isEnough { stop() }
    }

    private func stop() {
        state.withLock { $0.isStopping = true }
        listener.stopAccepting()
    }

    private var isStopping: Bool { state.withLock { $0.isStopping } }

    /// The next connection, or nil when the role is to stop.
    private func next(_ peerRole: String) -> TCPChannel? {
        while !isStopping {
            do {
                return try listener.accept(peerRole: peerRole, timeout: .seconds(3600))
            } catch TransportError.timeout {
                continue
            } catch {
                guard !isStopping else { return nil }
                logger.error("\(error)")
                // What keeps connections away, such as a lack of descriptors, may pass.
                Thread.sleep(forTimeInterval: 0.1)
            }
        }
        return nil
    }

    private func start(_ channel: TCPChannel, _ body: @escaping @Sendable (TCPChannel) -> Void) {
        state.withLock { $0.running[ObjectIdentifier(channel)] = channel }
        allEnded.enter()
        let thread = Thread {
            body(channel)
            self.state.withLock { $0.running[ObjectIdentifier(channel)] = nil }
            self.allEnded.leave()
        }
        thread.stackSize = 16 << 20
        thread.start()
    }

    private func drain() {
        guard allEnded.wait(timeout: .now() + drainTime / .seconds(1)) == .timedOut else { return }
        // Each on a thread of its own: none may keep the process that is to end.
        for channel in state.withLock({ Array($0.running.values) }) {
            Thread.detachNewThread { channel.abort(reason: "the process was told to stop.", kind: .unavailable) }
        }
        _ = allEnded.wait(timeout: .now() + 2)
    }
}
