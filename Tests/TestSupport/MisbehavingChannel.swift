import Foundation
import SottoTransport
import Synchronization

/// A channel that mistreats chosen frames on their way out, to test what the peer makes of it.
///
/// Frames are numbered from 0 in the order in which they are sent; control messages pass untouched and are not
/// counted, so that a handshake succeeds first.
public final class MisbehavingChannel: Channel {
    public enum Misdeed: Sendable, Equatable {
        /// The frame is never sent.
        case drop
        /// Only the payload's first bytes are sent, as a well-formed frame.
        case truncate(byteCount: Int)
        /// Bytes are appended to the payload.
        case extend(byteCount: Int)
        /// All bytes of the payload are this one.
        case fill(UInt8)
        /// The frame goes out under another tag.
        case retag(UInt32)
        /// The frame goes out late.
        case delay(Duration)
        /// The frame is sent twice.
        case duplicate
        /// The channel closes instead of sending the frame.
        case close
    }

    private let inner: any Channel
    private let misdeeds: [Int: Misdeed]
    private let sentCount = Mutex(0)

    /// - Parameters:
    ///   - inner: The channel that does the work.
    ///   - misdeeds: What to do to which frame; others pass.
    public init(_ inner: any Channel, misdeeds: [Int: Misdeed]) {
        self.inner = inner
        self.misdeeds = misdeeds
    }

    public var peerName: String { inner.peerName }
    public var overheadBytesSent: Int { inner.overheadBytesSent }
    public func identifyPeer(as role: String) { inner.identifyPeer(as: role) }
    public func admit() { inner.admit() }
    public func restrict() { inner.restrict() }
    public func join(_ pulse: Pulse) { inner.join(pulse) }
    public func whenEnded(_ body: @escaping @Sendable () -> Void) { inner.whenEnded(body) }
    public var failure: TransportError? { inner.failure }
    public var timeout: Duration? { inner.timeout }
    public var greetingTimeout: Duration? { inner.greetingTimeout }
    public func close() { inner.close() }

    public func receive(tag: UInt32, alsoExpected: Set<UInt32>) throws -> Frame {
        try inner.receive(tag: tag, alsoExpected: alsoExpected)
    }

    public func receive(tag: UInt32, alsoExpected: Set<UInt32>, within time: Duration) throws -> Frame {
        try inner.receive(tag: tag, alsoExpected: alsoExpected, within: time)
    }

    public func send(_ frame: Frame) throws {
        guard frame.tag < FrameTag.firstReserved else { return try inner.send(frame) }
        let index = sentCount.withLock { count in
            defer { count += 1 }
            return count
        }
        var altered = frame
        switch misdeeds[index] {
        case nil:
            break
        case .drop:
            return
        case .truncate(let byteCount):
            altered.payload = Array(frame.payload.prefix(byteCount))
        case .extend(let byteCount):
            altered.payload += [UInt8](repeating: 0, count: byteCount)
        case .fill(let byte):
            altered.payload = [UInt8](repeating: byte, count: frame.payload.count)
        case .retag(let tag):
            altered.tag = tag
        case .delay(let time):
            Thread.sleep(forTimeInterval: Double(time.components.seconds) + Double(time.components.attoseconds) * 1e-18)
        case .duplicate:
            try inner.send(frame)
        case .close:
            return inner.close()
        }
        try inner.send(altered)
    }
}
