import SottoAlgebra
import SottoObliviousTransfer

/// In which order two parties make the correlations of a plan, and what travels when.
///
/// Correlations are made in groups, in the plan's stream order. A group takes several stages: first what its correlated OTs
/// need, then the steps of its correlations. Group `g` is at stage `s` in the session's step `g + s`, so that both parties
/// send one message in each step, and work on as many groups as there are stages.
package struct MakingSchedule: Sendable {
    /// Indices of correlations.
    package let groups: [[Int]]
    private let plan: CorrelationPlan
    let transferPlan: TransferPlan
    /// Of the plan's encrypted terms; nil where it has none.
    package let encryption: PlanEncryption?
    private let stepsOf: [[ByParty<Int>]]
    /// What each correlation adds to the messages with trees that OTs come from.
    private let treeBytes: [ByParty<Int>]
    /// Each correlation's share of all trees, and what is for OTs that nobody uses.
    package let transferBytes: [ByParty<Int>]
    package let leftoverBytes: ByParty<Int>
    /// Stages of the longest group.
    let stages: Int
    /// Correlated OTs by sender.
    let transfers: ByParty<Int>

    /// Bytes of a group's correlations on the wire, unless a single one has more, with two for each correlated OT that they
    /// take: of those a party holds 16 bytes.
    static let groupBytes = 2 << 20

    /// - Precondition: correlations that two parties can make; the others are left out.
    /// - Parameter memory: what the session has from its setup.
    /// - Throws: `LatticeError.noParameters` where no encryption holds the plan's products.
    package init(
        _ plan: CorrelationPlan, _ transferPlan: TransferPlan = .standard,
        _ memory: PreprocessingMemory = PreprocessingMemory()
    ) throws {
        let correlations = plan.correlations.map { $0 as? any TwoPartyCorrelation }
        let made = correlations.compactMap { $0 }
        let asked = made.filter { !memory.hasMatrix(of: $0) }
        let encryption = try PlanEncryption(
            for: asked.map(\.encrypted), weights: asked.count < made.count ? memory.weights : nil)
        self.encryption = encryption
        stepsOf = correlations.map { $0?.steps(encryption) ?? [] }
        let demands = Self.demands(plan)
        let total = demands.last ?? .zero
        treeBytes = Self.perCorrelation(plan, demands) { demand, _ in transferPlan.runBytes(demand) }
        leftoverBytes = ByParty { transferPlan.leftoverBytes(total[$0]) }
        // In proportion to the OTs, rounded so that the shares add up.
        transferBytes = Self.perCorrelation(plan, demands) { demand, party in
            let bytes = transferPlan.runBytes(total[party]) - transferPlan.leftoverBytes(total[party])
            return total[party] == 0 ? 0 : Int(Int128(bytes) * Int128(demand) / Int128(total[party]))
        }
        self.plan = plan
        self.transferPlan = transferPlan
        var groups: [[Int]] = []
        var bytes = 0
        var stages = 0
        for index in plan.streamOrder {
            guard let correlation = correlations[index] else { continue }
            let own = stepsOf[index].reduce(2 * correlation.transfers.total) { $0 + $1.total }
            if groups.isEmpty || bytes + own > Self.groupBytes {
                groups.append([])
                bytes = 0
            }
            groups[groups.count - 1].append(index)
            bytes += own
            stages = max(stages, stepsOf[index].count)
        }
        self.groups = groups
        transfers = total
        self.stages = stages > 0 || transfers.total > 0 ? stages + 1 : 0
    }

    func correlation(_ index: Int) -> any TwoPartyCorrelation {
        guard let correlation = plan.correlations[index] as? any TwoPartyCorrelation else {
            preconditionFailure("the schedule has those alone that two parties make")
        }
        return correlation
    }

    /// Bytes of a step by sender.
    func bytes(inStep step: Int) -> ByParty<Int> {
        work(in: step).reduce(.zero) { bytes, work in
            work.stage == 0
                ? groups[work.group].reduce(bytes) { $0 + treeBytes[$1] }
                : bytes + self.bytes(of: work.group, stage: work.stage)
        }
    }

    /// Bytes, by sender, of the keys that a session does not have yet.
    package func keyBytes(_ memory: PreprocessingMemory = PreprocessingMemory()) -> ByParty<Int> {
        encryption?.keyBytes(memory) ?? .zero
    }

    /// The causal depth of all messages, after keys of so many bytes: steps in which nobody says what the other waits for
    /// count for nothing.
    package func rounds(keyBytes: ByParty<Int> = .zero) -> Int {
        var clocks = ByParty { keyBytes[$0.peer] > 0 ? 1 : 0 }
        for step in 0..<steps {
            let (before, bytes) = (clocks, bytes(inStep: step))
            for party in Party.allCases where bytes[party] > 0 {
                clocks[party.peer] = max(clocks[party.peer], before[party] + 1)
            }
        }
        return clocks.largest
    }

    /// Bytes of a correlation's own step by sender.
    func bytes(of index: Int, step: Int) -> ByParty<Int> { stepsOf[index][step] }

    /// Steps of a run's preprocessing.
    package var steps: Int { stages == 0 ? 0 : groups.count + stages - 1 }

    /// The groups at work in a step, the earliest first, with the stage of each.
    func work(in step: Int) -> [(group: Int, stage: Int)] {
        (max(0, step - stages + 1)...max(0, step)).filter { groups.indices.contains($0) }.map { ($0, step - $0) }
    }

    /// Correlated OTs of a group by sender.
    func transfers(of group: Int) -> ByParty<Int> {
        groups[group].reduce(.zero) { $0 + correlation($1).transfers }
    }

    /// Bytes by sender of a group's correlations in a stage but the first.
    func bytes(of group: Int, stage: Int) -> ByParty<Int> {
        groups[group].reduce(.zero) { bytes, index in
            let steps = stepsOf[index]
            return steps.indices.contains(stage - 1) ? bytes + steps[stage - 1] : bytes
        }
    }

    /// Bytes of every correlation by sender: its own, and its share of the OTs'.
    package var costs: [ByParty<Int>] { zip(transferBytes, stepsOf).map { $1.reduce($0, +) } }

    /// OTs, by sender, of the correlations up to each, in the order in which they are made.
    private static func demands(_ plan: CorrelationPlan) -> [ByParty<Int>] {
        var demand = ByParty<Int>.zero
        return plan.streamOrder.map { index in
            demand = demand + ((plan.correlations[index] as? any TwoPartyCorrelation)?.transfers ?? .zero)
            return demand
        }
    }

    /// Of every correlation by how much it raises what a demand costs.
    private static func perCorrelation(
        _ plan: CorrelationPlan, _ demands: [ByParty<Int>], _ cost: (_ demand: Int, Party) -> Int
    ) -> [ByParty<Int>] {
        var costs = [ByParty<Int>](repeating: .zero, count: plan.correlations.count)
        for (before, (after, index)) in zip([.zero] + demands, zip(demands, plan.streamOrder)) {
            costs[index] = ByParty { cost(after[$0], $0) - cost(before[$0], $0) }
        }
        return costs
    }
}
