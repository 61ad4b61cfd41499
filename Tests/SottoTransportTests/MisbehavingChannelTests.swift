import SottoTransport
import TestSupport
import Testing

/// What a receiver sees of each misdeed, over both kinds of channel.
@Suite struct MisbehavingChannelTests {
    private func withMisdeed(
        _ misdeed: MisbehavingChannel.Misdeed, medium: Medium, timeout: Duration = .seconds(20),
        body: (any Channel) throws -> Void
    ) throws {
        try medium.withPair(timeout: timeout) { server, client in
            let channel = MisbehavingChannel(client, misdeeds: [1: misdeed])
            try channel.sendControl([9])
            for index in 0..<3 {
                let frame = Frame(
                    tag: UInt32(10 + index), depth: 1, payload: [UInt8](repeating: UInt8(index), count: 8))
                // Sending fails once the channel was closed.
                if transportError({ try channel.send(frame) }) != nil { break }
            }
            try #expect(server.receiveControl(limit: 1) == [9])
            try #expect(server.receive(tag: 10, byteCount: 8).payload == [UInt8](repeating: 0, count: 8))
            try body(server)
        }
    }

    @Test(arguments: Medium.allCases) func droppedFrames(medium: Medium) throws {
        try withMisdeed(.drop, medium: medium) { server in
            #expect(throws: TransportError.unexpectedTag(peer: server.peerName, expected: 11, got: 12)) {
                try server.receive(tag: 11)
            }
        }
        try withMisdeed(.drop, medium: medium, timeout: .milliseconds(40)) { server in
            #expect(
                throws: TransportError.timeout(
                    peer: server.peerName, seconds: 0.04, waitingFor: "round 11 of instruction 0")
            ) { try server.receive(tag: 11, alsoExpected: [12]) }
        }
    }

    @Test(arguments: Medium.allCases) func changedSizes(medium: Medium) throws {
        for (misdeed, size) in [(.truncate(byteCount: 5), 5), (.extend(byteCount: 1), 9)]
            as [(MisbehavingChannel.Misdeed, Int)]
        {
            try withMisdeed(misdeed, medium: medium) { server in
                #expect(
                    throws: TransportError.unexpectedSize(peer: server.peerName, tag: 11, expected: 8, got: size)
                ) { try server.receive(tag: 11, byteCount: 8) }
            }
        }
    }

    @Test(arguments: Medium.allCases) func changedTags(medium: Medium) throws {
        try withMisdeed(.retag(99), medium: medium) { server in
            #expect(throws: TransportError.unexpectedTag(peer: server.peerName, expected: 11, got: 99)) {
                try server.receive(tag: 11, alsoExpected: [12])
            }
        }
    }

    @Test(arguments: Medium.allCases) func doubledFrames(medium: Medium) throws {
        try withMisdeed(.duplicate, medium: medium) { server in
            _ = try server.receive(tag: 11)
            #expect(throws: TransportError.unexpectedTag(peer: server.peerName, expected: 12, got: 11)) {
                try server.receive(tag: 12)
            }
        }
    }

    @Test(arguments: Medium.allCases) func lateFramesAreNoFailure(medium: Medium) throws {
        try withMisdeed(.delay(.milliseconds(30)), medium: medium) { server in
            try #expect(server.receive(tag: 11).payload == [UInt8](repeating: 1, count: 8))
            try #expect(server.receive(tag: 12).payload == [UInt8](repeating: 2, count: 8))
        }
    }

    @Test(arguments: Medium.allCases) func closing(medium: Medium) throws {
        try withMisdeed(.close, medium: medium) { server in
            #expect(throws: TransportError.peerClosed(peer: server.peerName)) { try server.receive(tag: 11) }
        }
    }
}
