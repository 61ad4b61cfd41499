import Foundation
import SottoTransport
import TestSupport
import Testing

/// Memory stays bounded when one side is slower, and nobody waits for ever.
@Suite struct BackPressureTests {
    private static let bound = 1 << 20
    /// More than the operating system itself keeps for one connection, by default at most 4 + 6 MiB on Linux.
    private static let systemBuffers = 32 << 20

    private func configuration(timeout: Duration) -> TCPConfiguration {
        TCPConfiguration(
            timeout: timeout, frameLimit: 128 << 20, unreadBound: BackPressureTests.bound,
            unsentBound: BackPressureTests.bound)
    }

    private func frame(_ index: Int, size: Int) -> Frame {
        Frame(tag: 7, depth: UInt32(index), payload: [UInt8](repeating: UInt8(truncatingIfNeeded: index), count: size))
    }

    @Test func sendingWaitsForAReaderThatDoesNotRead() throws {
        try LoopbackPair.with(configuration: configuration(timeout: .milliseconds(300))) { server, client in
            var sent = 0
            let error = transportError {
                while sent < 200 {
                    try client.send(frame(sent, size: 1 << 20))
                    sent += 1
                }
            }
            let waiting = "the peer to take what is sent to it"
            #expect(error == .timeout(peer: client.peerName, seconds: 0.3, waitingFor: waiting))
            #expect(sent << 20 <= 2 * BackPressureTests.bound + BackPressureTests.systemBuffers)
            // Part of a frame was cut off, so the connection is over on both sides.
            #expect(transportError { try client.send(frame(0, size: 1)) } == error)
            var received = 0
            let end = transportError {
                while true {
                    try #expect(same(server.receive(tag: 7), frame(received, size: 1 << 20)))
                    received += 1
                }
            }
            #expect(received <= sent)
            #expect(end?.category == .unavailable)
        }
    }

    @Test func aSlowReaderGetsEverything() throws {
        try LoopbackPair.with(configuration: configuration(timeout: .seconds(20))) { server, client in
            let count = 100
            let sending = Background { [self] in
                for index in 0..<count { try client.send(frame(index, size: 1 << 20)) }
            }
            for index in 0..<count {
                if index % 20 == 0 { Thread.sleep(forTimeInterval: 0.02) }
                try #expect(same(server.receive(tag: 7), frame(index, size: 1 << 20)))
            }
            try sending.result()
        }
    }

    @Test func oneFrameAboveEveryBoundCompletes() throws {
        try LoopbackPair.with(configuration: configuration(timeout: .seconds(20))) { server, client in
            let big = frame(3, size: 70 << 20)
            let sending = Background { try client.send([big, big]) }
            try #expect(same(server.receive(tag: 7), big))
            try #expect(same(server.receive(tag: 7), big))
            try sending.result()
        }
    }

    @Test func twoSidesThatBothSendFirstDoNotBlockEachOther() throws {
        try LoopbackPair.with(configuration: configuration(timeout: .seconds(20))) { server, client in
            let frames = (0..<40).map { frame($0, size: 2 << 20) }
            let serverSide = Background {
                for frame in frames { try server.send(frame) }
                for frame in frames where try !same(server.receive(tag: 7), frame) { return false }
                return true
            }
            for frame in frames { try client.send(frame) }
            for frame in frames { try #expect(same(client.receive(tag: 7), frame)) }
            try #expect(serverSide.result())
        }
    }

    @Test func framesSetAsideDoNotStopTheReading() throws {
        try LoopbackPair.with(configuration: configuration(timeout: .seconds(20))) { server, client in
            let others = (0..<8).map {
                Frame(tag: UInt32(10 + $0), depth: 1, payload: frame($0, size: 1 << 20).payload)
            }
            let sending = Background {
                try client.send(others)
                try client.send(Frame(tag: 8, depth: 0, payload: [1]))
            }
            try #expect(server.receive(tag: 8, alsoExpected: Set(10..<18)).payload == [1])
            for frame in others { try #expect(same(server.receive(tag: frame.tag), frame)) }
            try sending.result()
        }
    }

    @Test func closingDoesNotWaitForAReaderForEver() throws {
        try LoopbackPair.with(configuration: configuration(timeout: .milliseconds(200))) { server, client in
            // Large enough to stay queued, small enough to be queued without waiting.
            let error = transportError { for index in 0..<200 { try client.send(frame(index, size: 1 << 20)) } }
            #expect(error != nil)
            client.close()
            #expect(throws: TransportError.self) { try client.receive(tag: 7) }
            server.close()
        }
    }

    @Test func closingLosesNothingThoughThePeerStillSends() throws {
        try LoopbackPair.with(configuration: configuration(timeout: .seconds(20))) { server, client in
            let frames = (0..<48).map { frame($0, size: 256 << 10) }
            let chatter = Background {
                transportError { while true { try server.send(frame(0, size: 64 << 10)) } }
            }
            let closing = Background {
                try client.send(frames)
                client.close()
            }
            Thread.sleep(forTimeInterval: 0.03)
            for frame in frames { try #expect(same(server.receive(tag: 7), frame)) }
            #expect(throws: TransportError.peerClosed(peer: server.peerName)) { try server.receive(tag: 7) }
            try closing.result()
            try #expect(chatter.result()?.category == .unavailable)
        }
    }

    @Test func aPeerThatDiesEndsAWaitingSend() throws {
        try withTransport { transport in
            let listener = try TCPListener(
                host: "127.0.0.1", port: 0, configuration: configuration(timeout: .seconds(20)), transport: transport)
            let socket = try RawSocket(connectingTo: listener.port)
            let channel = try listener.accept(peerRole: "client", timeout: .seconds(20))
            channel.admit()
            let name = channel.peerName
            let sending = Background { [self] in
                transportError { for index in 0..<200 { try channel.send(frame(index, size: 1 << 20)) } }
            }
            Thread.sleep(forTimeInterval: 0.1)
            socket.close()
            try #expect(sending.result() == .peerClosed(peer: name))
        }
    }
}
