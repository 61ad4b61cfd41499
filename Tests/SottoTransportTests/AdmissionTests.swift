import Foundation
import SottoTransport
import TestSupport
import Testing

/// What a stranger can make a party hold, before its greeting and after it.
@Suite struct AdmissionTests {
    /// More than the operating system itself keeps for one connection, by default at most 4 + 6 MiB on Linux.
    private static let systemBuffers = 32 << 20

    private func emptyFrames(_ count: Int) -> [UInt8] {
        Array((0..<count).map { _ in WireFormat.header(of: Frame(tag: 7, depth: 1, payload: [])) }.joined())
    }

    @Test func aLargeFirstFrameIsRefusedByItsHeader() throws {
        try withRawPeer(isAdmitted: false) { channel, socket, name in
            try socket.write(WireFormat.streamHeader + wireHeader(length: (1 << 20) + 1, tag: FrameTag.control))
            let error = TransportError.oversizedFrame(peer: name, length: (1 << 20) + 1, limit: 1 << 20)
            #expect(throws: error) { try channel.receiveControl(limit: 1 << 30) }
            let told = Array(socket.readToEnd().dropFirst(24))
            #expect(
                String(decoding: told.dropFirst(), as: UTF8.self)
                    == "a message of 1048577 bytes exceeds the limit of 1048576 bytes here.")
        }
    }

    @Test func aFrameOfTheLimitIsAGreeting() throws {
        try withRawPeer(isAdmitted: false) { channel, socket, _ in
            let frame = Frame(tag: FrameTag.control, depth: 0, payload: [UInt8](repeating: 1, count: 1 << 20))
            let writing = Background { [bytes = wireBytes([frame])] in try socket.write(bytes) }
            try #expect(channel.receiveControl(limit: 1 << 20).count == 1 << 20)
            try writing.result()
        }
    }

    @Test func largeFramesMayFollowTheGreetingAtOnce() throws {
        try withRawPeer(isAdmitted: false) { channel, socket, _ in
            let large = Frame(tag: 7, depth: 1, payload: [UInt8](repeating: 5, count: 3 << 20))
            let greeting = Frame(tag: FrameTag.control, depth: 0, payload: [1])
            let writing = Background { [bytes = wireBytes([greeting, large, large])] in try socket.write(bytes) }
            try #expect(channel.receiveControl(limit: 1) == [1])
            Thread.sleep(forTimeInterval: 0.05)
            channel.admit()
            channel.admit()
            for _ in 0..<2 { try #expect(same(channel.receive(tag: 7), large)) }
            try writing.result()
        }
    }

    @Test(arguments: [false, true]) func emptyFramesAreCharged(isAdmitted: Bool) throws {
        let configuration = TCPConfiguration(timeout: .seconds(20), frameLimit: 1 << 20, unreadBound: 1 << 20)
        try withRawPeer(configuration: configuration, isAdmitted: isAdmitted) { channel, socket, _ in
            try socket.write(WireFormat.streamHeader)
            // Without a charge these go on without end.
            let written = socket.write(repeating: emptyFrames(4096), limit: 256 << 20)
            #expect(written <= (1 << 20) + AdmissionTests.systemBuffers)
            #expect(channel.failure == nil)
        }
    }

    /// After the handshake too, from a peer from whom nothing but a request is due.
    @Test func aPeerWhoMayOnlyAskCanFillLittle() throws {
        let configuration = TCPConfiguration(timeout: .seconds(20), frameLimit: 64 << 20, unreadBound: 256 << 20)
        try withRawPeer(configuration: configuration) { channel, socket, _ in
            channel.restrict()
            try socket.write(WireFormat.streamHeader)
            let frame = Frame(tag: 7, depth: 1, payload: [UInt8](repeating: 5, count: 1 << 20))
            let bytes = Array(wireBytes([frame]).dropFirst(WireFormat.streamHeader.count))
            let written = socket.write(repeating: bytes, limit: 256 << 20)
            #expect(written <= (18 << 20) + AdmissionTests.systemBuffers)
            #expect(channel.failure == nil)
        }
    }

    /// A large frame stays outside until more than a request is due.
    @Test func aLargeFrameWaitsForTheRequestBeforeIt() throws {
        try withRawPeer { channel, socket, _ in
            let large = Frame(tag: 7, depth: 1, payload: [UInt8](repeating: 5, count: 3 << 20))
            let request = Frame(tag: FrameTag.control, depth: 0, payload: [1])
            let writing = Background { [bytes = wireBytes([request, large])] in try socket.write(bytes) }
            try #expect(channel.receiveRequest(limit: 1, within: nil) == [1])
            try #expect(same(channel.receive(tag: 7), large))
            try writing.result()
        }
    }

    @Test func framesSetAsideCountAndHaveACap() throws {
        let configuration = TCPConfiguration(timeout: .seconds(20), frameLimit: 1 << 20, unreadBound: 1 << 20)
        try withRawPeer(configuration: configuration) { channel, socket, name in
            let received = Background { transportError { _ = try channel.receive(tag: 7, alsoExpected: Set(10..<99)) } }
            let frames = (10..<40).map {
                Frame(tag: UInt32($0), depth: 1, payload: [UInt8](repeating: 1, count: 256 << 10))
            }
            let writing = Background { [bytes = wireBytes(frames)] in try? socket.write(bytes) }
            let cap = (2 << 20) + 64 + (768 << 10)
            try #expect(received.result() == .tooMuchUnread(peer: name, bytes: cap))
            _ = try writing.result()
        }
    }

    @Test func aFloodWhileThisSideSendsHasACap() throws {
        let configuration = TCPConfiguration(
            timeout: .seconds(20), frameLimit: 1 << 20, unreadBound: 1 << 20, unsentBound: 1 << 20)
        try withRawPeer(configuration: configuration) { channel, socket, name in
            let sending = Background {
                transportError {
                    let frame = Frame(tag: 7, depth: 1, payload: [UInt8](repeating: 1, count: 1 << 20))
                    while true { try channel.send(frame) }
                }
            }
            try socket.write(WireFormat.streamHeader)
            _ = socket.write(repeating: emptyFrames(4096), limit: 1 << 30)
            guard case .tooMuchUnread(name, _) = try sending.result() else {
                Issue.record("\(String(describing: channel.failure))")
                return
            }
            #expect(throws: TransportError.self) { try channel.receive(tag: 8) }
        }
    }

    @Test(arguments: [13, 30, 36, 37, 60]) func aFlippedBitEndsTheConnectionAndThePeerIsTold(byte: Int) throws {
        try withRawPeer { channel, socket, name in
            var bytes = wireBytes([Frame(tag: 7, depth: 1, payload: Array(0..<40))])
            bytes[byte] ^= 0x10
            try socket.write(bytes)
            #expect(throws: TransportError.damagedFrame(peer: name)) { try channel.receive(tag: 7) }
            let told = Array(socket.readToEnd().dropFirst(24))
            #expect(told.first == AbortKind.refused.rawValue)
            #expect(String(decoding: told.dropFirst(), as: UTF8.self) == "what arrived here was damaged on its way.")
        }
    }

    @Test func thePeerIsToldBehindWhatIsOnItsWay() throws {
        try withRawPeer { channel, socket, name in
            // More than the operating system holds for a peer that does not read.
            let frame = Frame(tag: 7, depth: 1, payload: [UInt8](repeating: 1, count: 1 << 20))
            let sending = Background { for _ in 0..<8 { try channel.send(frame) } }
            try sending.result()
            var bytes = wireBytes([Frame(tag: 8, depth: 1, payload: Array(0..<40))])
            bytes[40] ^= 1
            try socket.write(bytes)
            #expect(throws: TransportError.damagedFrame(peer: name)) { try channel.receive(tag: 8) }
            let reason = Array("what arrived here was damaged on its way.".utf8)
            let abort = Frame(tag: FrameTag.abort, depth: 0, payload: [AbortKind.refused.rawValue] + reason)
            let told = socket.readToEnd()
            #expect(
                told.suffix(WireFormat.frameHeaderSize + abort.payload.count)
                    == WireFormat.header(of: abort) + abort.payload)
            #expect(told.count > 8 << 20)
        }
    }

    @Test func aHandshakeAdmits() throws {
        try withTransport { transport in
            let listener = try TCPListener(host: "127.0.0.1", port: 0, transport: transport)
            defer { listener.close() }
            let client = try TCPChannel.connect(host: "127.0.0.1", port: listener.port, transport: transport)
            defer { client.close() }
            let server = try listener.accept(timeout: .seconds(20))
            defer { server.close() }
            let greeting = Background {
                _ = try Handshake(version: 1, role: "client", fields: [:])
                    .exchange(over: client, expecting: [], peerRole: nil)
                // The server may not have compared the handshakes yet.
                try client.send(Frame(tag: 7, depth: 1, payload: [UInt8](repeating: 1, count: 2 << 20)))
            }
            _ = try Handshake(version: 1, role: "server", fields: [:])
                .exchange(over: server, expecting: [], peerRole: "client")
            try greeting.result()
            try #expect(server.receive(tag: 7).payload.count == 2 << 20)
        }
    }
}
