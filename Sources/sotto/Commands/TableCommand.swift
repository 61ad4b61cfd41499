import ArgumentParser
import CostModel
import Foundation
import SecureComputation
import Transformer

/// Networks side by side: what each would cost.
struct TableCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "table",
        abstract: "Compare what architectures cost: bytes, rounds and latency, a row each.",
        discussion: """
            Every combination of the lists is counted as `sotto estimate` counts it. Rows of one model, size, length and \
            protocol stand together; savings are against their first row.
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
        let sources = try modelSources()
        let scenarios = try sweep.scenarios(of: sources)
        let progress = ProgressBar("counting")
        let networks = network.networks.isEmpty ? [Network.lan, .wan] : network.networks
        var comparison = try Comparison(
            of: scenarios,
            pricing: Pricing(networks: networks, computes: try computes()),
            published: paper ? PublishedFigures() : nil
        ) { done in
            progress.update(Double(done) / Double(scenarios.count))
        }
        progress.finish()
        try addPerplexities(to: &comparison, sources)
        let options = Comparison.TableOptions(format: tableFormat ?? .text, breakdown: by?.grouping)
        Output.write(
            try tableFormat == nil ? JSONText.of(comparison.rows) : comparison.rendered(options))
    }

    /// What local work takes in each of the domains, where that is known.
    private func computes() throws -> [DomainProfile: ComputeModel] {
        var models: [DomainProfile: ComputeModel] = [:]
        for domain in Set(sweep.domain.elements) {
            let profile = try sweep.prime.profile(of: domain)
            models[profile] = try calibration.model(machine, profile)
        }
        return models
    }

    private var tableFormat: Table.Format? { OutputOptions.tableFormat(format) }

    /// A path may contain a comma.
    private func modelSources() throws -> [ModelSource] {
        if FileManager.default.fileExists(atPath: models) { return [try ModelSource(models)] }
        return try models.split(separator: ",", omittingEmptySubsequences: false).map { try ModelSource(String($0)) }
    }

    /// Of rows that are what a model was trained as; the others have no weights.
    private func addPerplexities(to comparison: inout Comparison, _ sources: [ModelSource]) throws {
        guard input.inputIds != nil || input.text != nil || input.file != nil else { return }
        var trained: [String: LoadedModel] = [:]
        for source in sources {
            let model = try source.load(seed: 0)
            if !model.areWeightsRandom { trained[source.name] = model }
        }
        guard !trained.isEmpty else {
            throw UsageError("None of the models has trained weights to predict the text with; leave out the text.")
        }
        try comparison.addPerplexities { scenario in
            guard let model = trained[scenario.configuration.model],
                model.weights.architecture == scenario.pass.architecture
            else { return nil }
            let tokens = try input.tokens(model.tokenizer) ?? []
            let window = max(2, scenario.configuration.context)
            return try ReferenceModel(model.weights).perplexity(of: tokens, window: window).value
        }
    }
}
