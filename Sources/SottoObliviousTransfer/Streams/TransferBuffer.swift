import SottoRandomness

/// Where a party is in a run: which trees come next, which of their OTs are the next round's seeds, and those that wait to be
/// taken. Both parties go through the same states.
struct TransferBuffer {
    private let parameters: FerretParameters
    /// Of the run, not yet taken.
    private var left = 0
    /// Trees of the round.
    private var trees = 0
    /// Of the next round, as far as they are made; all of them between runs.
    private var seeds: [Block]
    /// Made and not kept as seeds; the first `taken` are gone.
    private var blocks: [Block] = []
    private var taken = 0
    /// Of the next OT.
    private var index: UInt64 = 0

    /// - Parameter seeds: of the first round.
    init(_ parameters: FerretParameters, seeds: [Block]) {
        precondition(seeds.count == parameters.seeds)
        self.parameters = parameters
        self.seeds = seeds
    }

    /// What is left of another run is dropped.
    mutating func begin(_ demand: Int) {
        blocks = []
        (left, taken, trees) = (demand, 0, parameters.trees)
    }

    /// The seeds of the round that has to begin before the next tree can be made, if one has to.
    mutating func takeSeedsOfNextRound() -> [Block]? {
        guard trees == parameters.trees else { return nil }
        precondition(seeds.count == parameters.seeds, "a round makes its successor's seeds first")
        defer { (seeds, trees) = ([], 0) }
        return seeds
    }

    /// Adds the next tree's OTs.
    mutating func add(_ tree: [Block]) {
        trees += 1
        let kept = min(tree.count, parameters.seeds - seeds.count)
        seeds += tree.prefix(kept)
        blocks.removeFirst(taken)
        taken = 0
        blocks += tree.dropFirst(kept)
    }

    /// Trees that have to be made before `count` OTs can be taken.
    func treesNeeded(_ count: Int) -> Int {
        var (available, made, kept, needed) = (blocks.count - taken, trees, seeds.count, 0)
        while available < count {
            if made == parameters.trees { (made, kept) = (0, 0) }
            let seeds = min(parameters.treeSize, parameters.seeds - kept)
            (made, kept, needed) = (made + 1, kept + seeds, needed + 1)
            available += parameters.treeSize - seeds
        }
        return needed
    }

    /// Whether the run has `count` OTs left.
    func check(_ count: Int) throws(ObliviousTransferError) {
        guard count <= left else { throw .exhausted(asked: count, left: left) }
    }

    /// - Precondition: as many have been made, and checked.
    mutating func take(_ count: Int) -> (blocks: [Block], index: UInt64) {
        defer {
            taken += count
            left -= count
            index += UInt64(count)
        }
        return (Array(blocks[taken..<taken + count]), index)
    }
}
