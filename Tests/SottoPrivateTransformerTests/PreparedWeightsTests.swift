import SottoModel
import SottoPrivateTransformer
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
}
