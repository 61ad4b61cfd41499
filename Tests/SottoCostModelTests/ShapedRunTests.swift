import SottoAlgebra
import SottoCostModel
import SottoModel
import SottoPreprocessing
import SottoPrivateTransformer
import SottoRandomness
import SottoSecureComputation
import SottoTransport
import Testing

/// The virtual clock of a real run and the replay of the program that was only declared.
@Suite struct ShapedRunTests {
    private static let networks = [
        Network.lan, .wan, .loopback, Network(name: "slow", megabitsPerSecond: 0.37, rttMilliseconds: 3.3),
        Network(name: "no delay", megabitsPerSecond: 7.7, rttMilliseconds: 0),
    ]

    private func program(_ notation: String, positions: Int, output: ForwardPass.Output) throws -> Program {
        try ForwardPass(
            architecture: Small.architecture(notation, layers: 1), new: positions, output: output
        ).program(target: .standard)
    }

    private func run(
        _ program: Program, notation: String, positions: Int, output: ForwardPass.Output, link: Link,
        meters: (ComputeMeter, ComputeMeter)
    ) throws -> InsecureSimulation<Ring64>.Outcome {
        let architecture = try Small.architecture(notation, layers: 1)
        let weights = try ModelWeights.random(architecture, seed: 7, standardDeviation: 0.3)
        let input =
            try output == .blocks
            ? ClientInput(hidden: [Double](repeating: 0.25, count: positions * architecture.width))
            : ClientInput(tokens: (0..<positions).map { $0 * 5 % 31 }, vocabulary: 31)
        return try InsecureSimulation(domain: Ring64()).run(
            program, server: PreparedWeights(weights), client: input, seeds: InsecureSeededSource(3), link: link,
            meters: meters)
    }

    @Test(arguments: Small.notations)
    func aRunWithoutWorkTakesWhatTheReplaySays(notation: String) throws {
        for (index, network) in Self.networks.enumerated() {
            let positions = 1 + index * 2 % 7
            let output = [ForwardPass.Output.all, .last, .blocks][index % 3]
            let program = try program(notation, positions: positions, output: output)
            let idle = ComputeMeter(substitute: { _ in 0 })
            let outcome = try run(
                program, notation: notation, positions: positions, output: output, link: network.link,
                meters: (idle, idle))
            let replay = LatencyReplay(program)
            #expect(outcome.virtualTimes?.online == replay.online(on: network.link))
            #expect(
                outcome.virtualTimes?.setup
                    == program.target.preprocessing.replaySetup(
                        program.plan, inferences: 1, on: network.link, work: .none))
            #expect(replay.online(on: network.link, trace: outcome.trace) == replay.online(on: network.link))
            #expect(replay.online(on: network.link).largest > 0)
        }
    }

    /// 1024 positions, whose scores are cut into tiles that a window admits a few at a time.
    @Test func aLongRunInTilesTakesWhatTheReplaySays() throws {
        let architecture = try Architecture(
            notation: .init("SM+LN+G"), layers: 1, heads: 2, width: 8, feedForwardWidth: 32, context: 1024,
            vocabulary: 31)
        let pass = try ForwardPass(architecture: architecture, new: 1024, output: .blocks)
        func tiling(window: Int) -> Tiling {
            Tiling(
                elements: Tiling.standard.elements, linearElements: Tiling.standard.linearElements,
                windowBytes: window)
        }
        let program = try pass.program(target: .standard, tiling: tiling(window: 4 << 20))
        let weights = PreparedWeights(try ModelWeights.random(architecture, seed: 7, standardDeviation: 0.3))
        let idle = ComputeMeter(substitute: { _ in 0 })
        let outcome = try InsecureSimulation(domain: Ring64()).run(
            program, server: weights,
            client: ClientInput(hidden: [Double](repeating: 0.25, count: 1024 * architecture.width)),
            seeds: InsecureSeededSource(3), link: Network.wan.link, meters: (idle, idle))
        #expect(outcome.virtualTimes?.online == LatencyReplay(program).online(on: Network.wan.link))
        #expect(outcome.trace.events == CostInterpreter().run(program).trace.events)
        // The window costs time; without it the program sends the same.
        let wide = try pass.program(target: .standard, tiling: tiling(window: .max))
        #expect(CostInterpreter().run(wide).trace.events == CostInterpreter().run(program).trace.events)
        #expect(
            LatencyReplay(wide).online(on: Network.wan.link).largest
                < LatencyReplay(program).online(on: Network.wan.link).largest)
    }

    /// Without a dealer, with keys alone and with the server's encrypted weights.
    @Test(arguments: [1, 1000]) func aSetupWithoutADealerTakesWhatTheReplaySays(inferences: Int) throws {
        let architecture = try Small.architecture("SM", layers: 1)
        let target = try Target(protocolName: .ot, preprocessing: .twoParty, domain: .ring64)
        let program = try ForwardPass(architecture: architecture, new: 3, output: .last).program(target: target)
        let weights = PreparedWeights(try ModelWeights.random(architecture, seed: 7, standardDeviation: 0.3))
        let idle = ComputeMeter(substitute: { _ in 0 })
        let networks = [Network.wan, Network(name: "slow", megabitsPerSecond: 37, rttMilliseconds: 3.3)]
        for network in inferences == 1 ? networks.prefix(1) : networks.suffix(1) {
            let outcome = try InsecureSimulation(domain: Ring64()).run(
                program, server: weights, client: ClientInput(tokens: [1, 2, 30], vocabulary: 31),
                seeds: InsecureSeededSource(3), setup: SimulatedSetup(of: program, inferences: inferences),
                link: network.link, meters: (idle, idle))
            let replayed = program.target.preprocessing.replaySetup(
                program.plan, inferences: inferences, on: network.link, work: .none)
            #expect(outcome.virtualTimes?.setup == replayed)
            #expect(outcome.virtualTimes?.online == LatencyReplay(program).online(on: network.link))
        }
    }

    @Test(arguments: Small.notations)
    func workIsReplayedStepByStep(notation: String) throws {
        // Repeatable, uneven, and of the size of the network's times.
        let work: @Sendable (Party, PartyStep) -> Int = { party, step in
            let place = step.place ?? 0
            return (step.instruction * 7919 + place * 104_729 + party.rawValue * 31) % 1_000_003
        }
        for (index, network) in Self.networks.enumerated() {
            let positions = 7 - index
            let output = [ForwardPass.Output.last, .blocks, .all][index % 3]
            let program = try program(notation, positions: positions, output: output)
            let outcome = try run(
                program, notation: notation, positions: positions, output: output, link: network.link,
                meters: (
                    ComputeMeter(substitute: { work(.server, $0) }), ComputeMeter(substitute: { work(.client, $0) })
                ))
            let replayed = LatencyReplay(program).online(on: network.link, work: work)
            #expect(outcome.virtualTimes?.online == replayed)
            #expect(replayed != LatencyReplay(program).online(on: network.link))
            // The trace has the same times, so that it can be replayed elsewhere.
            var session = SessionCost(networks: [network])
            session.recordSetup(of: program)
            session.record(program, trace: outcome.trace)
            let latency = try #require(session.report(Small.configuration()).latency.first)
            #expect(latency.online == Double(replayed.largest) / 1e9)
            #expect(latency.compute == .measured)
        }
    }

    @Test func measuredWorkIsReplayedToTheNanosecond() throws {
        let program = try program("SM+LN+G", positions: 4, output: .all)
        let outcome = try run(
            program, notation: "SM+LN+G", positions: 4, output: .all, link: Network.lan.link,
            meters: (ComputeMeter(), ComputeMeter()))
        var session = SessionCost(networks: [.lan, .wan])
        session.recordSetup(of: program)
        session.record(program, trace: outcome.trace)
        let latency = session.report(Small.configuration()).latency
        #expect(latency[0].online == Double(outcome.virtualTimes!.online.largest) / 1e9)
        #expect(latency[1].online > latency[0].online)
        // All of the work is in the trace and nothing of it in the network's share.
        let idle = LatencyReplay(program).online(on: Network.lan.link).largest
        #expect(outcome.virtualTimes!.online.largest > idle)
        #expect(outcome.trace.times.values.allSatisfy { $0.count == program.instructionCount })
        #expect(outcome.trace.times.values.joined().allSatisfy { $0.value.preparation >= 0 && $0.value.online > 0 })
    }
}
