import Foundation
import SottoTransport
import TestSupport
import Testing

/// What only connections over a network can meet.
@Suite struct TCPTests {
    @Test func connectingMayComeFirst() throws {
        try withTransport { transport in
            // A port that was free a moment ago.
            let probe = try TCPListener(host: "127.0.0.1", port: 0, transport: transport)
            let port = probe.port
            probe.close()
            let connecting = Background { [transport] in
                try TCPChannel.connect(host: "localhost", port: port, timeout: .seconds(20), transport: transport)
            }
            Thread.sleep(forTimeInterval: 0.1)
            let listener = try TCPListener(host: "127.0.0.1", port: port, transport: transport)
            let server = try listener.accept(timeout: .seconds(20))
            try server.send(Frame(tag: 1, depth: 1, payload: [5]))
            try #expect(connecting.result().receive(tag: 1).payload == [5])
        }
    }

    @Test func aPortWithoutListenerRefuses() throws {
        try withTransport { transport in
            let probe = try TCPListener(host: "127.0.0.1", port: 0, transport: transport)
            let port = probe.port
            probe.close()
            #expect(throws: TransportError.connectionRefused(address: "127.0.0.1:\(port)")) {
                try TCPChannel.connect(
                    host: "127.0.0.1", port: port, timeout: .milliseconds(80), transport: transport)
            }
        }
    }

    @Test func aTakenPortIsNamed() throws {
        try withTransport { transport in
            let first = try TCPListener(host: "127.0.0.1", port: 0, transport: transport)
            #expect(throws: TransportError.addressInUse(address: "127.0.0.1:\(first.port)")) {
                try TCPListener(host: "127.0.0.1", port: first.port, transport: transport)
            }
            #expect(first.endpoint.description == "127.0.0.1:\(first.port)")
        }
    }

    @Test(arguments: ["0.0.0.0", "10.1.2.3", "::", "example.org"]) func onlyLoopbackIsUsed(host: String) throws {
        try withTransport { transport in
            let address = try Endpoint(host: host, port: 7000).description
            #expect(throws: TransportError.notLoopback(address: address)) {
                try TCPListener(host: host, port: 7000, transport: transport)
            }
            #expect(throws: TransportError.notLoopback(address: address)) {
                try TCPChannel.connect(host: host, port: 7000, transport: transport)
            }
        }
    }

    @Test func acceptingEndsAtTheTimeoutAndOnClose() throws {
        try withTransport { transport in
            let listener = try TCPListener(host: "127.0.0.1", port: 0, transport: transport)
            #expect(
                throws: TransportError.timeout(
                    peer: "dealer", seconds: 0.03, waitingFor: "a connection to 127.0.0.1:\(listener.port)")
            ) { try listener.accept(peerRole: "dealer", timeout: .milliseconds(30)) }
            let accepted = Background { [listener] in
                transportError { _ = try listener.accept(timeout: .seconds(20)) }
            }
            Thread.sleep(forTimeInterval: 0.02)
            listener.close()
            try #expect(accepted.result() == .closed(peer: "peer"))
        }
    }

    @Test func connectionsNobodyAcceptedAreClosed() throws {
        try withTransport { transport in
            let listener = try TCPListener(host: "127.0.0.1", port: 0, transport: transport)
            let client = try TCPChannel.connect(host: "127.0.0.1", port: listener.port, transport: transport)
            let accepted = try listener.accept(timeout: .seconds(20))
            let second = try TCPChannel.connect(host: "127.0.0.1", port: listener.port, transport: transport)
            listener.close()
            #expect(throws: TransportError.peerClosed(peer: second.peerName)) { try second.receive(tag: 1) }
            try accepted.send(Frame(tag: 1, depth: 1, payload: [1]))
            try #expect(client.receive(tag: 1).payload == [1])
        }
    }

    @Test func theBytesOfAConnectionAreTheDocumentedOnes() throws {
        try withRawPeer { channel, socket, _ in
            let frames = [Frame(tag: 7, depth: 1, payload: [1, 2, 3]), Frame(tag: 8, depth: 2, payload: [])]
            try channel.send(frames)
            let expected = Array(wireBytes(frames).dropFirst(12))
            try #expect(socket.read(expected.count) == expected)
        }
    }

    @Test func dripFedBytesMakeAFrame() throws {
        try withRawPeer { channel, socket, _ in
            let frame = Frame(tag: 7, depth: 1, payload: [1, 2, 3])
            for byte in wireBytes([frame]) {
                try socket.write([byte])
                Thread.sleep(forTimeInterval: 0.001)
            }
            try #expect(channel.receive(tag: 7) == frame)
        }
    }

    @Test func garbageIsNotSotto() throws {
        try withRawPeer { channel, socket, name in
            try socket.write(Array("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".utf8))
            #expect(throws: TransportError.notSotto(peer: name)) { try channel.receive(tag: 7) }
            #expect(throws: TransportError.notSotto(peer: name)) {
                try channel.send(Frame(tag: 7, depth: 1, payload: []))
            }
        }
    }

    @Test func anotherVersionIsNamed() throws {
        try withRawPeer { channel, socket, name in
            try socket.write(WireFormat.magic + [1, 0, 0, 0])
            #expect(throws: TransportError.versionMismatch(peer: name, ours: 2, theirs: 1)) {
                try channel.receive(tag: 7)
            }
        }
    }

    @Test func oversizedFramesAreRefusedOnBothSides() throws {
        let configuration = TCPConfiguration(timeout: .seconds(20), frameLimit: 1000)
        try withRawPeer(configuration: configuration) { channel, socket, name in
            let tooLong = Frame(tag: 7, depth: 1, payload: [UInt8](repeating: 0, count: 1001))
            let oversized = TransportError.oversizedFrame(peer: name, length: 1001, limit: 1000)
            #expect(throws: oversized) { try channel.send([Frame(tag: 6, depth: 1, payload: []), tooLong]) }
            // Nothing of it left, so the channel still works.
            try channel.send(Frame(tag: 8, depth: 1, payload: []))
            let expected = WireFormat.header(of: Frame(tag: 8, depth: 1, payload: []))
            try #expect(socket.read(expected.count) == expected)
            try socket.write(WireFormat.streamHeader + WireFormat.header(of: tooLong))
            #expect(throws: oversized) { try channel.receive(tag: 7) }
        }
    }

    @Test func aPeerThatDiesWithinAFrameIsNamed() throws {
        try withRawPeer { channel, socket, name in
            let bytes = wireBytes([Frame(tag: 7, depth: 1, payload: [1]), Frame(tag: 7, depth: 1, payload: [2, 3, 4])])
            try socket.write(bytes.dropLast(2))
            try #expect(channel.receive(tag: 7).payload == [1])
            let received = Background { transportError { _ = try channel.receive(tag: 7) } }
            Thread.sleep(forTimeInterval: 0.02)
            socket.close()
            try #expect(received.result() == .truncatedFrame(peer: name, received: 25, expected: 27))
        }
    }

    @Test func aResetConnectionIsAClosedOne() throws {
        try withRawPeer { channel, socket, name in
            try socket.write(wireBytes([Frame(tag: 7, depth: 1, payload: [1])]))
            try #expect(channel.receive(tag: 7).payload == [1])
            let received = Background { transportError { _ = try channel.receive(tag: 7) } }
            Thread.sleep(forTimeInterval: 0.02)
            socket.reset()
            try #expect(received.result() == .peerClosed(peer: name))
            #expect(throws: TransportError.peerClosed(peer: name)) {
                try channel.send(Frame(tag: 7, depth: 1, payload: []))
            }
        }
    }

    @Test func aSilentConnectionTimesOut() throws {
        try withRawPeer(configuration: TCPConfiguration(timeout: .milliseconds(40))) { channel, _, name in
            #expect(
                throws: TransportError.timeout(peer: name, seconds: 0.04, waitingFor: "round 7 of instruction 0")
            ) { try channel.receive(tag: 7) }
        }
    }

    @Test func seededGarbageNeverHangs() throws {
        var random = SeededGenerator(seed: 6)
        try withTransport { transport in
            let configuration = TCPConfiguration(timeout: .seconds(20), frameLimit: 4096)
            let listener = try TCPListener(
                host: "127.0.0.1", port: 0, configuration: configuration, transport: transport)
            for round in 0..<60 {
                let socket = try RawSocket(connectingTo: listener.port)
                let channel = try listener.accept(timeout: .seconds(20))
                let valid = wireBytes([Frame(tag: 7, depth: 1, payload: [1, 2, 3])])
                try socket.write(valid.prefix([0, 5, 12, 20, 39][round % 5]) + random.bytes(200))
                socket.close()
                var error: TransportError?
                while error == nil { error = transportError { _ = try channel.receive(tag: 7) } }
                #expect(error != .timeout(peer: channel.peerName, seconds: 20, waitingFor: "round 7 of instruction 0"))
                channel.close()
            }
        }
    }

    @Test func aTransportThatStopsEndsItsChannels() throws {
        let transport = try TCPTransport()
        let listener = try TCPListener(host: "127.0.0.1", port: 0, transport: transport)
        let client = try TCPChannel.connect(host: "127.0.0.1", port: listener.port, transport: transport)
        let server = try listener.accept(timeout: .seconds(20))
        transport.shutdown()
        transport.shutdown()
        #expect(throws: TransportError.peerClosed(peer: client.peerName)) { try client.receive(tag: 1) }
        #expect(throws: TransportError.peerClosed(peer: server.peerName)) {
            try server.send(Frame(tag: 1, depth: 1, payload: [1]))
        }
        client.close()
        server.close()
        listener.close()
        #expect(throws: TransportError.self) {
            try TCPChannel.connect(host: "127.0.0.1", port: 7000, timeout: .milliseconds(20), transport: transport)
        }
        #expect(throws: TransportError.self) { try TCPListener(host: "127.0.0.1", port: 0, transport: transport) }
    }
}
