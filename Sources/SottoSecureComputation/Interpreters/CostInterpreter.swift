import SottoAlgebra
import SottoPreprocessing

/// What one instruction costs.
public struct InstructionCost: Sendable, Hashable {
    public let index: Int
    public let path: String
    /// Online bytes by sender, for each round.
    public let messages: [ByParty<Int>]
    /// Online bytes by sender.
    public let bytesSent: ByParty<Int>
    /// Of its correlations.
    public let preprocessing: PreprocessingCost
    /// Clocks of its branch after it.
    public let clocks: Clocks
    /// Increase of the running maximum of all clocks, in declaration order.
    public let rounds: Int
    /// Rounds of the instruction alone.
    public let depth: Int
    public let flops: Int

    /// Bytes from the dealer by receiver.
    public var dealerBytes: ByParty<Int> { preprocessing.dealerBytes }
}

/// The cost of a run: every instruction in declaration order, and the messages.
public struct ProgramCost: Sendable, Hashable {
    public let instructions: [InstructionCost]
    public let trace: Trace

    public var onlineBytes: ByParty<Int> { instructions.reduce(.zero) { $0 + $1.bytesSent } }
    public var dealerBytes: ByParty<Int> { instructions.reduce(.zero) { $0 + $1.dealerBytes } }
    public var rounds: Int { instructions.reduce(0) { $0 + $1.rounds } }
}

/// Runs a program on shapes alone.
public struct CostInterpreter: Sendable {
    public init() {}

    /// What the primitives declare, in a session of no other run.
    public func run(_ program: Program) -> ProgramCost { run(program, PreprocessingMemory()) }

    /// What they declare in a session that has so much.
    package func run(_ program: Program, _ memory: PreprocessingMemory) -> ProgramCost {
        let costs = program.target.preprocessing.costs(program.plan, memory)
        return replay(
            program, bytes: { instruction, round in instruction.rounds[round] }, preprocessing: { costs[$0] })
    }

    /// The same account of what was metered, for comparison and for reports of real runs. A message that the trace lacks
    /// counts as none, so that nothing declared can stand in for something not sent.
    public func replay(_ program: Program, trace: Trace) -> ProgramCost {
        struct Key: Hashable {
            let instruction: Int
            let round: Int
        }
        var metered: [Key: ByParty<Int>] = [:]
        for event in trace.events {
            metered[Key(instruction: event.instruction, round: event.round), default: .zero][event.sender] +=
                event.bytes
        }
        return replay(
            program,
            bytes: { instruction, round in metered[Key(instruction: instruction.index, round: round)] ?? .zero },
            preprocessing: {
                PreprocessingCost(
                    bytesSent: trace.makingBytes[$0] ?? .zero, dealerBytes: trace.dealerBytes[$0] ?? .zero)
            })
    }

    private func replay(
        _ program: Program, bytes: @escaping (Instruction, Int) -> ByParty<Int>,
        preprocessing: @escaping (Int) -> PreprocessingCost
    ) -> ProgramCost {
        var replay = Replay(bytes: bytes, preprocessing: preprocessing)
        replay.instructions.reserveCapacity(program.instructionCount)
        var clocks = Clocks.zero
        for node in program.nodes { replay.visit(node, &clocks) }
        return ProgramCost(
            instructions: replay.instructions, trace: Trace(events: replay.events))
    }
}

private struct Replay {
    let bytes: (Instruction, Int) -> ByParty<Int>
    let preprocessing: (Int) -> PreprocessingCost
    var instructions: [InstructionCost] = []
    var events: [TraceEvent] = []
    var latest = 0

    init(
        bytes: @escaping (Instruction, Int) -> ByParty<Int>, preprocessing: @escaping (Int) -> PreprocessingCost
    ) {
        self.bytes = bytes
        self.preprocessing = preprocessing
    }

    mutating func visit(_ node: Node, _ clocks: inout Clocks) {
        if case .instruction(let instruction) = node { return visit(instruction, &clocks) }
        let start = clocks
        for branch in node.branches {
            var branchClocks = start
            for node in branch { visit(node, &branchClocks) }
            clocks = clocks.joined(with: branchClocks)
        }
    }

    private mutating func visit(_ instruction: Instruction, _ clocks: inout Clocks) {
        var messages: [ByParty<Int>] = []
        var alone = Clocks.zero
        for round in instruction.rounds.indices {
            let bytes = bytes(instruction, round)
            for sender in Party.allCases where bytes[sender] > 0 {
                events.append(
                    TraceEvent(
                        instruction: instruction.index, round: round, sender: sender, bytes: bytes[sender],
                        depth: 1 + clocks[sender]))
            }
            messages.append(bytes)
            clocks.exchange(bytes)
            alone.exchange(bytes)
        }
        let prepared = instruction.correlations.map(preprocessing)
        let rounds = max(0, clocks.largest - latest)
        latest = max(latest, clocks.largest)
        instructions.append(
            InstructionCost(
                index: instruction.index, path: instruction.path, messages: messages,
                bytesSent: messages.reduce(.zero, +),
                preprocessing: PreprocessingCost(
                    bytesSent: prepared.reduce(.zero) { $0 + $1.bytesSent },
                    dealerBytes: prepared.reduce(.zero) { $0 + $1.dealerBytes },
                    rounds: prepared.reduce(0) { $0 + $1.rounds }),
                clocks: clocks, rounds: rounds, depth: alone.largest, flops: instruction.primitive.flops))
    }
}
