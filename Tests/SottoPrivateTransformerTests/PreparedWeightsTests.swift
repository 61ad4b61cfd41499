import SottoModel
import SottoPrivateTransformer
import SottoSecureComputation
import TestSupport
import Testing

@Suite struct PreparedWeightsTests {
    /// Weights beyond fixed point are told by the names of the files' tensors, also of those folded into them.
    @Test func weightsBeyondFixedPointAreToldByTheFilesNames() throws {
        let gelu = ReferenceData(collection: "HuggingFace", name: "gelu_new")
        let untied = ReferenceData(collection: "HuggingFace", name: "untied")
        let grouped = ReferenceData(collection: "LLaMA", name: "grouped")
        let cases: [(ReferenceData, WeightName, String, String)] = [
            (gelu, .finalNormGamma, "head", "wte.weight, with transformer.ln_f.weight folded in,"),
            (untied, .head, "head", "lm_head.weight, with transformer.ln_f.weight folded in,"),
            (
                gelu, .layer(1, .feedForwardInputWeight), "layer.1/ffn/input",
                "transformer.h.1.mlp.c_fc.weight, with transformer.h.1.ln_2.weight folded in,"
            ),
            (
                grouped, .layer(0, .queryKeyValueWeight), "layer.0/attention/qkv",
                "model.layers.0.self_attn.q_proj.weight, model.layers.0.self_attn.k_proj.weight"
            ),
            (
                grouped, .layer(1, .feedForwardOutputWeight), "layer.1/ffn/output",
                "model.layers.1.mlp.down_proj.weight does not fit"
            ),
        ]
        for (reference, large, server, expected) in cases {
            let weights = try withTemporaryDirectory { directory in
                let stored = try HuggingFaceModel(directory: reference.directory).weights()
                let scaled = try ModelWeights(architecture: stored.architecture) { name, _ in
                    let tensor = try #require(stored[name])
                    return name == large
                        ? WeightTensor(shape: tensor.shape, values: tensor.values.map { $0 * 1e9 + 1e8 }) : tensor
                }
                try HuggingFaceModel.write(scaled, to: directory)
                return try HuggingFaceModel(directory: directory).weights()
            }
            let error = #expect(throws: PreparedWeightsError.self) { try PreparedWeights(weights).tensor(server) }
            #expect(error?.description.contains(expected) == true, "\(String(describing: error))")
        }
    }

    /// A matrix that products read as their operand is kept as that alone, and its integers are the same as before.
    @Test(arguments: PreprocessingName.allCases) func matricesComeBackFromTheirOperands(
        preprocessing: PreprocessingName
    ) throws {
        let architecture = try Architecture(
            notation: .init("SM+LN+G"), layers: 1, heads: 2, width: 12, feedForwardWidth: 20, context: 4,
            vocabulary: 70)
        let weights = try ModelWeights.random(architecture, seed: 3, standardDeviation: 0.5)
        let program = try ForwardPass(architecture: architecture, new: 3, output: .all).program(
            target: try Target(protocolName: .ot, preprocessing: preprocessing, domain: .ring64))
        let (plain, prepared) = (PreparedWeights(weights), PreparedWeights(weights))
        try prepared.prepare(for: program)
        let names = program.inputs.filter { $0.owner == .server }.map(\.name)
        #expect(names.contains("layer.0/ffn/input"))
        for name in names {
            #expect(try prepared.tensor(name) == plain.tensor(name), "\(name)")
            #expect(try prepared.tensor(name) == plain.tensor(name), "\(name), again")
        }
    }

    /// Without a dealer products rely on the declared bound of weights, with one on nothing.
    @Test func weightsBeyondTheirBoundAreToldWhereProductsRelyOnIt() throws {
        let architecture = try Architecture(
            notation: .init("SM+LN+G"), layers: 1, heads: 1, width: 8, feedForwardWidth: 8, context: 4, vocabulary: 9)
        let plain = try ModelWeights.random(architecture, seed: 3)
        func weights(_ largest: Float, _ architecture: Architecture) throws -> PreparedWeights {
            PreparedWeights(
                try ModelWeights(architecture: architecture) { name, _ in
                    let tensor = try #require(plain[name])
                    guard name == .layer(0, .feedForwardOutputWeight) else { return tensor }
                    return WeightTensor(shape: tensor.shape, values: [largest] + tensor.values.dropFirst())
                })
        }
        func program(_ architecture: Architecture, _ preprocessing: PreprocessingName) throws -> Program {
            try ForwardPass(architecture: architecture, new: 1, output: .all).program(
                target: try Target(protocolName: .ot, preprocessing: preprocessing, domain: .ring64))
        }
        let twoParty = try program(architecture, .twoParty)
        for largest in [Float(1023), -1023] { try weights(largest, architecture).check(for: twoParty) }
        for largest in [Float(1025), -1025] {
            let beyond = try weights(largest, architecture)
            for check in [beyond.check, beyond.prepare] {
                let error = #expect(throws: PreparedWeightsError.self) { try check(twoParty) }
                #expect(error?.description.contains("mlp.c_proj.weight has entries beyond 1023.0") == true)
            }
            try beyond.check(for: program(architecture, .dealer))
        }
        let declared = try architecture.applying([try ArchitectureEdit("bounds.weights=2000")])
        try weights(1999, declared).check(for: program(declared, .twoParty))
    }
}
