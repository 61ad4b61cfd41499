import SottoModel
import SottoPreprocessing
import SottoPrivateTransformer
import SottoSecureComputation
import SottoSessions
import Testing

/// What the dealer is asked for, from outside.
@Suite struct DealerProgramTests {
    @Test func aDealerRefusesBeforeItBuilds() throws {
        func description(_ pass: String) -> String { #"{"target": "\#(Target.standard)", "pass": \#(pass)}"# }
        func architecture(layers: Int, context: Int) -> String {
            let layer =
                #"{"activation":"relu","fused":false,"norm1":"none","norm2":"none","scaled":false,"temperature":false}"#
            let list = [String](repeating: layer, count: layers).joined(separator: ",")
            return """
                {"context": \(context), "feed_forward_width": 512, "final_norm": "none", "heads": 4, "layer_norm_epsilon": \
                1e-5, "layers": [\(list)], "tied_head": true, "vocabulary": 256, "width": 128}
                """
        }
        let most = Int.max
        for pass in [
            #"{"architecture": \#(architecture(layers: 1, context: 128)), "past": \#(most), "new": \#(most), "output": "last"}"#,
            #"{"architecture": \#(architecture(layers: 1, context: 128)), "past": -1, "new": 3, "output": "last"}"#,
            #"{"architecture": \#(architecture(layers: 1025, context: 128)), "past": 0, "new": 3, "output": "last"}"#,
        ] {
            #expect(throws: ArchitectureError.self) {
                try ForwardPass.dealerProgram(description(pass), target: .standard)
            }
        }
        let huge =
            #"{"architecture": \#(architecture(layers: 1024, context: 65536)), "past": 0, "new": 65536, "output": "all"}"#
        #expect(throws: PassBudgetError.self) { try ForwardPass.dealerProgram(description(huge), target: .standard) }
        for broken in ["", "{}", "null", "[1]", description("null"), description("{}"), #"{"pass": 3}"#] {
            #expect(throws: PreprocessingError.self) { try ForwardPass.dealerProgram(broken, target: .standard) }
        }
    }
}
