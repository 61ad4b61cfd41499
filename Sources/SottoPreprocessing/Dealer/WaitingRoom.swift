import Foundation
import SottoTransport
import Synchronization

/// Where the first party of a session waits, on its own thread, for the second.
///
/// There is room for a bounded number. Whoever comes when it is full takes the place of the one that has waited longest: the
/// parties of a session come one right after the other, so that those are the ones whose partner will not come.
final class WaitingRoom: Sendable {
    /// A party that waits, and what becomes of it.
    private final class Guest: Sendable {
        enum End: Sendable { case met, left, displaced, dismissed }

        let session: String
        let role: String
        let channel: any Channel
        private let end = Mutex<End?>(nil)
        private let ended = DispatchSemaphore(value: 0)

        init(session: String, role: String, channel: any Channel) {
            self.session = session
            self.role = role
            self.channel = channel
        }

        /// The first end counts.
        func finish(_ end: End) {
            let isFirst = self.end.withLock { known in
                defer { known = known ?? end }
                return known == nil
            }
            if isFirst { ended.signal() }
        }

        /// nil where nothing happened in that time.
        func wait(_ patience: Duration) -> End? {
            _ = ended.wait(timeout: .now() + min(patience, .seconds(86_400)) / .seconds(1))
            return end.withLock { $0 }
        }
    }

    private let guests = Mutex<[Guest]>([])
    private let isClosed = Mutex(false)
    private let limit: Int
    private let patience: Duration

    /// - Parameters:
    ///   - limit: the most parties that wait at the same time, at least 1.
    ///   - patience: how long each of them may wait.
    init(limit: Int, patience: Duration) {
        self.limit = max(limit, 1)
        self.patience = patience
    }

    /// Parties that wait.
    var count: Int { guests.withLock { $0.count } }

    /// Waits for the other party of the session.
    /// - Returns: the other party's channel, to the party that came second; nil to the first, whom the second one's thread
    ///   serves as well.
    /// - Throws: ``PreprocessingError``, `TransportError`: why nobody came. The party was told.
    func meet(_ channel: any Channel, role: String, session: String) throws -> (any Channel)? {
        let guest = Guest(session: session, role: role, channel: channel)
        let found = guests.withLock { guests -> Result<(any Channel)?, PreprocessingError> in
            if let place = guests.firstIndex(where: { $0.session == session }) {
                guard guests[place].role != role else { return .failure(.sessionTaken(role: role)) }
                let partner = guests.remove(at: place)
                partner.finish(.met)
                return .success(partner.channel)
            }
            if isClosed.withLock({ $0 }) { return .failure(.stopping) }
            if guests.count >= limit { guests.removeFirst().finish(.displaced) }
            guests.append(guest)
            return .success(nil)
        }
        switch found {
        case .failure(let error):
            SessionFault.abort([channel], for: error)
            throw error
        case .success(let partner?):
            return partner
        case .success(nil):
            try wait(guest)
            return nil
        }
    }

    private func wait(_ guest: Guest) throws {
        guest.channel.whenEnded { [weak self, weak guest] in
            guard let guest else { return }
            self?.remove(guest)
            guest.finish(.left)
        }
        var end = guest.wait(patience)
        if end == nil {
            remove(guest)
            // Somebody may have met it in the meantime.
            end = guest.wait(.zero)
        }
        let error: PreprocessingError
        switch end {
        case .met: return
        case .left:
            guest.channel.close()
            throw guest.channel.failure ?? TransportError.peerClosed(peer: guest.channel.peerName)
        case .displaced:
            error = .displaced(role: guest.role)
        case .dismissed:
            error = .stopping
        case nil:
            error = .partnerMissing(role: guest.role, seconds: patience / .seconds(1))
        }
        SessionFault.abort([guest.channel], for: error)
        throw error
    }

    /// Sends everybody away who waits, or comes to wait.
    func dismiss() {
        isClosed.withLock { $0 = true }
        let dismissed = guests.withLock { guests in
            defer { guests = [] }
            return guests
        }
        for guest in dismissed { guest.finish(.dismissed) }
    }

    private func remove(_ guest: Guest) { guests.withLock { $0.removeAll { $0 === guest } } }
}
