import SottoRandomness

/// Trees whose levels all sum to `Δ` (Guo et al., Half-Tree, EUROCRYPT 2023, ePrint 2022/1431): a node's left child is its
/// hash, its right child itself plus that. The sums of a level's left and right nodes differ by `Δ`, so that a correlated OT
/// carries them as it is, and the leaves are a correlated OT with a single one.
///
/// The hash is `π(σ(x)) ⊕ σ(x)` with `σ(x_high, x_low) = (x_high ⊕ x_low, x_high)`, circular correlation robust in the
/// ideal-permutation model (ePrint 2019/074, section 7.3).
package final class CorrelatedTree {
    package let depth: Int
    private let cipher: FixedKeyCipher
    private let nodes: UnsafeMutableBufferPointer<Block>
    private let hashes: UnsafeMutableBufferPointer<Block>
    private let masks: UnsafeMutableBufferPointer<UInt64>

    /// - Parameter depth: levels below the root, at least 1.
    package init(depth: Int) throws(RandomnessError) {
        precondition((1...24).contains(depth))
        self.depth = depth
        cipher = try FixedKeyCipher(key: 0x6861_6c66)
        nodes = .allocate(capacity: 1 << depth)
        hashes = .allocate(capacity: 1 << (depth - 1))
        masks = .allocate(capacity: 1 << depth)
        nodes.initialize(repeating: .zero)
        hashes.initialize(repeating: .zero)
        masks.initialize(repeating: 0)
    }

    deinit {
        SecretMemory.wipe(UnsafeMutableRawBufferPointer(nodes))
        SecretMemory.wipe(UnsafeMutableRawBufferPointer(hashes))
        SecretMemory.wipe(UnsafeMutableRawBufferPointer(masks))
        nodes.deallocate()
        hashes.deallocate()
        masks.deallocate()
    }

    /// The leaves of the tree that grows from `first`, the left one of the first level; valid until the next call.
    /// - Returns: also the sum of each level's left nodes.
    package func full(first: Block, difference: Block) throws -> (leaves: UnsafeBufferPointer<Block>, leftSums: [Block])
    {
        nodes[0] = first
        nodes[1] = first ^ difference
        var sums = [first]
        for level in 1..<depth {
            try hashNodes(1 << level)
            var sum = Block.zero
            // From the back, so that children do not overwrite their parents' neighbours.
            for parent in stride(from: (1 << level) - 1, through: 0, by: -1) {
                let (node, hash) = (nodes[parent], hashes[parent])
                nodes[2 &* parent] = hash
                nodes[2 &* parent &+ 1] = node ^ hash
                sum ^= hash
            }
            sums.append(sum)
        }
        return (UnsafeBufferPointer(nodes), sums)
    }

    /// The leaves of the same tree but for one of them, which is `Δ` more; valid until the next call.
    ///
    /// - Parameters:
    ///   - sums: of each level's nodes on the side that the path does not go.
    ///   - right: for each level the lowest bit: whether the path goes right.
    /// - Returns: also, for each leaf, all ones where it is that one and zero elsewhere.
    package func punctured(
        sums: [Block], right: [UInt64]
    ) throws -> (leaves: UnsafeBufferPointer<Block>, path: UnsafeBufferPointer<UInt64>) {
        precondition(sums.count == depth && right.count == depth)
        // What the path's nodes hash to, which are zero here.
        try hashNodes(of: .zero)
        let ofZero = hashes[0]
        setFirst(sums[0], goesRight: 0 &- (right[0] & 1))
        for level in 1..<depth {
            try hashNodes(1 << level)
            var (left, all) = (Block.zero, Block.zero)
            for parent in 0..<1 << level {
                left ^= hashes[parent]
                all ^= nodes[parent]
            }
            let goesRight = Block.mask(right[level])
            // Sums of the right nodes are those of the left ones plus the parents'.
            let known = left ^ (~goesRight & all)
            let missing = known ^ sums[level]
            addToPath(
                parents: 1 << level, left: (ofZero & ~goesRight) ^ (missing & goesRight),
                right: (ofZero & goesRight) ^ (missing & ~goesRight), goesRight: 0 &- (right[level] & 1))
        }
        var all = Block.zero
        for leaf in 0..<1 << depth { all ^= nodes[leaf] }
        for leaf in 0..<1 << depth { nodes[leaf] ^= all & Block(repeating: masks[leaf]) }
        return (UnsafeBufferPointer(nodes), UnsafeBufferPointer(masks))
    }

    /// The first level: the node beside the path, and zero on it.
    private func setFirst(_ sum: Block, goesRight: UInt64) {
        nodes[0] = sum & Block(repeating: goesRight)
        nodes[1] = sum & ~Block(repeating: goesRight)
        masks[0] = ~goesRight
        masks[1] = goesRight
    }

    /// All parents' children, with `left` and `right` added to those of the path's parent; and the path one level on. No
    /// index depends on the path: every node has a mask, all ones on it and zero elsewhere.
    private func addToPath(parents: Int, left: Block, right: Block, goesRight: UInt64) {
        for parent in stride(from: parents - 1, through: 0, by: -1) {
            let (node, hash, mask) = (nodes[parent], hashes[parent], masks[parent])
            let wide = Block(repeating: mask)
            nodes[2 &* parent] = hash ^ (wide & left)
            nodes[2 &* parent &+ 1] = node ^ hash ^ (wide & right)
            let ofRight = mask & goesRight
            masks[2 &* parent] = mask ^ ofRight
            masks[2 &* parent &+ 1] = ofRight
        }
    }

    private func hashNodes(of block: Block) throws {
        nodes[0] = block
        try hashNodes(1)
    }

    /// Hashes of the first nodes.
    private func hashNodes(_ count: Int) throws {
        guard let nodes = nodes.baseAddress, let hashes = hashes.baseAddress else { return }
        for index in 0..<count { hashes[index] = Self.sigma(nodes[index]) }
        try cipher.permute(hashes, to: hashes, count: count)
        for index in 0..<count { hashes[index] ^= Self.sigma(nodes[index]) }
    }

    @inline(__always)
    private static func sigma(_ block: Block) -> Block { Block(block.y, block.y ^ block.x) }
}
