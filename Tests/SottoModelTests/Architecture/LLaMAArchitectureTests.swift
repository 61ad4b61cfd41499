import Foundation
import SottoModel
import TestSupport
import Testing

@Suite struct LLaMAArchitectureTests {
    // MARK: Presets

    @Test func presetsHaveTheirSizes() throws {
        let expected: [(String, Int, Int, Int, Int, Int, Int, Int, Double, Double, Int)] = [
            ("tinyllama-1.1b", 22, 32, 4, 2048, 5632, 2048, 32000, 1e-5, 1e4, 1_100_048_384),
            ("llama-7b", 32, 32, 32, 4096, 11008, 2048, 32000, 1e-6, 1e4, 6_738_415_616),
            ("llama2-7b", 32, 32, 32, 4096, 11008, 4096, 32000, 1e-5, 1e4, 6_738_415_616),
            ("llama3-8b", 32, 32, 8, 4096, 14336, 8192, 128_256, 1e-5, 5e5, 8_030_261_248),
        ]
        #expect(Array(Architecture.presetNames.suffix(expected.count)) == expected.map(\.0))
        for (name, layers, heads, shared, width, inner, context, vocabulary, epsilon, theta, parameters) in expected {
            let preset = try Architecture.preset(named: name)
            #expect(preset.layers == Array(repeating: .llama, count: layers))
            #expect(preset.heads == heads && preset.keyValueHeads == shared && preset.width == width)
            #expect(preset.feedForwardWidth == inner && preset.context == context && preset.vocabulary == vocabulary)
            #expect(preset.layerNormEpsilon == epsilon && preset.positions == .rotary(theta: theta))
            #expect(!preset.hasBiases && !preset.tiedHead && preset.finalNorm == .rmsNorm)
            // The published numbers of parameters, to the last one.
            #expect(preset.parameterCount == parameters)
            #expect(preset.notation == nil)
            #expect(preset.description == (shared == heads ? "SM(RoPE)+RMSN+SwiGLU" : "SM(RoPE,GQA)+RMSN+SwiGLU"))
        }
    }

    // MARK: Validation

    @Test func impossiblePartsAreRefused() throws {
        #expect(throws: ArchitectureError.indivisibleHeads(heads: 4, keyValueHeads: 3)) {
            try Architecture.smallLLaMA(keyValueHeads: 3)
        }
        for shared in [0, -1, 8, .min] {
            #expect(throws: ArchitectureError.indivisibleHeads(heads: 4, keyValueHeads: shared)) {
                try Architecture.smallLLaMA(keyValueHeads: shared)
            }
        }
        #expect(throws: ArchitectureError.oddRotaryWidth(5)) { try Architecture.smallLLaMA(width: 20) }
        for theta in [0, 0.5, -1e4, 2e9, .infinity] {
            #expect(throws: ArchitectureError.invalidTheta(theta)) { try Architecture.smallLLaMA(theta: theta) }
        }
        #expect(throws: ArchitectureError.self) { try Architecture.smallLLaMA(theta: .nan) }
        #expect(throws: ArchitectureError.fusedGate(layer: 0)) {
            try Architecture.smallLLaMA(
                layer: .init(activation: .identity, feedForward: .init(fused: true, gated: true)))
        }
        #expect(throws: ArchitectureError.fusedActivation(layer: 0, activation: "silu")) {
            try Architecture.smallLLaMA(layer: .init(activation: .silu, feedForward: .init(fused: true, gated: true)))
        }
    }

    @Test func changesKeepWhatTheyDoNotName() throws {
        let architecture = try Architecture.smallLLaMA(theta: 77)
        for changed in [
            try architecture.firstLayers(1), try architecture.with(layers: [.init()]),
            try architecture.withNotation(.init("SM+ScFuFFN")), try architecture.applying(edits: Data("{}".utf8)),
        ] {
            #expect(changed.keyValueHeads == 2 && changed.positions == .rotary(theta: 77) && !changed.hasBiases)
        }
    }

    // MARK: Names

    /// The paper's names on a network that is none of the paper's.
    static let renamed: [(String, layer: Architecture.Layer, finalNorm: Architecture.Norm, description: String)] = [
        ("SM+LN+G", .llama, .rmsNorm, "SM(RoPE,GQA)+RMSN+SwiGLU"),
        ("SM+LN+R", gated(.relu), .rmsNorm, "SM(RoPE,GQA)+RMSN+ReGLU"),
        ("SM+LN", gated(.identity), .rmsNorm, "SM(RoPE,GQA)+RMSN+Bilinear"),
        ("SM+G", gated(.silu, .none), .none, "SM(RoPE,GQA)+SwiGLU"),
        ("SM+R", gated(.relu, .none), .none, "SM(RoPE,GQA)+ReGLU"),
        ("SM", gated(.identity, .none), .none, "SM(RoPE,GQA)+Bilinear"),
        ("SM+ScFuFFN", fused(temperature: false), .none, "SM(RoPE,GQA)+ScFuFFN"),
        ("SM(t)+ScFuFFN", fused(temperature: true), .none, "SM(t,RoPE,GQA)+ScFuFFN"),
    ]

    private static func gated(
        _ activation: Architecture.Activation, _ norm: Architecture.Norm = .rmsNorm
    ) -> Architecture.Layer {
        .init(norm1: norm, norm2: norm, activation: activation, feedForward: .init(gated: true))
    }

    private static func fused(temperature: Bool) -> Architecture.Layer {
        .init(
            norm1: .none, norm2: .none, activation: .identity, feedForward: .init(fused: true, scaled: true),
            temperature: temperature)
    }

    @Test(arguments: renamed)
    func notationsKeepNormSmoothActivationAndGate(
        name: String, layer: Architecture.Layer, finalNorm: Architecture.Norm, description: String
    ) throws {
        let architecture = try Architecture.smallLLaMA().withNotation(.init(name))
        #expect(architecture.layers == [layer, layer] && architecture.finalNorm == finalNorm)
        #expect(architecture.notation == nil && architecture.description == description)
        let edited = try Architecture.smallLLaMA().applying(edits: Data(#"{"notation": "\#(name)"}"#.utf8))
        #expect(edited == architecture)
    }

    @Test func systematicNamesDoNotMeet() throws {
        let base = try ArchitectureTests.small()
        func variant(
            _ layer: Architecture.Layer, _ norm: Architecture.Norm = .layerNorm, biases: Bool = true
        ) throws -> String {
            try Architecture(
                layers: [layer], heads: 3, width: 12, feedForwardWidth: 48, context: 16, vocabulary: 40,
                finalNorm: norm,
                hasBiases: biases
            ).description
        }
        #expect(base.description == "SM+LN+G")
        #expect(try variant(.init(), biases: false) == "SM+LN+G+NoBias")
        #expect(try variant(.init(activation: .silu)) == "SM+LN+SiLU")
        #expect(try variant(.init(feedForward: .init(gated: true))) == "SM+LN+GEGLU")
        #expect(try variant(.init(feedForward: .init(scaled: true))) == "SM+LN+ScG")
        #expect(try variant(.init(temperature: true)) == "SM(t)+LN+G")
        #expect(try variant(.init(norm1: .rmsNorm, norm2: .rmsNorm), .rmsNorm) == "SM+RMSN+G")
        #expect(try variant(.init(norm1: .rmsNorm), .layerNorm) == "edited")
        #expect(try variant(.init(), .none) == "edited")
        #expect(try variant(.init(norm1: .none, norm2: .none, activation: .identity), .none) == "SM")
        #expect(
            try variant(
                .init(norm1: .none, norm2: .none, activation: .identity, feedForward: .init(scaled: true)), .none)
                == "SM+ScFFN")
        let llama = try Architecture.smallLLaMA(hasBiases: true)
        #expect(llama.description == "SM(RoPE,GQA)+RMSN+SwiGLU")
        var layers = llama.layers
        layers[1].activation = .relu
        #expect(try llama.with(layers: layers).description == "edited")
    }

    @Test func askedForNotationsNameTheNetworkThatResults() throws {
        func name(_ architecture: Architecture, _ notation: String) throws -> String {
            try architecture.withNotation(.init(notation)).name(as: .init(notation))
        }
        let gpt2 = try ArchitectureTests.small()
        for notation in Architecture.Notation.all { #expect(try name(gpt2, notation.name) == notation.name) }
        #expect(try name(Architecture.smallLLaMA(), "SM+LN+R") == "SM(RoPE,GQA)+RMSN+ReGLU")
        #expect(try name(Architecture.smallLLaMA(), "EReg(SM(t)+ScFuFFN)") == "EReg(SM(t,RoPE,GQA)+ScFuFFN)")
    }

    // MARK: Single parts and sizes

    @Test func singleEditsCanBeApplied() throws {
        let base = try Architecture.smallLLaMA()
        let edits = SingleEdit.all(of: base)
        for edit in edits {
            let found = try base.applying(edit.edits.map { try ArchitectureEdit($0) })
            #expect(found != base)
            #expect(edit.kind != .dropGate || !found.layers[edit.layer ?? 0].feedForward.gated)
            #expect(edit.kind != .fuse || found.layers[edit.layer ?? 0].feedForward.fused)
        }
        #expect(edits.filter { $0.kind == .dropGate }.count == 2 && edits.filter { $0.kind == .fuse }.count == 2)
        #expect(
            try base.applying([ArchitectureEdit("layers[*].ffn.gated=false")]).layers.allSatisfy {
                !$0.feedForward.gated
            })
    }

    @Test func otherSizesKeepGroups() throws {
        let wide = try Architecture.smallLLaMA(theta: 5).withWidth(24)
        #expect(wide.heads == 6 && wide.keyValueHeads == 3 && wide.headWidth == 4 && wide.feedForwardWidth == 16)
        #expect(wide.positions == .rotary(theta: 5) && !wide.hasBiases)
        #expect(throws: ArchitectureError.indivisibleResize(width: 20, groupWidth: 8)) {
            try Architecture.smallLLaMA().withWidth(20)
        }
        let deep = try Architecture.smallLLaMA().withDepth(5)
        #expect(deep.layers == Array(repeating: .llama, count: 5) && deep.keyValueHeads == 2)
    }

    // MARK: JSON

    @Test func codableRoundTrip() throws {
        for architecture in [
            try Architecture.smallLLaMA(), try Architecture.smallLLaMA(theta: 123.25, hasBiases: true),
            try Architecture.smallLLaMA(layer: Self.gated(.relu, .none), finalNorm: .none),
            try Architecture.preset(named: "llama3-8b"),
        ] {
            let data = try JSONEncoder().encode(architecture)
            #expect(try JSONDecoder().decode(Architecture.self, from: data) == architecture)
        }
    }

    /// Programs that know nothing of LLaMA wrote such documents.
    @Test func documentsWithoutTheNewKeysAreGPT2s() throws {
        let layer = """
            {"norm1": "layer_norm", "norm2": "layer_norm", "activation": "gelu_new", "fused": false, "scaled": false,
             "temperature": false}
            """
        let text = """
            {"layers": [\(layer), \(layer), \(layer), \(layer)], "heads": 3, "width": 12, "feed_forward_width": 48,
             "context": 16, "vocabulary": 40, "tied_head": true, "final_norm": "layer_norm", "layer_norm_epsilon": 1e-5}
            """
        #expect(try JSONDecoder().decode(Architecture.self, from: Data(text.utf8)) == ArchitectureTests.small())
    }

    @Test func decodingChecksTheArchitecture() throws {
        let text = try #require(String(data: JSONEncoder().encode(Architecture.smallLLaMA()), encoding: .utf8))
        for (old, new, error) in [
            ("\"key_value_heads\":2", "\"key_value_heads\":3", .indivisibleHeads(heads: 4, keyValueHeads: 3)),
            ("\"rotary_base\":10000", "\"rotary_base\":-1", .invalidTheta(-1)),
        ] as [(String, String, ArchitectureError)] {
            #expect(text.contains(old))
            #expect(throws: error) {
                try JSONDecoder().decode(
                    Architecture.self, from: Data(text.replacingOccurrences(of: old, with: new).utf8))
            }
        }
    }

    @Test func editsOfSingleLayers() throws {
        let edited = try Architecture.smallLLaMA().applying(
            edits: Data(
                #"""
                {"final_norm": "layer_norm",
                 "layers": [{"index": 0, "activation": "relu", "norm1": "none"}, {"index": 1, "gated": false}]}
                """#.utf8))
        var expected: [Architecture.Layer] = [.llama, .llama]
        expected[0].activation = .relu
        expected[0].norm1 = .none
        expected[1].feedForward.gated = false
        #expect(edited.layers == expected && edited.finalNorm == .layerNorm)
        #expect(throws: ArchitectureError.fusedGate(layer: 1)) {
            try Architecture.smallLLaMA().applying(
                edits: Data(#"{"layers": [{"index": 1, "fused": true, "activation": "identity"}]}"#.utf8))
        }
        #expect(
            throws: ArchitectureError.invalidValue(key: "gated", value: "1", valid: ["true", "false"])
        ) {
            try Architecture.smallLLaMA().applying(edits: Data(#"{"layers": [{"index": 1, "gated": 1}]}"#.utf8))
        }
        // A layer that lost its norm gets back the network's kind.
        let restored = try Architecture.smallLLaMA().applying(
            edits: Data(
                #"{"layers": [{"index": 0, "norm1": "none", "norm2": "none"}, {"index": 0, "notation": "SM+LN+R"}]}"#
                    .utf8))
        #expect(restored.layers[0] == Self.gated(.relu))
    }
}
