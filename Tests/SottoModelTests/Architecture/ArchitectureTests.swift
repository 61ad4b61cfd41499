import Foundation
import SottoModel
import Testing

@Suite struct ArchitectureTests {
    static func small(_ notation: String = "SM+LN+G", layers: Int = 4) throws -> Architecture {
        try Architecture(
            notation: .init(notation), layers: layers, heads: 3, width: 12, context: 16, vocabulary: 40)
    }

    // MARK: Notation

    static let names = [
        "SM+LN+G", "SM+LN+R", "SM+LN", "SM+G", "SM+R", "SM", "SM+ScFuFFN", "SM(t)+ScFuFFN", "EReg(SM(t)+ScFuFFN)",
    ]

    @Test func notationListIsThePapers() {
        #expect(Architecture.Notation.all.map(\.name) == Self.names)
    }

    @Test(arguments: names) func notationPrintsBack(name: String) throws {
        let notation = try Architecture.Notation(name)
        #expect(notation.name == name)
        #expect("\(notation)" == name)
        let network = name.hasPrefix("EReg(") ? String(name.dropFirst(5).dropLast()) : name
        #expect(try Self.small(name).notation?.name == network)
        #expect(try Self.small(name).description == network)
    }

    @Test func notationsDescribeTheirNetworks() throws {
        let expected: [(String, norm: Architecture.Norm, Architecture.Activation, fused: Bool, temperature: Bool)] = [
            ("SM+LN+G", .layerNorm, .geluNew, false, false), ("SM+LN+R", .layerNorm, .relu, false, false),
            ("SM+LN", .layerNorm, .identity, false, false), ("SM+G", .none, .geluNew, false, false),
            ("SM+R", .none, .relu, false, false), ("SM", .none, .identity, false, false),
            ("SM+ScFuFFN", .none, .identity, true, false), ("SM(t)+ScFuFFN", .none, .identity, true, true),
            ("EReg(SM(t)+ScFuFFN)", .none, .identity, true, true),
        ]
        for (name, norm, activation, fused, temperature) in expected {
            let architecture = try Self.small(name)
            #expect(architecture.finalNorm == norm, "\(name)")
            #expect(
                architecture.layers
                    == Array(
                        repeating: Architecture.Layer(
                            norm1: norm, norm2: norm, activation: activation,
                            feedForward: .init(fused: fused, scaled: fused), temperature: temperature), count: 4),
                "\(name)")
        }
    }

    @Test func regularisedNetworkIsTheSameNetwork() throws {
        #expect(try Self.small("EReg(SM(t)+ScFuFFN)") == Self.small("SM(t)+ScFuFFN"))
        #expect(try Architecture.Notation("EReg(SM(t)+ScFuFFN)") != Architecture.Notation("SM(t)+ScFuFFN"))
    }

    @Test(arguments: ["", "SM+", "sm+ln+g", "SM+LN+G ", "EReg(SM)", "SM+LN+GELU", "SM(t)"])
    func unknownNotationListsTheNames(name: String) throws {
        let error = #expect(throws: ArchitectureError.unknownNotation(name)) { try Architecture.Notation(name) }
        for valid in Self.names { #expect(try #require(error).description.contains(valid)) }
    }

    @Test func otherNotationKeepsSizesAndFormOfGELU() throws {
        let exact = try Self.small().with(layers: Array(repeating: .init(activation: .gelu), count: 4))
        #expect(exact.notation?.name == "SM+LN+G")
        let normFree = try exact.withNotation(.init("SM+G"))
        #expect(normFree.layers.allSatisfy { $0.activation == .gelu && $0.norm1 == .none })
        #expect(normFree.finalNorm == .none)
        #expect((normFree.width, normFree.heads, normFree.vocabulary) == (12, 3, 40))
        #expect(try Self.small("SM").withNotation(.init("SM+LN+G")) == Self.small())
    }

    @Test func mixedLayersHaveNoNotation() throws {
        var layers = try Self.small().layers
        layers[2].activation = .relu
        let architecture = try Self.small().with(layers: layers)
        #expect(architecture.notation == nil)
        #expect(architecture.description == "edited")
        #expect(try Self.small("SM+G").with(layers: Self.small("SM+G").layers, finalNorm: .layerNorm).notation == nil)
    }

    // MARK: Presets

    @Test func presetsHaveTheirSizes() throws {
        let expected = [
            ("tiny", 4, 4, 128, 512, 128, 256), ("tiny-scfu", 6, 5, 160, 640, 128, 256),
            ("gpt2", 12, 12, 768, 3072, 1024, 50257), ("gpt2-medium", 24, 16, 1024, 4096, 1024, 50257),
            ("gpt2-large", 36, 20, 1280, 5120, 1024, 50257), ("gpt2-xl", 48, 25, 1600, 6400, 1024, 50257),
            ("gpt2-18l", 18, 12, 768, 3072, 1024, 50257),
        ]
        #expect(Array(Architecture.presetNames.prefix(expected.count)) == expected.map(\.0))
        for (name, layers, heads, width, feedForward, context, vocabulary) in expected {
            let preset = try Architecture.preset(named: name)
            #expect(preset.layers.count == layers && preset.heads == heads && preset.width == width)
            #expect(preset.feedForwardWidth == feedForward && preset.context == context)
            #expect(preset.vocabulary == vocabulary && preset.tiedHead)
            #expect(preset.notation?.name == (name == "tiny-scfu" ? "SM+ScFuFFN" : "SM+LN+G"))
        }
    }

    @Test func parameterCountsAreThePublishedOnes() throws {
        #expect(try Architecture.preset(named: "gpt2").parameterCount == 124_439_808)
        #expect(try Architecture.preset(named: "gpt2-xl").parameterCount == 1_557_611_200)
    }

    @Test func unknownPresetListsTheNames() throws {
        let error = #expect(throws: ArchitectureError.unknownPreset("gpt3")) { try Architecture.preset(named: "gpt3") }
        #expect(try #require(error).description.contains("gpt2-18l"))
    }

    // MARK: Validation

    @Test func impossibleSizesAreRefused() throws {
        func make(
            layers: Int = 1, heads: Int = 1, width: Int = 4, inner: Int = 4, context: Int = 4, vocabulary: Int = 4,
            epsilon: Double = 1e-5
        ) throws -> Architecture {
            try Architecture(
                layers: Array(repeating: .init(), count: layers), heads: heads, width: width, feedForwardWidth: inner,
                context: context, vocabulary: vocabulary, layerNormEpsilon: epsilon)
        }
        _ = try make()
        func expect(_ name: String, _ size: Int, _ limit: Int, _ body: () throws -> Architecture) {
            #expect(throws: ArchitectureError.sizeOutOfRange(name: name, size: size, limit: limit)) { _ = try body() }
        }
        expect("layers", 0, 1024) { try make(layers: 0) }
        expect("layers", 1025, 1024) { try make(layers: 1025) }
        expect("heads", 0, 1024) { try make(heads: 0) }
        expect("width", -4, 8192) { try make(width: -4) }
        expect("width", 8193, 8192) { try make(width: 8193) }
        expect("feed_forward_width", 0, 65536) { try make(inner: 0) }
        expect("context", .max, 65536) { try make(context: .max) }
        expect("vocabulary", .min, 1 << 20) { try make(vocabulary: .min) }
        #expect(throws: ArchitectureError.indivisibleWidth(width: 4, heads: 3)) { _ = try make(heads: 3) }
        #expect(throws: ArchitectureError.invalidEpsilon(0)) { _ = try make(epsilon: 0) }
        #expect(throws: ArchitectureError.self) { _ = try make(epsilon: .nan) }
    }

    @Test func hugeSizesOfANotationAreRefusedBeforeUse() {
        for size in [Int.max, Int.min, 0, -1] {
            #expect(throws: ArchitectureError.self) {
                try Architecture(
                    notation: .init(.softmax), layers: size, heads: 1, width: 4, context: 4, vocabulary: 4)
            }
            #expect(throws: ArchitectureError.self) {
                try Architecture(
                    notation: .init(.softmax), layers: 1, heads: 1, width: size, context: 4, vocabulary: 4)
            }
        }
    }

    @Test func fusedFeedForwardHasNoActivation() throws {
        let layer = Architecture.Layer(activation: .relu, feedForward: .init(fused: true))
        #expect(throws: ArchitectureError.fusedActivation(layer: 1, activation: "relu")) {
            try Self.small().with(layers: [.init(), layer])
        }
    }

    @Test func firstLayersKeepsTheRest() throws {
        let architecture = try Self.small("SM+R")
        let first = try architecture.firstLayers(2)
        #expect(first.layers == Array(architecture.layers.prefix(2)))
        #expect(first.finalNorm == architecture.finalNorm)
        #expect(try architecture.firstLayers(4) == architecture)
        for count in [0, 5, -1] {
            #expect(throws: ArchitectureError.layerCount(requested: count, available: 4)) {
                try architecture.firstLayers(count)
            }
        }
    }

    // MARK: Codable

    @Test(arguments: names) func codableRoundTrip(name: String) throws {
        let architecture = try Self.small(name)
        let data = try JSONEncoder().encode(architecture)
        #expect(try JSONDecoder().decode(Architecture.self, from: data) == architecture)
    }

    @Test func decodingChecksTheArchitecture() throws {
        let text = try #require(String(data: JSONEncoder().encode(Self.small()), encoding: .utf8))
        let indivisible = text.replacingOccurrences(of: "\"heads\":3", with: "\"heads\":5")
        #expect(throws: ArchitectureError.indivisibleWidth(width: 12, heads: 5)) {
            try JSONDecoder().decode(Architecture.self, from: Data(indivisible.utf8))
        }
        let unknown = text.replacingOccurrences(of: "gelu_new", with: "swish")
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(Architecture.self, from: Data(unknown.utf8))
        }
    }
}
