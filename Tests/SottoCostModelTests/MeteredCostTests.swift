import SottoCostModel
import SottoModel
import SottoPreprocessing
import SottoPrivateTransformer
import SottoRandomness
import SottoSecureComputation
import TestSupport
import Testing

@Suite struct MeteredCostTests {
    private struct Run {
        let program: Program
        let trace: Trace
        let declared: CostReport
        let metered: CostReport

        init(_ notation: String, output: ForwardPass.Output = .all, target: Target = .standard) throws {
            let architecture = try Small.architecture(notation, layers: 1)
            let weights = try ModelWeights.random(architecture, seed: 7, standardDeviation: 0.3)
            program = try ForwardPass(architecture: architecture, new: 4, output: output).program(
                target: target)
            let outcome = try program.simulated(
                server: PreparedWeights(weights),
                client: ClientInput(tokens: [3, 0, 30, 3], vocabulary: 31), seeds: InsecureSeededSource(5))
            trace = outcome.trace
            var (declared, metered) = (SessionCost(), SessionCost())
            declared.recordSetup(of: program)
            declared.record(program)
            metered.recordSetup(of: program, sent: outcome.setup.client.bytesSent, seconds: outcome.setupSeconds)
            metered.record(program, trace: trace)
            self.declared = declared.report(Small.configuration())
            self.metered = metered.report(Small.configuration())
        }

        /// The trace with one message changed or dropped.
        func tampered(_ index: Int, bytes: Int?) -> Trace {
            var events = trace.events
            let old = events.remove(at: index)
            if let bytes {
                events.append(
                    TraceEvent(
                        instruction: old.instruction, round: old.round, sender: old.sender, bytes: bytes,
                        depth: old.depth))
            }
            return Trace(events: events, dealerBytes: trace.dealerBytes)
        }

        func metered(_ trace: Trace) -> CostReport {
            var session = SessionCost()
            session.recordSetup(of: program)
            session.record(program, trace: trace)
            return session.report(Small.configuration())
        }
    }

    @Test(arguments: Small.notations, Target.all)
    func meteredEqualsDeclared(notation: String, target: Target) throws {
        let run = try Run(notation, target: target)
        #expect(run.metered.firstDifference(from: run.declared) == nil)
        #expect(run.trace.events == CostInterpreter().run(run.program).trace.events)
        #expect(run.metered.totals.online.seconds ?? 0 > 0)
        #expect(run.metered.totals.offline.seconds ?? 0 > 0)
        #expect(run.declared.operations.allSatisfy { $0.seconds == nil })
        #expect(run.metered.operations.allSatisfy { $0.seconds != nil })
    }

    @Test(arguments: [0, 7, 40])
    func aDifferenceIsNamed(index: Int) throws {
        let run = try Run("SM+LN+G", output: .last)
        let event = run.trace.events[index]
        let path = run.program.instructions[event.instruction].path
        let longer = run.metered(run.tampered(index, bytes: event.bytes + 1))
        let difference = try #require(longer.firstDifference(from: run.declared))
        #expect(difference.path == path)
        #expect(difference.quantity == "online bytes_sent")
        #expect(difference.description.hasPrefix("\(path): online bytes_sent is ["))
        let shorter = run.metered(run.tampered(index, bytes: nil))
        #expect(shorter.firstDifference(from: run.declared)?.path == path)
        let byTrace = run.tampered(index, bytes: nil).firstDifference(from: run.trace, in: run.program)
        #expect(byTrace?.path == path)
    }

    @Test func aDealerThatSentAnotherAmountIsNamed() throws {
        let run = try Run("SM+R")
        let (correlation, bytes) = try #require(run.trace.dealerBytes.max { $0.key < $1.key })
        let path = try #require(
            run.program.instructions.first { $0.correlations.contains(correlation) }?.path)
        var trace = run.trace
        trace.dealerBytes[correlation] = [bytes[0] - 1, bytes[1]]
        let difference = run.metered(trace).firstDifference(from: run.declared)
        #expect(difference?.path == path)
        #expect(difference?.quantity == "offline dealer_bytes")
        #expect(trace.firstDifference(from: run.trace, in: run.program)?.path == path)
    }

    @Test func aReportOfAnotherLengthDiffers() throws {
        let short = try Run("SM")
        let long = try Run("SM+G")
        #expect(short.declared.firstDifference(from: long.declared) != nil)
        var empty = SessionCost()
        empty.recordSetup(of: short.program)
        let difference = empty.report(Small.configuration()).firstDifference(from: short.declared)
        #expect(difference?.quantity == "number of operations")
        #expect(difference?.path == DealerMethod.inferenceSeedsPath)
    }
}
