import Foundation
import SottoModel
import TestSupport
import Testing

@Suite struct ReferenceModelTests {
    /// The largest difference, relative to the largest expected magnitude.
    private func difference(_ found: [Float], _ expected: [Float]) -> Double {
        guard found.count == expected.count else { return .infinity }
        let scale = expected.map { Double(abs($0)) }.max() ?? 0
        return zip(found, expected).map { abs(Double($0) - Double($1)) }.reduce(0, max) / scale
    }

    /// Against logits that Hugging Face's GPT-2 and LLaMA, or PyTorch from the formulas, computed in double precision.
    @Test(arguments: ReferenceData.all) func agreesWithPyTorch(
        reference: ReferenceData
    ) throws {
        let model = ReferenceModel(try HuggingFaceModel(directory: reference.directory).weights())
        let tokens = try reference.tokens()
        let expected = try reference.logits()
        #expect(expected.shape == [tokens.count, model.weights.architecture.vocabulary])
        let all = try model.logits(tokens: tokens)
        let error = difference(all, expected.values)
        #expect(error < 3e-6, "largest relative difference \(error)")
        let last = try model.logits(tokens: tokens, positions: .last)
        #expect(last == Array(all.suffix(model.weights.architecture.vocabulary)))
    }

    @Test func notationModelsAreWhatTheirDirectoriesSay() throws {
        for reference in ReferenceData.notation {
            let architecture = try HuggingFaceModel.configuration(directory: reference.directory).architecture
            #expect(architecture.description == reference.name)
        }
    }

    /// Some head's last query gives a key more than twice the uniform share; else the references would not test attention.
    @Test(arguments: ReferenceData.all) func storedAttentionIsNotUniform(
        reference: ReferenceData
    ) throws {
        let tokens = try reference.tokens()
        guard tokens.count > 1 else { return }
        var largest: Float = 0
        _ = try ReferenceModel(HuggingFaceModel(directory: reference.directory).weights()).logits(tokens: tokens) {
            guard $0.hasSuffix("/softmax") else { return }
            let heads = $1.count / (tokens.count * (tokens.count + 1) / 2)
            for head in 0..<heads {
                largest = max(largest, $1.prefix((head + 1) * $1.count / heads).suffix(tokens.count).max() ?? 0)
            }
        }
        #expect(largest > 2 / Float(tokens.count))
    }

    @Test func laterTokensDoNotChangeEarlierLogits() throws {
        for reference in [ReferenceData.huggingFace[1], ReferenceData.notation[7], ReferenceData.llama[2]] {
            let model = ReferenceModel(try HuggingFaceModel(directory: reference.directory).weights())
            let tokens = try reference.tokens()
            let all = try model.logits(tokens: tokens)
            for count in 1..<tokens.count {
                let part = try model.logits(tokens: Array(tokens.prefix(count)))
                #expect(difference(part, Array(all.prefix(part.count))) < 1e-6)
            }
        }
    }

    @Test func traceShowsEveryOperationOnce() throws {
        let reference = ReferenceData.notation[8]
        let model = ReferenceModel(try HuggingFaceModel(directory: reference.directory).weights())
        let architecture = model.weights.architecture
        let tokens = try reference.tokens()
        var shapes: [(String, Int)] = []
        let logits = try model.logits(tokens: tokens) { shapes.append(($0, $1.count)) }
        #expect(logits == (try model.logits(tokens: tokens)))
        let rows = tokens.count
        let (wide, inner) = (rows * architecture.width, rows * architecture.feedForwardWidth)
        let triangle = architecture.heads * rows * (rows + 1) / 2
        func attention(_ layer: Int) -> [(String, Int)] {
            [
                ("qkv", 3 * wide), ("scores", triangle), ("softmax", triangle), ("values", wide), ("output", wide),
                ("residual", wide),
            ].map { ("layer.\(layer)/attention/\($0.0)", $0.1) }
        }
        let expected =
            [("embedding", wide), ("layer.0/attention/norm", wide)] + attention(0)
            + [
                ("layer.0/ffn/input", inner), ("layer.0/ffn/activation", inner), ("layer.0/ffn/output", wide),
                ("layer.0/ffn/scale", wide), ("layer.0/ffn/residual", wide),
            ] + attention(1)
            + [
                ("layer.1/ffn/norm", wide), ("layer.1/ffn/input", inner), ("layer.1/ffn/activation", inner),
                ("layer.1/ffn/output", wide), ("layer.1/ffn/residual", wide), ("layer.2/attention/norm", wide),
            ] + attention(2)
            + [
                ("layer.2/ffn/norm", wide), ("layer.2/ffn/fused", wide), ("layer.2/ffn/residual", wide), ("norm", wide),
                ("head", rows * architecture.vocabulary),
            ]
        #expect(shapes.map(\.0) == expected.map(\.0))
        #expect(shapes.map(\.1) == expected.map(\.1))
    }

    @Test func blocksAreTheForwardPassBetweenEmbeddingAndNorm() throws {
        let reference = ReferenceData.notation[8]
        let model = ReferenceModel(try HuggingFaceModel(directory: reference.directory).weights())
        var seen: [String: [Float]] = [:]
        _ = try model.logits(tokens: reference.tokens()) { seen[$0] = $1 }
        let hidden = try #require(seen["embedding"])
        #expect(try model.blocks(hidden) == seen["layer.2/ffn/residual"])
        #expect(throws: ReferenceModelError.raggedHiddenStates(23, width: 22)) {
            try model.blocks(Array(repeating: 0, count: 23))
        }
        #expect(throws: ReferenceModelError.noTokens) { try model.blocks([]) }
        #expect(throws: ReferenceModelError.tooManyTokens(count: 21, context: 20)) {
            try model.blocks(Array(repeating: 0, count: 21 * 22))
        }
    }

    @Test func greedyCompletionTakesTheLargestLogit() throws {
        let reference = ReferenceData.huggingFace[3]
        let model = ReferenceModel(try HuggingFaceModel(directory: reference.directory).weights())
        var tokens = Array(try reference.tokens().prefix(9))
        let completion = try model.greedyCompletion(of: tokens, count: 6)
        for token in completion {
            let logits = try model.logits(tokens: tokens, positions: .last)
            #expect(logits[token] == logits.max())
            tokens.append(token)
        }
        #expect(completion.count == 6)
        #expect(try model.greedyCompletion(of: tokens, count: 0).isEmpty)
        #expect(ReferenceModel.mostLikely([1, 3, 3, 2]) == 1)
    }

    @Test func refusesWhatTheModelCannotTake() throws {
        let model = ReferenceModel(try ModelWeights.random(ArchitectureTests.small(), seed: 1))
        #expect(throws: ReferenceModelError.noTokens) { try model.logits(tokens: []) }
        #expect(throws: ReferenceModelError.tooManyTokens(count: 17, context: 16)) {
            try model.logits(tokens: Array(repeating: 1, count: 17))
        }
        for token in [40, -1, .max] {
            #expect(throws: ReferenceModelError.unknownToken(token, vocabulary: 40)) {
                try model.logits(tokens: [1, token])
            }
        }
        #expect(throws: ReferenceModelError.tooManyTokens(count: 17, context: 16)) {
            try model.greedyCompletion(of: Array(repeating: 1, count: 15), count: 3)
        }
    }

    // MARK: Perplexity

    @Test func perplexityIsTheMeanOverWindows() throws {
        let reference = ReferenceData.huggingFace[3]
        let model = ReferenceModel(try HuggingFaceModel(directory: reference.directory).weights())
        let tokens = try reference.tokens()
        let vocabulary = model.weights.architecture.vocabulary
        // Windows of 12, 12 and 5 tokens predict 11, 11 and 4.
        var loss = 0.0
        for start in [0, 12, 24] {
            let part = Array(tokens[start..<min(start + 12, tokens.count)])
            let logits = try model.logits(tokens: part).map(Double.init)
            for position in 0..<part.count - 1 {
                let row = logits[position * vocabulary..<(position + 1) * vocabulary]
                loss -= log(exp(row[row.startIndex + part[position + 1]]) / row.map(exp).reduce(0, +))
            }
        }
        var progress: [Double] = []
        let result = try model.perplexity(of: tokens, window: 12) { progress.append($0) }
        #expect(result.predictions == 26)
        #expect(abs(result.meanLoss - loss / 26) < 1e-9)
        #expect(abs(result.value - exp(loss / 26)) < 1e-6)
        #expect(progress == [12.0 / 29, 24.0 / 29, 1])
        // A single token left over predicts nothing.
        #expect(try model.perplexity(of: Array(tokens.prefix(25)), window: 12).predictions == 22)
        #expect(try model.perplexity(of: tokens).predictions == 28)
    }

    @Test func uniformLogitsCostLogVocabulary() throws {
        let weights = try ModelWeights.random(ArchitectureTests.small(), seed: 1, standardDeviation: 0)
        let result = try ReferenceModel(weights).perplexity(of: Array(0..<40))
        #expect(abs(result.value - 40) < 1e-9)
        #expect(result.predictions == 15 + 15 + 7)
    }

    @Test func perplexityNeedsSomethingToPredict() throws {
        let model = ReferenceModel(try ModelWeights.random(ArchitectureTests.small(), seed: 1))
        #expect(throws: ReferenceModelError.tooFewTokens(count: 1)) { try model.perplexity(of: [3]) }
        #expect(throws: ReferenceModelError.tooFewTokens(count: 0)) { try model.perplexity(of: []) }
        #expect(throws: ReferenceModelError.tooFewTokens(count: 1)) { try model.perplexity(of: [3, 4], window: 1) }
        #expect(throws: ReferenceModelError.tooManyTokens(count: 17, context: 16)) {
            try model.perplexity(of: Array(repeating: 1, count: 20), window: 17)
        }
        #expect(throws: ReferenceModelError.unknownToken(9, vocabulary: 3)) {
            try ReferenceModel.losses(logits: [0, 0, 0, 0, 0, 0], tokens: [1, 9])
        }
    }
}
