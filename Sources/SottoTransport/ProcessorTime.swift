import Foundation

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The clock of local work: the processor time of the calling thread. It stands while the thread waits, for a message or
/// for a processor that others use, so that what it measures on a busy machine holds on a quiet one as well.
package enum ProcessorTime {
    /// Since some moment of this thread's life.
    package static var now: Duration {
        #if canImport(Glibc) || canImport(Darwin)
            var time = timespec()
            guard clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time) == 0 else { return uptime }
            return .seconds(Int64(time.tv_sec)) + .nanoseconds(Int64(time.tv_nsec))
        #else
            return uptime
        #endif
    }

    /// Where there is no such clock.
    private static var uptime: Duration { .seconds(ProcessInfo.processInfo.systemUptime) }
}
