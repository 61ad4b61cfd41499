import SottoTransport
import Synchronization
import Testing

@Suite struct ShapedChannelTests {
    private func frame(_ tag: UInt32, bytes: Int) -> Frame {
        Frame(tag: tag, depth: 1, payload: [UInt8](repeating: 7, count: bytes))
    }

    /// 8 Mbit/s: a byte takes a microsecond.
    private let link = Link(bitsPerSecond: 8e6, delay: 10_000)

    @Test func aMessageRaisesItsReceiversClock() throws {
        let (a, b) = ShapedChannel.pair(InMemoryChannel.pair(), link: link)
        try a.send(frame(1, bytes: 5))
        try a.send(frame(2, bytes: 1))
        #expect(a.clock == 0 && b.clock == 0)
        #expect(try b.receive(tag: 1).payload.count == 5)
        #expect(b.clock == 15_000)
        try b.send(frame(3, bytes: 2))
        #expect(b.clock == 15_000)
        _ = try b.receive(tag: 2)
        #expect(b.clock == 16_000)
        _ = try a.receive(tag: 3)
        #expect(a.clock == 15_000 + 2000 + 10_000)
    }

    @Test func messagesTakenOutOfOrderKeepTheirArrivals() throws {
        let (a, b) = ShapedChannel.pair(InMemoryChannel.pair(), link: link)
        for tag in UInt32(1)...3 { try a.send(frame(tag, bytes: 1)) }
        _ = try b.receive(tag: 3, alsoExpected: [1, 2])
        #expect(b.clock == 13_000)
        _ = try b.receive(tag: 1)
        #expect(b.clock == 13_000)
    }

    @Test func workAdvancesTheClockAndNothingElseDoes() throws {
        let work = Atomic<Int>(500)
        let done: @Sendable () -> Duration = { .nanoseconds(work.load(ordering: .relaxed)) }
        let (a, b) = ShapedChannel.pair(InMemoryChannel.pair(), link: link, localWork: (done, { .zero }))
        #expect(a.clock == 0)
        work.add(300, ordering: .relaxed)
        try a.send(frame(1, bytes: 1))
        #expect(a.clock == 300)
        _ = try b.receive(tag: 1)
        #expect(b.clock == 11_300)
        // Work while the answer is on its way costs nothing.
        try b.send(frame(2, bytes: 0))
        work.add(7000, ordering: .relaxed)
        _ = try a.receive(tag: 2)
        #expect(a.clock == 21_300)
        work.add(1, ordering: .relaxed)
        #expect(a.clock == 21_301)
    }

    @Test func phasesBeginAtZero() throws {
        let (a, b) = ShapedChannel.pair(InMemoryChannel.pair(), link: link)
        try a.send(frame(1, bytes: 1000))
        _ = try b.receive(tag: 1)
        a.restart()
        b.restart()
        #expect(a.clock == 0 && b.clock == 0)
        try a.send(frame(2, bytes: 1))
        _ = try b.receive(tag: 2)
        #expect(b.clock == 11_000)
    }

    @Test func controlMessagesHaveTheDelayAlone() throws {
        let (a, b) = ShapedChannel.pair(InMemoryChannel.pair(), link: link)
        try a.sendControl([1, 2, 3])
        #expect(try b.receiveControl(limit: 3) == [1, 2, 3])
        #expect(b.clock == 10_000)
        #expect(a.overheadBytesSent == 3)
    }

    @Test func endsAndReasonsPassThrough() throws {
        let (a, b) = ShapedChannel.pair(InMemoryChannel.pair(), link: link)
        a.abort(reason: "enough")
        #expect(throws: TransportError.refusedByPeer(peer: "server", reason: "enough")) { try b.receive(tag: 1) }
        #expect(b.clock == 0)
        #expect(b.peerName == "server")
    }
}
