import SottoAlgebra
import SottoCostModel
import SottoPreprocessing
import SottoPrivateTransformer
import SottoSecureComputation
import TestSupport
import Testing

@Suite struct SessionCostTests {
    private func report(_ programs: [Program], traces: [Trace?]? = nil) -> CostReport {
        var session = SessionCost()
        for (index, program) in programs.enumerated() {
            if index == 0 { session.recordSetup(of: program) }
            session.record(program, trace: traces?[index] ?? nil)
        }
        return session.report(Small.configuration())
    }

    @Test(arguments: Small.notations, [ForwardPass.Output.all, .last, .blocks])
    func totalsAreThoseOfTheProgram(notation: String, output: ForwardPass.Output) throws {
        let program = try ForwardPass(architecture: Small.architecture(notation), new: 5, output: output).program(
            target: .standard)
        let cost = CostInterpreter().run(program)
        let totals = report([program]).totals
        #expect(totals.online.bytesSent == cost.onlineBytes)
        #expect(totals.online.rounds == cost.rounds)
        #expect(totals.online.rounds > 0)
        #expect(totals.online.dealerBytes == [0, 0])
        #expect(totals.offline.bytesSent == [0, 0])
        #expect(totals.offline.dealerBytes == [cost.dealerBytes[0] + 16, cost.dealerBytes[1] + 16])
        #expect(totals.offline.rounds == 0)
        #expect(totals.setup.bytesSent == [program.plan.weights.reduce(0) { $0 + $1.wireBytes }, 0])
        #expect(totals.setup.dealerBytes == [16, 0])
        #expect(totals.setup.rounds == 1)
        #expect(totals.online.seconds == nil && totals.setup.seconds == nil && totals.offline.seconds == nil)
    }

    @Test(arguments: Grouping.allCases)
    func partsAddUpToTheTotals(grouping: Grouping) throws {
        let architecture = try Small.architecture("SM+LN+G")
        let programs = try [4, 5, 6].map {
            try ForwardPass(architecture: architecture, new: $0, output: .last).program(target: .standard)
        }
        let traces = programs.map { program -> Trace in
            var trace = CostInterpreter().run(program).trace
            // Dyadic times add up exactly in any order.
            for index in 0..<program.instructionCount {
                for party in 0...1 {
                    trace.times[party][index] = InstructionTimes(
                        preparation: index % (5 - party) * 62_500_000, steps: [index % (7 - party) * 125_000_000])
                }
            }
            return trace
        }
        let report = report(programs, traces: traces)
        #expect(report.inferences == 3)
        for phase in CostReport.Phase.allCases {
            var (sent, dealt, rounds, flops, seconds) = (ByParty<Int>.zero, ByParty<Int>.zero, 0, 0, 0.0)
            for group in report.groups(by: grouping) {
                let part = group[phase]
                for party in 0...1 {
                    sent[party] += part.bytesSent[party]
                    dealt[party] += part.dealerBytes[party]
                }
                rounds += part.rounds
                flops += part.flops
                seconds += part.seconds ?? 0
            }
            let total = report.totals[phase]
            #expect(sent == total.bytesSent)
            #expect(dealt == total.dealerBytes)
            #expect(rounds == total.rounds)
            #expect(seconds == total.seconds ?? 0)
            #expect(flops == report.operations.filter { $0.phase == phase }.reduce(0) { $0 + $1.flops })
        }
        let onlineSeconds = traces.indices.reduce(0) { sum, index in
            (0..<programs[index].instructionCount).reduce(sum) { $0 + traces[index].onlineSeconds($1) }
        }
        #expect(report.totals.online.seconds == onlineSeconds)
    }

    @Test func everyPathHasOneRowForEachPhase() throws {
        let program = try ForwardPass(architecture: Small.architecture("SM+LN+G"), new: 3, output: .all).program(
            target: .standard)
        let report = report([program, program])
        let keys = report.operations.map { "\($0.path) \($0.phase)" }
        #expect(Set(keys).count == keys.count)
        let online = report.operations.filter { $0.phase == .online }.map(\.path)
        var inOrder: [String] = []
        for instruction in program.instructions where !inOrder.contains(instruction.path) {
            inOrder.append(instruction.path)
        }
        #expect(online == inOrder)
        #expect(online.contains { $0.hasPrefix("layer.1/ffn/gelu/") })
        #expect(
            report.operations.prefix(3).map(\.path) == [
                DealerMethod.maskedWeightsPath, DealerMethod.setupSeedPath, DealerMethod.inferenceSeedsPath,
            ])
    }

    @Test func inferencesAddUp() throws {
        let architecture = try Small.architecture("SM(t)+ScFuFFN")
        let programs = try [3, 4].map {
            try ForwardPass(architecture: architecture, new: $0, output: .last).program(target: .standard)
        }
        let (both, first, second) = (report(programs), report([programs[0]]), report([programs[1]]))
        #expect(both.totals.setup == first.totals.setup)
        for party in 0...1 {
            #expect(
                both.totals.online.bytesSent[party]
                    == first.totals.online.bytesSent[party] + second.totals.online.bytesSent[party])
            #expect(
                both.totals.offline.dealerBytes[party]
                    == first.totals.offline.dealerBytes[party] + second.totals.offline.dealerBytes[party])
        }
        #expect(both.totals.online.rounds == first.totals.online.rounds + second.totals.online.rounds)
    }

    @Test func depthIsThatOfAnOperationAlone() throws {
        for (parallel, rounds) in [(false, [2, 1]), (true, [1, 1])] {
            let report = report([try Small.openings(parallel: parallel)])
            let rows = report.operations.filter { $0.phase == .online && $0.depth > 0 }
            #expect(rows.map(\.path) == ["layer.0/ffn/show/open", "output/reveal/open"])
            #expect(rows.map(\.depth) == [2, 1])
            #expect(rows.map(\.rounds) == rounds)
            #expect(rows.map(\.bytesSent) == [[8, 8], [4, 0]])
        }
    }

    @Test func oneWayMessagesUnderOnePathHaveDepthOne() throws {
        let builder = ProgramBuilder()
        try builder.scope("output") {
            let x = builder.sharedInput("x", shape: [3], scale: 0, bound: 100, width: 8)
            try builder.open(x, as: "a", to: [.client])
            try builder.open(x, as: "b", to: [.client])
        }
        let row = report([builder.finish()]).operations.last { $0.phase == .online }
        #expect(row?.depth == 1)
        #expect(row?.rounds == 1)
        #expect(row?.bytesSent == [6, 0])
    }
}
