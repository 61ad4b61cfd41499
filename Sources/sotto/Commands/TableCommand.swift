import ArgumentParser
import CostModel
import Foundation
import SecureComputation
import SottoModel
import SottoPrivateTransformer

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
        let compared = try ComparedModel.list(models)
        let scenarios = try sweep.scenarios(of: compared)
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
        try addPerplexities(to: &comparison, compared)
        let options = Comparison.TableOptions(
            format: tableFormat ?? .text, breakdown: by?.grouping, width: Terminal.width)
        try Output.write(
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

    /// Of rows that are what a model was trained as; the others have no weights. Without a text it is that of the text
    /// that was held out in training.
    private func addPerplexities(to comparison: inout Comparison, _ models: [ComparedModel]) throws {
        let isOfInput = input.inputIds != nil || input.text != nil || input.file != nil
        var networks: [String: Architecture] = [:]
        var loaded: [String: LoadedModel] = [:]
        for model in models where isOfInput || model.record != nil {
            networks[model.name] = try model.source.architecture()
            // A run that diverged has left no weights.
            guard isOfInput, model.record?.diverged == nil else { continue }
            let weights = try model.source.load(seed: 0)
            if !weights.areWeightsRandom { loaded[model.name] = weights }
        }
        guard !isOfInput || !loaded.isEmpty else {
            throw UsageError("None of the models has trained weights to predict the text with; leave out the text.")
        }
        let byName = Dictionary(models.map { ($0.name, $0) }) { first, _ in first }
        try comparison.addPerplexities { scenario in
            let name = scenario.configuration.model
            guard let model = byName[name], networks[name] == scenario.pass.architecture else { return nil }
            let context = scenario.configuration.context
            guard isOfInput, model.record?.diverged == nil else { return model.heldOutPerplexity(window: context) }
            guard let model = loaded[name] else { return nil }
            let tokens = try input.tokens(model.tokenizer) ?? []
            return try ReferenceModel(model.weights).perplexity(of: tokens, window: max(2, context)).value
        }
    }
}
