import ArgumentParser
import Foundation
import SottoCostModel
import SottoModel
import SottoPrivateTransformer
import SottoReporting
import SottoRuns
import SottoSecureComputation
import SottoSessions

/// Runs both parties in this process, with real shares and messages.
struct Simulate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run both parties in this process and measure bytes, rounds, time and error.",
        discussion: """
            The shares and messages are real, but one process holds them all and deals the correlations: nothing here is \
            secret. Without input the model runs on random tokens.
            """)

    @OptionGroup var model: ModelOptions
    @OptionGroup var input: InputOptions
    @OptionGroup var length: LengthOptions
    @OptionGroup var protocols: ProtocolOptions
    @OptionGroup var network: NetworkOptions
    @OptionGroup var machine: RunOptions
    @OptionGroup var range: RangeOptions
    @OptionGroup var files: LogitsOptions
    @OptionGroup var output: OutputOptions

    @Flag(
        help:
            "Run on plain fixed-point numbers instead, and list the values that leave their range and the largest ones."
    )
    var traceValues = false

    func validate() throws {
        if length.blocksOnly, input.isGiven {
            throw ValidationError("--blocks-only runs on random hidden states; leave out \(InputOptions.names)")
        }
        if traceValues, length.tokens != nil {
            throw ValidationError("--trace-values looks at one inference; leave out --generate")
        }
    }

    func run() throws {
        let logger = output.logger()
        let selected = try model.load()
        logger.info("model loaded", metadata: ["weights": selected.areWeightsRandom ? "random" : "trained"])
        let (kind, configuration) = (length.kind, try protocols.session())
        let run = try simulationInput(for: selected)
        guard !traceValues else { return try trace(selected, run) }
        let progress = ProgressBar("simulating")
        let simulated = try SimulatedRun(
            of: selected, kind, input: run, protocols: configuration,
            options: machine.simulation(
                seed: model.variant.seed, networks: network.networks, allowsOutOfRange: range.allowOutOfRange)
        ) { progress.update($0) }
        progress.finish()
        logger.info("simulated", metadata: ["inferences": "\(simulated.report.inferences)"])
        let (name, rows) = (simulated.valuesName, simulated.rows)
        try LogitsOptions.write(simulated.values.map { Float($0) }, name: name, rows: rows, to: files.logits)
        try LogitsOptions.write(simulated.plaintextValues, name: name, rows: rows, to: files.plaintextLogits)
        if output.format == .text, let completion = simulated.completion { try Output.write(completion.rendered()) }
        try Output.write(simulated.report, output)
    }

    private func trace(_ selected: NamedModel, _ input: SimulationInput) throws {
        let progress = ProgressBar("tracing values")
        let values = try ValueTrace(
            of: selected, length.kind.output, input: input, protocols: protocols.session()
        ) { progress.update($0) }
        progress.finish()
        try Output.write(
            output.tableFormat.map { values.rendered(as: $0, width: Terminal.width) } ?? JSONText.of(values))
    }

    /// The tokens that were given, or random ones, or hidden states.
    private func simulationInput(for model: NamedModel) throws -> SimulationInput {
        let (architecture, seed) = (model.architecture, self.model.variant.seed)
        if let given = try input.tokens(model.tokenizer) {
            if let context = length.context, given.count < context {
                throw DataError(
                    "The input has \(given.count) tokens; give at least \(context), or lower or leave out --context.")
            }
            let tokens = Array(given.prefix(length.context ?? given.count))
            _ = try length.checked(tokens.count, architecture)
            return .tokens(tokens)
        }
        let count = try length.count(for: architecture)
        return length.blocksOnly
            ? .randomHidden(positions: count, width: architecture.width, seed: seed)
            : .randomTokens(count, vocabulary: architecture.vocabulary, seed: seed)
    }
}
