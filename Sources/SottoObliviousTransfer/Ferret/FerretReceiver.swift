import SottoRandomness

/// Silent correlated OTs: the party that gets `t = q ⊕ u·Δ`, with `u` the lowest bits.
final class FerretReceiver {
    let parameters: FerretParameters
    private let tree: CorrelatedTree
    private let matrix: SparseMatrix
    private let base: [Block]
    private let levels: [Block]
    private(set) var used = 0

    /// - Parameter seeds: the blocks `t` of ``FerretParameters/seeds`` correlated OTs.
    init(_ parameters: FerretParameters, seeds: [Block], matrixSeed: Seed, round: Int) throws {
        precondition(seeds.count == parameters.seeds)
        self.parameters = parameters
        tree = try CorrelatedTree(depth: parameters.depth)
        matrix = try SparseMatrix(logBase: parameters.logBase, seed: matrixSeed, round: round)
        base = Array(seeds.prefix(1 << parameters.logBase))
        levels = Array(seeds.dropFirst(1 << parameters.logBase))
    }

    var treesLeft: Int { parameters.trees - used }

    /// The blocks `t` of the next tree's OTs, given the sender's message for it.
    ///
    /// The noise's place follows from the choice bits of the OTs that carry the sums: the path goes where they do not.
    func next(_ message: ArraySlice<UInt8>, _ blocks: UnsafeMutablePointer<Block>) throws {
        precondition(treesLeft > 0)
        let own = levels[used * parameters.depth..<(used + 1) * parameters.depth]
        used += 1
        let (leaves, path) = try tree.punctured(
            sums: zip([Block](bytes: message), own).map { $0 ^ $1 }, right: own.map { ~$0.lowestBit })
        for index in 0..<leaves.count { blocks[index] = leaves[index].even | Block(path[index] & 1, 0) }
        try base.withUnsafeBufferPointer { base in
            guard let base = base.baseAddress else { return }
            try matrix.addNext(leaves.count, of: base, to: blocks)
        }
    }
}
