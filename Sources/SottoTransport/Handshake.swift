import Foundation

/// What the two sides of a new connection tell each other before anything else.
///
/// Nothing in it is secret. It travels as JSON in a control message and counts as overhead.
package struct Handshake: Codable, Sendable, Equatable {
    /// Version of the protocol above the transport; must be equal.
    package var version: Int
    /// What this side is: `server`, `client` or `dealer`.
    package var role: String
    /// Everything else by name: session, hash of the program, options.
    package var fields: [String: String]

    package init(version: Int, role: String, fields: [String: String]) {
        self.version = version
        self.role = role
        self.fields = fields
    }

    /// The most bytes a handshake may have.
    package static let byteLimit = 1 << 20
    /// The most fields, and the most bytes of a role or a field's name and of a value.
    package static let fieldLimit = 64
    static let nameLimit = 64
    static let valueLimit = 1 << 19

    /// Sends this handshake, receives the peer's and compares them. The peer is told of any disagreement, and admitted
    /// otherwise.
    ///
    /// - Parameters:
    ///   - expecting: The names of the fields that both sides must have with equal values.
    ///   - peerRole: The role the peer must have; nil takes any.
    ///   - time: How long to wait for the peer's handshake, at most the channel's timeout; nil takes the channel's
    ///     ``Channel/greetingTimeout``.
    /// - Returns: The peer's handshake.
    /// - Throws: ``TransportError``: `.versionMismatch`, `.handshakeMismatch` with the first differing field in the
    ///   order of `expecting` (a missing one has the value `(none)`), `.malformedHandshake`, and what the channel
    ///   throws.
    package func exchange(
        over channel: some Channel, expecting: [String], peerRole: String?, within time: Duration? = nil
    ) throws -> Handshake {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        try channel.sendControl(Array(try encoder.encode(self)))
        do {
            let limit = time.map { min($0, channel.timeout ?? $0) } ?? channel.greetingTimeout
            let theirs = try Handshake(
                decoding: Handshake.receive(over: channel, within: limit), peer: channel.peerName)
            try compare(with: theirs, expecting: expecting, peerRole: peerRole, peer: channel.peerName)
            channel.identifyPeer(as: theirs.role)
            channel.admit()
            return theirs
        } catch let error as TransportError {
            if let reason = reasonForPeer(error) { channel.abort(reason: reason, kind: AbortKind(for: error)) }
            throw error
        }
    }

    private static func receive(over channel: some Channel, within limit: Duration?) throws -> [UInt8] {
        do {
            guard let limit else { return try channel.receiveControl(limit: byteLimit) }
            return try channel.receiveControl(limit: byteLimit, within: limit)
        } catch TransportError.timeout(let peer, let seconds, _) {
            throw TransportError.timeout(peer: peer, seconds: seconds, waitingFor: "its greeting")
        }
    }

    /// A handshake from the bytes of a peer whom nobody knows yet.
    ///
    /// - Parameter peer: What errors call it.
    /// - Throws: `TransportError.malformedHandshake` unless it is a JSON object with these keys, of bounded sizes.
    package init(decoding bytes: [UInt8], peer: String) throws(TransportError) {
        guard let decoded = try? UntrustedJSON.decode(Handshake.self, from: bytes) else {
            throw .malformedHandshake(peer: peer, reason: "not an object with version, role and fields")
        }
        guard decoded.fields.count <= Handshake.fieldLimit else {
            throw .malformedHandshake(peer: peer, reason: "it has more than \(Handshake.fieldLimit) fields")
        }
        guard
            decoded.role.utf8.count <= Handshake.nameLimit,
            decoded.fields.allSatisfy({
                $0.key.utf8.count <= Handshake.nameLimit && $0.value.utf8.count <= Handshake.valueLimit
            })
        else { throw .malformedHandshake(peer: peer, reason: "its role or one of its fields is too long") }
        self = decoded
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

    /// The disagreement as the peer should read it, its own value being the one it calls "here"; nil where the peer is
    /// gone or said why itself.
    private func reasonForPeer(_ error: TransportError) -> String? {
        switch error {
        case .timeout:
            return "the \(role) waited too long for this side's greeting."
        case .versionMismatch(_, let ours, let theirs):
            return "the \(role) speaks version \(ours) and this side version \(theirs)."
        case .handshakeMismatch(_, let field, let ours, let theirs):
            return "the \(field) differs: '\(theirs)' here, '\(ours)' at the \(role)."
        case .malformedHandshake:
            return "the \(role) cannot read this side's handshake."
        case .refusedByPeer:
            return nil
        default:
            return error.category == .protocolViolation
                ? "the \(role) met a protocol error during the handshake." : nil
        }
    }
}
