import Foundation
import SottoTransport
import TestSupport
import Testing

/// Who says that it works, to whom, and when nobody does.
@Suite struct PulseTests {
    /// The depth of the next heartbeat.
    private func nextBeat(_ socket: RawSocket) throws -> UInt32 {
        let header = try socket.read(24)
        #expect(Array(header[..<8]) == [UInt8](repeating: 0, count: 8))
        #expect(Array(header[8..<12]) == withUnsafeBytes(of: FrameTag.heartbeat.littleEndian) { Array($0) })
        return UInt32(header[12]) | UInt32(header[13]) << 8
    }

    private func beat(_ socket: RawSocket, depth: UInt32) throws {
        try socket.write(WireFormat.header(of: Frame(tag: FrameTag.heartbeat, depth: depth, payload: [])))
    }

    /// A party with connections to two raw peers.
    private func withTwoPeers(
        pulse: Pulse, body: (_ first: (TCPChannel, RawSocket), _ second: (TCPChannel, RawSocket)) throws -> Void
    ) throws {
        try withRawPeer { first, firstSocket, _ in
            try withRawPeer { second, secondSocket, _ in
                for socket in [firstSocket, secondSocket] { try socket.write(WireFormat.streamHeader) }
                first.join(pulse)
                second.join(pulse)
                try body((first, firstSocket), (second, secondSocket))
            }
        }
    }

    @Test func aPartyThatWorksTellsAllItsPeers() throws {
        try withTwoPeers(pulse: Pulse(interval: .milliseconds(20))) { first, second in
            for _ in 0..<3 {
                try #expect(nextBeat(first.1) == 2)
                try #expect(nextBeat(second.1) == 2)
            }
            #expect(first.0.overheadBytesSent >= 12 + 3 * 24)
        }
    }

    @Test func waitingForAPeerThatWorksIsToldToTheOthers() throws {
        try withTwoPeers(pulse: Pulse(interval: .milliseconds(200))) { first, second in
            let received = Background { [channel = first.0] in try channel.receive(tag: 7) }
            var depths: [UInt32] = []
            let beats = Background {
                [socket = first.1, bytes = WireFormat.header(of: Frame(tag: FrameTag.heartbeat, depth: 9, payload: []))]
                in
                for _ in 0..<40 {
                    try? socket.write(bytes)
                    Thread.sleep(forTimeInterval: 0.05)
                }
            }
            // The first may come from before the wait.
            while depths.last != 1 { depths.append(try nextBeat(second.1)) }
            try #expect(nextBeat(second.1) == 1)
            #expect(depths.allSatisfy { $0 == 1 || $0 == 2 })
            try beats.result()
            try first.1.write(WireFormat.header(of: Frame(tag: 7, depth: 1, payload: [])))
            _ = try received.result()
        }
    }

    @Test func whoIsOnlyWaitedForIsNotPassedOn() throws {
        try withTwoPeers(pulse: Pulse(interval: .milliseconds(100))) { first, second in
            let received = Background { [channel = first.0] in transportError { _ = try channel.receive(tag: 7) } }
            for _ in 0..<50 {
                try beat(first.1, depth: 1)
                Thread.sleep(forTimeInterval: 0.03)
            }
            second.0.close()
            // The wait's beginning counts as work, the rest of it as life that keeps nobody waiting.
            let depths = depths(second.1.readToEnd())
            #expect(depths.count { $0 > 0 } <= 20 && !depths.contains(1))
            #expect(depths.last == 0)
            first.0.close()
            _ = try received.result()
        }
    }

    /// Of the heartbeats among which nothing else was sent.
    private func depths(_ bytes: [UInt8]) -> [UInt8] {
        let first = bytes.count % WireFormat.frameHeaderSize
        return stride(from: first, to: bytes.count, by: WireFormat.frameHeaderSize).map { bytes[$0 + 12] }
    }

    @Test func anIdlePartyKeepsNobodyWaiting() throws {
        let pulse = Pulse(interval: .milliseconds(300))
        try withTwoPeers(pulse: pulse) { first, second in
            let received = Background { [channel = first.0] in
                let error = transportError { _ = try channel.receiveControl(limit: 1, within: .milliseconds(900)) }
                pulse.rest()
                return error
            }
            try #expect(received.result() != nil)
            first.0.close()
            second.0.close()
            for socket in [first.1, second.1] {
                #expect(depths(socket.readToEnd()).count { $0 > 0 } <= 2)
            }
        }
    }

    @Test func aRestingPartySendsNothing() throws {
        let pulse = Pulse(interval: .milliseconds(10))
        pulse.rest()
        try withTwoPeers(pulse: pulse) { first, second in
            Thread.sleep(forTimeInterval: 0.1)
            first.0.close()
            #expect(first.1.readToEnd().isEmpty)
            pulse.resume()
            try #expect(nextBeat(second.1) == 2)
        }
    }

    /// The client waits for the server, which waits for the dealer, which works longer than anybody waits.
    @Test func aChainOfWaitsLastsWhileItsEndWorks() throws {
        let configuration = TCPConfiguration(timeout: .milliseconds(1200))
        try LoopbackPair.with(configuration: configuration) { serverToClient, client in
            try LoopbackPair.with(configuration: configuration) { dealer, serverToDealer in
                let (atDealer, atServer, atClient) = (Pulse(), Pulse(), Pulse())
                dealer.join(atDealer)
                serverToDealer.join(atServer)
                serverToClient.join(atServer)
                client.join(atClient)
                let serving = Background {
                    try serverToClient.send(serverToDealer.receive(tag: 7))
                }
                let waiting = Background { try client.receive(tag: 7) }
                Thread.sleep(forTimeInterval: 3)
                try dealer.send(Frame(tag: 7, depth: 0, payload: [1]))
                try serving.result()
                try #expect(waiting.result().payload == [1])
            }
        }
    }

    /// Whoever gives up first says so; until then neither keeps the other waiting.
    @Test func partiesThatWaitForEachOtherGiveUp() throws {
        let configuration = TCPConfiguration(timeout: .milliseconds(400))
        try LoopbackPair.with(configuration: configuration) { server, client in
            server.join(Pulse())
            client.join(Pulse())
            // A party that neither waits nor has given up would count as one that works.
            let giveUp = { @Sendable (channel: TCPChannel) -> TransportError? in
                let error = transportError { _ = try channel.receive(tag: 7) }
                if let error { channel.abort(for: error) }
                return error
            }
            let waiting = Background { giveUp(server) }
            let errors = [giveUp(client), try waiting.result()]
            #expect(errors.allSatisfy { $0?.category == .unavailable }, "\(errors)")
            let timeouts = [client, server].map {
                TransportError.timeout(peer: $0.peerName, seconds: 0.4, waitingFor: "round 7 of instruction 0")
            }
            #expect(errors.contains { $0 == timeouts[0] || $0 == timeouts[1] }, "\(errors)")
        }
    }

    @Test func heartbeatsDoNotMixWithFrames() throws {
        try LoopbackPair.with { server, client in
            client.join(Pulse(interval: .milliseconds(1)))
            let frames = (0..<60).map {
                Frame(tag: UInt32($0), depth: 1, payload: [UInt8](repeating: UInt8($0), count: $0 * 20_000))
            }
            let sending = Background {
                for frame in frames {
                    try client.send(frame)
                    Thread.sleep(forTimeInterval: 0.002)
                }
            }
            for frame in frames { try #expect(same(server.receive(tag: frame.tag), frame)) }
            try sending.result()
        }
    }

    @Test func noTimerKeepsAChannelOpen() throws {
        try withTransport { transport in
            let pulse = Pulse(interval: .milliseconds(1))
            let listener = try TCPListener(host: "127.0.0.1", port: 0, transport: transport)
            defer { listener.close() }
            weak var forgotten: TCPChannel?
            var server: TCPChannel?
            do {
                let client = try TCPChannel.connect(host: "127.0.0.1", port: listener.port, transport: transport)
                server = try listener.accept(timeout: .seconds(20))
                client.join(pulse)
                client.join(pulse)
                forgotten = client
            }
            #expect(forgotten == nil)
            let name = try #require(server).peerName
            #expect(throws: TransportError.peerClosed(peer: name)) { try server?.receive(tag: 7) }
        }
    }

    @Test func abortingAndClosingEndTheHeartbeats() throws {
        for round in 0..<20 {
            try LoopbackPair.with { server, client in
                client.join(Pulse(interval: .milliseconds(1)))
                Thread.sleep(forTimeInterval: 0.002)
                if round % 2 == 0 { client.close() } else { client.abort(reason: "enough.") }
                let error = transportError { _ = try server.receive(tag: 7) }
                #expect(
                    error
                        == (round % 2 == 0
                            ? .peerClosed(peer: server.peerName)
                            : .refusedByPeer(peer: server.peerName, reason: "enough.")))
                // Joining a channel that has ended does nothing.
                client.join(Pulse(interval: .milliseconds(1)))
            }
        }
    }
}
