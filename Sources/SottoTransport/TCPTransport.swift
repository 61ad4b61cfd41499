import Foundation
import NIOCore
import NIOPosix
import Synchronization

/// The thread that moves the bytes of this process's TCP connections.
///
/// Owned by whoever starts a party and passed to listeners and connections explicitly.
public final class TCPTransport: Sendable {
    let group: MultiThreadedEventLoopGroup
    private let isShutDown = Atomic<Bool>(false)

    /// - Parameter threads: One suffices for one pair of parties.
    /// - Throws: `TransportError.outOfDescriptors` when this process may not open the few files that it takes.
    public init(threads: Int = 1) throws {
        let threads = max(threads, 1)
        try TCPTransport.checkDescriptors(
            count: threads * TCPTransport.descriptorsPerThread + TCPTransport.descriptorsOfDispatch + 1)
        group = MultiThreadedEventLoopGroup(numberOfThreads: threads)
    }

    /// A selector, its wake-up and its timer.
    private static let descriptorsPerThread = 3
    /// The same of Dispatch, which takes signals and ends the process where it cannot open them.
    private static let descriptorsOfDispatch = 4

    /// An event loop that cannot open its descriptors ends the process, so they are tried before.
    private static func checkDescriptors(count: Int) throws {
        var opened: [Int32] = []
        defer { for descriptor in opened { close(descriptor) } }
        for _ in 0..<count {
            let descriptor = open("/dev/null", O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else {
                throw TransportError.outOfDescriptors(needed: count, reason: String(cString: strerror(errno)))
            }
            opened.append(descriptor)
        }
    }

    deinit {
        guard isRunning else { return }
        group.shutdownGracefully { _ in }
    }

    /// Whether connections can be made.
    var isRunning: Bool { !isShutDown.load(ordering: .acquiring) }

    /// Ends what connections are still open and stops the thread; returns when it has stopped.
    ///
    /// Close channels first, so that what they sent leaves. A second call does nothing.
    public func shutdown() {
        guard !isShutDown.exchange(true, ordering: .acquiringAndReleasing) else { return }
        // It fails only when the group was shut down before.
        try? group.syncShutdownGracefully()
    }
}

/// Limits of a TCP channel.
public struct TCPConfiguration: Sendable, Equatable {
    /// How long a receive or a send waits after the last progress: a frame, 64 KiB of one that arrived or that the peer
    /// took, or a heartbeat.
    public var timeout: Duration
    /// How long a handshake waits for the peer's, at most the timeout; nothing prolongs it.
    public var greetingTimeout: Duration
    /// The longest that heartbeats alone prolong a wait, at least the timeout.
    public var heartbeatLimit: Duration
    /// The most payload bytes of one frame, checked before memory is taken. Programs send tiles of a few megabytes.
    public var frameLimit: Int
    /// The most payload bytes of one frame to the peer; nil for the same.
    public var sentFrameLimit: Int?
    /// Bytes that may arrive before they are asked for, with 64 for each frame; above, reading stops until a thread waits
    /// for the peer. Then at most one frame of the limit more is held, or the connection ends.
    public var unreadBound: Int
    /// Bytes that may be queued unsent; above, sending waits.
    public var unsentBound: Int

    public init(
        timeout: Duration = .seconds(60), greetingTimeout: Duration = .seconds(10),
        heartbeatLimit: Duration = .seconds(3600), frameLimit: Int = FrameTag.payloadLimit, sentFrameLimit: Int? = nil,
        unreadBound: Int = 8 << 20, unsentBound: Int = 8 << 20
    ) {
        self.timeout = timeout
        self.greetingTimeout = greetingTimeout
        self.heartbeatLimit = heartbeatLimit
        self.frameLimit = frameLimit
        self.sentFrameLimit = sentFrameLimit
        self.unreadBound = unreadBound
        self.unsentBound = unsentBound
    }
}
