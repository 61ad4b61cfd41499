import Foundation
import SottoPreprocessing
import SottoTransport
import Testing

/// A session that stands idle while one of its connections ends.
@Suite struct IdleSessionTests {
    @Test func aConnectionThatFailsEndsTheOthers() throws {
        let (server, client) = InMemoryChannel.pair()
        let (dealt, dealer) = InMemoryChannel.pair(names: ("server", "dealer"))
        let idle = IdleSession([server, dealt])
        Thread.detachNewThread {
            Thread.sleep(forTimeInterval: 0.05)
            dealer.abort(reason: "out of memory")
        }
        #expect(throws: TransportError.self) {
            try idle.wait { try server.receiveRequest(limit: 1 << 10, within: .seconds(60)) }
        }
        #expect(throws: TransportError.refusedByPeer(peer: "server", reason: "Refused by dealer: out of memory")) {
            try client.receiveControl(limit: 1 << 10)
        }
    }

    /// As it is when the client has left, whose own end then follows.
    @Test func anOrderlyEndOfOneLeavesTheOthersTime() throws {
        let (server, client) = InMemoryChannel.pair()
        let (dealt, dealer) = InMemoryChannel.pair(names: ("server", "dealer"))
        let idle = IdleSession([server, dealt])
        dealer.close()
        Thread.detachNewThread {
            Thread.sleep(forTimeInterval: 0.2)
            client.close()
        }
        #expect(throws: TransportError.peerClosed(peer: "client")) {
            try idle.wait { try server.receiveRequest(limit: 1 << 10, within: .seconds(60)) }
        }
    }
}
