import Foundation
import SottoModel
import SottoTokenization
import TestSupport
import Testing

@Suite struct ModelSourceTests {
    @Test(arguments: ModelSource.builtInNames) func builtInModelsAreTrained(name: String) throws {
        let model = try ModelSource.load(name, seed: 0)
        #expect(!model.areWeightsRandom && model.name == name)
        #expect(model.weights.architecture == (try Architecture.preset(named: name)))
        #expect(model.tokenizer is ByteTokenizer)
        // Untrained, a byte costs log 256 = 5.5.
        let text = "def __init__(self, name):\n        self.name = name\n\n    def __repr__(self):\n        return "
        let result = try ReferenceModel(model.weights).perplexity(of: ByteTokenizer().encode(text))
        #expect(result.meanLoss < 1.5)
    }

    @Test func presetsHaveRandomWeightsFromTheSeed() throws {
        let change = ModelSource.ArchitectureOverride.notation(try .init("SM+R"))
        let model = try ModelSource.load("tiny", architectureOverride: change, seed: 5)
        #expect(model.areWeightsRandom && model.tokenizer is ByteTokenizer)
        let expected = try Architecture.preset(named: "tiny").withNotation(.init("SM+R"))
        #expect(model.weights.architecture == expected)
        #expect(model.weights.tokenEmbedding == (try ModelWeights.random(expected, seed: 5)).tokenEmbedding)
        #expect(try ModelSource("gpt2").architecture(applying: change).notation?.name == "SM+R")
    }

    @Test func overridesThatChangeNothingKeepTrainedWeights() throws {
        let same = ModelSource.ArchitectureOverride.notation(try .init("SM+LN+G"))
        #expect(try ModelSource.load("tiny", architectureOverride: same, seed: 5).areWeightsRandom == false)
        let edits = ModelSource.ArchitectureOverride.edits(Data(#"{"layers": [{"index": 2, "norm1": "none"}]}"#.utf8))
        let model = try ModelSource.load("tiny", architectureOverride: edits, seed: 5)
        #expect(model.areWeightsRandom && model.weights.layers[2].norm1 == nil)
    }

    @Test func directoriesAreModels() throws {
        let directory = ReferenceData.huggingFace[0].directory
        let model = try ModelSource.load(directory.path, seed: 0)
        #expect(model.name == "gelu_new" && !model.areWeightsRandom && model.tokenizer == nil)
        #expect(try ModelSource(directory.path).architecture() == model.weights.architecture)
        let change = ModelSource.ArchitectureOverride.notation(try .init("SM"))
        let other = try ModelSource.load(directory.path, architectureOverride: change, seed: 1)
        #expect(other.areWeightsRandom && other.weights.architecture.width == model.weights.architecture.width)
    }

    @Test func unknownModelsListTheChoices() throws {
        for name in ["gpt3", "", "/nonexistent", "/dev/null"] {
            let error = #expect(throws: ModelError.unknownModel(name)) { try ModelSource(name) }
            #expect(error?.description.contains("tiny-scfu") == true)
        }
        try withTemporaryDirectory { directory in
            #expect(throws: ModelError.self) { try ModelSource.load(directory.path, seed: 0) }
        }
    }

    @Test func overridesComeFromNamesOrFiles() throws {
        #expect(
            try ModelSource.ArchitectureOverride(argument: "SM+LN") == .notation(.init(.softmaxLayerNorm)))
        #expect(throws: ArchitectureError.unknownNotation("SM+LM")) {
            try ModelSource.ArchitectureOverride(argument: "SM+LM")
        }
        #expect(throws: ModelError.missingFile(path: "/nonexistent/edits.json")) {
            try ModelSource.ArchitectureOverride(argument: "/nonexistent/edits.json")
        }
        try withTemporaryDirectory { directory in
            let url = directory.appendingPathComponent("edits.json")
            try Data(#"{"final_norm": "none"}"#.utf8).write(to: url)
            let change = try ModelSource.ArchitectureOverride(argument: url.path)
            #expect(try change.applied(to: ArchitectureTests.small()).finalNorm == .none)
        }
    }

    // MARK: Tokenizers

    private static let smallTokenizer = #"{"model":{"vocab":{"a":0,"b":1,"ab":2},"merges":["a b"]}}"#

    /// A model of so many token ids in a directory with a tokenizer's file.
    private func with(
        _ tokenizer: String, vocabulary: Int = 5, usesBytes: Bool = false, _ body: (ModelSource) throws -> Void
    ) throws {
        let directory = FileManager.default.temporaryDirectory
            .appendingPathComponent("sotto-\(UUID().uuidString)", isDirectory: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let architecture = try Architecture(
            notation: .init("SM"), layers: 1, heads: 1, width: 4, feedForwardWidth: 4, context: 4,
            vocabulary: vocabulary)
        try HuggingFaceModel.write(.random(architecture, seed: 1), to: directory, usesByteTokenizer: usesBytes)
        try Data(tokenizer.utf8).write(to: directory.appendingPathComponent("tokenizer.json"))
        try body(ModelSource(directory.path))
    }

    @Test func aDirectoryHasItsTokenizer() throws {
        try with(Self.smallTokenizer) { source in
            let model = try source.load(seed: 0)
            #expect(model.tokenizer?.encode("abb") == [2, 1] && model.tokenizerFault == nil)
            #expect(try source.tokenizer()?.definition == model.tokenizer?.definition)
            // Also where the weights are drawn.
            let other = try source.load(applying: .notation(.init("SM+R")), seed: 0)
            #expect(other.areWeightsRandom && other.tokenizer?.vocabulary == 3)
        }
        try with("{}", vocabulary: 256, usesBytes: true) { source in
            let model = try source.load(seed: 0)
            #expect(model.tokenizer is ByteTokenizer)
        }
    }

    @Test func aTokenizerMustFitTheEmbedding() throws {
        try with(Self.smallTokenizer, vocabulary: 2) { source in
            let error = #expect(throws: ModelError.self) { try source.load(seed: 0) }
            #expect(error.map { "\($0)" }?.contains("ids 0 to 2") == true)
        }
        try with("{}") { source in _ = #expect(throws: ModelError.self) { try source.load(seed: 0) } }
    }

    @Test func anUnsupportedTokenizerLeavesTheModel() throws {
        try with(#"{"model":{"type":"Unigram"}}"#) { source in
            let model = try source.load(seed: 0)
            #expect(model.tokenizer == nil)
            guard case .unsupported? = model.tokenizerFault else {
                Issue.record("no fault")
                return
            }
            #expect(throws: ModelError.self) { try source.tokenizer() }
        }
    }
}
