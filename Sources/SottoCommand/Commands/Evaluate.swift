import ArgumentParser
import Foundation
import SottoCostModel
import SottoModel
import SottoPrivateTransformer
import SottoReporting
import SottoRuns
import SottoSessions

/// Measures how well a model predicts a text.
struct Evaluate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure the perplexity of a text, in plaintext and privately.",
        discussion: """
            The text is cut into windows that do not overlap, the last one shorter; in each, every token but the first is \
            predicted from those before it. The private runs are simulated in this process.
            """)

    @OptionGroup var model: ModelOptions
    @OptionGroup var input: InputOptions

    @Option(help: "Tokens of a window; by default the model's context.", transform: Number.integer(2...65536))
    var context: Int?

    @Option(help: "Windows at most; all unless given.", transform: Number.integer(Number.windows))
    var windows: Int?

    @Flag(help: "Also through the private computation, simulated.")
    var `private` = false

    @OptionGroup var protocols: ProtocolOptions
    @OptionGroup var machine: RunOptions
    @OptionGroup var range: RangeOptions
    @OptionGroup var files: LogitsOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard input.isGiven else {
            throw ValidationError("Give the text to predict with one of \(InputOptions.names)")
        }
        if !`private`, files.logits != nil { throw ValidationError("--logits are those of a --private run") }
    }

    func run() throws {
        let selected = try model.load()
        let architecture = selected.architecture
        let window = context ?? architecture.context
        guard window <= architecture.context else {
            throw RunError.windowTooLong(window: window, context: architecture.context)
        }
        let progress = ProgressBar("evaluating")
        let evaluation = try Evaluation(
            of: selected, on: input.tokens(selected.tokenizer) ?? [], window: window, limit: windows,
            simulation: `private`
                ? machine.simulation(seed: model.variant.seed, allowsOutOfRange: range.allowOutOfRange) : nil,
            protocols: protocols.session(), keepsLogits: files.logits != nil || files.plaintextLogits != nil
        ) { progress.update($0) }
        progress.finish()
        let (name, rows) = (ForwardPass.logits, evaluation.positions)
        try LogitsOptions.write(evaluation.privateLogits, name: name, rows: rows, to: files.logits)
        try LogitsOptions.write(evaluation.plaintextLogits, name: name, rows: rows, to: files.plaintextLogits)
        let report = evaluation.report
        try Output.write(
            output.tableFormat.map { report.rendered(as: $0, by: output.by.grouping, width: Terminal.width) }
                ?? JSONText.of(report))
    }
}
