import NIOCore

/// Where a party listens: `127.0.0.1:7000`, `[::1]:7000` or `localhost:7000`.
public struct Endpoint: Sendable, Equatable, Hashable, CustomStringConvertible {
    /// An IPv4 or IPv6 address (without brackets) or a name.
    public let host: String
    /// 0...65535; 0 lets the operating system choose when listening.
    public let port: Int

    /// - Throws: `TransportError.invalidAddress` when the port is out of range or the host is empty or has
    ///   characters that no host name or address has.
    public init(host: String, port: Int) throws {
        guard (0...65535).contains(port), Endpoint.isPlausible(host: host) else {
            throw TransportError.invalidAddress("\(host):\(port)")
        }
        self.host = host
        self.port = port
    }

    /// Parses `HOST:PORT`; an IPv6 address stands in brackets.
    ///
    /// - Throws: `TransportError.invalidAddress` for everything else.
    public init(_ text: String) throws {
        guard let colon = text.lastIndex(of: ":") else { throw TransportError.invalidAddress(text) }
        var host = text[..<colon]
        let digits = text[text.index(after: colon)...].utf8
        // Int() alone would take a sign.
        guard (1...5).contains(digits.count), digits.allSatisfy({ (48...57).contains($0) }),
            let port = Int(String(digits) ?? ""), port <= 65535
        else { throw TransportError.invalidAddress(text) }
        let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
        if isBracketed { host = host.dropFirst().dropLast() }
        guard Endpoint.isPlausible(host: String(host)), host.contains(":") == isBracketed else {
            throw TransportError.invalidAddress(text)
        }
        self.host = String(host)
        self.port = port
    }

    /// Whether only this host can reach the address: 127.0.0.0/8, ::1 and `localhost`.
    package var isLoopback: Bool {
        if host.lowercased() == "localhost" { return true }
        switch try? SocketAddress(ipAddress: host, port: port) {
        case .v4(let address):
            return UInt32(bigEndian: address.address.sin_addr.s_addr) >> 24 == 127
        case .v6(let address):
            return withUnsafeBytes(of: address.address.sin6_addr) {
                $0.dropLast().allSatisfy { $0 == 0 } && $0.last == 1
            }
        default:
            return false
        }
    }

    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    /// The address as the operating system takes it; `localhost` is 127.0.0.1.
    ///
    /// - Throws: `TransportError.notLoopback`, so that no caller can open a connection that others could read.
    func loopbackAddress() throws -> SocketAddress {
        guard isLoopback else { throw TransportError.notLoopback(address: description) }
        let address = host.lowercased() == "localhost" ? "127.0.0.1" : host
        return try SocketAddress(ipAddress: address, port: port)
    }

    private static func isPlausible(host: String) -> Bool {
        if host.contains(":") { return (try? SocketAddress(ipAddress: host, port: 0)) != nil }
        return (1...253).contains(host.utf8.count)
            && host.utf8.allSatisfy { byte in
                (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
                    || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
            }
    }
}

extension SocketAddress {
    /// `127.0.0.1:7000` or `[::1]:7000`.
    var hostAndPort: String {
        guard let ipAddress, let port else { return "an unnamed address" }
        return ipAddress.contains(":") ? "[\(ipAddress)]:\(port)" : "\(ipAddress):\(port)"
    }
}
