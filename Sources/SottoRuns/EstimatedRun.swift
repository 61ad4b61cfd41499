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
    /// A pass of more instructions than any process runs by default (``PassBudget``) is counted in larger tiles: bytes,
    /// rounds and operations are the same, its latency is that of a run with such tiles.
    /// - Parameters:
    ///   - positions: of the input; for a completion those of the prompt.
    ///   - networks: whose latencies the report has, in this order.
    ///   - compute: what local work takes on a machine; without it latencies are those of the network alone.
    ///   - progress: told the fraction of the inferences that are counted.
    /// - Throws: ``RunError``, `ArchitectureError` for lengths that do not fit the context, and `ProgramError` for
    ///   operations that do not fit the domain.
    public init(
        of model: NamedArchitecture, _ kind: RunKind, positions: Int,
        protocols: SessionConfiguration = .standard, networks: [Network] = [],
        compute: ComputeModel? = nil, progress: ((Double) -> Void)? = nil
    ) throws {
        let passes = try kind.passes(
            of: model.architecture, positions: positions, exactOpenings: protocols.exactOpenings)
        try Self.checkSums(of: passes, protocols.target)
        var session = SessionCost(networks: networks, compute: compute)
        for (index, pass) in passes.enumerated() {
            let program = try pass.program(
                target: protocols.target, tiling: Self.tiling(of: pass, protocols.target))
            if index == 0 { session.recordSetup(of: program) }
            session.record(program)
            progress?(Double(index + 1) / Double(passes.count))
        }
        report = session.report(
            CostReport.Configuration(model, protocols, context: positions, output: kind.output, insecure: false))
    }

    /// The standard tiling, or the next larger one with which the pass is of a length that can be counted.
    private static func tiling(of pass: ForwardPass, _ target: Target) throws(RunError) -> Tiling {
        let standard = Tiling.standard
        let limit = PassBudget().instructions
        var least = Double.infinity
        for factor in [1, 4, 16, 64] {
            let tiling = Tiling(
                elements: standard.elements * factor, linearElements: standard.linearElements * factor,
                windowBytes: standard.windowBytes * factor)
            least = pass.size(profile: target.domain, tiling: tiling).instructions
            if least <= Double(limit) { return tiling }
        }
        throw .tooLong(instructions: Int(min(least, 0x1p62)), limit: limit)
    }

    /// Programs grow from token to token: what the last one costs as often as there are any must fit a counter.
    private static func checkSums(of passes: [ForwardPass], _ target: Target) throws {
        guard passes.count > 1, let last = passes.last else { return }
        let count = Double(passes.count)
        guard last.size(profile: target.domain).work * count < 0x1p62 else {
            throw RunError.uncountable(tokens: passes.count)
        }
        var session = SessionCost()
        session.record(try last.program(target: target, tiling: try tiling(of: last, target)))
        let configuration = CostReport.Configuration(
            model: "", architecture: "", target: target, context: last.new, positions: "", insecure: false)
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
