import SottoAlgebra
import SottoPreprocessing
import SottoSecureComputation

/// What local work takes on a machine, as `sotto calibrate` measured it: for every kind of work a sum of its sizes, each
/// times a coefficient.
public struct ComputeModel: Sendable, Hashable, Codable {
    /// Nanoseconds for each unit of ``WorkSize``, by the key of a kind of work.
    package let coefficients: [String: [Double]]

    package init(coefficients: [String: [Double]]) { self.coefficients = coefficients }

    /// The local work of a program that was never measured, by kind.
    /// - Parameter memory: what the session has.
    package func unmeasured(
        in program: Program, _ memory: PreprocessingMemory = PreprocessingMemory()
    ) -> Set<WorkKind> {
        ProgramWork(program, memory).kinds.filter { coefficients[$0.key] == nil }
    }

    /// What either has measured; of what both have, these coefficients.
    func merging(_ other: ComputeModel) -> ComputeModel {
        ComputeModel(coefficients: coefficients.merging(other.coefficients) { own, _ in own })
    }

    /// An estimate in nanoseconds. A kernel that was never measured is taken for an average one.
    func nanoseconds(_ kind: WorkKind, _ size: WorkSize) -> Int {
        guard let coefficients = coefficients[kind.key] ?? coefficients[kind.withoutKernel.key] else { return 0 }
        let sum = zip(coefficients, size.features).reduce(0) { $0 + $1.0 * $1.1 }
        return sum < 0x1p62 ? Int(max(0, sum).rounded()) : 1 << 62
    }
}

/// A kind of local work: what is done, by whom, on which kernel.
package struct WorkKind: Sendable, Hashable {
    package enum Stage: String, Sendable, Hashable, CaseIterable {
        /// The masked weights of the setup.
        case setup
        /// The dealer's corrections.
        case dealing
        /// A party's correlations.
        case preparation
        /// Before the first message, making a message, and taking one in.
        case start
        case outgoing
        case incoming

        package var phase: CostReport.Phase {
            switch self {
            case .setup: .setup
            case .dealing, .preparation: .offline
            case .start, .outgoing, .incoming: .online
            }
        }
    }
    package let stage: Stage
    /// nil for the dealer.
    package let party: Party?
    /// As the primitive names it; empty for any.
    package let kernel: String

    package init(_ stage: Stage, _ party: Party?, kernel: String = "") {
        self.stage = stage
        self.party = party
        self.kernel = kernel
    }

    package var key: String { "\(stage.rawValue) \(party?.name ?? "dealer") \(kernel)" }
    var withoutKernel: WorkKind { WorkKind(stage, party) }
}

/// The sizes that the time of local work depends on.
struct WorkSize: Sendable, Hashable {
    static let names = ["call", "element", "flop", "byte"]

    var elements = 0
    var flops = 0
    var bytes = 0

    var features: [Double] { [1, Double(elements), Double(flops), Double(bytes)] }
}

/// The local work of a program: kinds and sizes of everything that is done, for predicting and for calibrating.
struct ProgramWork: Sendable {
    private let instructions: [Instruction]
    private let plan: CorrelationPlan
    private let memory: PreprocessingMemory
    /// Of each correlation.
    private let costs: [PreprocessingCost]
    /// Of each weight in the setup.
    private let weightBytes: [Int]

    /// - Parameter memory: what the session has.
    init(_ program: Program, _ memory: PreprocessingMemory) {
        instructions = program.instructions
        plan = program.plan
        self.memory = memory
        costs = program.target.preprocessing.costs(plan, memory)
        weightBytes = program.target.preprocessing.weightBytes(plan, memory)
    }

    var count: Int { instructions.count }

    /// Of all work on instructions.
    var kinds: Set<WorkKind> {
        var kinds: Set<WorkKind> = []
        for index in instructions.indices {
            for party in Party.allCases {
                for place in 0..<(1 + 2 * instructions[index].rounds.count) {
                    kinds.insert(online(party, instruction: index, place: place).kind)
                }
                if let work = preparation(party, instruction: index) { kinds.insert(work.kind) }
            }
            if let work = dealing(instruction: index) { kinds.insert(work.kind) }
        }
        return kinds
    }

    func online(_ party: Party, instruction: Int, place: Int) -> (kind: WorkKind, size: WorkSize) {
        let primitive = instructions[instruction].primitive
        let work = primitive.work
        let stage: WorkKind.Stage = place == 0 ? .start : place % 2 == 1 ? .outgoing : .incoming
        let bytes = place == 0 ? 0 : instructions[instruction].rounds[(place - 1) / 2].total
        return (
            WorkKind(stage, party, kernel: work.kernel),
            WorkSize(elements: work.elements, flops: primitive.flops, bytes: bytes)
        )
    }

    /// nil for an instruction without correlations.
    func preparation(_ party: Party, instruction: Int) -> (kind: WorkKind, size: WorkSize)? {
        offline(.preparation, party, instruction)
    }

    func dealing(instruction: Int) -> (kind: WorkKind, size: WorkSize)? { offline(.dealing, nil, instruction) }

    private func offline(
        _ stage: WorkKind.Stage, _ party: Party?, _ instruction: Int
    ) -> (kind: WorkKind, size: WorkSize)? {
        let primitive = instructions[instruction].primitive
        let correlations = instructions[instruction].correlations
        guard !correlations.isEmpty else { return nil }
        let work = primitive.work
        // With a matrix that the client has it is the client that multiplies.
        let hasMatrix = correlations.contains { memory.hasMatrix(of: plan.correlations[$0]) }
        return (
            WorkKind(stage, party, kernel: work.kernel + (hasMatrix ? Self.clientSide : "")),
            WorkSize(
                elements: work.elements, flops: primitive.flops,
                bytes: correlations.reduce(0) {
                    let cost = costs[$1]
                    return $0 + cost.dealerBytes.total + cost.bytesSent.total
                })
        )
    }

    private static let clientSide = " by the client"

    /// All times of a program's inference, estimated.
    func times(_ model: ComputeModel) -> ByParty<[Int: InstructionTimes]> {
        ByParty { party in
            var times: [Int: InstructionTimes] = [:]
            times.reserveCapacity(count)
            for index in instructions.indices {
                var own = InstructionTimes()
                for place in 0..<(1 + 2 * instructions[index].rounds.count) {
                    let work = online(party, instruction: index, place: place)
                    own.add(model.nanoseconds(work.kind, work.size), at: place)
                }
                if let work = preparation(party, instruction: index) {
                    own.preparation = model.nanoseconds(work.kind, work.size)
                }
                if party == .server, let work = dealing(instruction: index) {
                    own.dealing = model.nanoseconds(work.kind, work.size)
                }
                times[instructions[index].index] = own
            }
            return times
        }
    }

    /// Either party's work on every weight, estimated.
    func setup(_ model: ComputeModel) -> ByParty<[Int]> {
        ByParty { party in
            plan.weights.indices.map { index in
                let work = weight(party, index)
                return model.nanoseconds(work.kind, work.size)
            }
        }
    }

    func weight(_ party: Party, _ index: Int) -> (kind: WorkKind, size: WorkSize) {
        let bytes = weightBytes[index]
        return (WorkKind(.setup, party), WorkSize(elements: bytes > 0 ? plan.weights[index].count : 0, bytes: bytes))
    }
}
