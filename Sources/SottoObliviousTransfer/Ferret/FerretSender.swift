import SottoRandomness

/// Silent correlated OTs (Ferret, Yang et al., CCS 2020, ePrint 2020/924, with half trees): the party that holds `Δ`. A round
/// takes few correlated OTs and gives many, tree by tree.
/// - Communication: `16·depth` bytes from the sender for each tree of `2^depth` OTs, nothing from the receiver.
final class FerretSender {
    let parameters: FerretParameters
    private let difference: Block
    private let tree: CorrelatedTree
    private let matrix: SparseMatrix
    private let roots: PseudorandomGenerator
    private let base: [Block]
    private let levels: [Block]
    private(set) var used = 0

    /// - Parameters:
    ///   - seeds: the blocks `q` of ``FerretParameters/seeds`` correlated OTs.
    ///   - round: of the session; gives the matrix its stream.
    init(
        _ parameters: FerretParameters, difference: Block, seeds: [Block], matrixSeed: Seed, round: Int, roots: Seed
    ) throws {
        precondition(seeds.count == parameters.seeds)
        self.parameters = parameters
        self.difference = difference
        tree = try CorrelatedTree(depth: parameters.depth)
        matrix = try SparseMatrix(logBase: parameters.logBase, seed: matrixSeed, round: round)
        self.roots = try PseudorandomGenerator(seed: roots, domain: UInt64(round))
        base = Array(seeds.prefix(1 << parameters.logBase))
        levels = Array(seeds.dropFirst(1 << parameters.logBase))
    }

    var treesLeft: Int { parameters.trees - used }

    /// The blocks `q` of the next tree's OTs, and what the receiver needs for it.
    func next(_ blocks: UnsafeMutablePointer<Block>) throws -> [Block] {
        precondition(treesLeft > 0)
        let (leaves, sums) = try tree.full(first: Block(roots.seed()), difference: difference)
        let start = used * parameters.depth
        used += 1
        for index in 0..<leaves.count { blocks[index] = leaves[index].even }
        try base.withUnsafeBufferPointer { base in
            guard let base = base.baseAddress else { return }
            try matrix.addNext(leaves.count, of: base, to: blocks)
        }
        return sums.indices.map { sums[$0] ^ levels[start + $0] }
    }
}
