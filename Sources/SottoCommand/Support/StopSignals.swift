import Dispatch
import Foundation
import Synchronization

/// SIGINT and SIGTERM taken as a wish to stop when it suits, for as long as the value lives; the second one is obeyed at
/// once.
final class StopSignals {
    private final class Received: Sendable {
        let signal = Atomic<Int32>(0)
    }

    private let received = Received()
    private let sources: [any DispatchSourceSignal]

    /// - Parameter first: called when the first signal comes, on a thread of its own.
    init(first: @escaping @Sendable () -> Void = {}) {
        let received = received
        // A queue of its own: training keeps the shared ones busy.
        let queue = DispatchQueue(label: "sotto.signals")
        sources = [SIGINT, SIGTERM].map { number in
            #if canImport(Darwin)
                // Dispatch only watches there; elsewhere it takes the signal itself.
                signal(number, SIG_IGN)
            #endif
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler {
                guard received.signal.exchange(number, ordering: .relaxed) == 0 else { _exit(128 + number) }
                first()
            }
            source.resume()
            return source
        }
    }

    deinit { for source in sources { source.cancel() } }

    /// The signal that has come, if one has.
    var signal: Int32? {
        let number = received.signal.load(ordering: .relaxed)
        return number == 0 ? nil : number
    }
}
