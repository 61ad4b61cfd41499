import Foundation
import SottoModel
import Testing

@Suite struct BoundsTests {
    private func small(_ edits: String...) throws -> Architecture {
        try ArchitectureTests.small().applying(edits.map { try ArchitectureEdit($0) })
    }

    @Test func theStandardBoundHoldsUntilAnotherIsDeclared() throws {
        var bounds = Bounds()
        #expect(bounds.isStandard && bounds.bound(.gate, layer: 3) == 4095)
        try bounds.declare(.gate, 70000, layer: 3)
        try bounds.declare(.gate, 10)
        #expect(bounds.bound(.gate, layer: 3) == 70000 && bounds.bound(.gate, layer: 2) == 10)
        #expect(bounds.bound(.gate) == 10 && bounds.bound(.residual, layer: 3) == 4095)
        // Weights have a standard of their own, and no layer has bounds of its own for them.
        #expect(bounds.bound(.weights, layer: 3) == 1023)
        #expect(throws: ArchitectureError.self) { try bounds.declare(.weights, 7, layer: 3) }
        // Declaring what holds anyway is no declaration.
        var same = Bounds()
        try same.declare(.logits, 4095)
        try same.declare(.weights, 1023)
        #expect(same.isStandard)
        try same.declare(.weights, 4095)
        #expect(!same.isStandard && same.bound(.weights) == 4095)
    }

    @Test(arguments: [0, -1, 0.99, .infinity, .nan, 1e300])
    func impossibleBoundsAreRefused(value: Double) {
        var bounds = Bounds()
        #expect(throws: ArchitectureError.self) { try bounds.declare(.scores, value) }
        #expect(bounds.isStandard)
    }

    @Test func editsDeclareThem() throws {
        let architecture = try small("bounds.residual=9000", "layers[1,3].bounds.gate=5", "layers[*].bounds.ffn=7")
        #expect(architecture.bounds.bound(.residual, layer: 2) == 9000)
        #expect((0..<4).map { architecture.bounds.bound(.gate, layer: $0) } == [4095, 5, 4095, 5])
        #expect((0..<4).map { architecture.bounds.bound(.feedForward, layer: $0) } == [7, 7, 7, 7])
        #expect(architecture.isSameNetwork(as: try ArchitectureTests.small()))
        #expect(architecture != (try ArchitectureTests.small()))
        let document = #"{"bounds": {"scores": 20, "layers": [{"index": 2, "projections": 30.5}]}}"#
        let edited = try ArchitectureTests.small().applying(edits: Data(document.utf8))
        #expect(edited.bounds.bound(.scores) == 20 && edited.bounds.bound(.projections, layer: 2) == 30.5)
    }

    @Test(arguments: [
        "bounds.width=1", "bounds.=1", "layers[0].bounds.logits=9", "layers[4].bounds.gate=9", "bounds.gate=x",
        "bounds.gate=0", "bounds.gate=nan", "bounds.gate=", "bounds=3",
    ])
    func impossibleEditsAreRefused(edit: String) {
        #expect(throws: ArchitectureError.self) { try small(edit) }
    }

    @Test(arguments: [
        #"{"bounds": 3}"#, #"{"bounds": {"gates": 3}}"#, #"{"bounds": {"gate": "3"}}"#, #"{"bounds": {"layers": {}}}"#,
        #"{"bounds": {"layers": [{"gate": 3}]}}"#, #"{"bounds": {"layers": [{"index": 4, "gate": 3}]}}"#,
        #"{"bounds": {"layers": [{"index": -1, "gate": 3}]}}"#, #"{"bounds": {"layers": [{"index": 0, "logits": 3}]}}"#,
        #"{"bounds": {"gate": 1e300}}"#,
    ])
    func impossibleDocumentsAreRefused(document: String) throws {
        let architecture = try ArchitectureTests.small()
        #expect(throws: ArchitectureError.self) { try architecture.applying(edits: Data(document.utf8)) }
    }

    @Test func theySurviveEveryForm() throws {
        let declared = try small("bounds.residual=9000.5", "bounds.logits=20", "layers[1].bounds.gate=5")
        let decoded = try JSONDecoder().decode(Architecture.self, from: JSONEncoder().encode(declared))
        #expect(decoded == declared)
        for architecture in [declared, try Architecture.preset(named: "tinyllama-1.1b").declaring(declared.bounds)] {
            for usesBytes in [false, true] {
                let written = HuggingFaceConfiguration(architecture: architecture, usesByteTokenizer: usesBytes)
                let read = try HuggingFaceConfiguration(json: Data(written.json.utf8))
                #expect(read.architecture == architecture && read.usesByteTokenizer == usesBytes)
            }
        }
        // Nothing is written of the standard ones.
        let plain = HuggingFaceConfiguration(architecture: try ArchitectureTests.small())
        #expect(!plain.json.contains("sotto"))
        #expect(
            !String(decoding: try JSONEncoder().encode(ArchitectureTests.small()), as: UTF8.self).contains("bounds"))
    }

    /// A file of GPT-2's own network needs no more under `sotto` than the bounds.
    @Test func boundsAloneAreAnExtension() throws {
        let plain = HuggingFaceConfiguration(architecture: try ArchitectureTests.small()).json
        let extended = plain.replacingOccurrences(
            of: "\"model_type\"", with: #""sotto": {"bounds": {"scores": 9999}}, "model_type""#)
        let read = try HuggingFaceConfiguration(json: Data(extended.utf8)).architecture
        let small = try ArchitectureTests.small()
        #expect(read.bounds.bound(.scores) == 9999 && read.layers == small.layers)
    }

    @Test func theyGoWithTheLayersThatStay() throws {
        let declared = try small("layers[1].bounds.gate=5", "layers[3].bounds.gate=6", "bounds.ffn=7")
        let first = try declared.firstLayers(2)
        #expect(first.bounds.bound(.gate, layer: 1) == 5 && first.bounds.bound(.gate, layer: 3) == 4095)
        #expect(first.bounds.bound(.feedForward) == 7)
        #expect(throws: ArchitectureError.self) {
            try Architecture(
                layers: [.init()], heads: 1, width: 2, feedForwardWidth: 2, context: 2, vocabulary: 2,
                bounds: declared.bounds)
        }
    }

    /// A change of bounds alone leaves a model its trained weights.
    @Test func declaredModelsKeepTheirWeights() throws {
        let change = ModelSource.ArchitectureOverride.parts([try ArchitectureEdit("bounds.logits=9000")])
        let loaded = try ModelSource("tiny").load(applying: change, seed: 0)
        let plain = try ModelSource("tiny").load(seed: 0)
        #expect(!loaded.areWeightsRandom && loaded.weights.tokenEmbedding == plain.weights.tokenEmbedding)
        #expect(loaded.weights.architecture.bounds.bound(.logits) == 9000)
    }
}
