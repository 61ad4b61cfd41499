import Foundation

/// For tests that mostly wait: others run meanwhile.
enum Waiting {
    /// Runs `body` on a thread of its own; the few threads that run tests stay free.
    static func aside<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread { continuation.resume(with: Result { try body() }) }
        }
    }
}
