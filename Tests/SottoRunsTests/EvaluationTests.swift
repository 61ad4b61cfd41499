import SottoCostModel
import SottoModel
import SottoPrivateTransformer
import SottoRuns
import SottoTokenization
import Testing

@Suite struct EvaluationTests {
    private static let text = [1, 4, 0, 3, 2, 2, 4]

    @Test func perplexitiesAreThoseOfBothModels() throws {
        let model = try Small.model(Small.architecture())
        let expected = try ReferenceModel(model.weights).perplexity(of: Self.text, window: 3)
        let evaluation = try Evaluation(
            of: model, on: Self.text, window: 3, simulation: SimulationOptions(), keepsLogits: true)
        let report = evaluation.report
        // The last window has one token and nothing to predict.
        #expect(report.predictions == expected.predictions && report.predictions == 4 && evaluation.positions == 6)
        #expect(report.perplexity == expected.value && report.context == 3)
        #expect(abs(try #require(report.privatePerplexity) - report.perplexity) < 0.1)
        #expect(evaluation.plaintextLogits.count == 30 && evaluation.privateLogits.count == 30)
        let cost = try #require(report.cost)
        #expect(cost.inferences == 2 && cost.insecure && cost.accuracy != nil && cost.range?.ok == true)
        let estimate = try EstimatedRun(of: model.named, .inference(.all), positions: 3).report
        for party in 0...1 {
            #expect(cost.totals.online.bytesSent[party] == 2 * estimate.totals.online.bytesSent[party])
        }
        #expect(cost.totals.setup.bytesSent == estimate.totals.setup.bytesSent)
    }

    @Test func plaintextAloneHasNoCost() throws {
        let model = try Small.model(Small.architecture())
        let evaluation = try Evaluation(of: model, on: Self.text, window: 3, limit: 1)
        #expect(evaluation.report.cost == nil && evaluation.report.privatePerplexity == nil)
        #expect(evaluation.report.predictions == 2 && evaluation.plaintextLogits.isEmpty)
        // The whole context unless told otherwise.
        #expect(try Evaluation(of: model, on: Self.text).report.predictions == 6)
    }

    @Test func errorsAreTyped() throws {
        let model = try Small.model(Small.architecture())
        #expect(throws: RunError.windowTooLong(window: 9, context: 8)) {
            try Evaluation(of: model, on: Self.text, window: 9)
        }
        for window in [-1, 0, 1] {
            #expect(throws: ReferenceModelError.tooFewTokens(count: window)) {
                try Evaluation(of: model, on: Self.text, window: window)
            }
        }
        #expect(throws: ReferenceModelError.tooFewTokens(count: 1)) { try Evaluation(of: model, on: [1]) }
        #expect(throws: TokenizerError.unknownToken(5, vocabulary: 5)) { try Evaluation(of: model, on: [1, 5]) }
        #expect(throws: OutOfRangeError.self) {
            try Evaluation(of: Small.modelOutOfRange(), on: Self.text, simulation: SimulationOptions())
        }
    }
}
