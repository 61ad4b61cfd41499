import ArgumentParser
import Foundation
import SottoCostModel
import SottoModel
import SottoPrivateTransformer
import SottoSecureComputation
import SottoTraining

/// Which networks are compared: every combination of the lists.
struct SweepOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The paper's names of architectures, or JSON files with edits, separated by commas, or all, which is the default except for directories of sotto train.",
            valueName: "a,b|all"))
    var architectures: CommaList<String>?

    @Option(
        name: .customLong("edit"),
        help: ArgumentHelp(
            "What if: beside every architecture, the same with this change, such as layers[3].ffn.activation=relu; may be repeated, then all changes together.",
            valueName: "path=value"))
    var edits: [String] = []

    @Option(
        help: "Positions; by default 128, or the model's context if that is smaller.",
        transform: Number.integers(Number.positions))
    var contexts: CommaList<Int>?

    @Option(
        help: "Numbers of layers; by default the model's.", transform: Number.integers(1...Architecture.limits.layers))
    var depths: CommaList<Int>?

    @Option(
        help: "Widths; heads keep their width and the FFN its ratio to it. By default the model's.",
        transform: Number.integers(1...Architecture.limits.width))
    var widths: CommaList<Int>?

    @Option(help: "Positions whose logits the client learns.")
    var positions: LengthOptions.Positions = .all

    @Flag(help: "No embedding, final norm and head: hidden states in and out.")
    var blocksOnly = false

    @Option(
        name: .customLong("protocol"),
        help: ArgumentHelp(
            "Comparisons and nonlinear functions, a list; \(ProtocolName.availability), and cheapest is the mix of both, operation by operation, with the least online latency on the first --network, or without one the fewest online bytes."
        ))
    var protocols: CommaList<SweptProtocol> = CommaList([.one(.ot)])

    @Option(
        help: ArgumentHelp("Where correlated randomness comes from, a list; \(PreprocessingName.availability)."))
    var preprocessing: CommaList<PreprocessingName> = CommaList([.dealer])

    @Option(help: "What values are shared over, a list.")
    var domain: CommaList<TargetOptions.Domain> = CommaList([.ring64])

    @OptionGroup var prime: PrimeOptions

    @Flag(help: ExactOpeningsHelp.text)
    var exactOpenings = false

    func validate() throws {
        try prime.validate(for: domain.elements)
        let isMixable = preprocessing.elements == [.dealer] && domain.elements == [.ring64]
        guard isMixable || !protocols.elements.contains(.cheapest) else {
            throw ValidationError(
                "--protocol cheapest mixes ot and fss, which both are built with --preprocessing dealer --domain ring64 only; ask for other combinations in a table of their own."
            )
        }
        _ = try targets()
    }

    /// Every combination, the domain varying fastest; for the cheapest mix those that it is made of.
    func targets() throws -> [Target] {
        try protocols.elements.flatMap(\.names).flatMap { name in
            try preprocessing.elements.flatMap { source in
                try domain.elements.map { try SuiteOptions.target(name, source, prime.profile(of: $0)) }
            }
        }
    }

    private var output: ForwardPass.Output { blocksOnly ? .blocks : positions == .last ? .last : .all }

    /// All scenarios of some models, the domain varying fastest, then the architecture.
    /// - Parameter measure: by what the cheapest mix is sought.
    func scenarios(of models: [ComparedModel], cheapestBy measure: Suggestions.Measure) throws -> [Scenario] {
        let edits = try ArchitectureOptions.edits(edits)
        return try models.flatMap { model in
            let stored = try model.source.architecture()
            let trained = architectures == nil ? model.trainedName : nil
            return try (depths?.elements.map(Optional.some) ?? [nil]).flatMap { depth in
                try (widths?.elements.map(Optional.some) ?? [nil]).flatMap { width in
                    let sized = try usage {
                        let deep = try depth.map { try stored.withDepth($0) } ?? stored
                        return try width.map { try deep.withWidth($0) } ?? deep
                    }
                    let variants = try variants(of: sized, trainedAs: trained, edits: edits)
                    // Trained networks are compared with each other.
                    let family = trained != nil && models.count > 1 ? "trained models" : nil
                    return try lengths(sized).flatMap {
                        try scenarios(
                            of: variants, model: model.name, family: family, context: $0, cheapestBy: measure)
                    }
                }
            }
        }
    }

    private func lengths(_ architecture: Architecture) throws -> [Int] {
        let contexts = contexts?.elements ?? [min(LengthOptions.defaultContext, architecture.context)]
        for context in contexts where context > architecture.context {
            throw UsageError(
                "\(context) positions do not fit the model's context of \(architecture.context); lower --contexts.")
        }
        return contexts
    }

    private struct Variant {
        let name: String
        let edits: [String]
        let architecture: Architecture
    }

    /// - Parameter name: what the network was called in training, if it is to stand alone.
    private func variants(
        of architecture: Architecture, trainedAs name: String?, edits: [ArchitectureEdit]
    ) throws -> [Variant] {
        var variants: [Variant] = []
        func add(_ name: String, _ base: Architecture) throws {
            variants.append(Variant(name: name, edits: [], architecture: base))
            guard !edits.isEmpty else { return }
            let edited = try usage { try base.applying(edits) }
            variants.append(Variant(name: name, edits: edits.map(\.description), architecture: edited))
        }
        if let name {
            try add(name, architecture)
            return variants
        }
        let arguments = architectures?.elements ?? ["all"]
        guard arguments != ["all"] else {
            if architecture.notation == nil { try add(architecture.description, architecture) }
            for notation in Architecture.Notation.all {
                let variant = try usage { try architecture.withNotation(notation) }
                // LLaMA under the name of its own network is the same once more.
                if variant != architecture || variant.notation != nil { try add(variant.name(as: notation), variant) }
            }
            return variants
        }
        for argument in arguments {
            guard let change = try ArchitectureOptions.architecture(argument) else { continue }
            let variant = try ArchitectureOptions.apply(change, to: architecture)
            if case .notation(let notation) = change {
                try add(variant.name(as: notation), variant)
            } else {
                try add(URL(fileURLWithPath: argument).lastPathComponent, variant)
            }
        }
        return variants
    }

    private func scenarios(
        of variants: [Variant], model: String, family: String?, context: Int, cheapestBy measure: Suggestions.Measure
    ) throws -> [Scenario] {
        try protocols.elements.flatMap { swept -> [Scenario] in
            try preprocessing.elements.flatMap { source -> [Scenario] in
                try variants.flatMap { variant in
                    try domain.elements.map { domain in
                        let target = try SuiteOptions.target(swept.names[0], source, prime.profile(of: domain))
                        let pass = try ForwardPass(
                            architecture: variant.architecture, new: context, output: output,
                            exactOpenings: exactOpenings)
                        let configuration = CostReport.Configuration(
                            model: model,
                            architecture: variant.edits.isEmpty ? variant.name : variant.architecture.description,
                            target: target, context: context, positions: output.rawValue, insecure: false)
                        return Scenario(
                            pass: pass, configuration: configuration, notation: variant.name, edits: variant.edits,
                            family: family, cheapestBy: swept == .cheapest ? measure : nil)
                    }
                }
            }
        }
    }

    /// What the options say of an architecture is the user's doing, not the model's.
    private func usage<Value>(_ body: () throws -> Value) throws -> Value {
        do { return try body() } catch let error as ArchitectureError { throw UsageError(error.description) }
    }
}

/// By which protocol the rows of a table are.
enum SweptProtocol: Hashable, Sendable, ExpressibleByArgument {
    case one(ProtocolName)
    /// The cheapest mix of all.
    case cheapest

    init?(argument: String) {
        if argument == "cheapest" {
            self = .cheapest
        } else if let name = ProtocolName(rawValue: argument) {
            self = .one(name)
        } else {
            return nil
        }
    }

    var names: [ProtocolName] {
        switch self {
        case .one(let name): [name]
        case .cheapest: ProtocolName.allCases
        }
    }

    var defaultValueDescription: String {
        switch self {
        case .one(let name): name.rawValue
        case .cheapest: "cheapest"
        }
    }
}
