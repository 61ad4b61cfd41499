import Foundation
import SottoCostModel
import TestSupport
import Testing

/// Runs with `--protocol fss`, between three processes and in one.
@Suite struct FunctionSecretSharingCommandTests {
    private let files: TemporaryDirectory

    init() throws { files = try TemporaryDirectory() }

    private func report(_ arguments: [String]) throws -> CostReport {
        let result = try BuiltProgram.run(arguments + ["--protocol", "fss", "--format", "json"])
        #expect(result.status == 0, "\(result.error)")
        return try JSONDecoder().decode(CostReport.self, from: Data(result.output.utf8))
    }

    /// The text of plaintext, keys to both parties, and every byte and round as estimated.
    @Test func aDemoEqualsPlaintextAndEstimate() throws {
        let run = try report(["demo", "tiny", "--layers", "1", "--prompt", "de", "--tokens", "2"])
        let completion = try #require(run.completion)
        #expect(completion.private == completion.plaintext)
        #expect(run.protocol == "fss" && run.preprocessing == "dealer")
        #expect(run.totals.offline.dealerBytes.values.allSatisfy { $0 > 1 << 19 })
        let declared = try report(["estimate", "tiny", "--layers", "1", "--context", "2", "--tokens", "2"])
        #expect(run.firstDifference(from: declared) == nil)
    }

    /// In one process, over all norms and activations: numbers as in plaintext, costs as estimated.
    @Test(arguments: ["SM+LN+G", "SM(t)+ScFuFFN", "SM+LN+R", "SM"])
    func simulationsAgreeWithPlaintext(notation: String) throws {
        let model = try SmallModel(notation, in: files).path
        let run = try report(["simulate", model, "--input-ids", SmallModel.idList])
        #expect(try #require(run.accuracy).maxAbsError < 0.02)
        let declared = try report(["estimate", model, "--context", "\(SmallModel.ids.count)"])
        #expect(run.firstDifference(from: declared) == nil)
    }

    /// A layer of GPT-2 small at 128 positions, both ways together.
    @Test func aLayerOfGPT2() throws {
        let layer = try report(["estimate", "gpt2", "--layers", "1", "--context", "128", "--blocks-only"])
        let ot = try BuiltProgram.run(
            "estimate", "gpt2", "--layers", "1", "--context", "128", "--blocks-only", "--format", "json")
        let other = try JSONDecoder().decode(CostReport.self, from: Data(ot.output.utf8))
        #expect(layer.totals.online.bytesSent.total < 16_000_000)
        #expect(layer.totals.online.rounds <= 40)
        #expect(3 * layer.totals.online.bytesSent.total < 2 * other.totals.online.bytesSent.total)
        #expect(2 * layer.totals.online.rounds < other.totals.online.rounds)
        #expect(layer.totals.offline.dealerBytes.values.allSatisfy { $0 < 4_500_000_000 / 12 })
    }

    @Test func aTableHasBothProtocols() throws {
        let table = try BuiltProgram.run("table", "tiny", "--protocol", "ot,fss", "--architectures", "SM+LN+G")
        #expect(table.status == 0)
        #expect(table.output.contains("ot, dealer, ring64") && table.output.contains("fss, dealer, ring64"))
    }
}
