import ArgumentParser
import Transformer

/// Which model, and what of it.
struct ModelOptions: ParsableArguments {
    @Argument(help: "A preset, or a directory in Hugging Face's layout.")
    var model: String

    @OptionGroup var variant: VariantOptions

    /// The architecture alone, without its weights.
    func architecture() throws -> NamedArchitecture {
        let source = try ModelSource(model)
        let architecture = try variant.limited(source.architecture(applying: variant.override()))
        return NamedArchitecture(name: source.name, notation: try variant.notation(of: architecture), architecture)
    }

    func load() throws -> SelectedModel {
        let source = try ModelSource(model)
        let change = try variant.override()
        let limited = try variant.limited(source.architecture(applying: change))
        let loaded = try source.load(applying: change, seed: variant.seed, layers: variant.layers)
        let weights =
            limited == loaded.weights.architecture
            ? loaded.weights : try loaded.weights.firstLayers(limited.layers.count)
        return SelectedModel(
            named: NamedArchitecture(name: source.name, notation: try variant.notation(of: limited), limited),
            weights: weights, tokenizer: loaded.tokenizer, areWeightsRandom: loaded.areWeightsRandom)
    }
}

/// Changes to a model's architecture.
struct VariantOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("The paper's name of an architecture, or a JSON file with edits.", valueName: "A|FILE.json"))
    var architecture: String?

    @Option(
        name: .customLong("edit"),
        help: ArgumentHelp(
            "Change one part, such as layers[3].ffn.activation=relu or final_norm=none; may be repeated.",
            valueName: "path=value"))
    var edits: [String] = []

    @Option(help: "Only the first N layers.")
    var layers: Int?

    @Option(help: "What random weights, inputs and simulated randomness are drawn from.")
    var seed: UInt64 = 0

    func override() throws -> ModelSource.ArchitectureOverride? {
        let base = try Self.architecture(architecture)
        guard !edits.isEmpty else { return base }
        let parts = ModelSource.ArchitectureOverride.parts(try Self.edits(edits))
        return base.map { .both($0, parts) } ?? parts
    }

    /// The change that a name of the paper or a file stands for.
    static func architecture(_ argument: String?) throws -> ModelSource.ArchitectureOverride? {
        do {
            return try argument.map { try ModelSource.ArchitectureOverride(argument: $0) }
        } catch let error as ArchitectureError {
            throw UsageError(error.description)
        }
    }

    static func edits(_ arguments: [String]) throws -> [ArchitectureEdit] {
        do {
            return try arguments.map { try ArchitectureEdit($0) }
        } catch let error as ArchitectureError {
            throw UsageError(error.description)
        }
    }

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
        if case .notation(let notation)? = try override() {
            return architecture.name(as: notation)
        }
        return architecture.description
    }
}

/// An architecture and what reports call it.
struct NamedArchitecture {
    /// The model's name.
    let name: String
    /// The architecture's name.
    let notation: String
    let architecture: Architecture

    init(name: String, notation: String, _ architecture: Architecture) {
        self.name = name
        self.notation = notation
        self.architecture = architecture
    }
}

/// A model with its weights.
struct SelectedModel {
    let named: NamedArchitecture
    let weights: ModelWeights
    let tokenizer: (any Tokenizer)?
    let areWeightsRandom: Bool

    var architecture: Architecture { named.architecture }
}
