import Foundation
import SottoCostModel
import SottoModel
import SottoPrivateTransformer
import SottoReporting
import SottoSecureComputation
import Testing

/// Rows of the cheapest mix beside those of every mix.
@Suite struct CheapestMixTests {
    /// With its edits two norms and three activations.
    private static let edits = [
        "layers[0].ffn.activation=relu", "layers[0].ffn.norm=rms_norm", "layers[1].ffn.activation=silu",
    ]

    private static let fast = Network(name: "fast", megabitsPerSecond: 10_000, rttMilliseconds: 1)
    private static let slow = Network(name: "slow", megabitsPerSecond: 1, rttMilliseconds: 1)

    private func scenario(
        _ notation: String, edits: [String] = [], target: Target = .standard, cheapestBy: Suggestions.Measure? = nil
    ) throws -> Scenario {
        let architecture = try Small.architecture(notation).applying(edits.map { try ArchitectureEdit($0) })
        return try scenario(architecture, context: 9, notation, target: target, cheapestBy: cheapestBy)
    }

    private func scenario(
        _ architecture: Architecture, context: Int, output: ForwardPass.Output = .all, _ notation: String = "SM",
        target: Target = .standard, cheapestBy: Suggestions.Measure? = nil
    ) throws -> Scenario {
        var configuration = Small.configuration(context: context)
        configuration.target = target
        return Scenario(
            pass: try ForwardPass(architecture: architecture, new: context, output: output),
            configuration: configuration, notation: notation, cheapestBy: cheapestBy)
    }

    private func rows(_ scenarios: [Scenario], _ pricing: Pricing) throws -> [ComparisonRow] {
        try Comparison(of: scenarios, pricing: pricing).rows
    }

    private func cost(_ row: ComparisonRow, _ measure: Suggestions.Measure) -> Double {
        let online = row.report.totals.online
        return switch measure {
        case .bytes: Double(online.bytesSent.total)
        case .rounds: Double(online.rounds)
        case .latency: row.report.latency[0].online
        }
    }

    /// Every combination of suites for some scopes.
    private func mixes(of scopes: [String]) -> [[String: ProtocolName]] {
        scopes.reduce([[:]]) { mixes, scope in
            mixes.flatMap { mix in ProtocolName.allCases.map { mix.merging([scope: $0]) { $1 } } }
        }
    }

    private static let aims: [(Suggestions.Measure, [Network])] = [
        (.bytes, []), (.rounds, []), (.latency, [.wan, .lan]), (.latency, [fast]), (.latency, [slow]),
    ]

    @Test(
        arguments: [("SM+LN+G", []), ("SM+R", []), ("SM(t)+ScFuFFN", []), ("SM+LN+G", edits)] as [(String, [String])],
        aims)
    func itIsTheBestOfAllMixes(_ network: (String, [String]), by aim: (Suggestions.Measure, [Network])) throws {
        try expectTheBest(Pricing(networks: aim.1), aim.0) {
            try scenario(network.0, edits: network.1, target: $0, cheapestBy: $1)
        }
    }

    @Test(arguments: [aims[0], aims[2]])
    func itIsTheBestOfLargeLayersToo(aim: (Suggestions.Measure, [Network])) throws {
        let layer = try Architecture.preset(named: "gpt2").firstLayers(1)
        let mix = try expectTheBest(Pricing(networks: aim.1), aim.0) {
            try scenario(layer, context: 128, output: .blocks, target: $0, cheapestBy: $1)
        }
        #expect(mix == ["gelu": .fss, "layernorm": .fss, "softmax": .fss])
    }

    /// Local work that is nothing but the nodes of splines' keys.
    private func slowGates(_ nanoseconds: Double) throws -> [Target: ComputeModel] {
        func model(_ target: Target) throws -> ComputeModel {
            let kinds = ComputeModel(coefficients: [:]).unmeasured(
                in: try scenario("SM+LN+G", edits: Self.edits).pass.program(target: target))
            return ComputeModel(
                coefficients: Dictionary(
                    uniqueKeysWithValues: kinds.map { kind in
                        (kind.key, [0, kind.kernel == "spline-gate" ? nanoseconds : 0, 0, 0])
                    }))
        }
        return [.standard: try model(.standard), .fssWithDealer: try model(.fssWithDealer)]
    }

    /// - Parameter scenario: for a target, or for what is sought.
    /// - Returns: the mix that was found.
    @discardableResult
    private func expectTheBest(
        _ pricing: Pricing, _ measure: Suggestions.Measure,
        scenario: (Target, Suggestions.Measure?) throws -> Scenario
    ) throws -> [String: ProtocolName] {
        let found = try rows([scenario(.standard, measure)], pricing)[0]
        let mix = try #require(found.mix)
        let all = try rows(
            mixes(of: mix.keys.sorted()).map { try scenario(.mixed(.ot, with: $0), nil) }, pricing)
        #expect(all.count == 1 << mix.count)
        #expect(cost(found, measure) == all.map { cost($0, measure) }.min())
        // What the row says is a program that there is, and every choice changes it.
        let same = all.filter { $0.report.operations == found.report.operations }
        #expect(same.map(\.scenario.configuration.target) == [.mixed(.ot, with: mix)])
        #expect(same[0].report.totals == found.report.totals && same[0].report.latency == found.report.latency)
        #expect(Set(all.map(\.report.operations)).count == all.count)
        return mix
    }

    @Test func scopesAreThoseOfNonlinearFunctions() throws {
        func scopes(_ notation: String, _ edits: [String] = []) throws -> [String]? {
            try rows([scenario(notation, edits: edits, cheapestBy: .bytes)], Pricing())[0].mix?.keys.sorted()
        }
        #expect(try scopes("SM+LN+G") == ["gelu", "layernorm", "softmax"])
        #expect(try scopes("SM") == ["softmax"])
        #expect(try scopes("SM+LN+G", Self.edits) == ["layernorm", "relu", "rmsnorm", "silu", "softmax"])
    }

    /// It has a group of its own beside both suites.
    @Test(arguments: [Suggestions.Measure.bytes, .latency])
    func noSuiteAloneCostsLess(measure: Suggestions.Measure) throws {
        let comparison = try Comparison(
            of: Small.notations.flatMap { notation in
                [
                    try scenario(notation), try scenario(notation, target: .fssWithDealer),
                    try scenario(notation, cheapestBy: measure),
                ]
            }, pricing: Pricing(networks: [.wan]))
        #expect(comparison.groups.map { $0[0].report.protocol } == ["ot", "fss", "cheapest"])
        let groups = comparison.groups
        for (index, found) in groups[2].enumerated() {
            #expect(found.report.protocol == "cheapest")
            for pure in [groups[0][index], groups[1][index]] {
                #expect(cost(found, measure) <= cost(pure, measure) && pure.mix == nil)
            }
        }
    }

    // MARK: Local work

    /// What local work takes in small programs of a target, each step the same.
    private func compute(_ target: Target, nanoseconds: Double) throws -> ComputeModel {
        let none = ComputeModel(coefficients: [:])
        let programs = try Small.notations.map { try scenario($0).pass.program(target: target) }
        let kinds = Set(programs.flatMap { none.unmeasured(in: $0) })
        return ComputeModel(
            coefficients: Dictionary(uniqueKeysWithValues: kinds.map { ($0.key, [nanoseconds, 0, 0, 0]) }))
    }

    /// All that are compared have local work or none has.
    @Test func localWorkOfBothSuitesOrNone() throws {
        let models = [
            Target.standard: try compute(.standard, nanoseconds: 1000),
            .fssWithDealer: try compute(.fssWithDealer, nanoseconds: 1e9),
        ]
        func row(_ models: [Target: ComputeModel]) throws -> ComparisonRow {
            try rows(
                [scenario("SM+LN+G", cheapestBy: .latency)], Pricing(networks: [.wan], computes: models))[0]
        }
        let known = try row(models)
        #expect(known.report.latency[0].compute == .calibrated)
        // Whatever is of function secret sharing takes seconds.
        #expect(Set(try #require(known.mix).values) == [.ot])
        let ot = try rows([scenario("SM+LN+G")], Pricing(networks: [.wan], computes: models))[0]
        #expect(known.report.latency == ot.report.latency)
        for target in models.keys {
            let half = try row(models.filter { $0.key == target })
            #expect(half.report.latency[0].compute == .none)
            #expect(half.report == (try row([:])).report)
        }
    }

    // MARK: Printing

    @Test func everyFormSaysTheChoice() throws {
        let comparison = try Comparison(
            of: [scenario("SM+LN+G", cheapestBy: .latency), scenario("SM", cheapestBy: .latency)],
            pricing: Pricing(networks: [Self.fast, .lan]))
        let text = comparison.rendered()
        #expect(text.contains("; cheapest, dealer, ring64") && text.contains("cheapest on fast: fss for "))
        let csv = comparison.rendered(.init(format: .csv)).split(separator: "\n")
        #expect(csv[2].contains(",cheapest: fss for softmax,dealer,"))
        #expect(Set(csv.map { $0.split(separator: ",", omittingEmptySubsequences: false).count }).count == 1)
        let bytes = try Comparison(of: [scenario("SM", cheapestBy: .bytes)])
        #expect(bytes.rendered().contains("cheapest in bytes: fss for softmax"))
        let data = Data(try JSONText.of(comparison.rows).utf8)
        let objects = try #require(JSONSerialization.jsonObject(with: data) as? [[String: Any]])
        #expect(objects.map { $0["protocol"] as? String } == ["cheapest", "cheapest"])
        #expect(objects[1]["mix"] as? [String: String] == ["softmax": "fss"])
        #expect((objects[0]["mix"] as? [String: String])?.keys.sorted() == ["gelu", "layernorm", "softmax"])
    }

    /// Rows that choose otherwise for the same scope are named: on gates that take their time, functions of many elements are by the
    /// other suite.
    @Test func choicesThatDifferAreSaidByRow() throws {
        func gelu(_ inner: Int) throws -> Scenario {
            let architecture = try Architecture(
                notation: .init("SM+G"), layers: 1, heads: 3, width: 15, feedForwardWidth: inner, context: 128,
                vocabulary: 31)
            return try scenario(architecture, context: 128, "SM+G of \(inner)", cheapestBy: .latency)
        }
        let comparison = try Comparison(
            of: [gelu(8), gelu(3072)], pricing: Pricing(networks: [.wan], computes: slowGates(20)))
        #expect(comparison.rows.map { $0.mix?["gelu"] } == [.fss, .ot])
        let text = comparison.rendered()
        #expect(text.contains("cheapest on wan, SM+G of 8: fss for gelu, softmax"))
        #expect(text.contains("cheapest on wan, SM+G of 3072: ot for gelu; fss for softmax"))
    }

    @Test func editsKeepWhatIsSought() throws {
        let suggestions = try Suggestions(for: scenario("SM+LN+G", cheapestBy: .bytes), by: .bytes)
        #expect(suggestions.base.report.protocol == "cheapest")
        let fss = try Suggestions(for: scenario("SM+LN+G", target: .fssWithDealer), by: .bytes)
        #expect(suggestions.suggestions.map(\.bytes) == fss.suggestions.map(\.bytes))
    }
}
