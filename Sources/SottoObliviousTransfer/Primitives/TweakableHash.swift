import SottoRandomness

/// `H(x, i) = π(π(x) ⊕ i) ⊕ π(x)`, tweakable circular correlation robust in the ideal-permutation model (TMMO of Guo, Katz,
/// Wang and Yu, S&P 2020, ePrint 2019/074, section 7.4): what turns correlated OTs into random ones. Every tweak `i` is used
/// for one OT of a session.
public final class TweakableHash {
    private let cipher: FixedKeyCipher
    private var first = [Block](repeating: .zero, count: TweakableHash.chunk)
    private var second = [Block](repeating: .zero, count: TweakableHash.chunk)

    /// Both scratch buffers stay in the first-level cache.
    static let chunk = 512

    public init() throws(RandomnessError) { cipher = try FixedKeyCipher(key: 0x746d_6d6f) }

    /// Hashes in place; block `i` has the tweak `tweak + step·i`.
    ///
    /// - Parameter kind: separates hashes for different purposes.
    package func hash(
        _ blocks: UnsafeMutableBufferPointer<Block>, tweak: UInt64, step: UInt64 = 1, kind: UInt64
    ) throws(RandomnessError) {
        guard let start = blocks.baseAddress else { return }
        for offset in stride(from: 0, to: blocks.count, by: Self.chunk) {
            let count = min(Self.chunk, blocks.count - offset)
            try hashChunk(start + offset, count, tweak &+ step &* UInt64(offset), step, kind)
        }
    }

    private func hashChunk(
        _ blocks: UnsafeMutablePointer<Block>, _ count: Int, _ tweak: UInt64, _ step: UInt64, _ kind: UInt64
    ) throws(RandomnessError) {
        // Typed errors do not pass through the closures.
        var failure: RandomnessError?
        first.withUnsafeMutableBufferPointer { first in
            second.withUnsafeMutableBufferPointer { second in
                guard let first = first.baseAddress, let second = second.baseAddress else { return }
                do throws(RandomnessError) {
                    try cipher.permute(blocks, to: first, count: count)
                    for index in 0..<count {
                        second[index] = first[index] ^ Block(tweak &+ step &* UInt64(index), kind)
                    }
                    try cipher.permute(second, to: second, count: count)
                    for index in 0..<count { blocks[index] = first[index] ^ second[index] }
                } catch { failure = error }
            }
        }
        if let failure { throw failure }
    }
}
