import Algebra
import Preprocessing
import Transport

/// Runs one party of a program: its shares, a channel to the peer, its correlations.
///
/// It runs on the calling thread and blocks while it waits for the peer.
public struct PartyInterpreter<Domain: ShareDomain> {
    public let domain: Domain
    public let party: Party
    public let threads: Int
    let channel: any Channel

    public init(domain: Domain, party: Party, channel: any Channel, threads: Int = 1) {
        self.domain = domain
        self.party = party
        self.channel = channel
        self.threads = threads
    }

    /// - Parameters:
    ///   - tensors: this party's inputs; the server's include its weights.
    ///   - progress: called after every top-level node with the number of nodes done and of all.
    /// - Returns: what was opened to this party, and its trace.
    /// - Throws: errors of the channel, of the correlations and of inputs; the run cannot be resumed.
    public func run(
        _ program: Program, source: any CorrelationSource<Domain>, tensors: any TensorSource,
        progress: ((Int, Int) -> Void)? = nil
    ) throws -> PartyResult {
        let state = PartyState(
            domain: domain, party: party, program: program, source: source, tensors: tensors, threads: threads)
        let run = PartyRun(state: state, channel: channel, instructionCount: program.instructionCount)
        for (top, node) in program.nodes.enumerated() {
            try run.run(node)
            state.release(program.releases[top])
            progress?(top + 1, program.nodes.count)
        }
        return PartyResult(opened: state.opened, trace: run.trace(received: source.receivedBytes))
    }
}

/// What a party has after a run.
public struct PartyResult: Sendable {
    /// Raw integers by output name, at the program's output scales.
    public let opened: [String: [Int64]]
    public let trace: Trace
}

/// A run in progress: strands that advance until each waits for a frame, and the meter.
private final class PartyRun<Domain: ShareDomain> {
    private let state: PartyState<Domain>
    private let channel: any Channel
    /// No message of the program lies deeper.
    private let deepest: Int
    private var clock = 0
    private var events: [TraceEvent] = []
    private var offlineSeconds: [Int: Double] = [:]
    private var onlineSeconds: [Int: Double] = [:]

    init(state: PartyState<Domain>, channel: any Channel, instructionCount: Int) {
        self.state = state
        self.channel = channel
        deepest = instructionCount * Strand.roundLimit
    }

    func trace(received: [Int: Int]) -> Trace {
        Trace(
            events: events, offlineSeconds: offlineSeconds, onlineSeconds: onlineSeconds,
            dealerBytes: received.mapValues { state.isServer ? [$0, 0] : [0, $0] })
    }

    func run(_ node: Node) throws {
        let root = Strand(nodes: [node], clock: clock)
        let overtaking = root.frameTags
        while try !advance(root) {
            let waiting = root.firstWaiting!
            let current = waiting.current!
            try timed(current.instruction.index) {
                waiting.arrived = try channel.receive(
                    tag: current.tag, byteCount: current.declared.bytes[state.party.peer.rawValue],
                    alsoExpected: overtaking)
            }
        }
        clock = root.clock
    }

    /// Runs a strand as far as it gets; true when it is done.
    private func advance(_ strand: Strand) throws -> Bool {
        while true {
            if !strand.children.isEmpty {
                for child in strand.children { child.isDone = try child.isDone || advance(child) }
                guard strand.children.allSatisfy(\.isDone) else { return false }
                strand.clock = strand.children.map(\.clock).max()!
                strand.children = []
            } else if strand.current != nil {
                guard try advanceInstruction(strand) else { return false }
            } else if let node = strand.remaining.popFirst() {
                switch node {
                case .parallel(let branches):
                    strand.children = branches.map { Strand(nodes: $0, clock: strand.clock) }
                case .instruction(let instruction):
                    let exchanges = try timed(instruction.index) { try instruction.primitive.run(state) }
                    strand.current = Strand.Progress(instruction: instruction, exchanges: exchanges)
                }
            } else {
                return true
            }
        }
    }

    /// Goes through the rounds of a strand's instruction; false while it waits for a frame.
    private func advanceInstruction(_ strand: Strand) throws -> Bool {
        while let current = strand.current, current.round < current.exchanges.count {
            let index = current.instruction.index
            if !current.isSent {
                try timed(index) { try send(current, clock: strand.clock) }
                strand.current!.isSent = true
            }
            var payload: [UInt8] = []
            if current.declared.bytes[state.party.peer.rawValue] > 0 {
                guard let frame = strand.arrived else { return false }
                strand.arrived = nil
                guard frame.depth >= 1, Int(frame.depth) <= deepest else {
                    throw InterpreterError.impossibleDepth(path: current.instruction.path, depth: frame.depth)
                }
                strand.clock = max(strand.clock, Int(frame.depth))
                payload = frame.payload
            }
            try timed(index) { try current.exchanges[current.round].incoming(payload) }
            strand.current!.round += 1
            strand.current!.isSent = false
        }
        strand.current = nil
        return true
    }

    private func send(_ current: Strand.Progress, clock: Int) throws {
        let payload = try current.exchanges[current.round].outgoing()
        let declared = current.declared.bytes[state.party.rawValue]
        guard payload.count == declared else {
            throw InterpreterError.undeclaredBytes(
                path: current.instruction.path, declared: declared, sent: payload.count)
        }
        guard declared > 0 else { return }
        try channel.send(Frame(tag: current.tag, depth: UInt32(clock + 1), payload: payload))
        events.append(
            TraceEvent(
                instruction: current.instruction.index, round: current.round, sender: state.party.rawValue,
                bytes: payload.count, depth: clock + 1))
    }

    private func timed<Result>(_ index: Int, _ body: () throws -> Result) rethrows -> Result {
        let start = ContinuousClock.now
        state.preparation = .zero
        defer {
            let elapsed = ContinuousClock.now - start
            offlineSeconds[index, default: 0] += state.preparation / .seconds(1)
            onlineSeconds[index, default: 0] += (elapsed - state.preparation) / .seconds(1)
        }
        return try body()
    }
}

/// A branch of a program in progress, with its own clock.
private final class Strand {
    struct Progress {
        let instruction: Instruction
        let exchanges: [Exchange]
        var round = 0
        var isSent = false

        var tag: UInt32 { Strand.tag(instruction, round: round) }
        var declared: DeclaredRound { instruction.primitive.rounds[round] }
    }

    /// Rounds of one instruction that tags can tell apart.
    static let roundLimit = 16

    var remaining: ArraySlice<Node>
    var clock: Int
    var current: Progress?
    var arrived: Frame?
    var children: [Strand] = []
    var isDone = false

    init(nodes: [Node], clock: Int) {
        remaining = nodes[...]
        self.clock = clock
    }

    static func tag(_ instruction: Instruction, round: Int) -> UInt32 {
        UInt32(instruction.index * roundLimit + round)
    }

    /// The strand, this one or a descendant, that waits for a frame first in declaration order.
    var firstWaiting: Strand? {
        if children.isEmpty { return current == nil ? nil : self }
        return children.lazy.filter { !$0.isDone }.compactMap(\.firstWaiting).first
    }

    /// Tags of all frames of parallel branches, which may arrive in any order; none for a single instruction.
    var frameTags: Set<UInt32> {
        guard case .parallel? = remaining.first else { return [] }
        var tags: Set<UInt32> = []
        func collect(_ node: Node) {
            switch node {
            case .instruction(let instruction):
                for round in instruction.primitive.rounds.indices { tags.insert(Self.tag(instruction, round: round)) }
            case .parallel(let branches): branches.joined().forEach(collect)
            }
        }
        remaining.forEach(collect)
        return tags
    }
}
