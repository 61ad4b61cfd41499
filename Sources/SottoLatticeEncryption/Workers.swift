import Dispatch
import Synchronization

/// Threads that share the parts of some work, each with memory of its own to write over.
///
/// A part goes to whichever thread is free, and results come in the order of the parts: where parts do not depend on each
/// other, the outcome is the same for any number of threads.
package final class Workers<Memory>: @unchecked Sendable {
    // Sendable although memories are not: the one at a place is only used by the worker of that number.
    private var memories: [Memory?]
    private let make: @Sendable () -> Memory

    package var count: Int { memories.count }

    /// - Parameter make: memory for one thread, called when that has something to do for the first time.
    package init(threads: Int, memory make: @escaping @Sendable () -> Memory) {
        precondition(threads >= 1, "someone has to do the work")
        memories = [Memory?](repeating: nil, count: threads)
        self.make = make
    }

    /// So many parts that threads end at about the same time; one for a single thread, which then holds no more than that.
    package var goodPartCount: Int { count == 1 ? 1 : 4 * count }

    /// What the body makes of every part.
    ///
    /// - Precondition: nothing else uses these workers at the same time, the body included.
    package func map<Part: Sendable, Output: Sendable, Failure: Error>(
        _ parts: [Part], _ body: @Sendable (Part, Memory) throws(Failure) -> Output
    ) throws(Failure) -> [Output] {
        let threads = min(count, parts.count)
        for worker in 0..<max(1, threads) where memories[worker] == nil { memories[worker] = make() }
        let memories = Memories(memories)
        guard threads > 1 else {
            var outputs: [Output] = []
            outputs.reserveCapacity(parts.count)
            for part in parts { outputs.append(try body(part, memories[0])) }
            return outputs
        }
        let next = Atomic(0)
        let results = Mutex([Result<Output, Failure>?](repeating: nil, count: parts.count))
        DispatchQueue.concurrentPerform(iterations: threads) { worker in
            while true {
                let index = next.add(1, ordering: .relaxed).oldValue
                guard index < parts.count else { return }
                let result = Result { () throws(Failure) in try body(parts[index], memories[worker]) }
                results.withLock { $0[index] = result }
            }
        }
        var outputs: [Output] = []
        outputs.reserveCapacity(parts.count)
        for result in results.withLock({ $0 }) { outputs.append(try result!.get()) }
        return outputs
    }

    /// Sendable for the reason that ``Workers`` is.
    private struct Memories: @unchecked Sendable {
        private let memories: [Memory?]

        init(_ memories: [Memory?]) { self.memories = memories }

        subscript(worker: Int) -> Memory { memories[worker]! }
    }
}
