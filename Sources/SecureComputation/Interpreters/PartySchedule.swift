import Preprocessing
import Transport

/// What a party does next in a program.
public struct PartyStep: Sendable, Hashable {
    public enum Kind: Sendable, Hashable, CaseIterable {
        /// Local work before the first round.
        case start
        /// Making a round's message, and sending it where the party has one to send.
        case outgoing
        /// Waiting for the peer's message of a round.
        case receive
        /// Local work on what has arrived, or where nothing was to arrive, on nothing.
        case incoming
    }
    public let kind: Kind
    /// Index of the instruction.
    public let instruction: Int
    /// 0 before the first round.
    public let round: Int

    /// Place among the instruction's local work: 0 for the start, then making and taking of every round. nil for waiting.
    public var place: Int? {
        switch kind {
        case .start: 0
        case .outgoing: 1 + 2 * round
        case .receive: nil
        case .incoming: 2 + 2 * round
        }
    }
}

/// The order in which a party works, sends and waits: a function of the program and the party alone, because branches
/// advance as far as they get, in declaration order, and then the party waits for the first of them that waits. The
/// party interpreter runs this schedule and the replay of latencies replays it.
struct PartySchedule {
    private let party: Party
    private var nodes: ArraySlice<Node>
    private var root: Strand?
    /// Top-level nodes that are done.
    private(set) var nodesDone = 0

    init(_ nodes: [Node], party: Party) {
        self.party = party
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
            root = Strand(nodes: [node], clock: root?.clock ?? 0)
        }
    }

    /// Tags of all frames that may overtake the one that is waited for: those of parallel branches.
    var overtakingTags: Set<UInt32> { root?.frameTags ?? [] }

    /// The causal clock at the end of the last top-level node.
    var clock: Int { root?.clock ?? 0 }
}

/// A branch of a program in progress, with its own causal clock.
final class Strand {
    private enum Stage {
        case start
        case outgoing
        case awaiting
    }

    /// Rounds of one instruction that tags can tell apart.
    static let roundLimit = FrameTag.roundLimit

    private var remaining: ArraySlice<Node>
    private var stage = Stage.start
    private var children: [Strand] = []
    private var isDone = false
    private let nodes: [Node]
    /// Tags of all frames of parallel branches, which may arrive in any order; none for a single instruction.
    private(set) lazy var frameTags = Self.tags(of: nodes)
    fileprivate var hasArrived = false
    var clock: Int
    /// The one in progress, or the last one.
    private(set) var instruction: Instruction?
    private var index = 0
    private var isInProgress = false
    private(set) var rounds: [DeclaredRound] = []
    private(set) var round = 0
    /// For who runs the schedule: the instruction's exchanges, and what has arrived for this round.
    var exchanges: [Exchange] = []
    var payload: [UInt8] = []

    init(nodes: [Node], clock: Int) {
        self.nodes = nodes
        remaining = nodes[...]
        self.clock = clock
    }

    var tag: UInt32 { Self.tag(index, round: round) }

    static func tag(_ instruction: Int, round: Int) -> UInt32 {
        FrameTag.program(instruction: instruction, round: round)
    }

    fileprivate func step(_ kind: PartyStep.Kind) -> PartyStep {
        PartyStep(kind: kind, instruction: index, round: round)
    }

    /// The next step that needs no waiting, here or in a branch; nil where all wait, or at the end.
    fileprivate func next(_ party: Party) -> (step: PartyStep, strand: Strand)? {
        while true {
            if !children.isEmpty {
                for child in children where !child.isDone {
                    if let next = child.next(party) { return next }
                }
                guard children.allSatisfy(\.isDone) else { return nil }
                clock = children.map(\.clock).max()!
                children = []
            } else if isInProgress {
                if let step = nextOfInstruction(party) { return (step, self) }
                guard !isInProgress else { return nil }
            } else if let node = remaining.popFirst() {
                switch node {
                case .parallel(let branches): children = branches.map { Strand(nodes: $0, clock: clock) }
                case .instruction(let instruction):
                    self.instruction = instruction
                    (index, isInProgress) = (instruction.index, true)
                    rounds = instruction.primitive.rounds
                    (stage, round) = (.start, 0)
                }
            } else {
                isDone = true
                return nil
            }
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
            return step(.outgoing)
        case .awaiting:
            guard rounds[round].bytes[party.peer.rawValue] == 0 || hasArrived else { return nil }
            hasArrived = false
            stage = .outgoing
            defer { round += 1 }
            return step(.incoming)
        }
    }

    /// The strand, this one or a descendant, that waits for a frame first in declaration order.
    fileprivate var firstWaiting: Strand? {
        if isDone { return nil }
        if children.isEmpty { return isInProgress ? self : nil }
        return children.lazy.compactMap(\.firstWaiting).first
    }

    private static func tags(of nodes: [Node]) -> Set<UInt32> {
        guard case .parallel? = nodes.first else { return [] }
        var tags: Set<UInt32> = []
        func collect(_ node: Node) {
            switch node {
            case .instruction(let instruction):
                for round in instruction.primitive.rounds.indices {
                    tags.insert(tag(instruction.index, round: round))
                }
            case .parallel(let branches): branches.joined().forEach(collect)
            }
        }
        nodes.forEach(collect)
        return tags
    }
}
