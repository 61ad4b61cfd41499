import SottoRandomness

/// A set of parameters of primal LPN with regular noise, for ``FerretSender`` and ``FerretReceiver``.
///
/// `2^logBase` uniform correlated OTs times a public sparse matrix, plus noise of one set bit in each of `trees` blocks of
/// `2^depth`, look like `trees·2^depth` uniform ones. The sets are those of emp-ot, which choose them for about 128 bits
/// against Gaussian elimination, information-set decoding (Liu et al., EUROCRYPT 2024, ePrint 2022/712), algebraic attacks on
/// regular noise (Briaud and Øygarden, EUROCRYPT 2023, ePrint 2023/176) and their hybrids; rows have ten ones.
public struct FerretParameters: Sendable, Hashable {
    /// Blocks of noise, each made of one tree.
    public let trees: Int
    /// Logarithm of how many correlated OTs the matrix multiplies.
    public let logBase: Int
    /// Levels of a tree.
    public let depth: Int

    public static let b10 = FerretParameters(trees: 850, logBase: 16, depth: 10)
    public static let b11 = FerretParameters(trees: 1170, logBase: 17, depth: 11)
    public static let b12 = FerretParameters(trees: 1520, logBase: 18, depth: 12)
    public static let b13 = FerretParameters(trees: 1900, logBase: 19, depth: 13)

    package init(trees: Int, logBase: Int, depth: Int) {
        self.trees = trees
        self.logBase = logBase
        self.depth = depth
    }

    /// From few OTs to many.
    public static let all = [b10, b11, b12, b13]

    /// Ones in a row of the matrix.
    static let rowWeight = 10

    /// OTs of a tree.
    public var treeSize: Int { 1 << depth }
    /// OTs of a round.
    public var count: Int { trees * treeSize }
    /// OTs that a round takes: what the matrix multiplies, and one for each level of each tree.
    public var seeds: Int { (1 << logBase) + trees * depth }
    /// Bytes of the sender for a tree.
    public var treeBytes: Int { depth * Block.byteCount }
    public var bytes: Int { trees * treeBytes }
}
