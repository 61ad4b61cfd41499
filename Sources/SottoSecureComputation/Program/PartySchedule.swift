import SottoAlgebra
import SottoPreprocessing
import SottoTransport

/// What a party does next in a program.
package struct PartyStep: Sendable, Hashable {
    package enum Kind: Sendable, Hashable, CaseIterable {
        /// Local work before the first round.
        case start
        /// Making a round's message, and sending it where the party has one to send.
        case outgoing
        /// Waiting for the peer's message of a round.
        case receive
        /// Local work on what has arrived, or where nothing was to arrive, on nothing.
        case incoming
    }
    package let kind: Kind
    /// Index of the instruction.
    package let instruction: Int
    /// 0 before the first round.
    package let round: Int

    /// Place among the instruction's local work: 0 for the start, then making and taking of every round. nil for waiting.
    package var place: Int? {
        switch kind {
        case .start: 0
        case .outgoing: 1 + 2 * round
        case .receive: nil
        case .incoming: 2 + 2 * round
        }
    }
}

/// The order in which a party works, sends and waits: a function of the program and the party alone, because branches
/// advance as far as they get, in declaration order, and then the party waits for the one that has waited longest; tiles
/// are admitted in order as far as their window goes. The party interpreter runs this schedule and the replay of latencies
/// replays it.
struct PartySchedule {
    private let party: Party
    private let tiling: Tiling
    private let turns = WaitTurns()
    private var nodes: ArraySlice<Node>
    private var root: Strand?
    /// Top-level nodes that are done.
    private(set) var nodesDone = 0

    init(_ nodes: [Node], _ tiling: Tiling, party: Party) {
        self.party = party
        self.tiling = tiling
        self.nodes = nodes[...]
    }

    /// The next step and the strand that takes it; nil at the end. The strand's clock is read and raised by who runs it.
    ///
    /// - Parameter finished: called with the index of every top-level node that is done.
    mutating func next(finished: (Int) -> Void = { _ in }) -> (step: PartyStep, strand: Strand)? {
        while true {
            if let root {
                if let next = root.next(party) { return next }
                if let waiting = root.firstWaiting {
                    waiting.hasArrived = true
                    return (waiting.step(.receive), waiting)
                }
                finished(nodesDone)
                nodesDone += 1
            }
            guard let node = nodes.popFirst() else {
                root = nil
                return nil
            }
            root = Strand(nodes: [node], tiling, turns, clock: root?.clock ?? 0)
        }
    }

    /// Tags of the frames that may overtake the one that is waited for: those of parallel branches that have not come yet. A
    /// second frame with the tag of one that has come would be taken for the next run's.
    var overtakingTags: Set<UInt32> { root?.frameTags ?? [] }

    /// The frame that a strand waited for has come.
    func noteArrival(_ strand: Strand) { root?.frameTags.remove(strand.tag) }

    /// The causal clock at the end of the last top-level node.
    var clock: Int { root?.clock ?? 0 }

    /// Correlations in the order in which a party takes them; those that no step takes come last.
    static func correlationOrder(_ nodes: [Node], _ tiling: Tiling, party: Party, count: Int) -> [Int] {
        // Without branches it is the order of declaration.
        guard nodes.contains(where: { !$0.branches.isEmpty }) else { return Array(0..<count) }
        var order: [Int] = []
        order.reserveCapacity(count)
        var isTaken = [Bool](repeating: false, count: count)
        func take(_ correlation: Int) {
            guard !isTaken[correlation] else { return }
            isTaken[correlation] = true
            order.append(correlation)
        }
        var schedule = PartySchedule(nodes, tiling, party: party)
        while let (step, strand) = schedule.next() {
            guard let instruction = strand.instruction, !instruction.correlations.isEmpty else { continue }
            let primitive = instruction.primitive
            switch step.kind {
            case .start: primitive.correlations(takenIn: nil).forEach(take)
            case .outgoing: primitive.correlations(takenIn: step.round).forEach(take)
            case .receive, .incoming: break
            }
        }
        (0..<count).forEach(take)
        return order
    }
}

/// Numbers waits in the order in which they began.
private final class WaitTurns {
    private var last = 0

    func next() -> Int {
        last += 1
        return last
    }
}

/// A branch of a program in progress, with its own causal clock.
final class Strand {
    private enum Stage {
        case start
        case outgoing
        case awaiting
    }

    private let tiling: Tiling
    private let turns: WaitTurns
    /// When the wait in progress began.
    private var turn = 0
    private let nodes: [Node]
    private var remaining: ArraySlice<Node>
    private var stage = Stage.start
    private var children: [Strand] = []
    /// Tiles that the window has not admitted yet.
    private var pending: ArraySlice<Node.Tile> = []
    private var window = 0
    /// What a tile takes of its parent's window.
    private let bytes: Int
    private var isDone = false
    /// Tags of all frames of parallel branches, which may arrive in any order, but for those that have; none for a single
    /// instruction.
    fileprivate lazy var frameTags = Self.tags(of: nodes)
    fileprivate var hasArrived = false
    var clock: Int
    /// The one in progress, or the last one.
    private(set) var instruction: Instruction?
    private var index = 0
    private var isInProgress = false
    private(set) var rounds: [ByParty<Int>] = []
    private(set) var round = 0
    /// For who runs the schedule: the instruction's exchanges, and what has arrived for this round.
    var exchanges: [Exchange] = []
    var payload: [UInt8] = []

    fileprivate init(nodes: [Node], _ tiling: Tiling, _ turns: WaitTurns, clock: Int, bytes: Int = 0) {
        self.tiling = tiling
        self.turns = turns
        self.nodes = nodes
        self.bytes = bytes
        remaining = nodes[...]
        self.clock = clock
    }

    var tag: UInt32 { FrameTag.program(instruction: index, round: round) }

    fileprivate func step(_ kind: PartyStep.Kind) -> PartyStep {
        PartyStep(kind: kind, instruction: index, round: round)
    }

    /// The next step that needs no waiting, here or in a branch; nil where all wait, or at the end.
    fileprivate func next(_ party: Party) -> (step: PartyStep, strand: Strand)? {
        while true {
            if !children.isEmpty {
                if let next = nextOfChildren(party) { return next }
                guard children.isEmpty else { return nil }
            } else if isInProgress {
                if let step = nextOfInstruction(party) { return (step, self) }
                guard !isInProgress else { return nil }
            } else if let node = remaining.popFirst() {
                begin(node)
            } else {
                isDone = true
                return nil
            }
        }
    }

    private func begin(_ node: Node) {
        switch node {
        case .parallel(let branches):
            children = branches.map { Strand(nodes: $0, tiling, turns, clock: clock) }
            joined = clock
        case .tiles(let tiles):
            pending = tiles[...]
            window = tiling.window(of: tiles)
            joined = clock
            admit()
        case .instruction(let instruction):
            self.instruction = instruction
            (index, isInProgress) = (instruction.index, true)
            rounds = instruction.rounds
            (stage, round) = (.start, 0)
        }
    }

    /// The latest clock of branches that are done.
    private var joined = 0

    private func nextOfChildren(_ party: Party) -> (step: PartyStep, strand: Strand)? {
        while true {
            for child in children where !child.isDone {
                if let next = child.next(party) { return next }
            }
            guard children.contains(where: \.isDone) else { return nil }
            joined = children.reduce(joined) { $1.isDone ? max($0, $1.clock) : $0 }
            children.removeAll(where: \.isDone)
            guard !pending.isEmpty else {
                if children.isEmpty { clock = joined }
                return nil
            }
            admit()
        }
    }

    /// All tiles start at the clock of their set: rounds are counted as if buffers had no end.
    private func admit() {
        var held = children.reduce(0) { $0 + $1.bytes }
        while let tile = pending.first, children.isEmpty || tile.bytes <= window - held {
            held += tile.bytes
            children.append(Strand(nodes: tile.nodes, tiling, turns, clock: clock, bytes: tile.bytes))
            pending.removeFirst()
        }
    }

    /// nil while the instruction waits for a frame, and where it is done.
    private func nextOfInstruction(_ party: Party) -> PartyStep? {
        switch stage {
        case .start:
            stage = .outgoing
            return step(.start)
        case .outgoing:
            guard round < rounds.count else {
                isInProgress = false
                exchanges = []
                return nil
            }
            stage = .awaiting
            turn = turns.next()
            return step(.outgoing)
        case .awaiting:
            guard rounds[round][party.peer] == 0 || hasArrived else { return nil }
            hasArrived = false
            stage = .outgoing
            defer { round += 1 }
            return step(.incoming)
        }
    }

    /// Whether the step just taken was the instruction's last.
    var isAtEnd: Bool { stage == .outgoing && round == rounds.count }

    /// The strand, this one or a descendant, that has waited longest.
    fileprivate var firstWaiting: Strand? {
        if isDone { return nil }
        if children.isEmpty { return isInProgress ? self : nil }
        return children.lazy.compactMap(\.firstWaiting).min { $0.turn < $1.turn }
    }

    private static func tags(of nodes: [Node]) -> Set<UInt32> {
        guard nodes.contains(where: { !$0.branches.isEmpty }) else { return [] }
        var tags: Set<UInt32> = []
        for instruction in nodes.instructions {
            for round in instruction.rounds.indices {
                tags.insert(FrameTag.program(instruction: instruction.index, round: round))
            }
        }
        return tags
    }
}
