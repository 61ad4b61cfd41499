import Foundation
import SottoAlgebra
import SottoCostModel
import SottoModel
import SottoSessions
import Testing

/// What `estimate`, `simulate` and `evaluate` report.
@Suite(.serialized) struct ReportCommandTests {
    /// Lives as long as the test.
    private let files: TemporaryDirectory

    init() throws { files = try TemporaryDirectory() }

    private func report(_ arguments: [String]) throws -> CostReport {
        let result = try BuiltProgram.run(arguments + ["--format", "json"])
        #expect(result.status == 0, "\(result.error)")
        return try JSONDecoder().decode(CostReport.self, from: Data(result.output.utf8))
    }

    private func object(_ arguments: [String]) throws -> [String: Any] {
        let result = try BuiltProgram.run(arguments + ["--format", "json"])
        #expect(result.status == 0, "\(result.error)")
        return try #require(JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
    }

    /// Every byte and every round, in every phase and direction.
    private func expectEqual(_ simulated: CostReport, _ estimated: CostReport) {
        #expect(simulated.firstDifference(from: estimated) == nil)
        for phase in CostReport.Phase.allCases {
            let (found, expected) = (simulated.totals[phase], estimated.totals[phase])
            #expect(found.bytesSent == expected.bytesSent)
            #expect(found.dealerBytes == expected.dealerBytes)
            #expect(found.rounds == expected.rounds)
            #expect(found.seconds != nil && expected.seconds == nil)
        }
        #expect(simulated.insecure && !estimated.insecure)
        #expect(estimated.totals.online.rounds > 0)
        #expect(estimated.totals.online.bytesSent.values.allSatisfy { $0 > 0 })
    }

    @Test(arguments: Architecture.Notation.all.map(\.name))
    func estimateEqualsSimulate(notation: String) throws {
        let model = try SmallModel(notation, in: files)
        let estimated = try report(["estimate", model.path, "--context", "5"])
        let simulated = try report(["simulate", model.path, "--input-ids", SmallModel.idList])
        expectEqual(simulated, estimated)
        let network = try Architecture.Notation(notation).network
        #expect(estimated.architecture == network.rawValue)
        let accuracy = try #require(simulated.accuracy)
        #expect(accuracy.maxAbsError < 0.02)
        #expect(accuracy.meanAbsError <= accuracy.maxAbsError)
        #expect(accuracy.top1Agreement >= 0 && accuracy.top1Agreement <= 1)
        #expect(simulated.peakMemoryBytes != nil)
        #expect(estimated.accuracy == nil && estimated.peakMemoryBytes == nil && estimated.wireOverheadBytes == nil)
    }

    @Test(arguments: [
        ["--positions", "last"], ["--tokens", "3"], ["--blocks-only"], ["--layers", "1"],
        ["--architecture", "EReg(SM(t)+ScFuFFN)"],
    ])
    func estimateEqualsSimulateWithOptions(options: [String]) throws {
        let model = try SmallModel(in: files)
        let arguments = [model.path, "--context", "5"] + options
        let (estimated, simulated) = (try report(["estimate"] + arguments), try report(["simulate"] + arguments))
        expectEqual(simulated, estimated)
        #expect(estimated.inferences == (options[0] == "--tokens" ? 3 : 1))
        if options[0] == "--architecture" { #expect(estimated.architecture == options[1]) }
        #expect(try #require(simulated.accuracy).maxAbsError < 0.02)
    }

    @Test func aCompletionSumsItsInferences() throws {
        let whole = try report(["estimate", "tiny", "--context", "6", "--generate", "3"])
        let parts = try [[], ["--past", "6"], ["--past", "7"]].enumerated().map { index, past in
            try report(["estimate", "tiny", "--context", "\(6 + index)", "--positions", "last"] + past)
        }
        for party in Party.allCases {
            let sent = parts.map { $0.totals.online.bytesSent[party] }
            let dealt = parts.map { $0.totals.offline.dealerBytes[party] }
            #expect(whole.totals.online.bytesSent[party] == sent.reduce(0, +))
            #expect(whole.totals.offline.dealerBytes[party] == dealt.reduce(0, +))
        }
        #expect(whole.totals.online.rounds == parts.reduce(0) { $0 + $1.totals.online.rounds })
        #expect(whole.totals.setup == parts[0].totals.setup)
        // Run by run, the setup with the first.
        let generation = try #require(whole.generation)
        #expect(generation.prefill == parts[0].totals)
        #expect(generation.steps.map(\.online) == parts.dropFirst().map(\.totals.online))
        #expect(generation.steps.map(\.offline) == parts.dropFirst().map(\.totals.offline))
        #expect(
            generation.steps.allSatisfy { $0.setup.bytesSent == .zero } && generation.perToken == generation.steps[1])
        #expect(parts.allSatisfy { $0.generation == nil })
    }

    @Test(arguments: [
        ["--past", "6"], ["--past", "7"], ["--past", "3", "--generate", "2"], ["--generate", "2", "--blocks-only"],
    ])
    func whatCannotGoOnIsRefused(options: [String]) throws {
        let result = try BuiltProgram.run(["estimate", "tiny", "--context", "6"] + options)
        #expect(result.status == 64 && !result.error.isEmpty, "\(result.error)")
    }

    /// A pass that goes on costs the same simulated, where the positions before it have been run first.
    @Test func aPassThatGoesOnIsSimulated() throws {
        let options = ["tiny", "--context", "6", "--past", "4", "--positions", "all"]
        let declared = try report(["estimate"] + options)
        let run = try report(["simulate"] + options)
        #expect(run.firstDifference(from: declared) == nil)
        #expect(try #require(run.accuracy).maxAbsError < 0.02)
    }

    @Test func aTrainedModelCompletesTheSamePrivately() throws {
        let report = try report(["simulate", "tiny", "--text", "import ", "--tokens", "2"])
        let completion = try #require(report.completion)
        #expect(completion.prompt == "import ")
        #expect(completion.private == completion.plaintext)
        #expect(completion.tokens.count == 2)
        #expect(report.context == 7 && report.inferences == 2)
    }

    @Test func logitsAreWritten() throws {
        let model = try SmallModel(in: files)
        let (path, plainPath) = (files.path("logits.safetensors"), files.path("plain.safetensors"))
        let arguments = [
            "simulate", model.path, "--input-ids", SmallModel.idList, "--logits", path, "--plaintext-logits", plainPath,
        ]
        let report = try report(arguments)
        let found = try SafeTensors(contentsOf: URL(fileURLWithPath: path)).tensor(named: "logits")
        let plain = try SafeTensors(contentsOf: URL(fileURLWithPath: plainPath)).tensor(named: "logits")
        #expect(found.shape == [5, SmallModel.vocabulary])
        #expect(plain.shape == found.shape)
        #expect(plain.values == (try ReferenceModel(model.weights).logits(tokens: SmallModel.ids)))
        let largest = zip(found.values, plain.values).map { abs($0 - $1) }.max() ?? 0
        #expect(abs(Double(largest) - (report.accuracy?.maxAbsError ?? 1)) < 1e-5)
        #expect(largest > 0)
        // The same seed gives the same shares, so the same last places.
        let again = files.path("again.safetensors")
        _ = try self.report(["simulate", model.path, "--input-ids", SmallModel.idList, "--logits", again])
        #expect(try Data(contentsOf: URL(fileURLWithPath: again)) == Data(contentsOf: URL(fileURLWithPath: path)))
    }

    @Test func estimatesAreDeterministic() throws {
        let arguments = ["estimate", "gpt2", "--layers", "2", "--context", "32", "--format", "json"]
        let first = try BuiltProgram.run(arguments)
        #expect(first.status == 0)
        #expect(try BuiltProgram.run(arguments).output == first.output)
    }

    @Test func theKeysAreThoseOfTheContract() throws {
        let json = try object(["simulate", "tiny", "--layers", "1", "--context", "2"])
        for key in [
            "schema_version", "model", "architecture", "protocol", "preprocessing", "domain", "context", "insecure",
            "totals", "operations", "latency", "wire_overhead_bytes", "peak_memory_bytes", "accuracy",
        ] {
            #expect(json[key] != nil, "\(key)")
        }
        #expect(json["model"] as? String == "tiny")
        #expect(json["context"] as? Int == 2)
        #expect(json["insecure"] as? Bool == true)
        let totals = try #require(json["totals"] as? [String: [String: Any]])
        let operations = try #require(json["operations"] as? [[String: Any]])
        for (phase, total) in totals {
            let rows = operations.filter { $0["phase"] as? String == phase }
            for key in ["bytes_sent", "dealer_bytes"] {
                let sum = rows.reduce(into: [0, 0]) { sum, row in
                    let pair = row[key] as? [Int] ?? []
                    for party in pair.indices { sum[party] += pair[party] }
                }
                #expect(total[key] as? [Int] == sum)
            }
            #expect(total["rounds"] as? Int == rows.reduce(0) { $0 + ($1["rounds"] as? Int ?? 0) })
        }
    }

    @Test func evaluateMeasuresPerplexity() throws {
        let model = try SmallModel(in: files)
        let ids = (0..<19).map { $0 * 5 % SmallModel.vocabulary }
        let expected = try ReferenceModel(model.weights).perplexity(of: ids, window: 8)
        let arguments = ["evaluate", model.path, "--input-ids", ids.map(String.init).joined(separator: ",")]
        let plain = try object(arguments)
        #expect(plain["perplexity"] as? Double == expected.value)
        #expect(plain["predictions"] as? Int == expected.predictions)
        #expect(plain["private_perplexity"] == nil && plain["totals"] == nil)
        let both = try object(arguments + ["--private"])
        #expect(both["perplexity"] as? Double == expected.value)
        let privately = try #require(both["private_perplexity"] as? Double)
        #expect(abs(privately / expected.value - 1) < 0.01)
        #expect(privately != expected.value)
        #expect(both["insecure"] as? Bool == true && both["inferences"] as? Int == 3)
    }

    @Test func valuesOutOfRangeAreListed() throws {
        let good = try object([
            "simulate", SmallModel(in: files).path, "--input-ids", SmallModel.idList, "--trace-values",
        ])
        #expect((good["range_violations"] as? [Any])?.isEmpty == true)
        let values = try #require(good["values"] as? [[String: Any]])
        #expect(values.count > 50)
        let bad = try object(
            [
                "simulate", SmallModel("SM", in: files, deviation: 40).path, "--input-ids", SmallModel.idList,
                "--trace-values",
            ])
        let violations = try #require(bad["range_violations"] as? [[String: Any]])
        let first = try #require(violations.first)
        #expect((first["path"] as? String)?.hasPrefix("layer.0/attention/") == true)
        let (magnitude, bits) = (first["magnitude"] as? Double ?? 0, first["bits"] as? Int ?? 64)
        #expect(magnitude >= Double(sign: .plus, exponent: bits, significand: 1))
    }
}
