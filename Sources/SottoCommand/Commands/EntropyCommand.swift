import ArgumentParser
import Foundation
import SottoAttentionEntropy
import SottoModel
import SottoReporting
import SottoTokenization

/// Measures how spread out a model's attention is.
struct EntropyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "entropy",
        abstract: "Measure the entropy of every attention head on a text, and say where it collapses or overloads.",
        discussion: """
            The text is cut into windows that do not overlap; what does not fill the last one is left out. Entropies are in \
            nats, means over the positions and windows.
            """)

    @OptionGroup var model: ModelOptions
    @OptionGroup var input: InputOptions

    @Option(
        help: "Tokens of a window; by default the model's context, or the text if that is shorter.",
        transform: Number.integer(2...65536))
    var context: Int?

    @Option(help: "Windows at most; all unless given.", transform: Number.integer(Number.windows))
    var windows: Int?

    @Option(
        help: "The constant in the logarithm, 0 to 0.001. (default: \(AttentionRowEntropy.defaultEpsilon))",
        transform: Number.real(AttentionRowEntropy.epsilons))
    var epsilon = AttentionRowEntropy.defaultEpsilon

    @Option(help: ArgumentHelp("Write a heat map of layers and heads, as SVG.", valueName: "file"))
    var svg: String?

    @Option(help: "The form of the report.")
    var format: OutputOptions.Format = .text

    func validate() throws {
        guard input.isGiven else {
            throw ValidationError("Give the text to attend to with one of \(InputOptions.names)")
        }
    }

    func run() throws {
        let selected = try model.load()
        let architecture = selected.architecture
        if let context, context > architecture.context {
            throw UsageError(
                "--context \(context) is more than the model's context of \(architecture.context); lower it.")
        }
        let tokens = try input.tokens(selected.tokenizer) ?? []
        guard tokens.count >= 2 else { throw EntropyError.singleToken }
        if let unknown = tokens.first(where: { !(0..<architecture.vocabulary).contains($0) }) {
            throw TokenizerError.unknownToken(unknown, vocabulary: architecture.vocabulary)
        }
        let progress = ProgressBar("measuring")
        let (entropies, windows) = try ReferenceModel(selected.weights).attentionEntropies(
            of: tokens, window: context, limit: windows, epsilon: epsilon
        ) { progress.update($0) }
        progress.finish()
        let report = try EntropyReport(
            model: selected.named.name, architecture: selected.named.notation, windows: windows, epsilon: epsilon,
            entropies: entropies)
        try writeHeatMap(of: report)
        try Output.write(
            OutputOptions.tableFormat(format).map {
                report.rendered(as: $0, coloured: Terminal.hasColours, width: Terminal.width)
            } ?? JSONText.of(report))
    }

    private func writeHeatMap(of report: EntropyReport) throws {
        guard let svg else { return }
        do {
            try Data(report.heatMap().svg().utf8).write(to: URL(fileURLWithPath: svg))
        } catch {
            throw DataError("\(svg) cannot be written; give a file in a directory that is there.")
        }
    }
}
