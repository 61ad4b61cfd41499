import ArgumentParser
import SottoJSON
import SottoModel
import SottoRuns

/// Which model, and what of it.
struct ModelOptions: ParsableArguments {
    @Argument(help: "A preset, or a directory in Hugging Face's layout.")
    var model: String

    @OptionGroup var variant: VariantOptions

    /// The architecture alone, without its weights.
    func architecture() throws -> NamedArchitecture {
        let source = try ModelSource(model)
        let architecture = try variant.limited(variant.change.architecture(of: source))
        return NamedArchitecture(name: source.name, notation: try variant.notation(of: architecture), architecture)
    }

    func load() throws -> NamedModel {
        let source = try ModelSource(model)
        let change = try variant.change.override()
        let limited = try variant.limited(variant.change.architecture(of: source))
        let loaded = try source.load(applying: change, seed: variant.seed, layers: variant.layers)
        if let prefix = loaded.strippedPrefix {
            Diagnostics.warn("the names of all tensors begin with \(prefix.quoted), which is passed over.")
        }
        if let fault = loaded.tokenizerFault { Diagnostics.warn("no text can be given: \(fault)") }
        let weights =
            limited == loaded.weights.architecture
            ? loaded.weights : try loaded.weights.firstLayers(limited.layers.count)
        return NamedModel(
            named: NamedArchitecture(name: source.name, notation: try variant.notation(of: limited), limited),
            weights: weights, tokenizer: loaded.tokenizer, areWeightsRandom: loaded.areWeightsRandom)
    }
}

/// Changes to a model's architecture.
struct VariantOptions: ParsableArguments {
    @OptionGroup var change: ArchitectureOptions

    @Option(help: "Only the first N layers.", transform: Number.integer(1...Architecture.limits.layers))
    var layers: Int?

    @Option(
        help: "What random weights, inputs and simulated randomness are drawn from. (default: 0)",
        transform: Number.seed)
    var seed: UInt64 = 0

    func limited(_ architecture: Architecture) throws -> Architecture {
        guard let layers else { return architecture }
        do {
            return try architecture.firstLayers(layers)
        } catch {
            throw UsageError(error.description)
        }
    }

    /// What reports call the architecture: the paper's name if it is the paper's network, or a systematic one, or `edited`.
    func notation(of architecture: Architecture) throws -> String {
        if case .notation(let notation)? = try change.override() {
            return architecture.name(as: notation)
        }
        return architecture.description
    }
}
