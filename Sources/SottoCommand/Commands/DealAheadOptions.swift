import ArgumentParser
import Foundation
import SottoAlgebra
import SottoModel
import SottoPreprocessing
import SottoPrivateTransformer
import SottoRandomness
import SottoSecureComputation
import SottoSessions

/// What is dealt ahead, and to where.
struct DealAheadOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Deal ahead to server.keys and client.keys in this directory, in place of --listen.", valueName: "DIR"))
    var to: String?

    @Argument(help: "With --to: a preset, or a directory in Hugging Face's layout.")
    var model: String?

    @OptionGroup var change: ArchitectureOptions

    @Option(help: "Only the first N layers.", transform: Number.integer(1...Architecture.limits.layers))
    var layers: Int?

    @Option(
        help: "With --to: positions of a completion's first run, which are those of its prompt.",
        transform: Number.integer(Number.positions))
    var context: Int?

    @Option(
        help: "With --to: tokens of a completion: as many runs, each one position longer. (default: 1)",
        transform: Number.integer(Number.positions))
    var tokens: Int?

    @Option(
        help: "With --to: how many completions, one after the other. (default: 1)",
        transform: Number.integer(1...65536))
    var completions: Int?

    @Flag(help: "With --to: for complete --blocks-only.")
    var blocksOnly = false

    func validate() throws {
        guard to != nil else {
            let others = [
                model != nil, change.architecture != nil, !change.edits.isEmpty, layers != nil, context != nil,
                tokens != nil, completions != nil, blocksOnly,
            ]
            guard !others.contains(true) else {
                throw ValidationError(
                    "A dealer that listens is told by its parties what to deal; give --to, or leave out MODEL and lengths"
                )
            }
            return
        }
        guard model != nil else { throw ValidationError("--to needs a MODEL whose runs are dealt for") }
        guard context != nil else { throw ValidationError("--to needs --context, the positions of the first run") }
        if blocksOnly, tokens != nil {
            throw ValidationError("--blocks-only has no logits to choose --tokens from")
        }
    }

    /// Writes both files, and says so.
    func deal(
        for protocols: ProtocolOptions, threads: Int, crossovers: ProductCrossovers, budget: PassBudget
    ) throws {
        guard let to, let model, let context else { throw ValidationError("--to needs a MODEL and --context") }
        let architecture = try architecture(of: model)
        let (tokens, completions) = (tokens ?? 1, completions ?? 1)
        let (longest, isOver) = context.addingReportingOverflow(tokens - 1)
        guard !isOver, longest <= architecture.context else {
            throw UsageError(
                "\(isOver ? "That many" : "\(longest)") positions do not fit the model's context of "
                    + "\(architecture.context); lower --context or --tokens.")
        }
        let (runs, isTooMany) = tokens.multipliedReportingOverflow(by: completions)
        guard !isTooMany, runs <= 65536 else {
            throw UsageError("A set has at most 65536 runs; lower --tokens or --completions.")
        }
        let (target, configuration) = (try protocols.target(), try protocols.session())
        let bar = ProgressBar("dealing")
        func run(_ number: Int) throws -> DealtAheadRun {
            try ForwardPass(
                architecture: architecture, new: context + number % tokens, output: blocksOnly ? .blocks : .last,
                exactOpenings: configuration.exactOpenings
            ).dealtAhead(for: target, budget: budget)
        }
        func write<Domain: ShareDomain>(_ domain: Domain) throws -> ByParty<Int> {
            try KeySetWriter(domain: domain, target: target.description, threads: threads).write(
                to: URL(fileURLWithPath: to, isDirectory: true), runs: runs, seeds: SystemSeedSource(),
                progress: { bar.update($0) }, run: run)
        }
        let lengths = try write(target.domain.domain(crossovers: crossovers))
        bar.finish()
        try Output.write(
            "\(runs) runs dealt ahead to \(to): server.keys of \(lengths.server) bytes, client.keys of \(lengths.client)"
        )
    }

    private func architecture(of model: String) throws -> Architecture {
        let whole = try change.architecture(of: ModelSource(model))
        guard let layers else { return whole }
        do {
            return try whole.firstLayers(layers)
        } catch {
            throw UsageError(error.description)
        }
    }
}
