import Foundation
import SottoTransport
import Synchronization
import TestSupport
import Testing

/// What each side learns of a connection's end.
@Suite struct EndTests {
    @Test(arguments: Medium.allCases) func aPartyThatGivesUpSaysOfWhatKind(medium: Medium) throws {
        for kind in [AbortKind.refused, .unavailable, .busy] {
            try medium.withPair { server, client in
                client.abort(reason: "its dealer is gone.", kind: kind)
                let expected: TransportError =
                    switch kind {
                    case .refused: .refusedByPeer(peer: server.peerName, reason: "its dealer is gone.")
                    case .unavailable: .unavailableBehind(peer: server.peerName, reason: "its dealer is gone.")
                    case .busy: .busy(peer: server.peerName, reason: "its dealer is gone.")
                    }
                #expect(throws: expected) { try server.receive(tag: 7) }
                #expect(expected.category == (kind == .refused ? .protocolViolation : .unavailable))
            }
        }
    }

    @Test(arguments: Medium.allCases) func anErrorChoosesTheKind(medium: Medium) throws {
        let gone = TransportError.peerClosed(peer: "dealer at 127.0.0.1:9")
        try medium.withPair { server, client in
            client.abort(for: gone)
            let expected = TransportError.unavailableBehind(peer: server.peerName, reason: gone.description)
            #expect(throws: expected) { try server.receive(tag: 7) }
            #expect(expected.description.contains("dealer at 127.0.0.1:9"))
        }
        try medium.withPair { server, client in
            client.abort(for: TransportError.damagedFrame(peer: "x"))
            #expect(transportError { _ = try server.receive(tag: 7) }?.category == .protocolViolation)
        }
        #expect(AbortKind(for: CancellationError()) == .refused)
    }

    @Test(
        arguments: [
            [], [9], [0], [255] + Array("why.".utf8), [0, 0xFF, 0xFE, 0x1B, 0x5B],
            [2] + [UInt8](repeating: 0x41, count: 4095),
            [1] + [UInt8](repeating: 0xF0, count: 3000),
        ] as [[UInt8]]) func aStrangersReasonDoesNoHarm(payload: [UInt8]) throws
    {
        try withRawPeer { channel, socket, name in
            try socket.write(wireBytes([Frame(tag: FrameTag.abort, depth: 0, payload: payload)]))
            let error = try #require(transportError { _ = try channel.receive(tag: 7) })
            let text = error.description
            #expect(text.contains(name) && text.count < 500)
            #expect(!text.unicodeScalars.contains { $0.value < 32 || $0 == "\u{7F}" })
        }
    }

    @Test(arguments: Medium.allCases) func theEndIsToldOnce(medium: Medium) throws {
        for isOwn in [false, true] {
            try medium.withPair { server, client in
                let calls = Atomic<Int>(0)
                let ended = DispatchSemaphore(value: 0)
                for _ in 0..<2 {
                    server.whenEnded {
                        calls.add(1, ordering: .relaxed)
                        ended.signal()
                    }
                }
                #expect(calls.load(ordering: .relaxed) == 0)
                if isOwn { server.close() } else { client.close() }
                for _ in 0..<2 { ended.wait() }
                server.close()
                server.whenEnded { calls.add(1, ordering: .relaxed) }
                #expect(calls.load(ordering: .relaxed) == 3)
            }
        }
    }

    @Test func aWaitingConnectionThatDiesIsNoticed() throws {
        try withRawPeer { channel, socket, name in
            let ended = DispatchSemaphore(value: 0)
            channel.whenEnded { ended.signal() }
            socket.close()
            ended.wait()
            #expect(channel.failure == .peerClosed(peer: name))
        }
    }
}
