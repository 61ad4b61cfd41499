import Foundation

/// A blocking computation on a thread of its own, as a party runs.
public final class Background<Value: Sendable>: @unchecked Sendable {
    // Unchecked: `outcome` is written before the semaphore is signalled and read after.
    private var outcome: Result<Value, any Error>?
    private let done = DispatchSemaphore(value: 0)

    public init(_ body: @escaping @Sendable () throws -> Value) {
        Thread { [self] in
            outcome = Result { try body() }
            done.signal()
        }.start()
    }

    /// Waits for the computation; to be called once.
    public func result() throws -> Value {
        done.wait()
        return try outcome!.get()
    }
}
