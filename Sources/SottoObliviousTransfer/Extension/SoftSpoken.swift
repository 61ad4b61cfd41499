import SottoAlgebra
import SottoRandomness

/// Correlated OTs by SoftSpoken (Roy, CRYPTO 2022, ePrint 2022/192), semi-honest: 128 base OTs become `128/k` punctured
/// trees of `2^k` leaves, and these any number of correlated OTs. Whoever sends OTs is the one with punctured trees.
///
/// The sender holds a fixed difference `Δ` and blocks `q`, the receiver blocks `t = q ⊕ u·Δ` for uniform bits `u`. `Δ` is
/// odd, the `q` are even, and so `u` is the lowest bit of `t`: 127 bits of `Δ` are secret.
/// - Communication: setup 33 bytes from the receiver, `33·128` from the sender, `32·128` from the receiver; then, in one
///   message from the receiver, `128/k - 1` bits for each OT.
public struct SoftSpoken: Sendable, Hashable {
    /// `k`: bits of a tree's index; bytes against time.
    public let treeDepth: Int

    /// - Precondition: 1, 2, 4 or 8.
    public init(treeDepth: Int) {
        precondition([1, 2, 4, 8].contains(treeDepth), "SoftSpoken's trees have 1, 2, 4 or 8 levels")
        self.treeDepth = treeDepth
    }

    static let baseTransfers = 128
    var trees: Int { Self.baseTransfers / treeDepth }

    /// OTs are made in multiples of this.
    public static let granularity = 64

    public var treeBytes: Int { trees * PuncturableTree.messageBytes(depth: treeDepth) }

    /// - Precondition: a multiple of ``granularity``.
    public func extensionBytes(_ count: Int) -> Int {
        precondition(count.isMultiple(of: Self.granularity))
        return (trees - 1) * count / 8
    }

    /// Words of one row that are worked on at a time: all leaves of a tree stay in the second-level cache.
    var chunkWords: Int { treeDepth == 8 ? 128 : 256 }

    /// Word ranges of a row.
    func chunks(_ count: Int) -> [Range<Int>] {
        let words = count / 64
        return stride(from: 0, to: words, by: chunkWords).map { $0..<min($0 + chunkWords, words) }
    }
}

/// Sums over the leaves of a tree, in the field of two elements.
package enum LeafSums {
    /// With rows `r_x` of words for `x` below `2^depth`, row `j` of `sums` becomes the sum of all `r_x` with bit `j` of `x`
    /// set, and the first of `rows` the sum of all. The others are used up.
    package static func fold(
        _ rows: UnsafeMutablePointer<UInt64>, depth: Int, words: Int, sums: UnsafeMutablePointer<UInt64>
    ) {
        for level in 0..<depth {
            let sum = sums + level * words
            sum.update(repeating: 0, count: words)
            for pair in 0..<1 << (depth - 1 - level) {
                let (even, odd, target) = (rows + 2 * pair * words, rows + (2 * pair + 1) * words, rows + pair * words)
                for word in 0..<words {
                    sum[word] ^= odd[word]
                    target[word] = even[word] ^ odd[word]
                }
            }
        }
    }
}
