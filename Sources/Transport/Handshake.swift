import Foundation

/// What the two sides of a new connection tell each other before anything else.
///
/// Nothing in it is secret. It travels as JSON in a control message and counts as overhead.
public struct Handshake: Codable, Sendable, Equatable {
    /// Version of the protocol above the transport; must be equal.
    public var version: Int
    /// What this side is: `server`, `client` or `dealer`.
    public var role: String
    /// Everything else by name: session, hash of the program, options.
    public var fields: [String: String]

    public init(version: Int, role: String, fields: [String: String]) {
        self.version = version
        self.role = role
        self.fields = fields
    }

    /// The most bytes a handshake may have.
    public static let byteLimit = 1 << 20

    /// Sends this handshake, receives the peer's and compares them. The peer is told of any disagreement.
    ///
    /// - Parameters:
    ///   - expecting: The names of the fields that both sides must have with equal values.
    ///   - peerRole: The role the peer must have; nil takes any.
    /// - Returns: The peer's handshake.
    /// - Throws: ``TransportError``: `.versionMismatch`, `.handshakeMismatch` with the first differing field in the
    ///   order of `expecting` (a missing one has the value `(none)`), `.malformedHandshake`, and what the channel
    ///   throws.
    public func exchange(
        over channel: some Channel, expecting: [String], peerRole: String?
    ) throws -> Handshake {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        try channel.sendControl(Array(try encoder.encode(self)))
        do {
            let theirs = try Handshake.receive(over: channel)
            try compare(with: theirs, expecting: expecting, peerRole: peerRole, peer: channel.peerName)
            channel.identifyPeer(as: theirs.role)
            return theirs
        } catch let error as TransportError {
            if error.category == .protocolViolation { channel.abort(reason: reasonForPeer(error)) }
            throw error
        }
    }

    private static func receive(over channel: some Channel) throws -> Handshake {
        let bytes = try channel.receiveControl(limit: byteLimit)
        do {
            return try JSONDecoder().decode(Handshake.self, from: Data(bytes))
        } catch {
            throw TransportError.malformedHandshake(
                peer: channel.peerName, reason: "not an object with version, role and fields")
        }
    }

    private func compare(
        with theirs: Handshake, expecting: [String], peerRole: String?, peer: String
    ) throws {
        guard theirs.version == version else {
            throw TransportError.versionMismatch(peer: peer, ours: version, theirs: theirs.version)
        }
        if let peerRole, theirs.role != peerRole {
            throw TransportError.handshakeMismatch(
                peer: peer, field: "role of the peer", ours: peerRole, theirs: theirs.role)
        }
        for field in expecting {
            let ourValue = fields[field]
            let theirValue = theirs.fields[field]
            guard let ourValue, let theirValue, ourValue == theirValue else {
                throw TransportError.handshakeMismatch(
                    peer: peer, field: field, ours: ourValue ?? "(none)", theirs: theirValue ?? "(none)")
            }
        }
    }

    /// The disagreement as the peer should read it: its own value is the one it calls "here".
    private func reasonForPeer(_ error: TransportError) -> String {
        switch error {
        case .versionMismatch(_, let ours, let theirs):
            return "the \(role) speaks version \(ours) and this side version \(theirs)."
        case .handshakeMismatch(_, let field, let ours, let theirs):
            return "the \(field) differs: '\(theirs)' here, '\(ours)' at the \(role)."
        case .malformedHandshake:
            return "the \(role) cannot read this side's handshake."
        default:
            return "the \(role) met a protocol error during the handshake."
        }
    }
}
