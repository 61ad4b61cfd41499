import ArgumentParser
import SottoCostModel
import SottoModel
import SottoPrivateTransformer
import SottoReporting
import SottoRuns

/// What to change first.
struct Suggest: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Rank single edits of an architecture by what they save.",
        discussion: """
            Every edit drops a norm, puts ReLU in place of another activation or drops it, fuses an FFN, or drops a \
            temperature, in one layer. An edit's first column can be given to --edit. What an edit does to the model's \
            quality is not asked.
            """)

    enum Measure: String, ExpressibleByArgument, CaseIterable {
        case bytes, rounds, latency

        var measure: Suggestions.Measure {
            switch self {
            case .bytes: .bytes
            case .rounds: .rounds
            case .latency: .latency
            }
        }
    }

    @OptionGroup var model: ModelOptions
    @OptionGroup var length: LengthOptions
    @OptionGroup var protocols: ProtocolOptions
    @OptionGroup var network: NetworkOptions
    @OptionGroup var calibration: CalibrationOptions
    @OptionGroup var machine: RunOptions

    @Option(help: "Rank by online bytes, by online rounds, or by online latency on the first network.")
    var by: Measure = .bytes

    @Option(
        help: "Show this many at most; in tables edits of one kind that save the same share a row.",
        transform: Number.integer(1...1_000_000_000))
    var top: Int?

    @Option(help: "The form of the ranking.")
    var format: OutputOptions.Format = .text

    func validate() throws {
        if length.tokens != nil { throw ValidationError("suggest looks at one inference; leave out --generate") }
    }

    func run() throws {
        let named = try model.architecture()
        let count = try length.count(for: named.architecture)
        let configuration = try protocols.session()
        let (output, target) = (length.kind.output, configuration.target)
        let scenario = Scenario(
            pass: try ForwardPass(
                architecture: named.architecture, new: count, output: output,
                exactOpenings: protocols.exactOpenings),
            configuration: CostReport.Configuration(
                named, configuration, context: count, output: output, insecure: false),
            notation: named.notation)
        let progress = ProgressBar("trying edits")
        let networks = network.networks.isEmpty ? [Network.wan] : network.networks
        let pricing = Pricing(
            networks: networks, compute: try calibration.model(machine, target), target: target)
        let suggestions = try Suggestions(for: scenario, by: by.measure, pricing: pricing) {
            progress.update($0)
        }
        progress.finish()
        if suggestions.hasLargerTiles { Diagnostics.warnOfLargerTiles() }
        try Output.write(
            OutputOptions.tableFormat(format).map { suggestions.rendered(as: $0, limit: top, width: Terminal.width) }
                ?? JSONText.of(top.map(suggestions.first) ?? suggestions))
    }
}
