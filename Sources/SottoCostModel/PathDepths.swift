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
        /// Of every instruction, by index.
        private let paths: [Int]
        /// By path, of the branch at hand.
        private var alone: [Clocks]
        /// By path, of all branches.
        private var latest: [Int]
        /// What `alone` was before each of the changes up to here: a branch ends by taking its own
        /// back, which costs what it has changed and not what there is.
        private var changes: [(path: Int, before: Clocks)] = []

        init(_ cost: ProgramCost) {
            var known: [String: Int] = [:]
            self.cost = cost
            paths = cost.instructions.map { instruction in
                if let path = known[instruction.path] { return path }
                defer { known[instruction.path] = known.count }
                return known.count
            }
            increases = [Int](repeating: 0, count: cost.instructions.count)
            alone = [Clocks](repeating: .zero, count: known.count)
            latest = [Int](repeating: 0, count: known.count)
        }

        mutating func visit(_ node: Node) {
            switch node {
            case .instruction(let instruction): visit(cost.instructions[instruction.index])
            case .parallel(let branches): for node in branches.joined() { visit(node) }
            case .tiles(let tiles): visit(tiles.map(\.nodes))
            }
        }

        private mutating func visit(_ branches: [[Node]]) {
            var joined: [Int: Clocks] = [:]
            for branch in branches {
                let mark = changes.count
                for node in branch { visit(node) }
                for (path, _) in changes[mark...] {
                    joined[path] = joined[path, default: .zero].joined(with: alone[path])
                }
                for (path, before) in changes[mark...].reversed() { alone[path] = before }
                changes.removeSubrange(mark...)
            }
            for (path, clocks) in joined { set(path, clocks) }
        }

        private mutating func visit(_ cost: InstructionCost) {
            guard !cost.messages.isEmpty else { return }
            let path = paths[cost.index]
            var clocks = alone[path]
            for bytes in cost.messages { clocks.exchange(bytes) }
            set(path, clocks)
            increases[cost.index] = max(0, clocks.largest - latest[path])
            latest[path] = max(latest[path], clocks.largest)
        }

        private mutating func set(_ path: Int, _ clocks: Clocks) {
            changes.append((path, alone[path]))
            alone[path] = clocks
        }
    }
}
