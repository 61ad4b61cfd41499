import Foundation
import SottoPrivateTransformer
import SottoRandomness
import SottoSessions
import SottoTransport
import Synchronization
import TestSupport
import Testing

/// A party that is slow to use what is dealt makes the dealer wait, and wait it does.
@Suite struct SlowPartyTests {
    /// Receives nothing before some time has passed.
    private final class SlowChannel: Channel {
        private let inner: any Channel
        private let delay: TimeInterval
        private let slept = Mutex(0.0)

        init(_ inner: any Channel, delay: TimeInterval) {
            self.inner = inner
            self.delay = delay
        }

        var secondsSlept: Double { slept.withLock { $0 } }

        private func sleep() {
            Thread.sleep(forTimeInterval: delay)
            slept.withLock { $0 += delay }
        }

        func send(_ frame: Frame) throws { try inner.send(frame) }

        func receive(tag: UInt32, alsoExpected: Set<UInt32>) throws -> Frame {
            sleep()
            return try inner.receive(tag: tag, alsoExpected: alsoExpected)
        }

        func receive(tag: UInt32, alsoExpected: Set<UInt32>, within time: Duration) throws -> Frame {
            sleep()
            return try inner.receive(tag: tag, alsoExpected: alsoExpected, within: time)
        }

        func close() { inner.close() }
        func identifyPeer(as role: String) { inner.identifyPeer(as: role) }
        func whenEnded(_ body: @escaping @Sendable () -> Void) { inner.whenEnded(body) }
        var peerName: String { inner.peerName }
        var failure: TransportError? { inner.failure }
        var timeout: Duration? { inner.timeout }
        var overheadBytesSent: Int { inner.overheadBytesSent }
    }

    /// The client takes several of the dealer's timeouts over its online phase, and no connection to the dealer holds more
    /// than two kilobytes of what is dealt.
    @Test func theDealerDoesNotGiveUp() throws {
        let transport = try TCPTransport()
        defer { transport.shutdown() }
        let timeout = Duration.milliseconds(500)
        let configuration = TCPConfiguration(
            timeout: timeout, greetingTimeout: timeout, unreadBound: 1 << 10, unsentBound: 1 << 10)
        let listener = try TCPListener(host: "127.0.0.1", port: 0, configuration: configuration, transport: transport)
        let fixture = try SessionFixture(connectDealer: {
            let (host, port) = (listener.endpoint.host, listener.endpoint.port)
            let accepted = Background { try listener.accept(timeout: .seconds(20)) }
            let party = try TCPChannel.connect(
                host: host, port: port, configuration: configuration, transport: transport)
            return (party, try accepted.result())
        })
        var slow: SlowChannel?
        let client = try fixture.client { channel in
            let wrapper = SlowChannel(channel, delay: 0.1)
            slow = wrapper
            return wrapper
        }
        let run = try client.run(tokens: [1, 2, 3, 4, 0, 1, 2, 3], output: .last)
        client.close()
        #expect(fixture.end().error == nil)
        #expect(run.values.count == fixture.architecture.vocabulary)
        #expect(try #require(slow).secondsSlept > 3)
        let dealt = run.accounted.cost.instructions.reduce(0) { $0 + $1.dealerBytes.total }
        #expect(dealt > 4 << 10)
    }
}
