import Foundation
import SottoCostModel
import TestSupport
import Testing

/// Runs without a dealer, between two processes and in one.
@Suite(.serialized) struct TwoPartyCommandTests {
    private let files: TemporaryDirectory

    init() throws { files = try TemporaryDirectory() }

    private func report(_ arguments: [String]) throws -> CostReport {
        let result = try BuiltProgram.run(arguments + ["--preprocessing", "two-party", "--format", "json"])
        #expect(result.status == 0, "\(result.error)")
        return try JSONDecoder().decode(CostReport.self, from: Data(result.output.utf8))
    }

    /// Between two processes: the text of plaintext, nothing from any dealer, and every byte and round as estimated.
    @Test func aCompletionBetweenTwoProcesses() throws {
        let run = try report(["demo", "tiny", "--layers", "1", "--prompt", "de", "--tokens", "2"])
        let completion = try #require(run.completion)
        #expect(completion.private == completion.plaintext)
        #expect(run.preprocessing == "two-party")
        for phase in CostReport.Phase.allCases { #expect(run.totals[phase].dealerBytes == .zero) }
        let declared = try report(["estimate", "tiny", "--layers", "1", "--context", "2", "--tokens", "2"])
        #expect(run.firstDifference(from: declared) == nil)
        #expect(run.totals.offline.bytesSent.server > 0 && run.totals.offline.bytesSent.client > 0)
    }

    /// In one process, over all norms and activations that the suite has: numbers as in plaintext, costs as estimated.
    @Test(arguments: ["SM+LN+G", "SM(t)+ScFuFFN", "SM+LN+R", "SM"])
    func simulationsAgreeWithPlaintext(notation: String) throws {
        let model = try SmallModel(notation, in: files).path
        let run = try report(["simulate", model, "--input-ids", SmallModel.idList])
        let accuracy = try #require(run.accuracy)
        #expect(accuracy.maxAbsError < 0.02)
        let declared = try report(["estimate", model, "--context", "\(SmallModel.ids.count)"])
        #expect(run.firstDifference(from: declared) == nil)
    }

    /// With a vocabulary that is looked up in rows of several tokens.
    @Test func aLargeVocabulary() throws {
        let model = try SmallModel(in: files, vocabulary: 210).path
        let run = try report(["simulate", model, "--input-ids", "0,209,57,58,59"])
        #expect(try #require(run.accuracy).maxAbsError < 0.02)
        #expect(run.operations.contains { $0.path == "embedding/tokens/choose-row" })
        let declared = try report(["estimate", model, "--context", "5"])
        #expect(run.firstDifference(from: declared) == nil)
    }

    /// The server's matrices are not sent in the setup, and no operation has rounds offline of its own.
    @Test func rowsOfPhases() throws {
        let declared = try report(["estimate", "tiny", "--context", "4"])
        let setup = declared.operations.filter { $0.phase == .setup }
        #expect(setup.map(\.path) == ["setup/transfers", "setup/keys"] && setup.map(\.rounds) == [4, 0])
        #expect(setup[1].bytesSent.client > 0)
        let offline = declared.operations.filter { $0.phase == .offline }
        #expect(
            offline.prefix(3).map(\.path) == ["preprocessing/keys", "preprocessing/steps", "preprocessing/leftover"])
        // The setup had the keys; another run of about the same size needs no others.
        #expect(offline[0].bytesSent == .zero && offline[0].rounds == 0)
        // Products of a single position take others, once.
        let keys = try ["2", "3", "4"].map { tokens in
            let longer = try report(["estimate", "tiny", "--context", "5", "--generate", tokens])
            return longer.operations.filter { $0.path == "preprocessing/keys" }.map(\.bytesSent)
        }
        #expect(keys.allSatisfy { $0.count == 1 && $0 == keys[0] })
        #expect(offline.dropFirst(2).allSatisfy { $0.rounds == 0 && $0.bytesSent.total >= 0 })
        #expect(offline.reduce(0) { $0 + $1.bytesSent.total } == declared.totals.offline.bytesSent.total)
    }
}
