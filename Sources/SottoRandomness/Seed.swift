import CSottoOpenSSL

/// The 16 secret bytes that a pseudorandom stream grows from. What prints a seed prints that it is one, no more.
///
/// All copies of a seed share one piece of memory, which is overwritten with zeros when the last of them goes.
public struct Seed: @unchecked Sendable {
    /// The size of a seed in bytes.
    public static var byteCount: Int { 16 }

    private let storage: Storage

    /// Two words behind the object's header, written once, before they are shared.
    private final class Storage: ManagedBuffer<Void, UInt64> {
        deinit { SecretMemory.wipe(memory) }

        var memory: UnsafeMutableRawBufferPointer {
            withUnsafeMutablePointerToElements { UnsafeMutableRawBufferPointer(start: $0, count: Seed.byteCount) }
        }
    }

    /// A seed of 16 bytes, which the caller still holds; ``init(wiping:)`` leaves none behind.
    /// - Throws: `RandomnessError.wrongSeedSize` unless there are 16 bytes.
    public init(bytes: [UInt8]) throws(RandomnessError) {
        guard bytes.count == Self.byteCount else { throw .wrongSeedSize(actual: bytes.count) }
        self.init { target in bytes.withUnsafeBytes { target.copyMemory(from: $0) } }
    }

    /// A seed of 16 bytes, which are then overwritten with zeros, also where they are no seed.
    /// - Throws: `RandomnessError.wrongSeedSize` unless there are 16 bytes.
    package init(wiping bytes: inout [UInt8]) throws(RandomnessError) {
        defer { SecretMemory.wipe(&bytes) }
        try self.init(bytes: bytes)
    }

    /// - Parameter fill: writes all 16 bytes.
    init(_ fill: (UnsafeMutableRawBufferPointer) -> Void) {
        storage = unsafeDowncast(Storage.create(minimumCapacity: 2) { _ in }, to: Storage.self)
        fill(storage.memory)
    }

    /// The 16 bytes. The copy is not wiped: ``SecretMemory`` does that.
    package var bytes: [UInt8] { withUnsafeBytes { Array($0) } }

    /// The seed's own memory, for as long as the call lasts.
    package func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try withExtendedLifetime(storage) { try body(UnsafeRawBufferPointer(storage.memory)) }
    }
}

extension Seed: Hashable {
    /// Takes the same time wherever the seeds differ.
    public static func == (left: Seed, right: Seed) -> Bool {
        left.withUnsafeBytes { left in
            right.withUnsafeBytes { right in CRYPTO_memcmp(left.baseAddress, right.baseAddress, left.count) == 0 }
        }
    }

    public func hash(into hasher: inout Hasher) { withUnsafeBytes { hasher.combine(bytes: $0) } }
}

extension Seed: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "Seed(redacted)" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
