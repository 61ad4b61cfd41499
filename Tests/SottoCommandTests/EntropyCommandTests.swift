import Foundation
import SottoModel
import Testing

#if canImport(FoundationXML)
    import FoundationXML
#endif

/// `sotto entropy`.
@Suite(.serialized) struct EntropyCommandTests {
    private let files: TemporaryDirectory

    init() throws { files = try TemporaryDirectory() }

    private static let ids = (0..<21).map { $0 * 8 % 21 }
    private static var idList: String { ids.map(String.init).joined(separator: ",") }

    private func object(_ arguments: [String]) throws -> [String: Any] {
        let result = try BuiltProgram.run(["entropy"] + arguments + ["--format", "json"])
        #expect(result.status == 0 && result.error.isEmpty, "\(result.error)")
        return try #require(JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
    }

    /// [layer][head][query] of one window, by the formula.
    private static func entropies(_ weights: ModelWeights, _ tokens: [Int]) throws -> [[[Double]]] {
        var result = weights.layers.map { _ in
            Array(repeating: [Double](), count: weights.architecture.heads)
        }
        try ReferenceModel(weights).observeAttention(tokens: tokens) { row in
            result[row.layer][row.head].append(
                row.probabilities.reduce(0) { $0 - (Double($1) > 0 ? Double($1) * log(Double($1)) : 0) })
        }
        return result
    }

    @Test func jsonHasTheEntropies() throws {
        let model = try SmallModel("SM(t)+ScFuFFN", in: files, deviation: 0.8)
        let report = try object([model.path, "--input-ids", Self.idList])
        // 21 tokens are two windows of the context of 8.
        let windows = try (0..<2).map { try Self.entropies(model.weights, Array(Self.ids[$0 * 8..<$0 * 8 + 8])) }
        let entropies = try #require(report["entropies"] as? [[Double]])
        let perQuery = try #require(report["per_query"] as? [[[Double]]])
        let reachable = try #require(report["reachable"] as? [String: Any])
        let ratios = try #require(reachable["ratios"] as? [[Double]])
        #expect(entropies.map(\.count) == [2, 2] && perQuery.map { $0.map(\.count) } == [[8, 8], [8, 8]])
        for layer in 0..<2 {
            for head in 0..<2 {
                let queries = (0..<8).map { query in windows.map { $0[layer][head][query] }.reduce(0, +) / 2 }
                #expect(zip(perQuery[layer][head], queries).allSatisfy { abs($0 - $1) < 1e-9 })
                #expect(abs(entropies[layer][head] - queries.reduce(0, +) / 8) < 1e-9)
                let ratio = (1..<8).reduce(0) { $0 + queries[$1] / log(Double($1 + 1)) } / 7
                #expect(abs(ratios[layer][head] - ratio) < 1e-9)
            }
        }
        // Far from uniform, so that the comparison says something.
        let largest = try #require(report["largest"] as? Double)
        #expect(largest == entropies.joined().max() && entropies.joined().contains { $0 < 1 })
        #expect(report["schema_version"] as? Int == 1 && report["context"] as? Int == 8)
        #expect(report["windows"] as? Int == 2 && report["architecture"] as? String == "SM(t)+ScFuFFN")
        #expect(abs((report["maximum"] as? Double ?? 0) - log(8)) < 1e-12)
        #expect(abs((report["largest_reachable"] as? Double ?? 0) - lgamma(9) / 8) < 1e-12)
        let layers = try #require(report["layers"] as? [[String: Double]])
        #expect(abs((layers[1]["mean"] ?? 0) - (entropies[1][0] + entropies[1][1]) / 2) < 1e-12)
        #expect((report["verdicts"] as? [[String]])?.map(\.count) == [2, 2])
        let ranges = try #require(report["ranges"] as? [String: [String: Any]])
        #expect(ranges["largest"]?["maximum"] as? Double == largest)
        for distribution in [ranges["largest"], ranges["maximum"]] {
            #expect((distribution?["counts"] as? [Int])?.reduce(0, +) == 4)
        }
        let findings = try #require(report["findings"] as? [String: Any])
        #expect(["collapse", "overload", "well_behaved", "criteria"].allSatisfy { findings[$0] is [String: Any] })
    }

    @Test func windowsAndTheirLength() throws {
        let model = try SmallModel(in: files)
        func report(_ arguments: [String]) throws -> [String: Any] {
            try object([model.path, "--input-ids", Self.idList] + arguments)
        }
        let short = try report(["--context", "5"])
        #expect(short["windows"] as? Int == 4 && short["context"] as? Int == 5)
        let limited = try report(["--context", "5", "--windows", "1"])
        #expect(limited["windows"] as? Int == 1)
        let expected = try Self.entropies(model.weights, Array(Self.ids.prefix(5)))
            .map { $0.map { $0.reduce(0, +) / 5 } }
        let found = try #require(limited["entropies"] as? [[Double]])
        #expect(zip(found.joined(), expected.joined()).allSatisfy { abs($0 - $1) < 1e-9 })
        #expect(try report(["--windows", "9"])["windows"] as? Int == 2)
        // A text that is shorter than a window is one window.
        let tiny = try object(["tiny", "--text", "import os"])
        #expect(tiny["context"] as? Int == 9 && tiny["windows"] as? Int == 1)
        let coarse = try report(["--epsilon", "0.001"])
        #expect(coarse["epsilon"] as? Double == 0.001)
        #expect((coarse["largest"] as? Double ?? 9) < (try report([])["largest"] as? Double ?? 0))
    }

    @Test func textHasHeatMapAndFindings() throws {
        let file = try files.file("text.txt", Data("def main():\n    print('hello')\n".utf8))
        let result = try BuiltProgram.run("entropy", "tiny", "--file", file, "--context", "10")
        #expect(result.status == 0 && result.error.isEmpty, "\(result.error)")
        for part in [
            "tiny, SM+LN+G", "3 windows of 10 tokens", "layer", "variance", "[3max/4, max]", "ntropic overload",
        ] {
            #expect(result.output.contains(part), "\(part)")
        }
        #expect(result.output.contains { "░▒▓█".contains($0) })
        // No terminal, no colours.
        #expect(!result.output.contains("\u{1B}"))
    }

    @Test(arguments: ["text", "json", "csv", "markdown", "latex"])
    func everyForm(format: String) throws {
        let model = try SmallModel(in: files)
        let result = try BuiltProgram.run("entropy", model.path, "--input-ids", Self.idList, "--format", format)
        #expect(result.status == 0 && result.error.isEmpty, "\(result.error)")
        #expect(
            result.output.hasSuffix("\n") && !result.output.unicodeScalars.contains { $0 == "\r" || $0 == "\u{1B}" })
        if ["text", "markdown", "latex"].contains(format) {
            for part in ["2 layers, 2 heads; 2 windows of 8 tokens", "nats: largest head", "ntropic overload: "] {
                #expect(result.output.contains(part), "\(part)")
            }
            // LaTeX takes what follows a bare percent sign for a comment.
            #expect(result.output.contains(format == "latex" ? " \\% of the heads" : " % of the heads"))
        }
        if format == "csv" {
            let lines = result.output.split(separator: "\n")
            #expect(lines.first == "layer,head,entropy,reachable_ratio,range,verdict" && lines.count == 5)
            #expect(lines[4].hasPrefix("1,1,") && lines.allSatisfy { $0.split(separator: ",").count == 6 })
            let report = try object([model.path, "--input-ids", Self.idList])
            let numbers = lines.dropFirst().map { Double($0.split(separator: ",")[2]) ?? .nan }
            let entropies = try #require(report["entropies"] as? [[Double]]).joined()
            #expect(numbers.count == 4 && zip(numbers, entropies).allSatisfy { abs($0 - $1) < 1e-14 })
        }
    }

    @Test func heatMapInAFile() throws {
        let model = try SmallModel(in: files)
        let path = files.path("heat.svg")
        let result = try BuiltProgram.run("entropy", model.path, "--input-ids", Self.idList, "--svg", path)
        #expect(result.status == 0 && result.error.isEmpty, "\(result.error)")
        let data = try Data(contentsOf: URL(fileURLWithPath: path))
        #expect(XMLParser(data: data).parse())
        let text = String(decoding: data, as: UTF8.self)
        #expect(text.contains("<svg xmlns=\"http://www.w3.org/2000/svg\"") && text.contains("layer 1, head 1"))
        let nowhere = try BuiltProgram.run(
            "entropy", model.path, "--input-ids", Self.idList, "--svg", files.path("no/heat.svg"))
        #expect(nowhere.status == 65 && nowhere.output.isEmpty && nowhere.error.contains("cannot be written"))
    }

    @Test func countsOfOne() throws {
        let model = try SmallModel(in: files)
        let result = try BuiltProgram.run(
            "entropy", model.path, "--input-ids", Self.idList, "--layers", "1", "--windows", "1")
        #expect(result.output.contains("1 layer, 2 heads; 1 window of 8 tokens"), "\(result.output)\(result.error)")
    }

    @Test func divergedWeights() throws {
        // Products of such weights are infinite.
        let model = try SmallModel("SM", in: files, deviation: 1e12)
        let result = try BuiltProgram.run("entropy", model.path, "--input-ids", Self.idList)
        #expect(result.status == 65 && result.output.isEmpty)
        #expect(
            result.error.hasPrefix("sotto: The attention of layer 0, head 0 is no number on this text: the weights"),
            "\(result.error)")
        #expect(result.error.split(separator: "\n").count == 1, "\(result.error)")
    }

    @Test(arguments: [
        ("entropy tiny", 64), ("entropy tiny --text abc --context 1", 64),
        ("entropy tiny --text abc --context 129", 64),
        ("entropy tiny --text abc --windows 0", 64), ("entropy tiny --text abc --epsilon 0.1", 64),
        ("entropy tiny --text abc --epsilon nan", 64), ("entropy tiny --text abc --input-ids 1", 64),
        ("entropy tiny --text a", 65), ("entropy tiny --input-ids 1,256", 65), ("entropy nothing --text abc", 65),
        ("entropy tiny --file /no/such/file", 65), ("entropy gpt2 --layers 1 --text abc", 64),
    ])
    func refusals(line: String, status: Int32) throws {
        let result = try BuiltProgram.refusal(line.split(separator: " ").map(String.init))
        #expect(result.status == status, "\(line) gave \(result.error)")
        #expect(result.output.isEmpty)
        #expect(result.error.hasPrefix("sotto: ") && result.error.split(separator: "\n").count == 1, "\(result.error)")
    }
}
