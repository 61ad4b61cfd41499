import Foundation
import SottoCostModel
import SottoModel
import Testing

/// What `table` and `suggest` print, and what they refuse.
@Suite(.serialized) struct TableCommandTests {
    /// Lives as long as the test.
    private let files: TemporaryDirectory

    init() throws { files = try TemporaryDirectory() }

    private func objects(_ arguments: [String]) throws -> (reports: [CostReport], objects: [[String: Any]]) {
        let result = try BuiltProgram.run(arguments + ["--format", "json"])
        #expect(result.status == 0, "\(result.error)")
        let data = Data(result.output.utf8)
        return (
            try JSONDecoder().decode([CostReport].self, from: data),
            try #require(JSONSerialization.jsonObject(with: data) as? [[String: Any]])
        )
    }

    private func estimate(_ arguments: [String]) throws -> CostReport {
        let result = try BuiltProgram.run(["estimate"] + arguments + ["--format", "json"])
        #expect(result.status == 0, "\(result.error)")
        return try JSONDecoder().decode(CostReport.self, from: Data(result.output.utf8))
    }

    @Test func rowsEqualEstimates() throws {
        let rows = try objects([
            "table", "tiny", "--architectures", "SM+LN+G,SM(t)+ScFuFFN", "--contexts", "3,7", "--depths", "2",
        ]).reports
        #expect(rows.map(\.architecture) == ["SM+LN+G", "SM(t)+ScFuFFN", "SM+LN+G", "SM(t)+ScFuFFN"])
        for row in rows {
            let expected = try estimate([
                "tiny", "--architecture", row.architecture, "--context", "\(row.context)", "--layers", "2",
            ])
            #expect(row.firstDifference(from: expected) == nil)
            #expect(row.totals == expected.totals)
        }
    }

    /// Both domains of an architecture stand in one group, the field's savings against the ring's first row.
    @Test func domainsStandSideBySide() throws {
        let sweep = [
            "table", "tiny", "--architectures", "SM+LN+G,SM+LN+R", "--contexts", "3", "--domain", "ring64,field",
        ]
        let (rows, objects) = try objects(sweep)
        #expect(rows.map(\.domain) == ["ring64", "field", "ring64", "field"])
        #expect(rows.map(\.architecture) == ["SM+LN+G", "SM+LN+G", "SM+LN+R", "SM+LN+R"])
        for (row, object) in zip(rows, objects) {
            let expected = try estimate([
                "tiny", "--architecture", row.architecture, "--context", "3", "--domain", row.domain,
            ])
            #expect(row.firstDifference(from: expected) == nil)
            #expect(row.prime == expected.prime)
            #expect((row.prime == nil) == (row.domain == "ring64"))
            #expect((object["savings"] == nil) == (row.architecture == "SM+LN+G" && row.domain == "ring64"))
        }
        let text = try BuiltProgram.run(sweep).output
        #expect(text.contains("ot, dealer, ring64 and field"))
        for row in ["SM+LN+G, ring64", "SM+LN+G, field", "SM+LN+R, field"] { #expect(text.contains(row)) }
        let alone = try BuiltProgram.run("table", "tiny", "--contexts", "3", "--domain", "field").output
        #expect(alone.contains("ot, dealer, field") && !alone.contains("SM, field"))
        let csv = try BuiltProgram.run(sweep + ["--format", "csv", "--by", "kind"]).output.split(separator: "\n")
        #expect(csv[0].contains(",domain,"))
        #expect(csv.dropFirst().contains { $0.contains(",field,") } && csv.contains { $0.contains(",ring64,") })
    }

    @Test func allArchitecturesByDefaultAndEverySizeOfASweep() throws {
        #expect(
            try objects(["table", "tiny", "--contexts", "2"]).reports.map(\.architecture)
                == Architecture.Notation.all.map(\.name))
        let sweep = try objects([
            "table", "tiny,tiny-scfu", "--architectures", "SM", "--contexts", "2,3", "--depths", "1,2", "--widths",
            "160,320",
            "--blocks-only",
        ])
        #expect(sweep.reports.count == 16)
        let sizes = sweep.objects.map { "\($0["layers"]!) \($0["width"]!) \($0["context"]!)" }
        #expect(Array(sizes.prefix(8)) == Array(sizes.suffix(8)))
        #expect(Set(sizes).count == 8)
        #expect(
            sweep.reports.map(\.model) == Array(repeating: "tiny", count: 8) + Array(repeating: "tiny-scfu", count: 8))
    }

    @Test func networksAreAList() throws {
        func names(_ arguments: [String]) throws -> [String] {
            let rows = try objects(["table", "tiny", "--architectures", "SM", "--contexts", "2"] + arguments).reports
            return rows[0].latency.map(\.network)
        }
        #expect(try names([]) == ["lan", "wan"])
        #expect(try names(["--network", "wan,300Mbps,40ms,lan"]) == ["wan", "300Mbps,40ms", "lan"])
        #expect(try names(["--network", "loopback", "--network", "1Gbps,1ms"]) == ["loopback", "1Gbps,1ms"])
        for network in ["wan,", "wan,300Mbps", "300Mbps,wan", "", ",", "fast"] {
            #expect(try BuiltProgram.run("table", "tiny", "--network", network).status == 64, "\(network)")
        }
    }

    @Test func aCalibrationAddsLocalWork() throws {
        let file = files.path("calibration.json")
        #expect(try BuiltProgram.run("calibrate", "--quick", "--threads", "1", "--output", file).status == 0)
        let calibrated = ["--calibration", file, "--threads", "1"]
        let table = ["table", "tiny", "--architectures", "SM", "--contexts", "2", "--network", "lan"]
        let row = try #require(try objects(table + calibrated).reports.first?.latency.first)
        let estimated = try estimate(
            ["tiny", "--architecture", "SM", "--context", "2", "--network", "lan"] + calibrated)
        #expect(row.compute == .calibrated && [row] == estimated.latency)
        let ranked = try BuiltProgram.run(["suggest", "tiny", "--context", "2"] + calibrated)
        #expect(ranked.output.contains("calibration"))
        for command in [table, ["suggest", "tiny", "--context", "2"]] {
            #expect(try BuiltProgram.run(command + ["--calibration", files.path("none")]).status == 65)
        }
    }

    @Test func whatIf() throws {
        let edit = "layers[1].ffn.activation=relu"
        let table = try objects(["table", "tiny", "--architectures", "SM+LN+G", "--contexts", "4", "--edit", edit])
        #expect(table.reports.count == 2)
        #expect(table.objects.map { $0["edits"] as? [String] } == [[], [edit]])
        let edited = try estimate(["tiny", "--context", "4", "--edit", edit])
        #expect(table.reports[1].firstDifference(from: edited) == nil)
        #expect(edited.architecture == "edited")
        let twice = try estimate(["tiny", "--context", "4", "--edit", edit, "--edit", "final_norm=none"])
        #expect(twice.totals.online.rounds < edited.totals.online.rounds)
        let onTop = try estimate([
            "tiny", "--context", "4", "--architecture", "SM+LN+R", "--edit", "layers[1].ffn.activation=gelu_new",
            "--edit", "layers[0].ffn.activation=gelu_new",
        ])
        let plain = try estimate(["tiny", "--context", "4", "--architecture", "SM+LN+R"])
        #expect(onTop.totals.online.bytesSent.server > plain.totals.online.bytesSent.server)
    }

    @Test func edits() throws {
        let file = try files.file("mixed.json", Data(#"{"layers": [{"index": 0, "activation": "relu"}]}"#.utf8))
        let table = try objects(["table", "tiny", "--architectures", "SM+LN+G,\(file)", "--contexts", "4"])
        let expected = try estimate(["tiny", "--context", "4", "--edit", "layers[0].ffn.activation=relu"])
        #expect(table.reports[1].firstDifference(from: expected) == nil)
    }

    @Test func perplexityOfTrainedRowsOnly() throws {
        let table = try objects([
            "table", "tiny", "--architectures", "SM+LN+G,SM", "--contexts", "32", "--text", "import os\nimport sys\n",
        ])
        let evaluated = try BuiltProgram.run(
            "evaluate", "tiny", "--text", "import os\nimport sys\n", "--context", "32", "--format", "json")
        let expected = try #require(JSONSerialization.jsonObject(with: Data(evaluated.output.utf8)) as? [String: Any])
        #expect(table.objects[0]["perplexity"] as? Double == expected["perplexity"] as? Double)
        #expect(table.objects[1]["perplexity"] == nil)
    }

    @Test func thePapersTables() throws {
        let small = try BuiltProgram.run(
            "table", "gpt2", "--architectures", "all", "--contexts", "128,256,512", "--paper")
        #expect(small.status == 0, "\(small.error)")
        for figure in ["25.32 GB", "58.51 GB", "145.24 GB", "table 3", "table 7", "table 4", "25.71/23.32/21.29"] {
            #expect(small.output.contains(figure), "\(figure)")
        }
        let deep = try BuiltProgram.run("table", "gpt2-18l", "--paper")
        #expect(deep.status == 0 && deep.output.contains("table 8") && deep.output.contains("37.17 GB"))
        for output in [small.output, deep.output] {
            #expect(output.contains("cannot come from the published bandwidth"))
        }
    }

    @Test func suggestionsCanBeTyped() throws {
        let result = try BuiltProgram.run("suggest", "tiny", "--context", "4", "--by", "rounds", "--format", "json")
        #expect(result.status == 0, "\(result.error)")
        let object = try #require(JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
        let first = try #require((object["suggestions"] as? [[String: Any]])?.first)
        let edits = try #require(first["edits"] as? [String])
        let (old, new) = (
            try estimate(["tiny", "--context", "4"]),
            try estimate(["tiny", "--context", "4"] + edits.flatMap { ["--edit", $0] })
        )
        #expect(first["rounds"] as? Int == old.totals.online.rounds - new.totals.online.rounds)
        #expect(try BuiltProgram.run("suggest", "tiny", "--context", "4", "--top", "1").output.contains("layers["))
        let limited = ["suggest", "tiny", "--context", "4", "--by", "rounds", "--top", "3", "--format"]
        let few = try BuiltProgram.run(limited + ["json"]).output
        let kept = try #require(JSONSerialization.jsonObject(with: Data(few.utf8)) as? [String: Any])
        #expect((kept["suggestions"] as? [[String: Any]])?.compactMap { $0["edits"] as? [String] }.first == edits)
        #expect((kept["suggestions"] as? [Any])?.count == 3)
        #expect(try BuiltProgram.run(limited + ["csv"]).output.split(separator: "\n").count == 4)
    }

    @Test func theCheapestMixStandsBesideBothSuites() throws {
        let table = [
            "table", "tiny", "--protocol", "ot,fss,cheapest", "--architectures", "SM+LN+G", "--contexts", "5",
        ]
        for network in [[], ["--network", "wan,lan"]] {
            let (rows, objects) = try objects(table + network)
            #expect(rows.map(\.protocol) == ["ot", "fss", "cheapest"])
            let costs = rows.map {
                network.isEmpty ? Double($0.totals.online.bytesSent.total) : $0.latency[0].online
            }
            #expect(costs[2] <= min(costs[0], costs[1]))
            #expect(objects.map { $0["mix"] == nil } == [true, true, false])
            let mix = try #require(objects[2]["mix"] as? [String: String])
            #expect(mix.keys.sorted() == ["gelu", "layernorm", "softmax"])
            #expect(Set(mix.values).isSubset(of: ["ot", "fss"]))
        }
        let text = try BuiltProgram.run(table).output
        #expect(text.contains("cheapest, dealer, ring64") && text.contains("cheapest in bytes: "))
        #expect(try BuiltProgram.run(table + ["--network", "lan"]).output.contains("cheapest on lan: "))
    }

    @Test(arguments: [
        "table tiny --protocol cheapest --preprocessing two-party", "table tiny --protocol ot,cheapest --domain field",
        "table tiny --protocol cheapest --domain ring64,field",
        "table tiny --protocol cheapest --preprocessing dealer,two-party",
    ])
    func aMixThatThereIsNotSaysWhatThereIs(line: String) throws {
        let result = try BuiltProgram.run(line.split(separator: " ").map(String.init))
        #expect(result.status == 64 && result.output.isEmpty)
        #expect(result.error.contains("mixes ot and fss") && result.error.contains("--preprocessing dealer"))
    }

    /// Runs have one protocol.
    @Test(arguments: ["estimate tiny", "suggest tiny", "simulate tiny", "demo tiny", "costs", "calibrate"])
    func onlyTablesMix(command: String) throws {
        let result = try BuiltProgram.run(
            command.split(separator: " ").map(String.init) + ["--protocol", "cheapest"])
        #expect(result.status == 64 && result.output.isEmpty)
        #expect(result.error.contains("'cheapest' is invalid for '--protocol"))
    }

    @Test(arguments: ["text", "csv", "markdown", "latex"])
    func everyForm(format: String) throws {
        for arguments in [
            ["table", "tiny", "--contexts", "2,3", "--by", "kind"], ["suggest", "tiny", "--context", "2"],
        ] {
            let result = try BuiltProgram.run(arguments + ["--format", format])
            #expect(result.status == 0 && result.error.isEmpty, "\(result.error)")
            #expect(result.output.contains("ffn"))
        }
    }

    @Test(arguments: [
        "table tiny --architectures SM+XY", "table tiny --architectures SM,", "table tiny --contexts 129",
        "table tiny --contexts 0", "table tiny --contexts 1,a", "table tiny --depths 0", "table tiny --widths 100",
        "table tiny --widths 0", "table tiny --edit layers[9].ffn.norm=none", "table tiny --edit layers[0].nose=none",
        "table tiny --edit layers[0].ffn.norm", "table tiny --edit layers[0].ffn.fused=true",
        "table tiny --protocol ot,fss --domain field", "table tiny --domain F17", "table tiny --by nothing",
        "table gpt2 --text a",
        "suggest tiny --top 0", "suggest tiny --by weight", "suggest tiny --tokens 2", "estimate tiny --edit x=1",
        "estimate tiny --edit layers[0].ffn.activation=tanh",
    ])
    func badUsage(line: String) throws {
        let result = try BuiltProgram.run(line.split(separator: " ").map(String.init))
        #expect([64, 65].contains(result.status), "\(line) gave \(result.status)")
        #expect(result.output.isEmpty)
        #expect(result.error.hasPrefix("sotto: ") && result.error.split(separator: "\n").count == 1, "\(result.error)")
    }

    @Test func textFitsALine() throws {
        for arguments in [
            ["table", "gpt2", "--network", "wan,lan", "--paper"],
            ["suggest", "gpt2", "--network", "wan,lan,loopback", "--layers", "2"],
            ["costs"], ["estimate", "gpt2", "--by", "primitive", "--layers", "1"],
            ["entropy", "tiny", "--layers", "1", "--text", "abcd"],
        ] {
            let lines = try BuiltProgram.run(arguments).output.split(separator: "\n")
            #expect(lines.count > 3 && lines.allSatisfy { $0.count <= 120 }, "\(arguments)")
        }
    }

    @Test func modelsThatAreNone() throws {
        #expect(try BuiltProgram.run("table", "tiny,nonsense").status == 65)
        #expect(try BuiltProgram.run("table", "tiny,").status == 65)
    }
}
