import SottoModel
import SottoPrivateTransformer
import SottoSecureComputation

extension CostCatalogue.ModelGroup {
    /// The model whose sizes the paper's architectures are shown at.
    private static let preset = "gpt2"
    private static let positions = 128

    /// One layer and the whole model of every architecture of the paper, and every preset.
    /// - Throws: `ProgramError` where an operation does not fit its ring.
    public static func paper(target: Target) throws -> [CostCatalogue.ModelGroup] {
        let whole = try Architecture.preset(named: preset)
        let layer = try whole.firstLayers(1)
        // Costs are the same in larger tiles.
        func program(_ pass: ForwardPass) throws -> Program {
            try pass.program(
                target: target, tiling: pass.countingTiling(upTo: ForwardPass.countedInstructions, in: target))
        }
        func group(
            _ title: String, _ note: String, _ architecture: Architecture, _ output: ForwardPass.Output
        ) throws -> CostCatalogue.ModelGroup {
            .init(
                title: title, note: note,
                models: try Architecture.Notation.all.map { notation in
                    let pass = try ForwardPass(
                        architecture: architecture.withNotation(notation), new: positions, output: output)
                    return .init(name: notation.name, program: try program(pass))
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
                    return .init(name: name, program: try program(pass))
                }),
        ]
    }
}
