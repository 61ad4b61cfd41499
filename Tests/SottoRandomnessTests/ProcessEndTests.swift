#if compiler(>=6.2)
    import Foundation
    import SottoRandomness
    import Synchronization
    import Testing

    /// A process may end while threads that made randomness do.
    @Suite struct ProcessEndTests {
        private final class Signals: Sendable {
            let ready = Atomic<Int>(0)
            let isOver = Atomic<Bool>(false)
        }

        private static func endWithThreads(_ count: Int) -> Never {
            let signals = Signals()
            for index in 0..<count {
                Thread.detachNewThread {
                    // The system's generator keeps state for each thread, which goes with the thread.
                    _ = try? SystemEntropy.seed()
                    signals.ready.add(1, ordering: .relaxed)
                    while !signals.isOver.load(ordering: .relaxed) { Thread.sleep(forTimeInterval: 0.001) }
                    Thread.sleep(forTimeInterval: Double(index) * 1e-5)
                }
            }
            while signals.ready.load(ordering: .relaxed) < count { Thread.sleep(forTimeInterval: 0.001) }
            signals.isOver.store(true, ordering: .relaxed)
            Thread.sleep(forTimeInterval: 0.001)
            exit(0)
        }

        /// Without care every third process crashes.
        @Test func threadsMayEndWithTheProcess() async {
            for _ in 0..<12 { await #expect(processExitsWith: .exitCode(0)) { Self.endWithThreads(256) } }
        }
    }
#endif
