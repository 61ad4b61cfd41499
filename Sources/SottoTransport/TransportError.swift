/// Why a message could not be sent or received, or a connection not be made.
///
/// No case carries any part of a payload, so an error can be shown to anyone.
public enum TransportError: Error, Equatable, Sendable {
    /// Nothing happened for the whole time allowed.
    case timeout(peer: String, seconds: Double, waitingFor: String)
    /// The peer ended the connection, orderly or by dying.
    case peerClosed(peer: String)
    /// The channel was used after this side closed it.
    case closed(peer: String)
    /// The peer gave up and said why.
    case refusedByPeer(peer: String, reason: String)
    /// The peer gave up because somebody whom it needs is gone, and said who.
    case unavailableBehind(peer: String, reason: String)
    /// The peer serves as many as it can.
    case busy(peer: String, reason: String)
    /// Nobody listens at the address.
    case connectionRefused(address: String)
    /// No connection to the address could be made.
    case unreachable(address: String, reason: String)
    /// Another process listens at the address.
    case addressInUse(address: String)
    /// The operating system does not let this process listen at the address.
    case cannotListen(address: String, reason: String)
    /// The peer sent another message than the program expects here.
    case unexpectedTag(peer: String, expected: UInt32, got: UInt32)
    /// The message has not the size, in bytes, that the program expects.
    case unexpectedSize(peer: String, tag: UInt32, expected: Int, got: Int)
    /// A frame longer, in payload bytes, than the channel's limit.
    case oversizedFrame(peer: String, length: UInt64, limit: Int)
    /// A frame whose checksum is not that of its header or payload.
    case damagedFrame(peer: String)
    /// The peer sent more than this side holds while it waits for something else.
    case tooMuchUnread(peer: String, bytes: Int)
    /// The connection ended within a frame; both counts include the header.
    case truncatedFrame(peer: String, received: UInt64, expected: UInt64)
    /// What arrives does not begin like a Sotto connection.
    case notSotto(peer: String)
    /// The two sides speak different versions.
    case versionMismatch(peer: String, ours: Int, theirs: Int)
    /// The two sides disagree on something that must be equal.
    case handshakeMismatch(peer: String, field: String, ours: String, theirs: String)
    /// The peer's handshake cannot be read.
    case malformedHandshake(peer: String, reason: String)
    /// This process may not open the files that network connections take.
    case outOfDescriptors(needed: Int, reason: String)
    /// Not an address of the form `HOST:PORT`.
    case invalidAddress(String)
    /// An address other hosts can reach, which plain TCP must not use.
    case notLoopback(address: String)
}

extension TransportError {
    /// What kind of failure an error is, for a caller that must pick an exit status.
    public enum Category: Sendable, Equatable {
        /// The address given cannot be used.
        case usage
        /// The peer is not there, or no longer, or does not answer.
        case unavailable
        /// The peer is there but out of step.
        case protocolViolation
    }

    public var category: Category {
        switch self {
        case .invalidAddress, .notLoopback:
            return .usage
        case .timeout, .peerClosed, .closed, .connectionRefused, .unreachable, .addressInUse, .cannotListen,
            .truncatedFrame, .unavailableBehind, .busy, .outOfDescriptors:
            return .unavailable
        case .refusedByPeer, .unexpectedTag, .unexpectedSize, .oversizedFrame, .damagedFrame, .tooMuchUnread, .notSotto,
            .versionMismatch, .handshakeMismatch, .malformedHandshake:
            return .protocolViolation
        }
    }
}

extension TransportError: CustomStringConvertible {
    public var description: String {
        switch category {
        case .usage, .unavailable: return availabilityDescription
        case .protocolViolation: return violationDescription
        }
    }

    private var availabilityDescription: String {
        switch self {
        case .timeout(let peer, let seconds, let waitingFor):
            return
                "Waited \(TransportError.time(seconds)) in vain for \(waitingFor) (\(peer)); check that the other process still runs, "
                + "or allow a longer timeout."
        case .peerClosed(let peer):
            return "The connection to \(peer) ended before the protocol did; look there for the reason and start again."
        case .closed(let peer):
            return "The connection to \(peer) was already closed by this side; open a new one."
        case .connectionRefused(let address):
            return "Nobody listens at \(address); start the other process, or correct the address."
        case .unreachable(let address, let reason):
            return "No connection to \(address) could be made (\(reason)); check the address and the network."
        case .addressInUse(let address):
            return "Another process already listens at \(address); stop it or choose another port."
        case .cannotListen(let address, let reason):
            return "Cannot listen at \(address) (\(reason)); choose another host or port."
        case .truncatedFrame(let peer, let received, let expected):
            return "The connection to \(peer) ended within a message, after \(received) of its \(expected) bytes; "
                + "look there for the reason and start again."
        case .unavailableBehind(let peer, let reason):
            return "Nothing more can come from \(peer): \(reason.printable)"
        case .busy(let peer, let reason):
            return "Turned away by \(peer): \(reason.printable)"
        case .outOfDescriptors(let needed, let reason):
            return "Network connections take \(needed) open files to begin with, and this process may not open as many "
                + "(\(reason)); raise the limit (ulimit -n) or close others."
        case .invalidAddress(let address):
            return "'\(address.printable)' is no address; write HOST:PORT, such as 127.0.0.1:7000 or [::1]:7000."
        case .notLoopback(let address):
            return "\(address) can be reached from other hosts, and plain TCP is not safe there; "
                + "use 127.0.0.1, [::1] or localhost."
        default:
            return violationDescription
        }
    }

    private var violationDescription: String {
        switch self {
        case .refusedByPeer(let peer, let reason):
            return "Refused by \(peer): \(reason.printable)"
        case .unexpectedTag(let peer, let expected, let got):
            return "Expected \(FrameTag.describe(expected)) from \(peer) but got \(FrameTag.describe(got)); "
                + "run the same version with the same options on both sides."
        case .unexpectedSize(let peer, let tag, let expected, let got):
            return "The size of \(FrameTag.describe(tag)) from \(peer) is \(got) bytes instead of \(expected); "
                + "run the same version with the same options on both sides."
        case .oversizedFrame(let peer, let length, let limit):
            return "A message of \(length) bytes to or from \(peer) exceeds the limit of \(limit) bytes; "
                + "raise the limit on both sides or send less at once."
        case .damagedFrame(let peer):
            return
                "What arrived from \(peer) was damaged on its way (its checksum is wrong); start again, and check the "
                + "network if it happens again."
        case .tooMuchUnread(let peer, let bytes):
            return "More than \(bytes) bytes arrived from \(peer) that nobody had asked for; "
                + "run the same version with the same options on both sides."
        case .notSotto(let peer):
            return "What answers as \(peer) does not speak Sotto's protocol; check host and port."
        case .versionMismatch(let peer, let ours, let theirs):
            return "This side speaks version \(ours) and \(peer) speaks version \(theirs); "
                + "install the same version of Sotto on both."
        case .handshakeMismatch(let peer, let field, let ours, let theirs):
            return "The \(field.printable) differs: '\(ours.printable)' here, '\(theirs.printable)' at \(peer); "
                + "make both sides equal."
        case .malformedHandshake(let peer, let reason):
            return "The handshake of \(peer) cannot be read (\(reason.printable)); "
                + "install the same version of Sotto on both."
        default:
            return availabilityDescription
        }
    }
}

extension TransportError {
    /// A time in words: `60 s`, `1.5 s`, `40 ms`.
    private static func time(_ seconds: Double) -> String {
        switch seconds {
        case ..<0.001: "less than 1 ms"
        case ..<1: "\(Int((seconds * 1000).rounded())) ms"
        case ..<1e9: seconds == seconds.rounded() ? "\(Int(seconds)) s" : "\((seconds * 100).rounded() / 100) s"
        default: "\(seconds) s"
        }
    }
}

extension String {
    /// The text as it may be shown on a terminal: one line, no control characters, at most 300 characters.
    var printable: String {
        var shown = String.UnicodeScalarView()
        for scalar in unicodeScalars.prefix(300) {
            let isControl =
                scalar.properties.generalCategory == .control || scalar.properties.generalCategory == .format
            shown.append(isControl || scalar == "\u{2028}" || scalar == "\u{2029}" ? "?" : scalar)
        }
        return String(shown)
    }
}
