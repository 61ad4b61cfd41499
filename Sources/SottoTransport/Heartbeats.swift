import NIOCore
import Synchronization

/// Sends the heartbeats of one connection as its pulse says, for as long as the connection lasts.
final class Heartbeats: Sendable {
    private let connection: any NIOCore.Channel
    private let outbox: Outbox
    private let signs: LifeSigns
    private let timeout: Duration
    private let current = Mutex<Pulse?>(nil)
    private let timer = Mutex<Scheduled<Void>?>(nil)

    /// - Parameters:
    ///   - signs: The channel's own, by which the pulse knows it.
    ///   - timeout: The channel's.
    init(connection: any NIOCore.Channel, outbox: Outbox, signs: LifeSigns, timeout: Duration) {
        self.connection = connection
        self.outbox = outbox
        self.signs = signs
        self.timeout = timeout
    }

    /// What the channel has joined.
    var pulse: Pulse? { current.withLock { $0 } }

    func join(_ pulse: Pulse) {
        let isFirst = current.withLock { current in
            defer { current = pulse }
            return current == nil
        }
        guard isFirst else { return }
        outbox.onEventLoop { [self] in
            connection.closeFuture.whenComplete { [self] _ in timer.withLock { $0.take()?.cancel() } }
            tick()
        }
    }

    /// On the event loop: sends what is due, and comes again an interval after whatever was sent last. Once the channel
    /// is closing it does not come again, so that nothing keeps the channel.
    private func tick() {
        guard outbox.isOpen, let pulse else { return }
        let interval = pulse.interval(timeout: timeout)
        let due = TimeAmount.nanoseconds(interval.inNanoseconds) - outbox.silence
        var next = due
        if due <= .zero {
            if let depth = pulse.depth(for: signs, interval: interval) {
                outbox.sendBetween(Frame(tag: FrameTag.heartbeat, depth: depth, payload: []))
            }
            next = .nanoseconds(interval.inNanoseconds)
        }
        let task = connection.eventLoop.scheduleTask(in: next) { [self] in tick() }
        timer.withLock { $0 = task }
    }
}
