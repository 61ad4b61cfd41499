import SottoAlgebra
import SottoRandomness

/// Trees of pseudorandom values (Goldreich, Goldwasser and Micali, J. ACM 1986): one party knows all leaves, the other all
/// but one of its choice, by a base OT for each level (Schoppmann et al., CCS 2019, section 4). A level's OT carries the sums
/// of all left and of all right nodes, of which the punctured party takes the side that its path does not go.
///
/// Nodes' children are hashes of them, with tree, level and side as the tweak.
package struct PuncturableTree {
    /// Levels below the root, 1 to 8.
    package let depth: Int
    package let index: Int

    /// - Precondition: 1 to 8 levels.
    package init(depth: Int, index: Int) {
        precondition((1...8).contains(depth))
        self.depth = depth
        self.index = index
    }

    /// - Communication: two keys a level, from who knows all leaves.
    package static func messageBytes(depth: Int) -> Int { 2 * Block.byteCount * depth }

    /// All leaves of the tree that grows from `root`, and the message for the other party.
    /// - Parameter keys: both keys of each level's base OT.
    package func full(
        root: Block, keys: ArraySlice<(Block, Block)>, hash: TweakableHash
    ) throws -> (leaves: [Block], message: [Block]) {
        var nodes = [root]
        var message: [Block] = []
        for (level, key) in keys.enumerated() {
            let (left, right) = try children(of: nodes, level, hash)
            message += [left.sum ^ key.0, right.sum ^ key.1]
            nodes = zip(left, right).flatMap { [$0, $1] }
        }
        return (nodes, message)
    }

    /// All leaves but the punctured one, leaf `x` at index `x ^ punctured`, so that no index depends on the secret; the first
    /// is zero.
    ///
    /// - Parameter keys: one key of each level's base OT, that of the side which the path does not go.
    package func punctured(
        at punctured: Int, keys: ArraySlice<Block>, message: ArraySlice<UInt8>, hash: TweakableHash
    ) throws -> [Block] {
        let sums = [Block](bytes: message)
        var nodes: [Block] = [.zero]
        for (level, key) in keys.enumerated() {
            let pathGoesRight = Block.mask(UInt64(truncatingIfNeeded: punctured >> (depth - 1 - level)))
            let (left, right) = try children(of: nodes, level, hash)
            // Beside the path: right where the path goes left.
            let sum = sums[2 * level + 1] ^ (pathGoesRight & (sums[2 * level] ^ sums[2 * level + 1])) ^ key
            var next = [Block](repeating: .zero, count: 2 * nodes.count)
            var known = Block.zero
            for index in 1..<max(1, nodes.count) {
                let exchanged = pathGoesRight & (left[index] ^ right[index])
                next[2 * index] = left[index] ^ exchanged
                next[2 * index + 1] = right[index] ^ exchanged
                known ^= next[2 * index + 1]
            }
            next[1] = sum ^ known
            nodes = next
        }
        return nodes
    }

    private func children(
        of nodes: [Block], _ level: Int, _ hash: TweakableHash
    ) throws -> (left: [Block], right: [Block]) {
        var (left, right) = (nodes, nodes)
        let tweak = UInt64(index * 16 + level)
        try left.withUnsafeMutableBufferPointer { try hash.hash($0, tweak: tweak, step: 0, kind: HashKind.leftChild) }
        try right.withUnsafeMutableBufferPointer {
            try hash.hash($0, tweak: tweak, step: 0, kind: HashKind.rightChild)
        }
        return (left, right)
    }
}

/// What hashes of one session are for.
enum HashKind {
    static let leftChild: UInt64 = 1
    static let rightChild: UInt64 = 2
    /// The messages of a 1-of-N OT.
    static let message: UInt64 = 1 << 16
    private static let firstPad: UInt64 = 1 << 32

    /// A correlated OT as a random one; several for pads of more than 128 bits.
    static func pad(_ lane: Int) -> UInt64 { firstPad + UInt64(lane) }
}
