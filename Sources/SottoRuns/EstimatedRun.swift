import SottoAlgebra
import SottoCostModel
import SottoModel
import SottoPrivateTransformer
import SottoSecureComputation
import SottoSessions

/// What a run costs, to the byte and to the round, without weights and without running anything: the numbers follow from
/// the architecture and the lengths alone, and are those of a real run.
public struct EstimatedRun: Sendable {
    /// Without seconds but those of its networks.
    public let report: CostReport

    /// Counts a run.
    ///
    /// Latencies are those of a run's tiles up to 2^20 instructions, which is what a process runs by default
    /// (``PassBudget``); longer passes, and without networks already those above 2^12, are counted in larger tiles, which
    /// changes no byte and no round.
    /// - Parameters:
    ///   - positions: of the input; for a completion those of the prompt.
    ///   - networks: whose latencies the report has, in this order.
    ///   - compute: what local work takes on a machine; without it latencies are those of the network alone.
    ///   - progress: told the fraction of the inferences that are counted.
    /// - Throws: ``RunError``, `PassLengthError`, `ArchitectureError` for lengths that do not fit the context, and `ProgramError` for
    ///   operations that do not fit the domain.
    public init(
        of model: NamedArchitecture, _ kind: RunKind, positions: Int,
        protocols: SessionConfiguration = .standard, networks: [Network] = [],
        compute: ComputeModel? = nil, progress: ((Double) -> Void)? = nil
    ) throws {
        let passes = try kind.passes(
            of: model.architecture, positions: positions, exactOpenings: protocols.exactOpenings)
        try Self.checkSums(of: passes, protocols.target)
        let limit = networks.isEmpty ? ForwardPass.countedInstructions : PassBudget().instructions
        var session = SessionCost(networks: networks, compute: compute)
        for (index, pass) in passes.enumerated() {
            let program = try pass.program(
                target: protocols.target, tiling: try pass.countingTiling(upTo: limit, in: protocols.target))
            if index == 0 { session.recordSetup(of: program, inferences: passes.count) }
            session.record(program)
            progress?(Double(index + 1) / Double(passes.count))
        }
        report = session.report(
            CostReport.Configuration(model, protocols, context: positions, output: kind.output, insecure: false))
    }

    /// What the larger of the first program and the last one costs as often as there are any must fit a counter.
    private static func checkSums(of passes: [ForwardPass], _ target: Target) throws {
        guard passes.count > 1, let first = passes.first, let last = passes.last else { return }
        let count = Double(passes.count)
        let largest = first.size(in: target).work > last.size(in: target).work ? first : last
        guard largest.size(in: target).work * count < 0x1p62 else {
            throw RunError.uncountable(tokens: passes.count)
        }
        var session = SessionCost()
        let tiling = try largest.countingTiling(upTo: ForwardPass.countedInstructions, in: target)
        session.record(try largest.program(target: target, tiling: tiling))
        let configuration = CostReport.Configuration(
            model: "", architecture: "", target: target, context: largest.new, positions: "", insecure: false)
        let operations = session.report(configuration).operations
        let flops = operations.reduce(0.0) { $0 + Double($1.flops) }
        let bytes = operations.reduce(0.0) { sum, operation in
            (operation.bytesSent + operation.dealerBytes).values.reduce(sum) { $0 + Double($1) }
        }
        guard max(flops, bytes) * count < 0x1p62 else {
            throw RunError.uncountable(tokens: passes.count)
        }
    }
}
