import Foundation
import SottoTransport
import TestSupport
import Testing

/// How long waits last: as long as there is progress, and no longer.
@Suite struct ProgressTests {
    private func heartbeat(_ depth: UInt32) -> [UInt8] {
        WireFormat.header(of: Frame(tag: FrameTag.heartbeat, depth: depth, payload: []))
    }

    /// Runs `body` while the peer sends heartbeats.
    private func beating(_ socket: RawSocket, _ body: () throws -> Void) throws {
        let stop = DispatchSemaphore(value: 0)
        let beats = Background { [bytes = heartbeat(2)] in
            while stop.wait(timeout: .now() + 0.02) == .timedOut { try? socket.write(bytes) }
        }
        defer {
            stop.signal()
            try? beats.result()
        }
        try body()
    }

    @Test func heartbeatsProlongAWait() throws {
        try withRawPeer(configuration: TCPConfiguration(timeout: .seconds(1))) { channel, socket, _ in
            try socket.write(WireFormat.streamHeader)
            let received = Background { try channel.receive(tag: 7) }
            try beating(socket) { Thread.sleep(forTimeInterval: 1.5) }
            try socket.write(Array(wireBytes([Frame(tag: 7, depth: 1, payload: [4])]).dropFirst(12)))
            try #expect(received.result().payload == [4])
        }
    }

    @Test func heartbeatsAloneDoNotProlongItForEver() throws {
        let configuration = TCPConfiguration(timeout: .milliseconds(200), heartbeatLimit: .milliseconds(500))
        try withRawPeer(configuration: configuration) { channel, socket, name in
            try socket.write(WireFormat.streamHeader)
            try beating(socket) {
                #expect(
                    throws: TransportError.timeout(peer: name, seconds: 0.5, waitingFor: "round 7 of instruction 0")
                ) { try channel.receive(tag: 7) }
            }
        }
    }

    @Test func aWaitForAnIdlePeerIsNotProlonged() throws {
        try withRawPeer { channel, socket, name in
            try socket.write(WireFormat.streamHeader)
            try beating(socket) {
                #expect(
                    throws: TransportError.timeout(peer: name, seconds: 0.2, waitingFor: "a control message")
                ) { try channel.receiveControl(limit: 10, within: .milliseconds(200)) }
            }
        }
    }

    @Test func aWaitForAnIdlePeerMayBeLongerThanTheTimeout() throws {
        try withRawPeer(configuration: TCPConfiguration(timeout: .milliseconds(50))) { channel, socket, _ in
            let received = Background { try channel.receiveControl(limit: 10, within: .seconds(20)) }
            Thread.sleep(forTimeInterval: 0.2)
            try socket.write(wireBytes([Frame(tag: FrameTag.control, depth: 0, payload: [1])]))
            try #expect(received.result() == [1])
        }
    }

    @Test func aLargeFrameThatMovesIsProgress() throws {
        try withRawPeer(configuration: TCPConfiguration(timeout: .seconds(1))) { channel, socket, _ in
            let frame = Frame(tag: 7, depth: 1, payload: [UInt8](repeating: 8, count: 350 << 10))
            let received = Background { try channel.receive(tag: 7) }
            let bytes = wireBytes([frame])
            for start in stride(from: 0, to: bytes.count, by: 70 << 10) {
                try socket.write(Array(bytes[start..<min(start + (70 << 10), bytes.count)]))
                Thread.sleep(forTimeInterval: 0.3)
            }
            try #expect(same(received.result(), frame))
        }
    }

    @Test func aPeerThatDripsTimesOut() throws {
        try withRawPeer(configuration: TCPConfiguration(timeout: .milliseconds(300))) { channel, socket, name in
            try socket.write(WireFormat.streamHeader + wireHeader(length: 100_000))
            let stop = DispatchSemaphore(value: 0)
            let dripping = Background {
                while stop.wait(timeout: .now() + 0.01) == .timedOut { try? socket.write([1]) }
            }
            #expect(
                throws: TransportError.timeout(peer: name, seconds: 0.3, waitingFor: "round 7 of instruction 0")
            ) { try channel.receive(tag: 7) }
            stop.signal()
            try dripping.result()
        }
    }

    @Test func heartbeatsOfThePeerProlongAWaitToSend() throws {
        let configuration = TCPConfiguration(timeout: .seconds(1), unsentBound: 1 << 20)
        try withRawPeer(configuration: configuration) { channel, socket, _ in
            try socket.write(WireFormat.streamHeader)
            let frame = Frame(tag: 7, depth: 1, payload: [UInt8](repeating: 1, count: 1 << 20))
            let sending = Background { for _ in 0..<64 { try channel.send(frame) } }
            try beating(socket) { Thread.sleep(forTimeInterval: 1.5) }
            for _ in 0..<64 { _ = try socket.read(24 + (1 << 20)) }
            try sending.result()
        }
    }

    @Test func aGreetingMustComeInTime() throws {
        let configuration = TCPConfiguration(timeout: .seconds(20), greetingTimeout: .milliseconds(200))
        try withRawPeer(configuration: configuration, isAdmitted: false) { channel, socket, name in
            try socket.write(WireFormat.streamHeader)
            let server = Handshake(version: 1, role: "server", fields: [:])
            try beating(socket) {
                #expect(throws: TransportError.timeout(peer: name, seconds: 0.2, waitingFor: "its greeting")) {
                    try server.exchange(over: channel, expecting: [], peerRole: nil)
                }
            }
            // Not refused: a third party that hears of it must learn that somebody is gone.
            let sentence = Array("the server waited too long for this side's greeting.".utf8)
            #expect(socket.readToEnd().suffix(1 + sentence.count) == [AbortKind.unavailable.rawValue] + sentence)
        }
    }

    @Test func aGreetingsTimeIsAtMostTheTimeout() throws {
        try withRawPeer(configuration: TCPConfiguration(timeout: .milliseconds(50))) { channel, _, name in
            #expect(throws: TransportError.timeout(peer: name, seconds: 0.05, waitingFor: "its greeting")) {
                try Handshake(version: 1, role: "server", fields: [:])
                    .exchange(over: channel, expecting: [], peerRole: nil, within: .seconds(30))
            }
        }
    }
}
