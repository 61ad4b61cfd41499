/// The 16 secret bytes that a pseudorandom stream grows from. What prints a seed prints that it is one, no more.
public struct Seed: Sendable, Hashable {
    /// The size of a seed in bytes.
    public static var byteCount: Int { 16 }

    // Two words, so that a seed needs no memory of its own; little-endian.
    private let low: UInt64
    private let high: UInt64

    /// - Throws: `RandomnessError.wrongSeedSize` unless there are 16 bytes.
    public init(bytes: [UInt8]) throws(RandomnessError) {
        guard bytes.count == Self.byteCount else { throw .wrongSeedSize(actual: bytes.count) }
        (low, high) = bytes.withUnsafeBytes {
            (
                UInt64(littleEndian: $0.loadUnaligned(fromByteOffset: 0, as: UInt64.self)),
                UInt64(littleEndian: $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            )
        }
    }

    init(low: UInt64, high: UInt64) {
        self.low = low
        self.high = high
    }

    /// The 16 bytes.
    public var bytes: [UInt8] { withUnsafeBytes { Array($0) } }

    func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try Swift.withUnsafeBytes(of: (low.littleEndian, high.littleEndian), body)
    }
}

extension Seed: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "Seed(redacted)" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
