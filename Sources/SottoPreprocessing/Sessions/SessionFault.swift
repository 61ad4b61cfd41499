import Foundation
import SottoTransport

/// An error that ends a session for all its parties.
package protocol SessionFailure: Error {
    /// What the other parties are told that it is.
    var abortKind: AbortKind { get }
}

/// Finds whom to name when a session of three processes fails.
package enum SessionFault {
    /// Who or what ended a session, given the error that was met first.
    ///
    /// Whoever waits in vain may wait for a party that waits itself. So where an error says that a peer was silent, that
    /// peer is at fault only if it gave no sign of life at all. If it lives, it is another party that gives none, or the
    /// peer knows more and gets a moment to say it.
    /// - Parameter channels: all connections of the session.
    package static func cause(of error: any Error, among channels: [any Channel]) -> any Error {
        switch error as? TransportError {
        case .timeout(let peer, let seconds, _)?:
            return cause(ofSilence: error, peer: peer, seconds: seconds, channels)
        case .peerClosed?, .truncatedFrame?: return cause(ofEnd: error, channels)
        // The peer lacks somebody, who may have told this side why.
        case .unavailableBehind?: return channels.compactMap(\.failure).first(where: \.isRefusal) ?? error
        // This side closed it because of another one.
        case .closed?: return evidence(channels) ?? error
        default: return error
        }
    }

    /// A peer that breaks off in the middle of a message cannot say why, but tells the third party, which passes it on. One
    /// that died has told nobody.
    private static func cause(ofEnd error: any Error, _ channels: [any Channel]) -> any Error {
        let deadline = ContinuousClock.now + .milliseconds(300)
        while ContinuousClock.now < deadline {
            for failure in channels.compactMap(\.failure) {
                if failure.isRefusal { return failure }
                if case .unavailableBehind = failure { return error }
            }
            guard channels.contains(where: { $0.failure == nil }) else { return error }
            Thread.sleep(forTimeInterval: 0.01)
        }
        return error
    }

    private static func cause(
        ofSilence error: any Error, peer: String, seconds: Double, _ channels: [any Channel]
    ) -> any Error {
        let suspect = channels.first { $0.peerName == peer }
        let timeout = suspect?.timeout ?? .seconds(seconds)
        if let suspect, suspect.isSilent { return evidence(channels) ?? error }
        let deadline = ContinuousClock.now + min(timeout / 2, patience)
        while true {
            if let evidence = evidence(channels) { return evidence }
            if let silent = channels.first(where: { $0 !== suspect && $0.isSilent }) {
                let time = silent.silence.map { $0 / .seconds(1) } ?? seconds
                return TransportError.timeout(
                    peer: silent.peerName, seconds: (time * 10).rounded() / 10, waitingFor: "a sign of life")
            }
            guard ContinuousClock.now < deadline else { return error }
            Thread.sleep(forTimeInterval: 0.01)
        }
    }

    private static let patience = Duration.seconds(20)

    /// What is known for sure of a connection that has ended: that, or why the peer gave up.
    private static func evidence(_ channels: [any Channel]) -> TransportError? {
        channels.lazy.compactMap(\.failure).first(where: \.isEvidence)
    }

    /// Ends connections because of an error, and tells the peers why. Nobody waits for a peer that gives no sign of life to
    /// take what is queued for it.
    package static func abort(_ channels: [any Channel], for error: any Error) {
        let kind = (error as? any SessionFailure)?.abortKind ?? AbortKind(for: error)
        let reason = "\(error)"
        for channel in channels {
            if channel.isSilent {
                Thread.detachNewThread { channel.abort(reason: reason, kind: kind) }
            } else {
                channel.abort(reason: reason, kind: kind)
            }
        }
    }
}

extension Channel {
    /// Whether the peer's process seems to have stopped: it would have given several signs of life in this time.
    fileprivate var isSilent: Bool {
        guard failure == nil, let silence, let timeout else { return false }
        return silence > min(timeout * 0.7, .seconds(16))
    }
}

extension TransportError {
    fileprivate var isRefusal: Bool { if case .refusedByPeer = self { true } else { false } }

    /// Whether it says more than that somebody was silent.
    fileprivate var isEvidence: Bool {
        switch self {
        case .timeout, .closed: false
        default: true
        }
    }
}
