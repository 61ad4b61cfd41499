import SottoCostModel
import SottoModel
import SottoRuns
import SottoSessions
import SottoTokenization
import Testing

@Suite struct SessionAccountTests {
    @Test(arguments: [true, false]) func aCompletionIsEstimatedExactly(sharesTimes: Bool) throws {
        let model = try Small.model(Small.architecture())
        let session = try PrivateSession(model, sharesTimes: sharesTimes)
        var fractions: [Double] = []
        let completion = try PrivateCompletion(of: Small.prompt, count: 3, by: session.client, networks: [.lan]) {
            fractions.append($0)
        }
        session.close()
        let estimate = try EstimatedRun(of: model.named, .completion(tokens: 3), positions: 3).report
        let report = completion.report
        #expect(report.firstDifference(from: estimate) == nil)
        #expect(report.inferences == 3 && report.context == 3 && report.positions == "last" && !report.insecure)
        #expect(completion.tokens == (try ReferenceModel(model.weights).greedyCompletion(of: Small.prompt, count: 3)))
        #expect(report.completion?.tokens == completion.tokens && report.completion?.prompt == "3,0,4")
        #expect(try #require(report.completion?.secondsToFirstToken) > 0)
        #expect(
            report.latency.map(\.network) == ["lan"] && report.wireOverheadBytes?.values.allSatisfy { $0 > 0 } == true)
        #expect((report.peakMemoryBytes != nil) == sharesTimes)
        let elapsed = try #require(report.elapsed)
        #expect(elapsed.setup > 0 && elapsed.online > 0 && !elapsed.prefetched)
        #expect(fractions == fractions.sorted() && fractions.last == 1)
    }

    @Test func anAccountHasEveryRun() throws {
        let model = try Small.model(Small.architecture())
        let session = try PrivateSession(model)
        var account = SessionAccount(of: session.client)
        for _ in 0..<2 {
            let hidden = SimulationInput.randomHiddenStates(positions: 3, width: 4, seed: 2)
            account.record(try session.client.run(hidden: hidden.map(Double.init)))
        }
        session.close()
        let (report, estimate) = (
            account.report(context: 3, output: .blocks),
            try EstimatedRun(of: model.named, .inference(.blocks), positions: 3).report
        )
        #expect(report.inferences == 2 && report.model == "small" && report.positions == "blocks")
        #expect(report.totals.setup.bytesSent == estimate.totals.setup.bytesSent)
        #expect(report.totals.online.rounds == 2 * estimate.totals.online.rounds)
        for party in 0...1 {
            #expect(report.totals.online.bytesSent[party] == 2 * estimate.totals.online.bytesSent[party])
            #expect(report.totals.offline.dealerBytes[party] == 2 * estimate.totals.offline.dealerBytes[party])
        }
    }

    @Test func promptsThatDoNotFitAreRefused() throws {
        let session = try PrivateSession(Small.model(Small.architecture()))
        defer { session.close() }
        #expect(throws: ArchitectureError.self) {
            try PrivateCompletion(of: Small.prompt, count: 7, by: session.client)
        }
        #expect(throws: TokenizerError.unknownToken(5, vocabulary: 5)) {
            try PrivateCompletion(of: [5], count: 1, by: session.client)
        }
    }
}
