import SottoAlgebra
import SottoPreprocessing
import SottoSecureComputation

/// The account of a session: one setup, then one inference after the other, declared or metered.
///
/// Rows are kept by path and phase in order of first appearance. Which rows there are follows from the programs alone,
/// so that a declared and a metered account differ at most in their numbers.
public struct SessionCost: Sendable {
    private var rows: [CostReport.Phase: [CostReport.Operation]] = [:]
    private var places: [RowKey: Int] = [:]
    private var latencies: SessionLatency
    private var memory = PreprocessingMemory()
    /// Programs recorded so far.
    public private(set) var inferences = 0
    /// Of the run that is being recorded, with the setup before the first.
    private var current: [CostReport.Operation] = []
    /// Of a generation, as long as all runs are its.
    private var generation: [CostReport.Totals]? = []

    private struct RowKey: Hashable {
        let path: String
        let phase: CostReport.Phase
    }

    /// - Parameters:
    ///   - networks: whose latencies the report has, in this order.
    ///   - compute: what local work takes where none was measured.
    public init(networks: [Network] = [], compute: ComputeModel? = nil) {
        latencies = SessionLatency(networks: networks, compute: compute)
    }

    /// Adds the setup that a program's weights need. The first of a session's programs has them all.
    /// - Parameters:
    ///   - inferences: runs that the session is declared to have.
    ///   - sent: metered bytes between the parties, by sender; nil for the declared ones.
    ///   - seconds: nil in an estimate.
    ///   - work: metered nanoseconds of either party's work on every weight, for latencies.
    /// - Communication: that of the preprocessing's setup.
    public mutating func recordSetup(
        of program: Program, inferences: Int = 1, sent: ByParty<Int>? = nil, seconds: Double? = nil,
        work: ByParty<[Int]>? = nil
    ) {
        let preprocessing = program.target.preprocessing
        let rows = preprocessing.setupRows(program.plan, inferences: inferences)
        let others = rows.filter { !$0.isTimed }.reduce(ByParty<Int>.zero) { $0 + $1.cost.bytesSent }
        for row in rows {
            var cost = row.cost
            if row.isTimed, let sent {
                // What was sent beside the other rows' bytes.
                cost.bytesSent = ByParty { sent[$0] - others[$0] }
                if sent.total == 0 { cost.rounds = 0 }
            }
            add(
                CostReport.Operation(
                    path: row.path, phase: .setup, cost, seconds: seconds.map { row.isTimed ? $0 : 0 }))
        }
        memory = preprocessing.memory(afterSetupOf: program.plan, inferences: inferences)
        latencies.addSetup(of: program, inferences: inferences, memory, work: work)
    }

    /// Adds an inference: as the program's primitives declare it, or with `trace` as it was metered.
    /// - Parameter trace: both parties' traces, merged.
    public mutating func record(_ program: Program, trace: Trace? = nil) {
        let before = memory
        let cost = trace.map { CostInterpreter().replay(program, trace: $0) } ?? CostInterpreter().run(program, before)
        for row in program.target.preprocessing.offlineRows(program.plan, &memory) {
            add(
                CostReport.Operation(
                    path: row.path, phase: .offline, row.cost, seconds: trace.map { _ in 0 }))
        }
        let depths = PathDepths(program, cost)
        for (instruction, cost) in zip(program.instructions, cost.instructions) {
            let index = instruction.index
            if !instruction.correlations.isEmpty {
                add(
                    CostReport.Operation(
                        path: cost.path, phase: .offline, cost.preprocessing, seconds: trace?.offlineSeconds(index)))
            }
            add(
                CostReport.Operation(
                    path: cost.path, phase: .online, bytesSent: cost.bytesSent, dealerBytes: .zero,
                    rounds: cost.rounds, depth: depths.increases[index], flops: cost.flops,
                    seconds: trace?.onlineSeconds(index)))
        }
        latencies.add(program, before, trace: trace, isFirst: inferences == 0)
        let follows = program.plan.keptRows.map { ($0.lowerBound == 0) == (inferences == 0) } ?? false
        if follows { generation?.append(CostReport.Totals(of: current)) } else { generation = nil }
        current = []
        inferences += 1
    }

    /// The report of what was recorded so far.
    public func report(_ configuration: CostReport.Configuration) -> CostReport {
        var report = CostReport(
            configuration, inferences: inferences,
            operations: CostReport.Phase.allCases.flatMap { rows[$0] ?? [] })
        report.latency = latencies.latencies
        report.generation = generation.flatMap { CostReport.Generation($0) }
        return report
    }

    private mutating func add(_ row: CostReport.Operation) {
        current.append(row)
        let key = RowKey(path: row.path, phase: row.phase)
        guard let place = places[key] else {
            places[key] = rows[row.phase, default: []].count
            rows[row.phase, default: []].append(row)
            return
        }
        rows[row.phase]![place].add(row)
    }
}

extension CostReport.Operation {
    fileprivate init(path: String, phase: CostReport.Phase, _ cost: PreprocessingCost, seconds: Double?) {
        self.init(
            path: path, phase: phase, bytesSent: cost.bytesSent, dealerBytes: cost.dealerBytes, rounds: cost.rounds,
            depth: cost.rounds, flops: 0, seconds: seconds)
    }

    mutating func add(_ other: CostReport.Operation) {
        bytesSent += other.bytesSent
        dealerBytes += other.dealerBytes
        rounds += other.rounds
        depth += other.depth
        flops += other.flops
        if let time = other.seconds { seconds = (seconds ?? 0) + time }
    }
}
