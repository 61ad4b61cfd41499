import Foundation
import SottoModel
import Testing

@Suite struct ArchitectureEditTests {
    private func edited(_ json: String, of notation: String = "SM+LN+G") throws -> Architecture {
        try ArchitectureTests.small(notation).applying(edits: Data(json.utf8))
    }

    @Test func editsSingleLayersInOrder() throws {
        let result = try edited(
            """
            {"layers": [{"index": "all", "activation": "relu"}, {"index": 3, "activation": "gelu", "norm2": "none"},
                        {"index": [0, 1], "scaled": true, "temperature": true}]}
            """)
        let base = Architecture.Layer(activation: .relu)
        var first = base
        first.feedForward.scaled = true
        first.temperature = true
        let last = Architecture.Layer(norm2: .none, activation: .gelu)
        #expect(result.layers == [first, first, base, last])
        #expect(result.finalNorm == .layerNorm)
    }

    @Test func notationComesFirst() throws {
        let result = try edited(
            """
            {"layers": [{"index": 1, "activation": "relu", "notation": "SM"}], "final_norm": "layer_norm",
             "notation": "SM+ScFuFFN"}
            """)
        var expected = try ArchitectureTests.small("SM+ScFuFFN").layers
        expected[1] = Architecture.Layer(norm1: .none, norm2: .none, activation: .relu)
        #expect(result.layers == expected)
        #expect(result.finalNorm == .layerNorm)
    }

    @Test func emptyEditsChangeNothing() throws {
        #expect(try edited("{}") == ArchitectureTests.small())
        #expect(try edited(#"{"layers": [{"index": []}, {"index": 0}]}"#) == ArchitectureTests.small())
    }

    @Test func fusingNeedsIdentity() throws {
        #expect(throws: ArchitectureError.fusedActivation(layer: 2, activation: "gelu_new")) {
            try edited(#"{"layers": [{"index": 2, "fused": true}]}"#)
        }
        let result = try edited(#"{"layers": [{"index": 2, "fused": true, "activation": "identity"}]}"#)
        #expect(result.layers[2].feedForward.fused)
    }

    static let layerKeys = [
        "index", "notation", "norm1", "norm2", "activation", "fused", "scaled", "temperature", "gated",
    ]

    static let refused: [(String, ArchitectureError)] = [
        (
            #"{"layer": []}"#,
            .unknownKey(key: "layer", place: "the edits", valid: ["notation", "final_norm", "layers", "bounds"])
        ),
        (
            #"{"layers": [{"index": 0, "norm": "none"}]}"#,
            .unknownKey(key: "norm", place: "the edit of a layer", valid: layerKeys)
        ),
        (#"{"layers": [{"norm1": "none"}]}"#, .missingKey(key: "index", place: "the edit of a layer")),
        (
            #"{"layers": [{"index": 0, "norm1": "rms"}]}"#,
            .invalidValue(key: "norm1", value: "\"rms\"", valid: ["none", "layer_norm", "rms_norm"])
        ),
        (
            #"{"layers": [{"index": 0, "activation": "swish"}]}"#,
            .invalidValue(
                key: "activation", value: "\"swish\"", valid: ["identity", "relu", "gelu", "gelu_new", "silu"])
        ),
        (
            #"{"layers": [{"index": 0, "fused": 1}]}"#,
            .invalidValue(key: "fused", value: "1", valid: ["true", "false"])
        ),
        (
            #"{"layers": [{"index": 0, "scaled": "yes"}]}"#,
            .invalidValue(key: "scaled", value: "\"yes\"", valid: ["true", "false"])
        ),
        (#"{"layers": [{"index": 4}]}"#, .invalidIndex("4", layers: 4)),
        (#"{"layers": [{"index": -1}]}"#, .invalidIndex("-1", layers: 4)),
        (#"{"layers": [{"index": 1.0}]}"#, .invalidIndex("1.0", layers: 4)),
        (#"{"layers": [{"index": "first"}]}"#, .invalidIndex("\"first\"", layers: 4)),
        (#"{"layers": [{"index": [0, 9]}]}"#, .invalidIndex("9", layers: 4)),
        (#"{"layers": [{"index": true}]}"#, .invalidIndex("true", layers: 4)),
        (#"{"layers": {}}"#, .invalidValue(key: "layers", value: "an object", valid: ["a list of edits"])),
        (#"{"layers": [3]}"#, .invalidValue(key: "the edit of a layer", value: "3", valid: ["an object"])),
        (#"{"notation": "SM+X"}"#, .unknownNotation("SM+X")),
        (
            #"{"final_norm": null}"#,
            .invalidValue(key: "final_norm", value: "null", valid: ["none", "layer_norm", "rms_norm"])
        ),
        ("[]", .invalidValue(key: "the edits", value: "a list", valid: ["an object"])),
        ("", .malformedJSON(reason: "byte 0: a value expected")),
        (#"{"layers": [], "layers": []}"#, .malformedJSON(reason: "the key \"layers\" occurs twice")),
    ]

    @Test(arguments: refused) func refuses(json: String, expected: ArchitectureError) {
        #expect(throws: expected) { try edited(json) }
    }

    @Test func errorsNameTheChoices() {
        let error = #expect(throws: ArchitectureError.self) {
            try edited(#"{"layers": [{"index": 0, "activation": "swish"}]}"#)
        }
        #expect(
            error?.description
                == "The value of \"activation\" cannot be \"swish\"; choose identity, relu, gelu, gelu_new or silu.")
    }
}
