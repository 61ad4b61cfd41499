/// Where fresh seeds come from.
public protocol SeedSource: Sendable {
    /// A seed that was not given before.
    ///
    /// - Throws: `RandomnessError` if there is no entropy.
    mutating func nextSeed() throws -> Seed
}

/// Seeds from the operating system's entropy.
public struct SystemSeedSource: SeedSource {
    public init() {}

    public mutating func nextSeed() throws -> Seed { try SystemEntropy.seed() }
}

/// Seeds that follow from a 64-bit number, for tests and repeatable simulations. Whoever knows or guesses the number
/// knows every seed: nothing made from them is secret.
public struct InsecureSeededSource: SeedSource {
    private let number: UInt64
    private var given: UInt64 = 0

    public init(_ number: UInt64) { self.number = number }

    public mutating func nextSeed() throws -> Seed {
        var input = Array("sotto insecure seed".utf8)
        withUnsafeBytes(of: number.littleEndian) { input.append(contentsOf: $0) }
        withUnsafeBytes(of: given.littleEndian) { input.append(contentsOf: $0) }
        given += 1
        return try Seed(bytes: Array(Digest.sha256(input).prefix(Seed.byteCount)))
    }
}
