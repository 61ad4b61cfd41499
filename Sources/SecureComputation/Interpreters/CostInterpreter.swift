import Preprocessing

/// What one instruction costs.
public struct InstructionCost: Sendable, Hashable {
    public let index: Int
    public let path: String
    /// Online bytes by sender, for each round.
    public let messages: [[Int]]
    /// Online bytes by sender.
    public let bytesSent: [Int]
    /// Bytes from the dealer by receiver.
    public let dealerBytes: [Int]
    /// Clocks of its branch after it.
    public let clocks: Clocks
    /// Increase of the running maximum of all clocks, in declaration order.
    public let rounds: Int
    /// Rounds of the instruction alone.
    public let depth: Int
    public let flops: Int
}

/// The cost of a run: every instruction in declaration order, and the messages.
public struct ProgramCost: Sendable, Hashable {
    public let instructions: [InstructionCost]
    public let trace: Trace
    public let setup: SetupCost
    public var onlineBytes: [Int] {
        instructions.reduce(into: [0, 0]) {
            $0[0] += $1.bytesSent[0]
            $0[1] += $1.bytesSent[1]
        }
    }
    public var dealerBytes: [Int] {
        instructions.reduce(into: [0, 0]) {
            $0[0] += $1.dealerBytes[0]
            $0[1] += $1.dealerBytes[1]
        }
    }
    public var rounds: Int { instructions.reduce(0) { $0 + $1.rounds } }
}

/// What the setup of a model sends: the masked weights from the server to the client, and the dealer's seeds.
public struct SetupCost: Sendable, Hashable {
    public let weights: [WeightDeclaration]
    /// The seed of the weights' masks, to the server.
    public static let dealerSeedBytes = 16
    /// The seeds of an inference, to either party.
    public static let inferenceSeedBytes = 16

    /// Bytes from the server to the client.
    public var bytes: Int { weights.reduce(0) { $0 + $1.wireBytes } }
}

/// Runs a program on shapes alone.
public struct CostInterpreter: Sendable {
    public init() {}

    /// What the primitives declare.
    public func run(_ program: Program) -> ProgramCost {
        replay(
            program, bytes: { instruction, round in instruction.primitive.rounds[round].bytes },
            dealerBytes: { program.plan.correlations[$0].dealerBytes })
    }

    /// The same account of what was metered, for comparison and for reports of real runs. A message that the trace lacks
    /// counts as none, so that nothing declared can stand in for something not sent.
    public func replay(_ program: Program, trace: Trace) -> ProgramCost {
        struct Key: Hashable {
            let instruction: Int
            let round: Int
        }
        var metered: [Key: [Int]] = [:]
        for event in trace.events {
            metered[Key(instruction: event.instruction, round: event.round), default: [0, 0]][event.sender] +=
                event.bytes
        }
        return replay(
            program,
            bytes: { instruction, round in metered[Key(instruction: instruction.index, round: round)] ?? [0, 0] },
            dealerBytes: { trace.dealerBytes[$0] ?? [0, 0] })
    }

    private func replay(
        _ program: Program, bytes: @escaping (Instruction, Int) -> [Int], dealerBytes: @escaping (Int) -> [Int]
    ) -> ProgramCost {
        var replay = Replay(bytes: bytes, dealerBytes: dealerBytes)
        replay.instructions.reserveCapacity(program.instructionCount)
        var clocks = Clocks()
        for node in program.nodes { replay.visit(node, &clocks) }
        return ProgramCost(
            instructions: replay.instructions, trace: Trace(events: replay.events),
            setup: SetupCost(weights: program.plan.weights))
    }
}

private struct Replay {
    let bytes: (Instruction, Int) -> [Int]
    let dealerBytes: (Int) -> [Int]
    var instructions: [InstructionCost] = []
    var events: [TraceEvent] = []
    var latest = 0

    init(bytes: @escaping (Instruction, Int) -> [Int], dealerBytes: @escaping (Int) -> [Int]) {
        self.bytes = bytes
        self.dealerBytes = dealerBytes
    }

    mutating func visit(_ node: Node, _ clocks: inout Clocks) {
        switch node {
        case .instruction(let instruction): visit(instruction, &clocks)
        case .parallel(let branches):
            let start = clocks
            for branch in branches {
                var branchClocks = start
                for node in branch { visit(node, &branchClocks) }
                clocks = clocks.joined(with: branchClocks)
            }
        }
    }

    private mutating func visit(_ instruction: Instruction, _ clocks: inout Clocks) {
        var messages: [[Int]] = []
        var alone = Clocks()
        for round in instruction.primitive.rounds.indices {
            let bytes = bytes(instruction, round)
            for sender in 0...1 where bytes[sender] > 0 {
                events.append(
                    TraceEvent(
                        instruction: instruction.index, round: round, sender: sender, bytes: bytes[sender],
                        depth: 1 + (sender == 0 ? clocks.server : clocks.client)))
            }
            messages.append(bytes)
            clocks.exchange(serverSends: bytes[0] > 0, clientSends: bytes[1] > 0)
            alone.exchange(serverSends: bytes[0] > 0, clientSends: bytes[1] > 0)
        }
        let dealt = instruction.primitive.correlations.reduce(into: [0, 0]) {
            let bytes = dealerBytes($1)
            $0[0] += bytes[0]
            $0[1] += bytes[1]
        }
        let rounds = max(0, clocks.latest - latest)
        latest = max(latest, clocks.latest)
        instructions.append(
            InstructionCost(
                index: instruction.index, path: instruction.path, messages: messages,
                bytesSent: messages.reduce(into: [0, 0]) {
                    $0[0] += $1[0]
                    $0[1] += $1[1]
                }, dealerBytes: dealt, clocks: clocks, rounds: rounds, depth: alone.latest,
                flops: instruction.primitive.flops))
    }
}
