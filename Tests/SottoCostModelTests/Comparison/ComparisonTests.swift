import Foundation
import SottoAlgebra
import SottoCostModel
import SottoModel
import SottoPreprocessing
import SottoPrivateTransformer
import SottoReporting
import SottoSecureComputation
import Testing

@Suite struct ComparisonTests {
    private func scenario(
        _ notation: String, edits: [String] = [], context: Int = 5, output: ForwardPass.Output = .all
    ) throws -> Scenario {
        let architecture = try Small.architecture(notation).applying(edits.map { try ArchitectureEdit($0) })
        return Scenario(
            pass: try ForwardPass(architecture: architecture, new: context, output: output),
            configuration: Small.configuration(context: context), notation: notation, edits: edits)
    }

    private func declared(_ scenario: Scenario) throws -> CostReport {
        var session = SessionCost()
        let program = try scenario.pass.program(target: .standard)
        session.recordSetup(of: program)
        session.record(program)
        return session.report(scenario.configuration)
    }

    @Test func rowsAreEstimates() throws {
        let scenarios = try Small.notations.map { try scenario($0) }
        let comparison = try Comparison(of: scenarios)
        #expect(comparison.groups.count == 1)
        for (row, scenario) in zip(comparison.rows, scenarios) {
            #expect(row.scenario == scenario)
            #expect(row.report == (try declared(scenario)))
        }
    }

    @Test func groupsAndSavings() throws {
        let comparison = try Comparison(of: [
            scenario("SM+LN+G"), scenario("SM+LN+G", context: 9), scenario("SM"), scenario("SM", context: 9),
            scenario("SM+LN+G", edits: ["layers[1].ffn.activation=relu"]),
        ])
        #expect(
            comparison.groups.map { $0.map(\.scenario.notation) } == [
                ["SM+LN+G", "SM", "SM+LN+G"], ["SM+LN+G", "SM"],
            ])
        for group in comparison.groups {
            #expect(group[0].savings == nil)
            for row in group.dropFirst() {
                let savings = try #require(row.savings)
                let (first, own) = (group[0].report.totals.online, row.report.totals.online)
                let factor = Double(first.bytesSent.total) / Double(own.bytesSent.total)
                #expect(savings.bytes == factor)
                #expect(savings.rounds == Double(first.rounds) / Double(own.rounds))
                #expect(factor > 1)
            }
        }
    }

    @Test func latencyOnEveryNetwork() throws {
        let networks = [Network.wan, Network(name: "slow", megabitsPerSecond: 1, rttMilliseconds: 5)]
        let comparison = try Comparison(
            of: [scenario("SM+LN+G"), scenario("SM")], pricing: Pricing(networks: networks))
        for row in comparison.rows {
            var session = SessionCost(networks: networks)
            let program = try row.scenario.pass.program(target: .standard)
            session.recordSetup(of: program)
            session.record(program)
            #expect(row.report.latency == session.report(row.scenario.configuration).latency)
            #expect(row.report.latency.map(\.network) == ["wan", "slow"])
        }
        let (first, own) = (comparison.rows[0].report.latency, comparison.rows[1].report.latency)
        let savings = try #require(comparison.rows[1].savings)
        #expect(savings.latency == ["wan": first[0].online / own[0].online, "slow": first[1].online / own[1].online])
        let text = comparison.rendered()
        #expect(text.contains("wan online") && text.contains("slow offline") && text.contains("sotto calibrate"))
        let csv = comparison.rendered(.init(format: .csv))
        #expect(csv.contains("wan_online") && csv.contains("\(own[1].online)"))
    }

    @Test func concurrentRowsKeepTheirOrderAndErrors() throws {
        let contexts = [9, 1, 5, 2, 8, 3, 7, 4, 6]
        let comparison = try Comparison(of: contexts.map { try scenario("SM", context: $0) })
        #expect(comparison.rows.map(\.report.context) == contexts)
        for row in comparison.rows { #expect(row.report == (try declared(row.scenario))) }
    }

    @Test func countsFollowTheOutput() throws {
        func counts(_ output: ForwardPass.Output) throws -> ArchitectureCounts {
            ArchitectureCounts(try scenario("SM+LN+G", output: output).pass)
        }
        typealias Operation = ArchitectureCounts.Operation
        func described(_ counts: ArchitectureCounts) -> [String] {
            counts.operations.map { "\($0.count) \($0.name) \($0.shape)" }
        }
        #expect(
            described(try counts(.all)) == [
                "4 LayerNorm [5, 15]", "6 softmax [5, 5]", "2 GELU [5, 23]", "1 LayerNorm [5, 15]",
            ])
        #expect(
            described(try counts(.last)) == [
                "3 LayerNorm [5, 15]", "3 softmax [5, 5]", "1 GELU [5, 23]", "3 softmax [1, 5]", "1 LayerNorm [1, 15]",
                "1 GELU [1, 23]", "1 LayerNorm [1, 15]",
            ])
        #expect(!(try counts(.blocks)).operations.contains { $0.kind == .finalNorm })
        #expect(try counts(.all).feedForwardFlops == 2 * 4 * 5 * 15 * 23)
        #expect(try counts(.all).attentionFlops == 2 * (2 * 15 * 5 * 60 + 4 * 25 * 15))
    }

    /// The products of a program are those that are counted, whatever its output.
    @Test(arguments: Small.notations, ForwardPass.Output.allCases)
    func flopsAreThoseOfTheProgram(notation: String, output: ForwardPass.Output) throws {
        try expectItsFlops(try scenario(notation, output: output))
    }

    /// Gated FFNs and heads that share keys.
    @Test(arguments: ForwardPass.Output.allCases) func flopsOfLLaMAToo(output: ForwardPass.Output) throws {
        let architecture = try Architecture(
            layers: [.llama, .llama], heads: 4, keyValueHeads: 2, width: 16, feedForwardWidth: 23, context: 9,
            vocabulary: 31, finalNorm: .rmsNorm, positions: .rotary(theta: 100), hasBiases: false)
        let scenario = Scenario(
            pass: try ForwardPass(architecture: architecture, new: 5, output: output),
            configuration: Small.configuration(), notation: "LLaMA")
        try expectItsFlops(scenario)
        let text = try Comparison(of: [scenario]).rendered()
        let rows = output == .all ? "2 SiLU 5x23, 2 gate 5x23" : output == .last ? "1 SiLU 1x23" : "2 SiLU 5x23"
        #expect(text.contains(rows) && text.contains("RMSNorm 5x16"))
    }

    private func expectItsFlops(_ scenario: Scenario) throws {
        let counts = ArchitectureCounts(scenario.pass)
        let operations = try declared(scenario).operations
        func flops(_ block: String, _ names: [String]) -> Int {
            operations.filter { operation in
                let parts = operation.path.split(separator: "/")
                return parts.count == 4 && parts[1] == block && names.contains(String(parts[2]))
                    && parts[3].contains("multiply")
            }.reduce(0) { $0 + $1.flops }
        }
        #expect(flops("ffn", ["input", "output", "fused"]) == counts.feedForwardFlops)
        #expect(flops("attention", ["qkv", "scores", "context", "output"]) == counts.attentionFlops)
    }

    // MARK: Printing

    @Test(arguments: [Table.Format.text, .markdown, .latex])
    func everyArchitectureHasARow(format: Table.Format) throws {
        let comparison = try Comparison(of: Small.notations.map { try scenario($0) })
        let text = comparison.rendered(.init(format: format))
        for notation in Small.notations { #expect(text.contains(notation)) }
        #expect(text.contains("6 5x5"))
        #expect(text.contains("4+1 LayerNorm 5x15"))
        if format == .latex { #expect(text.contains("\\toprule") && text.hasPrefix("% ")) }
    }

    @Test func csvHasPlainNumbers() throws {
        let comparison = try Comparison(of: [scenario("SM+LN+G"), scenario("SM")])
        let lines = comparison.rendered(.init(format: .csv)).split(separator: "\n").map {
            $0.split(separator: ",", omittingEmptySubsequences: false)
        }
        #expect(lines.count == 3)
        #expect(lines.allSatisfy { $0.count == lines[0].count })
        let column = try #require(lines[0].firstIndex(of: "online_bytes"))
        for (line, row) in zip(lines.dropFirst(), comparison.rows) {
            #expect(Int(line[column]) == row.report.totals.online.bytesSent.total)
        }
    }

    @Test func breakdownsFollowTheTable() throws {
        let comparison = try Comparison(of: [scenario("SM+LN+G")])
        let whole = comparison.rendered(.init(breakdown: .kind))
        #expect(whole.hasPrefix(comparison.rendered()))
        #expect(whole.contains("softmax") && whole.contains("100.0 %"))
        let lines = comparison.rendered(.init(format: .csv, breakdown: .layer)).split(separator: "\n")
        #expect(lines[0].hasPrefix("model,architecture,edits,layers,width,context,path"))
        #expect(lines.contains { $0.contains(",layer.1,") })
    }

    @Test func jsonIsAReportWithMore() throws {
        let comparison = try Comparison(of: [scenario("SM+LN+G"), scenario("SM", edits: ["layers[0].ffn.norm=none"])])
        let data = Data(try JSONText.of(comparison.rows).utf8)
        #expect(try JSONDecoder().decode([CostReport].self, from: data) == comparison.rows.map(\.report))
        let objects = try #require(JSONSerialization.jsonObject(with: data) as? [[String: Any]])
        #expect(objects[0]["savings"] == nil && objects[1]["savings"] != nil)
        #expect(objects[0]["layers"] as? Int == 2 && objects[0]["width"] as? Int == 15)
        #expect(objects[1]["edits"] as? [String] == ["layers[0].ffn.norm=none"])
    }

    @Test func publishedFiguresStandBesideTheirRows() throws {
        let gpt2 = try Architecture.preset(named: "gpt2")
        let scenarios = try ["SM+LN+G", "SM+LN+R", "SM+LN"].map { name in
            var configuration = Small.configuration("gpt2", context: 128)
            configuration.architecture = name
            return Scenario(
                pass: try ForwardPass(architecture: gpt2.withNotation(.init(name)), new: 128, output: .all),
                configuration: configuration, notation: name)
        }
        let comparison = try Comparison(of: scenarios, published: PublishedFigures())
        #expect(comparison.rows.map { $0.published?.communicationGigabytes } == [25.32, 9.44, nil])
        #expect(comparison.rows.map { $0.publishedPerplexities.first?.value } == [2.69, 2.76, 3.38])
        let text = comparison.rendered()
        #expect(text.contains("25.32 GB") && text.contains("2.68x") && text.contains("8.21 min"))
        #expect(
            text.contains("25.32 GB at 100 Mbit/s take 33.8 min on the wire alone, and the table says 8.21 min"))
        #expect(!(try Comparison(of: scenarios).rendered()).contains("ublishe"))
        let none = try Comparison(of: [scenario("SM")], published: PublishedFigures()).rendered()
        #expect(none.contains("The paper publishes nothing for this size"))
    }

    @Test func remarksAreBrokenBetweenWords() throws {
        let rows = try Comparison(
            of: Architecture.Notation.all.map { notation in
                let architecture = try Architecture.preset(named: "gpt2").withNotation(notation)
                return Scenario(
                    pass: try ForwardPass(architecture: architecture, new: 128, output: .all),
                    configuration: .init(
                        model: "gpt2", architecture: notation.name, target: .standard, context: 128, positions: "all",
                        insecure: false),
                    notation: notation.name)
            }, pricing: Pricing(networks: [.wan, .lan, .loopback]), published: PublishedFigures())
        for width in [80, 120] {
            let lines = rows.rendered(.init(breakdown: .kind, width: width)).split(separator: "\n")
            #expect(lines.allSatisfy { $0.count <= width }, "\(lines.filter { $0.count > width })")
        }
    }
}
