import Foundation
import SottoModel
import SottoTransport
import TestSupport

/// The transport error that `body` throws, or nil.
func transportError(_ body: () throws -> Void) -> TransportError? {
    do {
        try body()
        return nil
    } catch {
        return error as? TransportError
    }
}

/// The kinds of channel, which must behave alike.
enum Medium: CaseIterable, Sendable {
    case inMemory, tcp

    /// Runs `body` with the server's and the client's end of a new connection.
    func withPair(
        timeout: Duration = .seconds(20), body: (any Channel, any Channel) throws -> Void
    ) throws {
        switch self {
        case .inMemory:
            let (server, client) = InMemoryChannel.pair(timeout: timeout)
            defer { server.close() }
            try body(server, client)
        case .tcp:
            try LoopbackPair.with(configuration: TCPConfiguration(timeout: timeout)) { try body($0, $1) }
        }
    }
}

func withTransport(body: (TCPTransport) throws -> Void) throws {
    let transport = try TCPTransport()
    defer { transport.shutdown() }
    try body(transport)
}

/// Whether two frames are equal; quick on large payloads also without optimisation.
func same(_ first: Frame, _ second: Frame) -> Bool {
    guard first.tag == second.tag, first.depth == second.depth, first.payload.count == second.payload.count else {
        return false
    }
    return first.payload.withUnsafeBytes { first in
        second.payload.withUnsafeBytes { second in
            first.isEmpty || memcmp(first.baseAddress!, second.baseAddress!, first.count) == 0
        }
    }
}

/// SplitMix64: the same numbers in every run.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &self) }
    }
}

/// Runs `body` with an accepted channel whose peer is a raw socket, and the peer's name.
///
/// - Parameter isAdmitted: Whether the channel behaves as after a handshake.
func withRawPeer(
    configuration: TCPConfiguration = TCPConfiguration(timeout: .seconds(20)), isAdmitted: Bool = true,
    body: (TCPChannel, RawSocket, String) throws -> Void
) throws {
    try withTransport { transport in
        let listener = try TCPListener(
            host: "127.0.0.1", port: 0, configuration: configuration, transport: transport)
        defer { listener.close() }
        let socket = try RawSocket(connectingTo: listener.port)
        let channel = try listener.accept(peerRole: "client", timeout: .seconds(20))
        defer { channel.close() }
        if isAdmitted { channel.admit() }
        // Unread bytes would turn the socket's end into a reset.
        guard try socket.read(12) == WireFormat.streamHeader else { throw RawSocket.Failure(call: "read", number: 0) }
        try body(channel, socket, channel.peerName)
        socket.close()
    }
}

/// The header of a frame that claims what it likes, with a checksum that is right.
func wireHeader(
    length: UInt64, tag: UInt32 = 7, depth: UInt32 = 1, payloadChecksum: UInt32 = 0
) -> [UInt8] {
    var bytes = withUnsafeBytes(of: length.littleEndian) { Array($0) }
    for value in [tag, depth, payloadChecksum] { bytes += withUnsafeBytes(of: value.littleEndian) { Array($0) } }
    return bytes + withUnsafeBytes(of: Checksum.of(bytes).littleEndian) { Array($0) }
}

/// The bytes of a connection that carries these frames.
func wireBytes(_ frames: [Frame]) -> [UInt8] {
    frames.reduce(WireFormat.streamHeader) { $0 + WireFormat.header(of: $1) + $1.payload }
}
