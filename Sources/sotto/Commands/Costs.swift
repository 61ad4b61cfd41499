import ArgumentParser
import CostModel
import SottoModel
import SottoPrivateTransformer

/// The documentation's tables of costs.
struct Costs: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print what every primitive, function and architecture costs.",
        discussion: "The tables of docs/costs.md, which is this command's output with --format markdown.")

    @Option(help: "The form of the tables.")
    var format: OutputOptions.Format = .text

    func run() throws {
        let catalogue = try CostCatalogue(models: Self.models())
        // JSON is no form of a table.
        let form = Table.Format(rawValue: format.rawValue)
        try Output.write(form.map { catalogue.rendered(as: $0, width: Terminal.width) } ?? JSONText.of(catalogue))
    }

    /// The model whose sizes the paper's architectures are shown at.
    private static let preset = "gpt2"
    private static let positions = 128

    /// One layer and the whole model of every architecture of the paper.
    private static func models() throws -> [CostCatalogue.ModelGroup] {
        let whole = try Architecture.preset(named: preset)
        let layer = try whole.firstLayers(1)
        func group(
            _ title: String, _ note: String, _ architecture: Architecture, _ output: ForwardPass.Output
        ) throws -> CostCatalogue.ModelGroup {
            .init(
                title: title, note: note,
                models: try Architecture.Notation.all.map { notation in
                    let pass = try ForwardPass(
                        architecture: architecture.withNotation(notation), new: positions, output: output)
                    return .init(name: notation.name, program: try pass.program())
                })
        }
        return [
            try group(
                "Layers",
                "One layer of \(preset)'s size on [\(positions), \(layer.width)], hidden states in and out, opening "
                    + "them to the client included: `sotto estimate \(preset) --layers 1 --blocks-only "
                    + "--context \(positions) --architecture A`.",
                layer, .blocks),
            try group(
                "Models",
                "The \(whole.layers.count) layers of \(preset)'s size with embedding and the logits of all "
                    + "\(positions) positions: `sotto estimate \(preset) --context \(positions) --architecture A`.",
                whole, .all),
            .init(
                title: "Presets",
                note: "Every preset with the logits of all \(positions) positions: "
                    + "`sotto estimate PRESET --context \(positions)`.",
                models: try Architecture.presetNames.map { name in
                    let pass = try ForwardPass(architecture: .preset(named: name), new: positions, output: .all)
                    return .init(name: name, program: try pass.program())
                }),
        ]
    }
}
