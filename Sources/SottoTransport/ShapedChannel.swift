import DequeModule
import Synchronization

/// One end of a connection within this process, on a virtual clock: messages travel as fast as the process allows, and
/// carry the time at which they would have arrived over a ``Link``. Nobody sleeps and nothing needs privileges.
///
/// Each end has a clock. It advances by its party's local work, as a function tells, and a received message raises it to
/// that message's arrival. Only payload occupies the link; control messages have its delay.
package final class ShapedChannel: Channel {
    fileprivate struct State {
        var clock = 0
        /// Local work that the clock already contains.
        var worked: Int
        var link: Link
    }
    /// Arrivals of messages on their way, by tag.
    private final class Arrivals: Sendable {
        private let times = Mutex<[UInt32: Deque<Int>]>([:])

        func add(_ time: Int, tag: UInt32) { times.withLock { $0[tag, default: []].append(time) } }

        func take(tag: UInt32) -> Int? { times.withLock { $0[tag]?.popFirst() } }
    }

    private let inner: any Channel
    private let outgoing: Arrivals
    private let incoming: Arrivals
    private let atRest: Link
    private let localWork: @Sendable () -> Duration
    private let state: Mutex<State>

    private init(
        _ inner: any Channel, outgoing: Arrivals, incoming: Arrivals, link: Link,
        localWork: @escaping @Sendable () -> Duration
    ) {
        self.inner = inner
        self.outgoing = outgoing
        self.incoming = incoming
        atRest = link
        self.localWork = localWork
        state = Mutex(State(worked: localWork().wholeNanoseconds, link: link))
    }

    /// Both ends of a connection, shaped.
    ///
    /// - Parameters:
    ///   - ends: a connected pair in this process.
    ///   - link: each direction, at rest.
    ///   - localWork: the work that the party at the first, and at the second end has done so far; never less than before.
    package static func pair(
        _ ends: (any Channel, any Channel), link: Link,
        localWork: (@Sendable () -> Duration, @Sendable () -> Duration) = ({ .zero }, { .zero })
    ) -> (ShapedChannel, ShapedChannel) {
        let (there, back) = (Arrivals(), Arrivals())
        return (
            ShapedChannel(ends.0, outgoing: there, incoming: back, link: link, localWork: localWork.0),
            ShapedChannel(ends.1, outgoing: back, incoming: there, link: link, localWork: localWork.1)
        )
    }

    /// Nanoseconds since the start of the phase, this end's work until now included.
    package var clock: Int {
        let work = localWork().wholeNanoseconds
        return state.withLock { $0.work(until: work) }
    }

    /// Starts a phase: the clock is 0 and the outgoing link at rest. Both ends must do so, when no message is on its way.
    package func restart() {
        let work = localWork().wholeNanoseconds
        state.withLock { $0 = State(worked: work, link: atRest) }
    }

    package func send(_ frame: Frame) throws {
        if frame.tag != FrameTag.abort {
            let work = localWork().wholeNanoseconds
            let arrival = state.withLock {
                $0.link.transmit(bytes: frame.isOverhead ? 0 : frame.payload.count, at: $0.work(until: work))
            }
            // Before the frame, so that its receiver finds it.
            outgoing.add(arrival, tag: frame.tag)
        }
        try inner.send(frame)
    }

    package func receive(tag: UInt32, alsoExpected: Set<UInt32>) throws -> Frame {
        note(try inner.receive(tag: tag, alsoExpected: alsoExpected))
    }

    package func receive(tag: UInt32, alsoExpected: Set<UInt32>, within time: Duration) throws -> Frame {
        note(try inner.receive(tag: tag, alsoExpected: alsoExpected, within: time))
    }

    /// Raises the clock to the frame's arrival.
    private func note(_ frame: Frame) -> Frame {
        let work = localWork().wholeNanoseconds
        let arrival = incoming.take(tag: frame.tag)
        state.withLock { $0.clock = max($0.work(until: work), arrival ?? 0) }
        return frame
    }

    package func close() { inner.close() }
    package var peerName: String { inner.peerName }
    package func identifyPeer(as role: String) { inner.identifyPeer(as: role) }
    package func admit() { inner.admit() }
    package func restrict() { inner.restrict() }
    package func join(_ pulse: Pulse) { inner.join(pulse) }
    package func whenEnded(_ body: @escaping @Sendable () -> Void) { inner.whenEnded(body) }
    package var failure: TransportError? { inner.failure }
    package var timeout: Duration? { inner.timeout }
    package var greetingTimeout: Duration? { inner.greetingTimeout }
    package var overheadBytesSent: Int { inner.overheadBytesSent }
}

extension ShapedChannel.State {
    fileprivate mutating func work(until work: Int) -> Int {
        clock += work - worked
        worked = work
        return clock
    }
}

extension Duration {
    /// Rounded down.
    package var wholeNanoseconds: Int {
        Int(components.seconds) * 1_000_000_000 + Int(components.attoseconds / 1_000_000_000)
    }
}
