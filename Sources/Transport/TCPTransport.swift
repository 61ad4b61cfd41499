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
    public init(threads: Int = 1) {
        group = MultiThreadedEventLoopGroup(numberOfThreads: max(threads, 1))
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
    /// How long a receive waits, and how long a send waits for the peer to take anything at all.
    public var timeout: Duration
    /// The most payload bytes of one frame, checked before memory is taken; the largest messages, masked
    /// embedding tables, have about 650 MB.
    public var frameLimit: Int
    /// Payload bytes that may arrive before they are asked for; above, reading stops. A frame that has begun
    /// to arrive always completes.
    public var unreadBound: Int
    /// Bytes that may be queued unsent; above, sending waits.
    public var unsentBound: Int

    public init(
        timeout: Duration = .seconds(60), frameLimit: Int = 1 << 30, unreadBound: Int = 64 << 20,
        unsentBound: Int = 64 << 20
    ) {
        self.timeout = timeout
        self.frameLimit = frameLimit
        self.unreadBound = unreadBound
        self.unsentBound = unsentBound
    }
}
