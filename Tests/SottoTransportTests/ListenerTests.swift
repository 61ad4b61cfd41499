import Foundation
import SottoTransport
import TestSupport
import Testing

/// What a listening party does with more connections than it takes.
@Suite struct ListenerTests {
    private let busy = "it has as many connections as it takes at once; try again later."

    private func connect(_ listener: TCPListener, _ transport: TCPTransport) throws -> TCPChannel {
        // Short, because some of these connections are turned away or forgotten.
        let configuration = TCPConfiguration(timeout: .seconds(1))
        return try TCPChannel.connect(
            host: "127.0.0.1", port: listener.port, peerRole: "server", configuration: configuration,
            transport: transport)
    }

    private func listen(
        waiting: Int = 16, open: Int = 256, _ transport: TCPTransport
    ) throws -> TCPListener {
        try TCPListener(
            host: "127.0.0.1", port: 0, waitingLimit: waiting, openLimit: open, transport: transport)
    }

    /// Waits until the condition holds, which it must within a while.
    private func eventually(_ condition: () throws -> Bool) rethrows {
        for _ in 0..<2000 {
            if try condition() { return }
            Thread.sleep(forTimeInterval: 0.005)
        }
        Issue.record("it never came true")
    }

    @Test func connectionsBeyondThoseThatWaitAreToldSo() throws {
        try withTransport { transport in
            let listener = try listen(waiting: 2, transport)
            defer { listener.close() }
            let waiting = try (0..<2).map { _ in try connect(listener, transport) }
            let third = try connect(listener, transport)
            let hello = Handshake(version: 1, role: "client", fields: [:])
            let error = TransportError.busy(peer: third.peerName, reason: busy)
            #expect(throws: error) { try hello.exchange(over: third, expecting: [], peerRole: nil) }
            #expect(error.category == .unavailable)
            // The ones before are served.
            let accepted = try listener.accept(timeout: .seconds(20))
            try accepted.send(Frame(tag: 1, depth: 1, payload: [1]))
            try #expect(waiting[0].receive(tag: 1).payload == [1])
        }
    }

    @Test func connectionsBeyondThoseThatAreOpenAreToldSo() throws {
        try withTransport { transport in
            let listener = try listen(open: 2, transport)
            defer { listener.close() }
            let clients = try (0..<2).map { _ in try connect(listener, transport) }
            let servers = try (0..<2).map { _ in try listener.accept(timeout: .seconds(20)) }
            let third = try connect(listener, transport)
            #expect(throws: TransportError.busy(peer: third.peerName, reason: busy)) { try third.receive(tag: 1) }
            // A place that gets free is taken.
            clients[0].close()
            servers[0].close()
            try eventually {
                let next = try connect(listener, transport)
                guard let accepted = try? listener.accept(timeout: .milliseconds(20)) else { return false }
                try accepted.send(Frame(tag: 1, depth: 1, payload: [2]))
                return try next.receive(tag: 1).payload == [2]
            }
            clients[1].close()
        }
    }

    @Test func connectionsThatLeaveBeforeTheyAreAcceptedTakeNoPlace() throws {
        try withTransport { transport in
            let listener = try listen(waiting: 2, open: 2, transport)
            defer { listener.close() }
            for _ in 0..<30 {
                let scan = try RawSocket(connectingTo: listener.port)
                _ = try scan.read(12)
                scan.close()
            }
            try eventually {
                let client = try connect(listener, transport)
                guard let accepted = try? listener.accept(timeout: .milliseconds(20)) else { return false }
                _ = transportError { try accepted.send(Frame(tag: 1, depth: 1, payload: [3])) }
                return (try? client.receive(tag: 1).payload) == [3]
            }
        }
    }

    @Test func aListenerThatStopsKeepsWhatItHasAccepted() throws {
        try withTransport { transport in
            let listener = try listen(transport)
            let first = try connect(listener, transport)
            let accepted = try listener.accept(timeout: .seconds(20))
            let second = try connect(listener, transport)
            let accepting = Background { [listener] in
                Thread.sleep(forTimeInterval: 0.05)
                listener.stopAccepting()
            }
            let end = transportError { _ = try second.receive(tag: 1) }
            #expect(
                end == .busy(peer: second.peerName, reason: "it is about to stop; try another, or again later.")
                    || end == .peerClosed(peer: second.peerName))
            try accepting.result()
            #expect(throws: TransportError.closed(peer: "peer")) { try listener.accept(timeout: .seconds(20)) }
            try accepted.send(Frame(tag: 1, depth: 1, payload: [1]))
            try #expect(first.receive(tag: 1).payload == [1])
            #expect(throws: TransportError.connectionRefused(address: "127.0.0.1:\(listener.port)")) {
                try TCPChannel.connect(
                    host: "127.0.0.1", port: listener.port, timeout: .milliseconds(50), transport: transport)
            }
        }
    }
}
