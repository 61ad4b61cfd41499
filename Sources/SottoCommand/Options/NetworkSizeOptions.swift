import ArgumentParser
import Foundation
import SottoModel

/// Which network is trained.
struct NetworkSizeOptions: ParsableArguments {
    @OptionGroup var change: ArchitectureOptions

    @Option(help: "Layers. (default: 4)", transform: Number.integer(1...Architecture.limits.layers))
    var layers = 4

    @Option(
        help: "Attention heads; must divide the width. (default: 4)",
        transform: Number.integer(1...Architecture.limits.heads))
    var heads = 4

    @Option(
        help: "Elements of a token's representation. (default: 128)",
        transform: Number.integer(1...Architecture.limits.width))
    var width = 128

    @Option(
        help: "Elements between the matrices of an FFN; by default 4 times the width.",
        transform: Number.integer(1...Architecture.limits.feedForwardWidth))
    var ffnWidth: Int?

    @Option(
        help: "Positions: bytes that the model sees at once. (default: 128)",
        transform: Number.integer(1...Architecture.limits.context))
    var context = 128

    @Flag(help: "A head of its own instead of the transposed token embedding.")
    var untiedHead = false

    /// The network: a model of the sizes, SM+LN+G, with the changes.
    /// - Throws: ``UsageError``, or `ModelError` if the file of edits is missing.
    func network() throws -> Architecture {
        guard change.architecture != nil || !change.edits.isEmpty else {
            throw UsageError(
                "Say what to train with --architecture, one of "
                    + "\(Architecture.Notation.all.map(\.name).joined(separator: ", ")), or a JSON file with edits.")
        }
        let base: Architecture
        do {
            base = try Architecture(
                notation: .init(.softmaxLayerNormGELU), layers: layers, heads: heads, width: width,
                feedForwardWidth: ffnWidth, context: context, vocabulary: Self.bytes, tiedHead: !untiedHead)
        } catch {
            throw UsageError(error.description)
        }
        return try change.architecture(of: base)
    }

    /// Whether the architecture's name says that it is trained with the entropy regulariser.
    var isEntropyRegularised: Bool {
        change.architecture.flatMap { try? Architecture.Notation($0) }?.isEntropyRegularised ?? false
    }

    /// Token ids are bytes.
    private static let bytes = 256
}
