import Synchronization

/// What errors call the peer: its role, as far as known, and its address if it has one.
package final class PeerName: Sendable {
    private let role: Mutex<String>
    private let address: String?

    package init(role: String, address: String? = nil) {
        self.role = Mutex(role)
        self.address = address
    }

    package var current: String {
        role.withLock { role in address.map { "\(role) at \($0)" } ?? role }
    }

    package func identify(as newRole: String) { role.withLock { $0 = newRole.printable } }
}
