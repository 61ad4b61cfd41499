import SottoAlgebra
import SottoRandomness

/// Pseudorandom bytes into a buffer that exists already, and the setting of the same buffer to a constant.
public struct StreamWorkload {
    private let generator: PseudorandomGenerator
    private var buffer: [UInt8]

    public init(byteCount: Int) throws {
        generator = try PseudorandomGenerator(seed: SystemEntropy.seed(), domain: 0)
        buffer = [UInt8](repeating: 0, count: byteCount)
    }

    public var byteCount: Int { buffer.count }

    public mutating func fillRandomly() throws { try buffer.withUnsafeMutableBytes { try generator.fill($0) } }

    public mutating func fillConstantly() {
        buffer.withUnsafeMutableBytes { _ = $0.initializeMemory(as: UInt8.self, repeating: 0x5a) }
    }
}

/// Making one generator and reading one block of it.
public struct GeneratorWorkload {
    private let seed: Seed
    private var domain: UInt64 = 0

    public init() throws { seed = try SystemEntropy.seed() }

    public mutating func makeOne() throws -> Seed {
        domain += 1
        return try PseudorandomGenerator(seed: seed, domain: domain).seed()
    }
}
