import ArgumentParser
import Foundation
import Transformer

/// Which network is trained.
struct NetworkSizeOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("The paper's name of an architecture, or a JSON file with edits.", valueName: "A|FILE.json"))
    var architecture: String?

    @Option(
        name: .customLong("edit"),
        help: ArgumentHelp(
            "Change one part, such as layers[3].ffn.activation=relu or final_norm=none; may be repeated.",
            valueName: "path=value"))
    var edits: [String] = []

    @Option(help: "Layers.")
    var layers = 4

    @Option(help: "Attention heads; must divide the width.")
    var heads = 4

    @Option(help: "Elements of a token's representation.")
    var width = 128

    @Option(help: "Elements between the matrices of an FFN; by default 4 times the width.")
    var ffnWidth: Int?

    @Option(help: "Positions: bytes that the model sees at once.")
    var context = 128

    @Flag(help: "A head of its own instead of the transposed token embedding.")
    var untiedHead = false

    /// The network: a model of the sizes, SM+LN+G, with the changes.
    /// - Throws: ``UsageError``, or `ModelError` if the file of edits is missing.
    func network() throws -> Architecture {
        guard architecture != nil || !edits.isEmpty else {
            throw UsageError(
                "Say what to train with --architecture, one of "
                    + "\(Architecture.Notation.all.map(\.name).joined(separator: ", ")), or a JSON file with edits.")
        }
        do {
            let base = try Architecture(
                notation: .init(.softmaxLayerNormGELU), layers: layers, heads: heads, width: width,
                feedForwardWidth: ffnWidth, context: context, vocabulary: Self.bytes, tiedHead: !untiedHead)
            let changed = try VariantOptions.architecture(architecture)?.applied(to: base) ?? base
            return try changed.applying(VariantOptions.edits(edits))
        } catch let error as ArchitectureError {
            throw UsageError(error.description)
        }
    }

    /// Whether the architecture's name says that it is trained with the entropy regulariser.
    var isEntropyRegularised: Bool {
        architecture.flatMap { try? Architecture.Notation($0) }?.isEntropyRegularised ?? false
    }

    /// Token ids are bytes.
    private static let bytes = 256
}
