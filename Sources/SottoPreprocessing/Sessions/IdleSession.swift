import Foundation
import SottoTransport
import Synchronization

/// A session while it waits for a request on one of its connections: if another one ends meanwhile, nobody would notice, and
/// the session would hold its place for as long as it may stand idle.
package final class IdleSession: Sendable {
    /// How long the other connections have to end by themselves after one was closed in order, as it is when the session ends.
    private static let grace = 5.0

    private let channels: [any Channel]
    /// The wait in progress, if there is one, and how many there were.
    private let waits = Mutex((isIdle: false, count: 0))

    /// - Parameter channels: all connections of the session.
    package init(_ channels: [any Channel]) {
        self.channels = channels
        for channel in channels {
            channel.whenEnded { [weak self, weak channel] in
                if let self, let channel { end(because: channel) }
            }
        }
    }

    /// Runs `body`, which waits for a request; the end of any connection ends the others.
    package func wait<Result>(_ body: () throws -> Result) throws -> Result {
        waits.withLock { $0 = (true, $0.count + 1) }
        defer { waits.withLock { $0.isIdle = false } }
        for channel in channels where channel.failure != nil { end(because: channel) }
        return try body()
    }

    /// Ends the wait in progress, on a thread of its own: the event loop would wait for itself.
    private func end(because ended: any Channel) {
        guard let wait = waits.withLock({ $0.isIdle ? $0.count : nil }) else { return }
        let failure = ended.failure ?? .peerClosed(peer: ended.peerName)
        Thread.detachNewThread { [weak self] in
            if case .peerClosed = failure { Thread.sleep(forTimeInterval: Self.grace) }
            guard let self, waits.withLock({ $0.isIdle && $0.count == wait }) else { return }
            SessionFault.abort(channels.filter { $0 !== ended }, for: failure)
        }
    }
}
