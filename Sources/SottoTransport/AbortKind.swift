/// Why a party gives up, for what the peer makes of it.
package enum AbortKind: UInt8, Sendable {
    /// The peer, or what it sent, is refused.
    case refused = 0
    /// Somebody whom this party needs is gone.
    case unavailable = 1
    /// This party serves as many as it can.
    case busy = 2

    /// The kind that an error asks for: ``unavailable`` where somebody is gone, ``refused`` for all others.
    package init(for error: any Error) {
        self = (error as? TransportError)?.category == .unavailable ? .unavailable : .refused
    }
}

extension Frame {
    /// One byte for the kind, then the sentence.
    static func abort(_ kind: AbortKind, reason: String) -> Frame {
        Frame(tag: FrameTag.abort, depth: 0, payload: [kind.rawValue] + Array(reason.printable.utf8))
    }

    /// More than any printable sentence has.
    static let abortLimit = 4096
}

extension TransportError {
    /// What the peer's giving up means here. Nothing of it is trusted: kinds that are not known count as refusals, and
    /// the sentence is cut and made printable.
    init(abort payload: [UInt8], peer: String) {
        let sentence = String(decoding: payload.dropFirst().prefix(Frame.abortLimit), as: UTF8.self).printable
        let reason = sentence.isEmpty ? "it did not say why." : sentence
        switch payload.first.flatMap(AbortKind.init(rawValue:)) {
        case .unavailable: self = .unavailableBehind(peer: peer, reason: reason)
        case .busy: self = .busy(peer: peer, reason: reason)
        case .refused, nil: self = .refusedByPeer(peer: peer, reason: reason)
        }
    }
}
