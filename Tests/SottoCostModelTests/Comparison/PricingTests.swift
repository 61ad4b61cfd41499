import SottoCostModel
import SottoModel
import SottoPrivateTransformer
import SottoSecureComputation
import Testing

/// Long passes that are compared are counted in larger tiles, and say so.
@Suite struct PricingTests {
    private func scenario(_ notation: String, context: Int) throws -> Scenario {
        let architecture = try Architecture.preset(named: "gpt2").firstLayers(2)
            .withNotation(#require(Architecture.Notation.all.first { $0.name == notation }))
        return Scenario(
            pass: try ForwardPass(architecture: architecture, new: context, output: .last),
            configuration: Small.configuration(context: context), notation: notation, edits: [])
    }

    private func exact(_ scenario: Scenario, _ networks: [Network]) throws -> CostReport {
        var session = SessionCost(networks: networks)
        let program = try scenario.pass.program(target: .standard)
        session.recordSetup(of: program)
        session.record(program)
        return session.report(scenario.configuration)
    }

    @Test func aFewLongRowsAreThoseOfARun() throws {
        let scenario = try scenario("SM+LN+G", context: 256)
        let comparison = try Comparison(of: [scenario], pricing: Pricing(networks: [.wan]))
        #expect(!comparison.hasLargerTiles)
        #expect(comparison.rows[0].report == (try exact(scenario, [.wan])))
    }

    /// Of rows that are compared with each other all are counted alike, also those that would be short enough.
    @Test func manyLongRowsAreCountedAlikeAndNearARun() throws {
        let short = try scenario("SM", context: 512)
        let scenarios = try [[Scenario]](repeating: [scenario("SM+LN+G", context: 512), short], count: 96).flatMap {
            $0
        }
        let comparison = try Comparison(of: scenarios, pricing: Pricing(networks: [.wan]))
        #expect(comparison.hasLargerTiles && comparison.groups.count == 1)
        for row in comparison.rows.prefix(2) {
            let exact = try exact(row.scenario, [.wan])
            #expect(row.report.totals.online.bytesSent == exact.totals.online.bytesSent)
            #expect(row.report.totals.offline.dealerBytes == exact.totals.offline.dealerBytes)
            #expect(row.report.totals.online.rounds == exact.totals.online.rounds)
            // Below a run's by what its window waits, above it by what its smaller tiles overlap.
            #expect((0.7...1.05).contains(row.report.latency[0].online / exact.latency[0].online))
        }
        let bytes = try Comparison(of: scenarios)
        #expect(!bytes.hasLargerTiles)
    }
}
