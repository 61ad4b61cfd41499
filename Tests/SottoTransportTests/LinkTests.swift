import SottoTransport
import Testing

@Suite struct LinkTests {
    @Test func messagesQueueOnTheLine() {
        // 8 Mbit/s: a byte takes a microsecond.
        var link = Link(bitsPerSecond: 8e6, delay: 500)
        #expect(link.transmit(bytes: 3, at: 100) == 100 + 3000 + 500)
        #expect(link.free == 3100)
        // Handed over while the line is busy.
        #expect(link.transmit(bytes: 1, at: 200) == 3100 + 1000 + 500)
        // And when it is free.
        #expect(link.transmit(bytes: 2, at: 9000) == 9000 + 2000 + 500)
        // Nothing takes no time on the line but waits for it.
        #expect(link.transmit(bytes: 0, at: 10_000) == 11_000 + 500)
    }

    @Test(arguments: [(1, 8e9, 1), (1, 1e10, 1), (1, 1.7e10, 0), (3, 1e9, 24), (1_000_000, 3e8, 26_666_667)])
    func occupationIsRoundedToANanosecond(bytes: Int, rate: Double, nanoseconds: Int) {
        #expect(Link(bitsPerSecond: rate, delay: 0).occupation(bytes: bytes) == nanoseconds)
    }

    @Test func agesDoNotOverflow() {
        var link = Link(bitsPerSecond: 1e-3, delay: .max)
        #expect(link.transmit(bytes: .max, at: 1) == .max)
        #expect(link.transmit(bytes: .max, at: .max) == .max)
    }
}
