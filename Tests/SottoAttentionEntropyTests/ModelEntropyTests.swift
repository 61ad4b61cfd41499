import Foundation
import SottoAttentionEntropy
import SottoModel
import TestSupport
import Testing

/// Entropies of whole models.
struct ModelEntropyTests {
    private struct Reference: Decodable {
        struct Model: Decodable {
            let model: String
            let windows: [[Int]]
            let perQuery: [[[Double]]]
            let means: [[Double]]
            let coarseMeans: [[Double]]
        }
        let epsilon: Double
        let coarseEpsilon: Double
        let cases: [Model]
    }

    private static func model(_ name: String) throws -> ReferenceModel {
        ReferenceModel(try HuggingFaceModel(directory: ReferenceData.directory(name)).weights())
    }

    @Test func equalHuggingFaces() throws {
        let reference = try StoredData.decode(Reference.self, "entropies.json")
        #expect(reference.cases.count == 10)
        var largest = 0.0
        for stored in reference.cases {
            let model = try Self.model(stored.model)
            func entropies(_ epsilon: Double) throws -> AttentionEntropies {
                let (entropies, windows) = try model.attentionEntropies(
                    of: Array(stored.windows.joined()), epsilon: epsilon)
                #expect(windows == stored.windows.count)
                return entropies
            }
            let found = try entropies(reference.epsilon)
            #expect(found.perQuery.map { $0.map(\.count) } == stored.perQuery.map { $0.map(\.count) })
            let queries = zip(found.perQuery.joined().joined(), stored.perQuery.joined().joined())
            let means = zip(found.means.joined(), stored.means.joined())
            let coarse = try zip(entropies(reference.coarseEpsilon).means.joined(), stored.coarseMeans.joined())
            let errors = queries.map { abs(($0 ?? .nan) - $1) } + (Array(means) + Array(coarse)).map { abs($0 - $1) }
            let worst = errors.max() ?? .nan
            #expect(errors.allSatisfy { $0 < 1e-5 }, "\(stored.model) by \(worst)")
            largest = max(largest, worst)
            // The test can fail: attention is not uniform, and the coarse epsilon is seen.
            let ratios = found.reachableRatios.joined().compactMap(\.self)
            #expect(ratios.reduce(0, +) < 0.9 * Double(ratios.count) && !ratios.isEmpty)
            #expect(abs(found.means[0][0] - stored.coarseMeans[0][0]) > 1e-5)
        }
        #expect(largest > 0)
    }

    /// Temperatures, fused FFNs, shared keys: rows are those that the trace shows.
    @Test(arguments: ["Notation/SM", "Notation/SM(t)+ScFuFFN", "Notation/edited", "LLaMA/grouped"])
    func observedRowsAreThoseOfTheTrace(name: String) throws {
        let model = try Self.model(name)
        let tokens = (0..<model.weights.architecture.context).map { $0 % model.weights.architecture.vocabulary }
        var traced: [[Float]] = []
        _ = try model.logits(tokens: tokens) { path, values in
            if path.hasSuffix("/softmax") { traced.append(values) }
        }
        var observed = traced.map { _ in [Float]() }
        var places: [[Int]] = []
        try model.observeAttention(tokens: tokens) { row in
            observed[row.layer] += row.probabilities
            places.append([row.layer, row.head, row.query])
            #expect(row.probabilities.count == row.query + 1)
        }
        #expect(observed == traced && !traced.isEmpty)
        #expect(
            places.count == model.weights.architecture.layers.count * model.weights.architecture.heads * tokens.count)
        #expect(places == places.sorted { $0.lexicographicallyPrecedes($1) })
    }

    @Test func observersEndTheForwardPass() throws {
        struct Enough: Error {}
        let model = try Self.model("HuggingFace/gelu")
        var rows = 0
        #expect(throws: Enough.self) {
            try model.observeAttention(tokens: [1, 2, 3]) { _ in
                rows += 1
                if rows == 5 { throw Enough() }
            }
        }
        #expect(rows == 5)
        #expect(throws: ReferenceModelError.noTokens) { try model.observeAttention(tokens: []) { _ in } }
        #expect(throws: ReferenceModelError.unknownToken(61, vocabulary: 61)) {
            try model.observeAttention(tokens: [61]) { _ in }
        }
    }

    @Test func divergedWeights() throws {
        let architecture = try Architecture(
            notation: .init("SM"), layers: 2, heads: 2, width: 6, feedForwardWidth: 9, context: 5, vocabulary: 7)
        // The scores of one head are infinite, of weights that are not.
        let weights = try ModelWeights(architecture: architecture) { name, shape in
            var values = (0..<shape.reduce(1, *)).map { Float($0 % 5) / 10 }
            if name.description.hasSuffix("h.1.attn.c_attn.bias") {
                for element in [3, 4, 5, 9, 10, 11] { values[element] = 1e30 }
            }
            return WeightTensor(shape: shape, values: values)
        }
        #expect(throws: EntropyError.divergedAttention(layer: 1, head: 1)) {
            try ReferenceModel(weights).attentionEntropies(of: [1, 2, 3])
        }
    }

    @Test func windowsOfAText() throws {
        let model = try Self.model("HuggingFace/gelu")
        let tokens = (0..<43).map { $0 * 7 % 61 }
        func entropies(_ tokens: [Int], window: Int? = nil, limit: Int? = nil) throws -> AttentionEntropies {
            try model.attentionEntropies(of: tokens, window: window, limit: limit).entropies
        }
        var progress: [Double] = []
        let (all, windows) = try model.attentionEntropies(of: tokens, window: 10) { progress.append($0) }
        #expect(windows == 4 && all.context == 10 && progress == [0.25, 0.5, 0.75, 1])
        // What is left over is not looked at, and the windows count alike.
        let parts = try (0..<4).map { try entropies(Array(tokens[$0 * 10..<$0 * 10 + 10])) }
        for (layer, heads) in all.means.enumerated() {
            for (head, mean) in heads.enumerated() {
                #expect(abs(mean - parts.map { $0.means[layer][head] }.reduce(0, +) / 4) < 1e-12)
            }
        }
        #expect(try entropies(tokens, window: 10, limit: 1) == parts[0])
        #expect(try entropies(tokens, window: 10, limit: 100) == all)
        // A short text is one window of its own length.
        #expect(try entropies(Array(tokens.prefix(5)), window: 10).context == 5)
        #expect(try entropies(tokens).context == 19)
        #expect(try entropies([3]).means.joined().allSatisfy { $0 == 0 })
        #expect(throws: ReferenceModelError.tooManyTokens(count: 20, context: 19)) { try entropies(tokens, window: 20) }
        #expect(throws: ReferenceModelError.noTokens) { try entropies([]) }
        #expect(throws: EntropyError.invalidContext(0)) { try entropies(tokens, window: 0) }
        #expect(throws: EntropyError.invalidEpsilon) { try model.attentionEntropies(of: tokens, epsilon: -1) }
    }
}
