import SottoAlgebra
import SottoPreprocessing
import SottoSecureComputation
import SottoTransport
import TestSupport
import Testing

/// Latencies computed by hand, on a link where a byte takes a microsecond and the way 10 microseconds.
@Suite struct LatencyReplayTests {
    private let builder = ProgramBuilder()
    private let link = Link(bitsPerSecond: 8e6, delay: 10_000)

    private func secret(_ name: String = "x", count: Int = 8) -> Secret {
        builder.sharedInput(name, shape: [count], scale: 0, bound: 7, width: 8)
    }

    private func online(work: LatencyReplay.Work = { _, _ in 0 }) -> ByParty<Int> {
        LatencyReplay(builder.finish()).online(on: link, work: work)
    }

    @Test func messagesThatCrossTakeOneWay() throws {
        let x = secret()
        try builder.open(x, as: "x", to: [.server, .client])
        #expect(online() == [18_000, 18_000])
    }

    @Test func aRequestAndItsAnswerTakeTwo() throws {
        let x = secret()
        try builder.open(x, as: "a", to: [.server])
        try builder.open(x, as: "b", to: [.client])
        #expect(online() == [18_000, 36_000])
    }

    @Test func oneWayMessagesQueueAndNobodyWaits() throws {
        let x = secret()
        for name in ["a", "b", "c"] { try builder.open(x, as: name, to: [.server]) }
        #expect(online() == [3 * 8000 + 10_000, 0])
    }

    @Test func branchesShareTheLineAndTheWait() throws {
        let (x, y) = (secret("x"), secret("y", count: 3))
        _ = try builder.parallel(
            { try builder.open(x, as: "x", to: [.server, .client]) },
            { try builder.open(y, as: "y", to: [.server, .client]) })
        #expect(online() == [21_000, 21_000])
    }

    @Test func workDelaysWhatFollowsIt() throws {
        let x = secret()
        try builder.open(x, as: "x", to: [.server, .client])
        // Only the server works: 1000 before, 200 making the message, 30 taking the client's in.
        let times = online { party, step in
            guard party == .server, step.instruction == 1 else { return 0 }
            return [1000, 200, 30][step.place!]
        }
        #expect(times == [18_030, 19_200])
    }

    @Test func offlineStreamsFromTheDealer() throws {
        let x = secret()
        let masked = try builder.openMasked([x, x])
        _ = try builder.multiply(masked[0], masked[1], shape: .elementwise(count: 8), outputShape: [8])
        let program = builder.finish()
        func offline(_ work: PreprocessingWork = .none) -> ByParty<Int> {
            program.target.preprocessing.replayOffline(
                program.plan, PreprocessingMemory(), on: link, work: work)
        }
        // Request, seeds of 16 bytes, and 8 bytes of corrections for the server.
        #expect(program.plan.correctionBytes == [8, 0])
        #expect(offline() == [44_000, 36_000])
        var work = PreprocessingWork.none
        work.preparation = { party, _ in party == .server ? 100 : 7 }
        // The masks need no corrections and are ready before the product's arrive.
        #expect(offline(work) == [44_100, 36_014])
        work.dealing = { _ in 50_000 }
        #expect(offline(work) == [10_000 + 100_000 + 8000 + 10_000 + 100, 36_014])
    }

    @Test func setupIsAskedForAndStreamed() throws {
        let x = builder.input("x", owner: .client, shape: [1, 4], scale: 0, bound: 7)
        for (name, columns) in [("w", 5), ("v", 1)] {
            let y = try builder.multiply(
                builder.maskForServer(x),
                server: ServerTensor(name: name, shape: [4, columns], scale: 0, width: 64),
                shape: .matrix(batch: 1, m: 1, k: 4, n: columns), outputShape: [1, columns], bound: 1000)
            try builder.open(y, as: name, to: [.client])
        }
        let program = builder.finish()
        func setup(_ work: PreprocessingWork = .none) -> ByParty<Int> {
            program.target.preprocessing.replaySetup(program.plan, inferences: 1, on: link, work: work)
        }
        #expect(setup() == [10_000, 10_000 + 160_000 + 32_000 + 10_000])
        var work = PreprocessingWork.none
        work.weight = { party, weight in party == .server ? 1000 : 500_000 - 400_000 * weight }
        #expect(
            setup(work) == [12_000, 11_000 + 160_000 + 10_000 + 600_000])
    }

    @Test func theScheduleIsThatOfTheRun() throws {
        for (rows, columns) in [(0, 3), (1, 1), (4, 16), (5, 7)] {
            let example = try EveryPrimitive(rows: rows, columns: columns)
            let run = try example.run({ Int64($0 % 64) }, weight: 3, share: 9, seed: 2).run
            let replay = LatencyReplay(example.program)
            for party in Party.allCases {
                let steps = replay.steps(of: party)
                #expect(Set(steps).count == steps.count)
                // Every instruction starts once and has all its rounds.
                let works = steps.filter { $0.place != nil }
                #expect(
                    works.count
                        == example.program.instructions.reduce(0) { $0 + 1 + 2 * $1.rounds.count })
                let times = run.outcome.trace.times[party]
                #expect(times.count == example.program.instructionCount)
                #expect(times.values.reduce(0) { $0 + $1.steps.count } == works.count)
                let received = example.program.instructions.reduce(0) {
                    $0 + $1.rounds.count { $0[party.peer] > 0 }
                }
                #expect(steps.count { $0.kind == .receive } == received)
            }
        }
    }

    /// A peer's trace has exactly the declared messages and dealer's bytes, and times that it can have taken.
    @Test func aPeersTraceMustBeThatOfTheProgram() throws {
        let example = try EveryPrimitive(rows: 2, columns: 3)
        let program = example.program
        let run = try example.run({ Int64($0) }, weight: 3, share: 5, seed: 1).run
        let (server, client) = (run.outcome.server.trace, run.outcome.client.trace)
        func isExact(_ trace: Trace, _ party: Party = .server, longest: Int = 1 << 50) -> Bool {
            trace.isExact(for: program, PreprocessingMemory(), party: party, longest: longest)
        }
        #expect(isExact(server) && isExact(client, .client))
        #expect(!isExact(server, .client) && !isExact(client) && !isExact(server.merged(with: client)))
        #expect(!isExact(server, longest: 1) && !isExact(server, longest: 0))
        // Not one message may be missing, doubled, or other than declared in any way.
        for (index, event) in server.events.enumerated() {
            var events = server.events
            events.remove(at: index)
            #expect(!isExact(Trace(events: events, times: server.times, dealerBytes: server.dealerBytes)))
            events += [event, event]
            #expect(!isExact(Trace(events: events, times: server.times, dealerBytes: server.dealerBytes)))
        }
        let event = try #require(server.events.first)
        for wrong in [
            TraceEvent(instruction: -1, round: event.round, sender: .server, bytes: event.bytes, depth: event.depth),
            TraceEvent(
                instruction: event.instruction, round: 16, sender: .server, bytes: event.bytes, depth: event.depth),
            TraceEvent(
                instruction: event.instruction, round: event.round, sender: .client, bytes: event.bytes,
                depth: event.depth),
            TraceEvent(
                instruction: event.instruction, round: event.round, sender: .server, bytes: .max, depth: event.depth),
            TraceEvent(
                instruction: event.instruction, round: event.round, sender: .server, bytes: event.bytes, depth: .max),
        ] {
            let events = Array(server.events.dropFirst()) + [wrong]
            #expect(!isExact(Trace(events: events, times: server.times, dealerBytes: server.dealerBytes)), "\(wrong)")
        }
        let wrongTimes: [ByParty<[Int: InstructionTimes]>] = [
            [[:], [0: InstructionTimes()]], [[-1: InstructionTimes()], [:]],
            [[program.instructionCount: InstructionTimes()], [:]], [[0: InstructionTimes(preparation: -1)], [:]],
            [[0: InstructionTimes(dealing: .max)], [:]], [[0: InstructionTimes(steps: [0, -1])], [:]],
            [[0: InstructionTimes(steps: [Int](repeating: 0, count: 1000))], [:]],
            [[0: InstructionTimes(preparation: 1 << 50), 1: InstructionTimes(preparation: 1)], [:]],
        ]
        for times in wrongTimes {
            #expect(!isExact(Trace(events: server.events, times: times, dealerBytes: server.dealerBytes)))
        }
        let first = try #require(server.dealerBytes.first)
        let wrongBytes: [(Int, ByParty<Int>)] = [
            (-1, [0, 0]), (program.plan.correlations.count, [0, 0]), (first.key, [first.value.server + 1, 0]),
            (first.key, [first.value.server, 1]), (first.key, [0, first.value.server]),
        ]
        for (index, bytes) in wrongBytes {
            let dealt = server.dealerBytes.merging([index: bytes]) { $1 }
            #expect(!isExact(Trace(events: server.events, times: server.times, dealerBytes: dealt)))
        }
        #expect(!isExact(Trace(events: server.events, times: server.times)))
    }

    @Test func aMissingMessageTakesNoTimeOnTheLine() throws {
        let x = secret()
        try builder.open(x, as: "a", to: [.server])
        let program = builder.finish()
        let replay = LatencyReplay(program)
        let trace = CostInterpreter().run(program).trace
        #expect(replay.online(on: link, trace: trace) == replay.online(on: link))
        #expect(replay.online(on: link, trace: Trace()) == [10_000, 0])
        let event = try #require(trace.events.first)
        let longer = TraceEvent(
            instruction: event.instruction, round: event.round, sender: event.sender, bytes: event.bytes + 1, depth: 1)
        #expect(replay.online(on: link, trace: Trace(events: [longer])) == [19_000, 0])
    }
}
