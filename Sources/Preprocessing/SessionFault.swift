import Foundation
import Transport

/// An error that ends a session for all its parties.
public protocol SessionFailure: Error {
    /// What the other parties are told that it is.
    var abortKind: AbortKind { get }
}

/// Finds whom to name when a session of three processes fails.
public enum SessionFault {
    /// The most direct evidence of what ended a session, given the error that was met first.
    ///
    /// A party that waits in vain may wait for one that waits itself. So where an error says that a peer was silent, the
    /// others get a moment to say what they know: a connection that has ended, or a peer's reason for giving up, names who is
    /// at fault; if there is none, the silent peer is.
    /// - Parameters:
    ///   - channels: all connections of the session.
    ///   - patience: how long to wait for better evidence than silence.
    public static func cause(
        of error: any Error, among channels: [any Channel], patience: Duration = .seconds(2)
    ) -> any Error {
        guard case TransportError.timeout? = error as? TransportError else { return error }
        let deadline = ContinuousClock.now + patience
        while true {
            if let failure = channels.lazy.compactMap(\.failure).first(where: \.isEvidence) { return failure }
            guard ContinuousClock.now < deadline else { return error }
            Thread.sleep(forTimeInterval: 0.01)
        }
    }
}

extension SessionFault {
    /// Ends connections because of an error, and tells the peers why.
    public static func abort(_ channels: [any Channel], for error: any Error) {
        for channel in channels {
            if let failure = error as? any SessionFailure {
                channel.abort(reason: "\(failure)", kind: failure.abortKind)
            } else {
                channel.abort(for: error)
            }
        }
    }
}

extension TransportError {
    /// Whether it says more than that somebody was silent.
    fileprivate var isEvidence: Bool {
        switch self {
        case .timeout, .closed: false
        default: true
        }
    }
}
