import ArgumentParser
import Foundation
import SottoCostModel
import SottoModel
import SottoPrivateTransformer
import SottoReporting
import SottoSecureComputation
import SottoTraining

/// Networks side by side: what each would cost.
struct TableCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "table",
        abstract: "Compare what architectures cost: bytes, rounds and latency, a row each.",
        discussion: """
            Every combination of the lists is counted as `sotto estimate` counts it. Rows of one model, size, length and \
            protocol stand together; savings are against their first row. Directories of `sotto train` stand side by side as \
            the networks that were trained, with the perplexity of their held-out text.
            """)

    @Argument(help: "Presets, or directories in Hugging Face's layout, separated by commas.")
    var models: String

    @OptionGroup var sweep: SweepOptions
    @OptionGroup var network: NetworkOptions
    @OptionGroup var calibration: CalibrationOptions
    @OptionGroup var machine: RunOptions

    @Flag(help: "Set the figures that the paper publishes beside the rows.")
    var paper = false

    @OptionGroup var input: InputOptions

    @Option(help: "The form of the tables.")
    var format: OutputOptions.Format = .text

    @Option(help: "Also the operations of every row with their shares: by kind, layer, operation or primitive.")
    var by: OutputOptions.Level?

    func run() throws {
        let compared = try ComparedModel.all(named: modelNames)
        let measured = try perplexities(of: compared)
        let scenarios = try sweep.scenarios(
            of: compared, cheapestBy: network.networks.isEmpty ? .bytes : .latency)
        let progress = ProgressBar("counting")
        let networks = network.networks.isEmpty ? [Network.lan, .wan] : network.networks
        let pricing = Pricing(networks: networks, computes: try computes())
        var comparison = try Comparison(
            of: scenarios,
            pricing: pricing,
            published: paper ? PublishedFigures() : nil
        ) { done in
            progress.update(Double(done) / Double(scenarios.count))
        }
        progress.finish()
        try comparison.addPerplexities { scenario in
            try measured.perplexity(
                of: scenario.configuration.model, as: scenario.pass.architecture,
                window: scenario.configuration.context)
        }
        if comparison.hasLargerTiles { Diagnostics.warnOfLargerTiles() }
        let options = Comparison.TableOptions(
            format: tableFormat ?? .text, breakdown: by?.grouping, width: Terminal.width)
        try Output.write(
            try tableFormat == nil ? JSONText.of(comparison.rows) : comparison.rendered(options))
    }

    /// What local work takes for each of the targets, where that is known.
    private func computes() throws -> [Target: ComputeModel] {
        var models: [Target: ComputeModel] = [:]
        for target in Set(try sweep.targets()) { models[target] = try calibration.model(machine, target) }
        return models
    }

    private var tableFormat: Table.Format? { OutputOptions.tableFormat(format) }

    /// Of rows that are what a model was trained as; the others have no weights. Without a text it is that of the text
    /// that was held out in training.
    private func perplexities(of models: [ComparedModel]) throws -> ComparedPerplexities {
        let perplexities = try ComparedPerplexities(
            of: models, on: input.isGiven ? { try input.tokens($0) ?? [] } : nil)
        guard !input.isGiven || perplexities.hasWeights else {
            throw UsageError("None of the models has trained weights to predict the text with; leave out the text.")
        }
        return perplexities
    }

    /// A path may contain a comma.
    private var modelNames: [String] {
        FileManager.default.fileExists(atPath: models)
            ? [models] : models.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
}
