import Dispatch

/// Runs pieces of work on as many threads and returns when all are done; a single piece runs on the calling thread.
///
/// Pieces must write to memory of their own: the compiler does not check it.
func inParallel(_ pieces: Int, _ work: (Int) -> Void) {
    guard pieces > 1 else { return work(0) }
    // The closure does not outlive the call, which waits for every piece.
    withoutActuallyEscaping(work) { work in
        nonisolated(unsafe) let work = work
        DispatchQueue.concurrentPerform(iterations: pieces) { work($0) }
    }
}
