import Foundation
import TestSupport
import Transport

/// A blocking computation on a thread of its own, as a party runs.
final class Background<Value: Sendable>: @unchecked Sendable {
    // Unchecked: `outcome` is written before the semaphore is signalled and read after.
    private var outcome: Result<Value, any Error>?
    private let done = DispatchSemaphore(value: 0)

    init(_ body: @escaping @Sendable () throws -> Value) {
        Thread { [self] in
            outcome = Result { try body() }
            done.signal()
        }.start()
    }

    /// Waits for the computation; to be called once.
    func result() throws -> Value {
        done.wait()
        return try outcome!.get()
    }
}

/// The transport error that `body` throws, or nil.
func transportError(_ body: () throws -> Void) -> TransportError? {
    do {
        try body()
        return nil
    } catch {
        return error as? TransportError
    }
}

/// The kinds of channel, which must behave alike.
enum Medium: CaseIterable, Sendable {
    case inMemory, tcp

    /// Runs `body` with the server's and the client's end of a new connection.
    func withPair(
        timeout: Duration = .seconds(20), body: (any Channel, any Channel) throws -> Void
    ) throws {
        switch self {
        case .inMemory:
            let (server, client) = InMemoryChannel.pair(timeout: timeout)
            defer { server.close() }
            try body(server, client)
        case .tcp:
            try LoopbackPair.with(configuration: TCPConfiguration(timeout: timeout)) { try body($0, $1) }
        }
    }
}

func withTransport(body: (TCPTransport) throws -> Void) throws {
    let transport = try TCPTransport()
    defer { transport.shutdown() }
    try body(transport)
}

/// Whether two frames are equal; quick on large payloads also without optimisation.
func same(_ first: Frame, _ second: Frame) -> Bool {
    guard first.tag == second.tag, first.depth == second.depth, first.payload.count == second.payload.count else {
        return false
    }
    return first.payload.withUnsafeBytes { first in
        second.payload.withUnsafeBytes { second in
            first.isEmpty || memcmp(first.baseAddress!, second.baseAddress!, first.count) == 0
        }
    }
}

/// SplitMix64: the same numbers in every run.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &self) }
    }
}

/// The bytes of a connection that carries these frames.
func wireBytes(_ frames: [Frame]) -> [UInt8] {
    frames.reduce(WireFormat.streamHeader) { $0 + WireFormat.header(of: $1) + $1.payload }
}
