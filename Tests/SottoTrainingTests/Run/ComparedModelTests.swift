import Foundation
import SottoModel
import SottoTraining
import Testing

@Suite struct ComparedModelTests {
    private let files: TextDirectory

    init() throws { files = try TextDirectory() }

    private func model(_ name: String, seed: UInt64 = 3) throws -> String {
        let architecture = try Architecture(
            notation: .init("SM+LN+G"), layers: 1, heads: 2, width: 4, feedForwardWidth: 6, context: 8, vocabulary: 5)
        try HuggingFaceModel.write(.random(architecture, seed: seed, standardDeviation: 0.3), to: files.file(name))
        return files.file(name).path
    }

    @Test func equalNamesBecomePaths() throws {
        let (first, second, third) = (try model("a/m"), try model("b/m"), try model("c/n"))
        let models = try ComparedModel.all(named: [first, second, third, "gpt2"])
        #expect(models.map(\.name) == [first, second, "n", "gpt2"])
        #expect(models.allSatisfy { $0.record == nil && $0.trainedName == nil })
        #expect(models.allSatisfy { $0.heldOutPerplexity(window: 8) == nil })
        #expect(throws: ModelError.self) { try ComparedModel.all(named: ["gpt2", "no such model"]) }
    }

    @Test func runsThatAreNotAtTheirEndAreRefused() throws {
        let run = files.file("run")
        try files.write(Data(), "run/checkpoint.safetensors")
        #expect(throws: RunFileError.unfinished(path: run.path)) { try ComparedModel.all(named: [run.path]) }
        try files.write(Data("{".utf8), "run/training.json")
        #expect(throws: RunFileError.damagedRecord(path: run.path + "/training.json")) {
            try ComparedModel.all(named: [run.path])
        }
    }

    @Test func perplexitiesAreThoseOfTheNetworkThatWasTrained() throws {
        let path = try model("m")
        let models = try ComparedModel.all(named: [path])
        let architecture = try models[0].source.architecture()
        let tokens = [1, 4, 0, 3]
        let perplexities = try ComparedPerplexities(of: models) { _ in tokens }
        #expect(perplexities.hasWeights)
        let expected = try ReferenceModel(models[0].source.load(seed: 0).weights).perplexity(of: tokens, window: 4)
        #expect(try perplexities.perplexity(of: "m", as: architecture, window: 4) == expected.value)
        let other = try architecture.withNotation(.init("SM+LN+R"))
        #expect(try perplexities.perplexity(of: "m", as: other, window: 4) == nil)
        #expect(try perplexities.perplexity(of: "none", as: architecture, window: 4) == nil)
        // Without a text and without a record there is nothing to say, and nothing is loaded.
        let none = try ComparedPerplexities(of: models)
        let unknown = try none.perplexity(of: "m", as: architecture, window: 4)
        #expect(!none.hasWeights && unknown == nil)
    }
}
