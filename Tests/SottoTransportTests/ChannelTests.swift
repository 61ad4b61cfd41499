import Foundation
import SottoTransport
import TestSupport
import Testing

/// What every kind of channel promises.
@Suite struct ChannelTests {
    @Test(arguments: Medium.allCases) func framesArriveUnchangedAndInOrder(medium: Medium) throws {
        try medium.withPair { server, client in
            var random = SeededGenerator(seed: 4)
            let sizes = [0, 1, 7, 8, 4096, 262_127, 262_128, 262_129, 600_003, 0]
            let frames = sizes.enumerated().map { index, size in
                Frame(tag: 5, depth: UInt32(index), payload: random.bytes(size))
            }
            let back = frames.reversed().map { Frame(tag: 6, depth: $0.depth, payload: $0.payload) }
            for frame in frames { try client.send(frame) }
            try server.send(back)
            for frame in frames { try #expect(same(server.receive(tag: 5), frame)) }
            for frame in back { try #expect(same(client.receive(tag: 6), frame)) }
        }
    }

    @Test(arguments: Medium.allCases) func expectedFramesMayOvertake(medium: Medium) throws {
        try medium.withPair { server, client in
            let frames = [3, 2, 1, 3, 2, 4].enumerated().map { index, tag in
                Frame(tag: UInt32(tag), depth: UInt32(index), payload: [UInt8(index)])
            }
            try client.send(frames)
            try #expect(server.receive(tag: 1, alsoExpected: [2, 3]) == frames[2])
            try #expect(server.receive(tag: 2, alsoExpected: []) == frames[1])
            try #expect(server.receive(tag: 3, alsoExpected: []) == frames[0])
            try #expect(server.receive(tag: 3, alsoExpected: []) == frames[3])
            try #expect(server.receive(tag: 4, alsoExpected: [2]) == frames[5])
            try #expect(server.receive(tag: 2, alsoExpected: []) == frames[4])
        }
    }

    @Test(arguments: Medium.allCases) func aTagIsSetAsideOnce(medium: Medium) throws {
        try medium.withPair { server, client in
            for index in UInt8(0)..<2 { try client.send(Frame(tag: 3, depth: 1, payload: [index])) }
            try client.send(Frame(tag: 1, depth: 1, payload: []))
            #expect(throws: TransportError.unexpectedTag(peer: server.peerName, expected: 1, got: 3)) {
                try server.receive(tag: 1, alsoExpected: [2, 3])
            }
            for index in UInt8(0)..<2 { try #expect(server.receive(tag: 3).payload == [index]) }
            try #expect(server.receive(tag: 1).payload == [])
        }
    }

    @Test(arguments: Medium.allCases) func anyOtherTagIsRefusedAndStays(medium: Medium) throws {
        try medium.withPair { server, client in
            try client.send(Frame(tag: 9, depth: 1, payload: [1]))
            for _ in 0..<2 {
                #expect(throws: TransportError.unexpectedTag(peer: server.peerName, expected: 7, got: 9)) {
                    try server.receive(tag: 7, alsoExpected: [8])
                }
            }
            try #expect(server.receive(tag: 9).payload == [1])
        }
    }

    @Test(arguments: Medium.allCases) func aControlMessageIsNoMessageOfTheProgram(medium: Medium) throws {
        try medium.withPair { server, client in
            try client.sendControl([1])
            try server.send(Frame(tag: 7, depth: 1, payload: [1]))
            #expect(
                throws: TransportError.unexpectedTag(peer: server.peerName, expected: 7, got: FrameTag.control)
            ) { try server.receive(tag: 7) }
            #expect(
                throws: TransportError.unexpectedTag(peer: client.peerName, expected: FrameTag.control, got: 7)
            ) { try client.receiveControl(limit: 10) }
        }
    }

    @Test(arguments: Medium.allCases) func payloadSizeIsChecked(medium: Medium) throws {
        try medium.withPair { server, client in
            for count in [10, 9, 11, 0] {
                try client.send(Frame(tag: 7, depth: 1, payload: [UInt8](repeating: 1, count: count)))
            }
            try #expect(server.receive(tag: 7, byteCount: 10).payload.count == 10)
            for count in [9, 11, 0] {
                #expect(
                    throws: TransportError.unexpectedSize(peer: server.peerName, tag: 7, expected: 10, got: count)
                ) { try server.receive(tag: 7, byteCount: 10, alsoExpected: []) }
            }
        }
    }

    @Test(arguments: Medium.allCases) func waitingEndsAtTheTimeout(medium: Medium) throws {
        try medium.withPair(timeout: .milliseconds(50)) { server, client in
            #expect(
                throws: TransportError.timeout(
                    peer: server.peerName, seconds: 0.05, waitingFor: "round 7 of instruction 0")
            ) { try server.receive(tag: 7) }
            // A frame that was expected as well does not count as the one asked for.
            try client.send(Frame(tag: 8, depth: 1, payload: [1]))
            #expect(
                throws: TransportError.timeout(
                    peer: server.peerName, seconds: 0.05, waitingFor: "round 7 of instruction 0")
            ) { try server.receive(tag: 7, alsoExpected: [8]) }
            #expect(
                throws: TransportError.timeout(peer: client.peerName, seconds: 0.05, waitingFor: "a control message")
            ) { try client.receiveControl(limit: 10) }
            try #expect(server.receive(tag: 8).payload == [1])
        }
    }

    @Test(arguments: Medium.allCases) func aReceiveWaitsForAFrameSentLater(medium: Medium) throws {
        try medium.withPair { server, client in
            let received = Background { [server] in try server.receive(tag: 7) }
            Thread.sleep(forTimeInterval: 0.02)
            try client.send(Frame(tag: 7, depth: 3, payload: [4]))
            try #expect(received.result() == Frame(tag: 7, depth: 3, payload: [4]))
        }
    }

    @Test(arguments: Medium.allCases) func whatWasSentBeforeClosingArrives(medium: Medium) throws {
        try medium.withPair { server, client in
            let frames = (0..<20).map { Frame(tag: 7, depth: $0, payload: [UInt8](repeating: 3, count: 100_000)) }
            try client.send(frames)
            client.close()
            client.close()
            for frame in frames { try #expect(same(server.receive(tag: 7), frame)) }
            #expect(throws: TransportError.peerClosed(peer: server.peerName)) { try server.receive(tag: 7) }
            #expect(throws: TransportError.peerClosed(peer: server.peerName)) {
                try server.send(Frame(tag: 1, depth: 0, payload: []))
            }
        }
    }

    @Test(arguments: Medium.allCases) func closingEndsThePeersWait(medium: Medium) throws {
        try medium.withPair { server, client in
            let name = server.peerName
            let received = Background { [server] in transportError { _ = try server.receive(tag: 7) } }
            Thread.sleep(forTimeInterval: 0.02)
            client.close()
            try #expect(received.result() == .peerClosed(peer: name))
        }
    }

    @Test(arguments: Medium.allCases) func closingEndsTheOwnWait(medium: Medium) throws {
        try medium.withPair { server, client in
            let name = server.peerName
            try client.send(Frame(tag: 9, depth: 0, payload: []))
            let received = Background { [server] in
                transportError { _ = try server.receive(tag: 7, alsoExpected: [9]) }
            }
            Thread.sleep(forTimeInterval: 0.02)
            server.close()
            try #expect(received.result() == .closed(peer: name))
            #expect(throws: TransportError.closed(peer: name)) { try server.receive(tag: 9) }
            #expect(throws: TransportError.closed(peer: name)) {
                try server.send([Frame(tag: 1, depth: 0, payload: [])])
            }
        }
    }

    @Test(arguments: Medium.allCases) func aPeerThatGivesUpSaysWhy(medium: Medium) throws {
        try medium.withPair { server, client in
            try client.send(Frame(tag: 7, depth: 1, payload: [1]))
            client.abort(reason: "no correlations are left.")
            let refused = TransportError.refusedByPeer(peer: server.peerName, reason: "no correlations are left.")
            try #expect(server.receive(tag: 7).payload == [1])
            #expect(throws: refused) { try server.receive(tag: 7) }
            #expect(throws: refused) { try server.receiveControl(limit: 10) }
            #expect(throws: refused) { try server.send(Frame(tag: 1, depth: 0, payload: [])) }
            #expect(refused.description == "Refused by \(server.peerName): no correlations are left.")
        }
    }

    @Test(arguments: Medium.allCases) func aReasonCannotDriveTheTerminal(medium: Medium) throws {
        try medium.withPair { server, client in
            client.abort(reason: "a\u{1B}[2Jb\nc" + String(repeating: "x", count: 1000))
            let error = try #require(transportError { _ = try server.receive(tag: 7) })
            guard case .refusedByPeer(_, let reason) = error else {
                Issue.record("\(error)")
                return
            }
            #expect(reason == "a?[2Jb?c" + String(repeating: "x", count: 292))
        }
    }

    @Test(arguments: Medium.allCases) func controlMessagesPassBesideTheProgram(medium: Medium) throws {
        try medium.withPair { server, client in
            for bytes in [[], [1], [UInt8](repeating: 2, count: 100_000)] {
                try client.sendControl(bytes)
                try #expect(server.receiveControl(limit: bytes.count) == bytes)
            }
            try client.sendControl([1, 2, 3])
            #expect(throws: TransportError.oversizedFrame(peer: server.peerName, length: 3, limit: 2)) {
                try server.receiveControl(limit: 2)
            }
        }
    }

    @Test func overheadIsWhatIsNoPayload() throws {
        try Medium.tcp.withPair { server, client in
            #expect(client.overheadBytesSent == 12)
            try client.send(Frame(tag: 7, depth: 1, payload: [UInt8](repeating: 0, count: 1000)))
            #expect(client.overheadBytesSent == 12 + 24)
            try client.sendControl([1, 2, 3])
            #expect(client.overheadBytesSent == 12 + 24 + 24 + 3)
            try client.send([Frame(tag: 7, depth: 1, payload: [1]), Frame(tag: 8, depth: 1, payload: [])])
            #expect(client.overheadBytesSent == 12 + 4 * 24 + 3)
            #expect(server.overheadBytesSent == 12)
        }
        try Medium.inMemory.withPair { server, client in
            try client.send(Frame(tag: 7, depth: 1, payload: [1]))
            try client.sendControl([1, 2, 3])
            #expect(client.overheadBytesSent == 3)
            #expect(server.overheadBytesSent == 0)
        }
    }

    @Test(arguments: Medium.allCases) func threadsDoNotMixTheirFrames(medium: Medium) throws {
        try medium.withPair { server, client in
            let senders = (0..<4).map { sender in
                Background { [client] in
                    for index in 0..<20 {
                        let payload = [UInt8](repeating: UInt8(sender), count: (index % 5) * 200_000)
                        try client.send(
                            Frame(tag: UInt32(sender * 20 + index), depth: UInt32(index), payload: payload))
                    }
                }
            }
            for index in 0..<20 {
                for sender in 0..<4 {
                    let tag = UInt32(sender * 20 + index)
                    let frame = try server.receive(tag: tag, alsoExpected: Set(0..<80))
                    let payload = [UInt8](repeating: UInt8(sender), count: (index % 5) * 200_000)
                    #expect(same(frame, Frame(tag: tag, depth: UInt32(index), payload: payload)))
                }
            }
            for sender in senders { try sender.result() }
        }
    }

    @Test func anInMemoryEndThatIsGoneHasClosed() throws {
        var pair: (InMemoryChannel, InMemoryChannel)? = InMemoryChannel.pair(names: ("dealer", "server"))
        let dealer = try #require(pair).0
        pair = nil
        #expect(dealer.peerName == "server")
        #expect(throws: TransportError.peerClosed(peer: "server")) { try dealer.receive(tag: 1) }
    }
}
