import Foundation
import SottoTransport
import TestSupport
import Testing

@Suite struct HandshakeTests {
    private let server = Handshake(
        version: 3, role: "server", fields: ["session": "a1", "program": "f00", "threads": "2"])
    private let client = Handshake(
        version: 3, role: "client", fields: ["session": "a1", "program": "f00", "threads": "1"])

    /// What each side of an exchange over a new connection throws or returns.
    private func exchange(
        _ medium: Medium, server: Handshake, client: Handshake, expecting: [String],
        serverExpects: String? = "client", clientExpects: String? = "server"
    ) throws -> (server: Outcome, client: Outcome) {
        var outcomes: (Outcome, Outcome)?
        try medium.withPair { serverEnd, clientEnd in
            let serverSide = Background { [serverEnd] in
                Outcome { try server.exchange(over: serverEnd, expecting: expecting, peerRole: serverExpects) }
            }
            let clientSide = Outcome {
                try client.exchange(over: clientEnd, expecting: expecting, peerRole: clientExpects)
            }
            outcomes = (try serverSide.result(), clientSide)
        }
        return try #require(outcomes)
    }

    struct Outcome: Sendable {
        var theirs: Handshake?
        var error: TransportError?

        init(_ body: () throws -> Handshake) {
            error = transportError { theirs = try body() }
        }
    }

    @Test(arguments: Medium.allCases) func eachSideLearnsTheOthers(medium: Medium) throws {
        let (atServer, atClient) = try exchange(
            medium, server: server, client: client, expecting: ["session", "program"])
        #expect(atServer.theirs == client)
        #expect(atClient.theirs == server)
    }

    @Test(arguments: Medium.allCases) func bothSidesNameTheDifferingField(medium: Medium) throws {
        var other = client
        other.fields["program"] = "beef"
        let (atServer, atClient) = try exchange(
            medium, server: server, client: other, expecting: ["session", "program", "threads"])
        guard case .handshakeMismatch(_, "program", "f00", "beef") = atServer.error else {
            Issue.record("\(String(describing: atServer.error))")
            return
        }
        guard case .handshakeMismatch(_, "program", "beef", "f00") = atClient.error else {
            Issue.record("\(String(describing: atClient.error))")
            return
        }
        #expect(atServer.error?.category == .protocolViolation)
    }

    @Test func missingFieldsAreNamed() throws {
        var other = client
        other.fields["session"] = nil
        let (atServer, atClient) = try exchange(.inMemory, server: server, client: other, expecting: ["session"])
        #expect(
            atServer.error
                == .handshakeMismatch(peer: "client", field: "session", ours: "a1", theirs: "(none)"))
        #expect(
            atClient.error
                == .handshakeMismatch(peer: "server", field: "session", ours: "(none)", theirs: "a1"))
        let neither = try exchange(.inMemory, server: server, client: client, expecting: ["seed"])
        #expect(neither.server.theirs == nil)
    }

    @Test func rolesAndVersionsMustFit() throws {
        var other = client
        other.role = "server"
        let roles = try exchange(.inMemory, server: server, client: other, expecting: [])
        #expect(
            roles.server.error
                == .handshakeMismatch(peer: "client", field: "role of the peer", ours: "client", theirs: "server"))
        other = client
        other.version = 4
        let versions = try exchange(.inMemory, server: server, client: other, expecting: ["session"])
        #expect(versions.server.error == .versionMismatch(peer: "client", ours: 3, theirs: 4))
        #expect(versions.client.error == .versionMismatch(peer: "server", ours: 4, theirs: 3))
        let anyRole = try exchange(
            .inMemory, server: server, client: client, expecting: [], serverExpects: nil, clientExpects: nil)
        #expect(anyRole.server.theirs == client)
    }

    @Test func aSideThatSeesNoDifferenceIsTold() throws {
        try Medium.tcp.withPair { serverEnd, clientEnd in
            var other = client
            other.fields["program"] = "beef"
            let serverSide = Background { [serverEnd, server] in
                transportError { _ = try server.exchange(over: serverEnd, expecting: ["program"], peerRole: "client") }
            }
            _ = try other.exchange(over: clientEnd, expecting: ["session"], peerRole: "server")
            #expect(
                throws: TransportError.refusedByPeer(
                    peer: clientEnd.peerName, reason: "the program differs: 'beef' here, 'f00' at the server.")
            ) { try clientEnd.receive(tag: 7) }
            try #expect(serverSide.result() != nil)
        }
    }

    @Test func thePeerIsNamedByItsRole() throws {
        try withTransport { transport in
            let listener = try TCPListener(host: "127.0.0.1", port: 0, transport: transport)
            defer { listener.close() }
            let clientEnd = try TCPChannel.connect(host: "127.0.0.1", port: listener.port, transport: transport)
            let serverEnd = try listener.accept(timeout: .seconds(20))
            #expect(clientEnd.peerName == "peer at 127.0.0.1:\(listener.port)")
            let clientSide = Background { [client] in
                try client.exchange(over: clientEnd, expecting: ["session"], peerRole: "server")
            }
            try #expect(server.exchange(over: serverEnd, expecting: ["session"], peerRole: nil) == client)
            try #expect(clientSide.result() == server)
            #expect(clientEnd.peerName == "server at 127.0.0.1:\(listener.port)")
            #expect(serverEnd.peerName.hasPrefix("client at 127.0.0.1:"))
            #expect(serverEnd.overheadBytesSent > 12 + 24)
        }
    }

    @Test(arguments: [
        "", "{}", "[]", "null", "{\"version\":3,\"role\":\"client\"}",
        "{\"version\":\"3\",\"role\":\"client\",\"fields\":{}}", "{\"version\":3.5,\"role\":\"client\",\"fields\":{}}",
        "{\"version\":1e99,\"role\":\"client\",\"fields\":{}}",
        "{\"version\":3,\"role\":\"client\",\"fields\":{\"a\":1}}",
        "{\"version\":3,\"role\":\"client\",\"fields\":{}", String(repeating: "[", count: 100_000), "\u{0}\u{FF}",
    ]) func malformedHandshakesAreRefused(text: String) throws {
        let (serverEnd, clientEnd) = InMemoryChannel.pair()
        try clientEnd.sendControl(Array(text.utf8))
        #expect(
            throws: TransportError.malformedHandshake(
                peer: "client", reason: "not an object with version, role and fields")
        ) { try server.exchange(over: serverEnd, expecting: [], peerRole: nil) }
        _ = try clientEnd.receiveControl(limit: Handshake.byteLimit)
        #expect(
            throws: TransportError.refusedByPeer(
                peer: "server", reason: "the server cannot read this side's handshake.")
        ) { try clientEnd.receive(tag: 1) }
    }

    @Test func randomBytesAreNoHandshake() throws {
        var random = SeededGenerator(seed: 5)
        for _ in 0..<200 {
            let (serverEnd, clientEnd) = InMemoryChannel.pair()
            var bytes = Array(try JSONEncoder().encode(client))
            if Bool.random(using: &random) {
                bytes = random.bytes(.random(in: 0...100, using: &random))
            } else {
                bytes[.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...31, using: &random)
            }
            try clientEnd.sendControl(bytes)
            let error = transportError { _ = try server.exchange(over: serverEnd, expecting: [], peerRole: nil) }
            // A changed byte within a string can leave a readable handshake only if the JSON stays legal.
            if case .malformedHandshake = error { continue }
            #expect(error == nil && String(decoding: bytes, as: UTF8.self).hasPrefix("{"))
        }
    }

    @Test func fieldsAreFewAndBounded() throws {
        var many = client
        for index in 0..<62 { many.fields["extra\(index)"] = "x" }
        var longName = client
        longName.fields[String(repeating: "n", count: 65)] = "x"
        var longValue = client
        longValue.fields["session"] = String(repeating: "v", count: (1 << 19) + 1)
        var longRole = client
        longRole.role = String(repeating: "r", count: 65)
        for (hello, reason) in [
            (many, "it has more than 64 fields"), (longName, "its role or one of its fields is too long"),
            (longValue, "its role or one of its fields is too long"),
            (longRole, "its role or one of its fields is too long"),
        ] {
            let bytes = Array(try JSONEncoder().encode(hello))
            #expect(throws: TransportError.malformedHandshake(peer: "P", reason: reason)) {
                try Handshake(decoding: bytes, peer: "P")
            }
        }
        many.fields["extra0"] = nil
        #expect(try Handshake(decoding: Array(JSONEncoder().encode(many)), peer: "P") == many)
    }

    @Test func oversizedHandshakesAreRefused() throws {
        let (serverEnd, clientEnd) = InMemoryChannel.pair()
        try clientEnd.sendControl([UInt8](repeating: 0x20, count: Handshake.byteLimit + 1))
        #expect(
            throws: TransportError.oversizedFrame(
                peer: "client", length: UInt64(Handshake.byteLimit + 1), limit: Handshake.byteLimit)
        ) { try server.exchange(over: serverEnd, expecting: [], peerRole: nil) }
    }

    @Test func aSilentPeerTimesOut() throws {
        let (serverEnd, clientEnd) = InMemoryChannel.pair(timeout: .milliseconds(30))
        #expect(
            throws: TransportError.timeout(peer: "client", seconds: 0.03, waitingFor: "its greeting")
        ) { try server.exchange(over: serverEnd, expecting: [], peerRole: nil) }
        #expect(clientEnd.peerName == "server")
    }
}
