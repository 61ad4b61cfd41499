import Foundation
import Sotto
import Testing

/// What programs of others do, by `import Sotto` alone and without the package's own names.
@Suite struct FrontDoorTests {
    private static let prompt = ByteTokenizer().encode("import ")

    private static func model() throws -> NamedModel { NamedModel(try ModelSource.load("tiny", seed: 0)) }

    // MARK: Models

    @Test func anEstimateIsAReport() throws {
        let architecture = try Architecture.preset(named: "gpt2").firstLayers(1)
        let named = NamedArchitecture(name: "one layer", architecture)
        let report = try EstimatedRun(of: named, .inference(.last), positions: 16, networks: [.lan, .wan]).report
        #expect(report.model == "one layer" && report.inferences == 1 && !report.insecure)
        #expect(report.totals.online.rounds > 0 && report.totals.online.bytesSent.values.allSatisfy { $0 > 0 })
        #expect(report.totals.setup.bytesSent.client == 0 && report.totals.setup.bytesSent.server > 0)
        #expect(report.operations.contains { $0.path.hasPrefix("layer.0/") && $0.phase == .online })
        #expect(report.latency.map(\.network) == ["lan", "wan"] && report.latency[0].online < report.latency[1].online)
        let read = try JSONDecoder().decode(CostReport.self, from: Data(report.json().utf8))
        #expect(read == report && read.firstDifference(from: report) == nil)
    }

    @Test(arguments: [DomainProfile.ring64, .field(try! PrimeModulus())])
    func aSimulationHasEveryByteAndRoundOfTheEstimate(domain: DomainProfile) throws {
        let model = try Self.model()
        let protocols = SessionConfiguration(target: .otWithDealer(over: domain))
        let kind = RunKind.completion(tokens: 2)
        let estimate = try EstimatedRun(
            of: model.named, kind, positions: Self.prompt.count, protocols: protocols
        ).report
        let simulated = try SimulatedRun(of: model, kind, input: .tokens(Self.prompt), protocols: protocols)
        #expect(simulated.report.firstDifference(from: estimate) == nil)
        for phase in CostReport.Phase.allCases {
            let (found, expected) = (simulated.report.totals[phase], estimate.totals[phase])
            #expect(found.bytesSent == expected.bytesSent && found.dealerBytes == expected.dealerBytes)
            #expect(found.rounds == expected.rounds)
        }
        #expect(try #require(simulated.completion).private.count == 2)
    }

    @Test func anArchitectureIsEditedAndCompared() throws {
        let named = try Self.model().named
        let edited = try named.architecture.applying([ArchitectureEdit("layers[0].ffn.activation=relu")])
        let scenarios = try [named.architecture, edited].map { architecture in
            let configuration = CostReport.Configuration(
                NamedArchitecture(name: named.name, architecture), .standard, context: 8, output: .all,
                insecure: false)
            return Scenario(
                pass: try ForwardPass(architecture: architecture, new: 8, output: .all), configuration: configuration,
                notation: architecture.description)
        }
        let comparison = try Comparison(of: scenarios, pricing: Pricing(networks: [.wan]))
        #expect(comparison.rows.count == 2)
        let bytes = comparison.rows.map(\.report.totals.online.bytesSent.total)
        #expect(bytes[1] < bytes[0])
        let suggestions = try Suggestions(for: scenarios[0], by: .bytes)
        #expect(try #require(suggestions.suggestions.first).bytes > 0)
    }

    // MARK: Programs

    /// The product of a tensor of either party, to the client.
    private static func product(of count: Int, over domain: DomainProfile) throws -> Program {
        let builder = ProgramBuilder(target: .otWithDealer(over: domain))
        let x = builder.input("x", owner: .client, shape: [count], scale: 12, bound: 8)
        let y = builder.input("y", owner: .server, shape: [count], scale: 12, bound: 8)
        try builder.scope("product") { try builder.open(builder.multiply(x, y), as: "xy", to: [.client]) }
        return builder.finish()
    }

    @Test(arguments: [(DomainProfile.ring64, 8000), (.field(try! PrimeModulus(bits: 127)), 15_875)])
    func aProgramOfOnesOwnIsPriced(domain: DomainProfile, tensor: Int) throws {
        let program = try Self.product(of: 1000, over: domain)
        let cost = CostInterpreter().run(program)
        // Both factors are opened under masks, then the server's share of the product goes to the client.
        #expect(cost.onlineBytes == ByParty(server: 3 * tensor, client: 2 * tensor))
        #expect(cost.rounds == 2 && cost.trace.events.count == 3)
        #expect(cost.dealerBytes == ByParty(server: tensor, client: 0))
        #expect(cost.instructions.filter { !$0.messages.isEmpty }.allSatisfy { $0.path.hasPrefix("product/") })
        #expect(try program.fingerprint() == Self.product(of: 1000, over: domain).fingerprint())

        let fixed = FixedPoint(fractionBits: 12)
        let tensors = TensorDictionary([
            "x": [Int64](repeating: try fixed.encode(1.5, magnitudeBits: 16), count: 1000),
            "y": [Int64](repeating: try fixed.encode(-4, magnitudeBits: 16), count: 1000),
        ])
        let plain = try PlaintextInterpreter().run(program, tensors: tensors)
        let scale = try #require(program.outputScales["xy"])
        let opened = try #require(plain.opened["xy"])
        #expect(FixedPoint(fractionBits: scale).decode(opened) == [Double](repeating: -6, count: 1000))
        #expect(plain.violations.isEmpty)
    }

    @Test func aProgramOfOnesOwnHasAReport() throws {
        let builder = ProgramBuilder(target: .otWithDealer(over: .ring64))
        let rows = Segments(rows: 4, columns: 8)
        let scores = builder.input("scores", owner: .client, shape: [4, 8], scale: 16, bound: 16)
        try builder.scope("attention") {
            try builder.open(builder.softmax(scores, rows: rows, scale: 16), as: "weights", to: [.client])
        }
        let program = builder.finish()
        let cost = CostInterpreter().run(program)
        var session = SessionCost(networks: [.wan])
        session.recordSetup(of: program)
        session.record(program)
        let report = session.report(
            CostReport.Configuration(
                model: "softmax", architecture: "none", target: program.target, context: 4, positions: "all",
                insecure: false))
        #expect(report.totals.online.bytesSent == cost.onlineBytes && report.totals.online.rounds == cost.rounds)
        // Half a round trip for every round, at least.
        let network = Network.wan
        #expect(report.latency[0].online >= Double(cost.rounds) * network.rttMilliseconds * 0.5e-3)

        let values = (0..<32).map { Int64($0 % 8) << 16 }
        let plain = try PlaintextInterpreter().run(program, tensors: TensorDictionary(["scores": values]))
        let scale = try #require(program.outputScales["weights"])
        let weights = FixedPoint(fractionBits: scale).decode(try #require(plain.opened["weights"]))
        let sum = (0..<8).reduce(0) { $0 + exp(Double($1)) }
        #expect(weights.indices.allSatisfy { abs(weights[$0] - exp(Double($0 % 8)) / sum) < 1e-3 })
    }

    @Test func whatDoesNotFitIsRefused() throws {
        let builder = ProgramBuilder(target: .otWithDealer(over: .ring64))
        let x = builder.input("x", owner: .client, shape: [1], scale: 32, bound: 8)
        #expect(throws: ProgramError.self) { try builder.multiply(x, x) }
        #expect(throws: TargetError.self) {
            try Target(protocolName: .fss, preprocessing: .twoParty, domain: .ring64)
        }
    }

    // MARK: Text and pictures

    @Test func costsAreTablesAndCharts() throws {
        let architecture = try Self.model().named
        let reports = try [2, 4, 8].map {
            try EstimatedRun(of: architecture, .inference(.last), positions: $0, networks: [.wan]).report
        }
        let text = reports[2].rendered()
        #expect(text.contains(Quantity.bytes(reports[2].totals.online.bytesSent.server)) && text.contains("wan"))
        let lines = reports[2].operationTable(by: .kind).rendered(as: .markdown).split(separator: "\n")
        #expect(lines.count > 3 && lines.allSatisfy { $0.hasPrefix("| ") && $0.hasSuffix(" |") })

        var table = Table(columns: [.init("positions", .left), .init("bytes")])
        table.rows = reports.map { .init(["\($0.context)", "\($0.totals.online.bytesSent.total)"]) }
        let csv = table.rendered(as: .csv).split(separator: "\n")
        #expect(csv.count == 4 && csv[0] == "positions,bytes" && csv[1].hasPrefix("2,"))

        let chart = LineChart(
            title: "Online bytes", xName: "positions", yName: "bytes",
            series: [
                .init("tiny", reports.map { .init(x: Double($0.context), y: Double($0.totals.online.bytesSent.total)) })
            ])
        #expect(chart.svg().contains("<svg") && chart.svg().contains("Online bytes"))
        let map = TextHeatMap(values: [[0, 1], [2, 3]], maximum: 3, shade: { $0 < 2 ? " " : "#" })
        #expect(map.rendered(coloured: false, width: 80).contains("3.00"))
    }
}
