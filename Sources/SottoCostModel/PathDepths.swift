import SottoAlgebra
import SottoSecureComputation

/// The rounds that all uses of one primitive under one path would take alone, one after the other; the tiles of one
/// operation count once.
struct PathDepths {
    /// What an instruction adds to the depth of its path, by index.
    let increases: [Int]

    init(_ program: Program, _ cost: ProgramCost) {
        var walk = Walk(cost)
        for node in program.nodes { walk.visit(node) }
        increases = walk.increases
    }

    private struct Walk {
        let cost: ProgramCost
        var increases: [Int]
        /// By path, of the branch at hand.
        private var alone: [String: Clocks] = [:]
        /// By path, of all branches.
        private var latest: [String: Int] = [:]

        init(_ cost: ProgramCost) {
            self.cost = cost
            increases = [Int](repeating: 0, count: cost.instructions.count)
        }

        mutating func visit(_ node: Node) {
            switch node {
            case .instruction(let instruction): visit(cost.instructions[instruction.index])
            case .parallel(let branches): for node in branches.joined() { visit(node) }
            case .tiles(let tiles): visit(tiles.map(\.nodes))
            }
        }

        private mutating func visit(_ branches: [[Node]]) {
            let start = alone
            var joined = start
            for branch in branches {
                alone = start
                for node in branch { visit(node) }
                joined.merge(alone) { $0.joined(with: $1) }
            }
            alone = joined
        }

        private mutating func visit(_ cost: InstructionCost) {
            guard !cost.messages.isEmpty else { return }
            var clocks = alone[cost.path] ?? .zero
            for bytes in cost.messages { clocks.exchange(bytes) }
            alone[cost.path] = clocks
            let before = latest[cost.path] ?? 0
            latest[cost.path] = max(before, clocks.largest)
            increases[cost.index] = max(0, clocks.largest - before)
        }
    }
}
