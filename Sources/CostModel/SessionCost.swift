import Preprocessing
import SecureComputation

/// The account of a session: one setup, then one inference after the other, declared or metered.
///
/// Rows are kept by path and phase in order of first appearance. Which rows there are follows from the programs alone,
/// so that a declared and a metered account differ at most in their numbers.
public struct SessionCost: Sendable {
    private var rows: [CostReport.Phase: [CostReport.Operation]] = [:]
    private var places: [RowKey: Int] = [:]
    private var latencies: SessionLatency
    /// Programs recorded so far.
    public private(set) var inferences = 0

    private struct RowKey: Hashable {
        let path: String
        let phase: CostReport.Phase
    }

    /// Paths of what belongs to no operation of a program.
    public static let maskedWeightsPath = "setup/weights/masked"
    public static let setupSeedPath = "setup/seeds/dealer"
    public static let inferenceSeedsPath = "preprocessing/seeds/dealer"

    /// - Parameters:
    ///   - networks: whose latencies the report has, in this order.
    ///   - compute: what local work takes where none was measured.
    public init(networks: [Network] = [], compute: ComputeModel? = nil) {
        latencies = SessionLatency(networks: networks, compute: compute)
    }

    /// Adds the setup that a program's weights need. The first of a session's programs has them all.
    /// - Parameters:
    ///   - sentBytes: metered bytes of the masked weights, from the server to the client; nil for the declared ones.
    ///   - seconds: nil in an estimate.
    ///   - work: metered nanoseconds of either party's work on every weight, for latencies.
    /// - Communication: the masked weights in 1 round, and the dealer's seed to the server.
    public mutating func recordSetup(
        of program: Program, sentBytes: Int? = nil, seconds: Double? = nil, work: [[Int]]? = nil
    ) {
        let sent = sentBytes ?? program.plan.weights.reduce(0) { $0 + $1.wireBytes }
        let rounds = sent > 0 ? 1 : 0
        add(
            CostReport.Operation(
                path: Self.maskedWeightsPath, phase: .setup, bytesSent: [sent, 0], dealerBytes: [0, 0],
                rounds: rounds, depth: rounds, flops: 0, seconds: seconds))
        add(
            CostReport.Operation(
                path: Self.setupSeedPath, phase: .setup, bytesSent: [0, 0],
                dealerBytes: [SetupCost.dealerSeedBytes, 0], rounds: 0, depth: 0, flops: 0,
                seconds: seconds.map { _ in 0 }))
        latencies.addSetup(of: program, work: work)
    }

    /// Adds an inference: as the program's primitives declare it, or with `trace` as it was metered.
    /// - Parameter trace: both parties' traces, merged.
    public mutating func record(_ program: Program, trace: Trace? = nil) {
        let cost = trace.map { CostInterpreter().replay(program, trace: $0) } ?? CostInterpreter().run(program)
        let isMeasured = trace != nil
        add(
            CostReport.Operation(
                path: Self.inferenceSeedsPath, phase: .offline, bytesSent: [0, 0],
                dealerBytes: [SetupCost.inferenceSeedBytes, SetupCost.inferenceSeedBytes], rounds: 0, depth: 0,
                flops: 0, seconds: isMeasured ? 0 : nil))
        var alone: [String: Clocks] = [:]
        for (instruction, cost) in zip(program.instructions, cost.instructions) {
            let index = instruction.index
            if !instruction.primitive.correlations.isEmpty {
                add(
                    CostReport.Operation(
                        path: cost.path, phase: .offline, bytesSent: [0, 0], dealerBytes: cost.dealerBytes, rounds: 0,
                        depth: 0, flops: 0, seconds: trace?.offlineSeconds(index)))
            }
            var clocks = alone[cost.path] ?? Clocks()
            let before = clocks.latest
            for bytes in cost.messages { clocks.exchange(serverSends: bytes[0] > 0, clientSends: bytes[1] > 0) }
            alone[cost.path] = clocks
            add(
                CostReport.Operation(
                    path: cost.path, phase: .online, bytesSent: cost.bytesSent, dealerBytes: [0, 0],
                    rounds: cost.rounds, depth: clocks.latest - before, flops: cost.flops,
                    seconds: trace?.onlineSeconds(index)))
        }
        latencies.add(program, trace: trace, isFirst: inferences == 0)
        inferences += 1
    }

    /// The report of what was recorded so far.
    public func report(_ configuration: CostReport.Configuration) -> CostReport {
        var report = CostReport(
            configuration, inferences: inferences,
            operations: CostReport.Phase.allCases.flatMap { rows[$0] ?? [] })
        report.latency = latencies.latencies
        return report
    }

    private mutating func add(_ row: CostReport.Operation) {
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
    mutating func add(_ other: CostReport.Operation) {
        for party in 0...1 {
            bytesSent[party] += other.bytesSent[party]
            dealerBytes[party] += other.dealerBytes[party]
        }
        rounds += other.rounds
        depth += other.depth
        flops += other.flops
        if let time = other.seconds { seconds = (seconds ?? 0) + time }
    }
}
