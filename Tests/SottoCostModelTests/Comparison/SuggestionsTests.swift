import Foundation
import SottoCostModel
import SottoModel
import SottoPrivateTransformer
import SottoSecureComputation
import Testing

@Suite struct SuggestionsTests {
    private func scenario(_ notation: String) throws -> Scenario {
        Scenario(
            pass: try ForwardPass(architecture: Small.architecture(notation), new: 5, output: .last),
            configuration: Small.configuration(), notation: notation)
    }

    private func totals(_ pass: ForwardPass) throws -> CostReport.Totals {
        var session = SessionCost()
        session.record(try pass.program(target: .standard))
        return session.report(Small.configuration()).totals
    }

    @Test(arguments: Small.notations)
    func savingsAreDifferencesOfEstimates(notation: String) throws {
        let scenario = try scenario(notation)
        let ranked = try Suggestions(for: scenario, by: .bytes)
        let old = try totals(scenario.pass)
        let edits = SingleEdit.all(of: scenario.pass.architecture)
        #expect(Set(ranked.suggestions.map(\.edit)) == Set(edits) && ranked.suggestions.count == edits.count)
        for suggestion in ranked.suggestions {
            let changes = try suggestion.edit.edits.map { try ArchitectureEdit($0) }
            let new = try totals(
                ForwardPass(architecture: scenario.pass.architecture.applying(changes), new: 5, output: .last))
            #expect(suggestion.rounds == old.online.rounds - new.online.rounds)
            #expect(suggestion.bytes == old.online.bytesSent.total - new.online.bytesSent.total)
            #expect(
                suggestion.offlineBytes == old.offline.dealerBytes.total - new.offline.dealerBytes.total)
        }
    }

    @Test func rankedByTheMeasure() throws {
        let byBytes = try Suggestions(for: scenario("SM+LN+G"), by: .bytes).suggestions
        let byRounds = try Suggestions(for: scenario("SM+LN+G"), by: .rounds).suggestions
        #expect(byBytes.map(\.bytes) == byBytes.map(\.bytes).sorted(by: >))
        #expect(byRounds.map(\.rounds) == byRounds.map(\.rounds).sorted(by: >))
        #expect(byBytes != byRounds)
    }

    @Test func latencyIsRankedOnTheFirstNetwork() throws {
        let slow = Network(name: "slow", megabitsPerSecond: 0.01, rttMilliseconds: 0)
        let far = Network(name: "far", megabitsPerSecond: 1e6, rttMilliseconds: 1000)
        for networks in [[slow, far], [far, slow]] {
            let ranked = try Suggestions(
                for: scenario("SM+LN+G"), by: .latency, pricing: Pricing(networks: networks))
            let saved = try ranked.suggestions.map { try #require($0.latency[networks[0].name]) }
            #expect(saved == saved.sorted(by: >))
            for suggestion in ranked.suggestions {
                let changes = try suggestion.edit.edits.map { try ArchitectureEdit($0) }
                let base = try scenario("SM+LN+G").pass
                let pass = try ForwardPass(architecture: base.architecture.applying(changes), new: 5, output: .last)
                for (index, network) in networks.enumerated() {
                    func online(_ pass: ForwardPass) throws -> Double {
                        var session = SessionCost(networks: networks)
                        session.record(try pass.program(target: .standard))
                        return session.report(Small.configuration()).latency[index].online
                    }
                    #expect(suggestion.latency[network.name] == (try online(base) - online(pass)))
                }
            }
        }
    }

    @Test func equalEditsShareARowAndLimitsCount() throws {
        let ranked = try Suggestions(for: scenario("SM+LN+G"), by: .bytes)
        let all = ranked.rendered().split(separator: "\n").filter { $0.contains("layers[") }
        #expect(all.count < ranked.suggestions.filter { $0.edit.layer != nil }.count)
        #expect(ranked.rendered(limit: 2).split(separator: "\n").filter { $0.contains("=") }.count == 2)
        #expect(ranked.rendered(as: .csv, limit: 2).split(separator: "\n").count == 3)
        #expect(ranked.first(2).suggestions == Array(ranked.suggestions.prefix(2)))
        let lines = ranked.rendered(as: .csv).split(separator: "\n")
        #expect(lines.count == ranked.suggestions.count + 1)
        #expect(lines[1].hasPrefix(ranked.suggestions[0].edit.edits.joined(separator: " ") + ","))
    }

    @Test func aNetworkWithNothingToRemoveHasNoEdits() throws {
        #expect(try Suggestions(for: scenario("SM+ScFuFFN"), by: .rounds).suggestions.isEmpty)
    }
}
