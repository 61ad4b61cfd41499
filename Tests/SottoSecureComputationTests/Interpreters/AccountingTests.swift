import SottoAlgebra
import SottoSecureComputation
import TestSupport
import Testing

/// The rules of rounds, on examples computed by hand.
@Suite struct AccountingTests {
    private let builder = ProgramBuilder()

    private func secret(_ name: String = "x", count: Int = 8) -> Secret {
        builder.input(name, owner: .client, shape: [count], scale: 0, bound: 7)
    }

    private func cost() -> ProgramCost { CostInterpreter().run(builder.finish()) }

    private func oneWay(_ x: Secret, _ receiver: Party) throws {
        try builder.open(x, as: "to \(receiver)", to: [receiver])
    }

    @Test func exchangeIsOneRound() throws {
        _ = try builder.openMasked(secret())
        let cost = cost()
        #expect(cost.rounds == 1)
        #expect(cost.trace.events.map(\.depth) == [1, 1])
        #expect(cost.instructions.last?.clocks == Clocks(server: 1, client: 1))
        #expect(cost.onlineBytes == [64, 64])
    }

    @Test func requestAndAnswerAreTwoRounds() throws {
        let x = secret()
        try oneWay(x, .server)
        try oneWay(x, .client)
        let cost = cost()
        #expect(cost.trace.events.map(\.sender) == [.client, .server])
        #expect(cost.trace.events.map(\.depth) == [1, 2])
        #expect(cost.instructions.map(\.rounds) == [0, 1, 1])
        #expect(cost.instructions.map(\.depth) == [0, 1, 1])
        #expect(cost.instructions.last?.clocks == Clocks(server: 1, client: 2))
    }

    @Test func sendingAloneRaisesNothing() throws {
        let x = secret()
        for _ in 0..<3 { try oneWay(x, .server) }
        let cost = cost()
        // Three messages one way, none waits for another.
        #expect(cost.trace.events.map(\.depth) == [1, 1, 1])
        #expect(cost.rounds == 1)
        #expect(cost.instructions.last?.clocks == Clocks(server: 1, client: 0))
    }

    @Test func oneWayThenExchange() throws {
        let x = secret()
        try oneWay(x, .server)
        _ = try builder.openMasked(x)
        let cost = cost()
        // The server answers after the first message, the client need not wait.
        #expect(cost.trace.events.map { [$0.sender.rawValue, $0.depth] } == [[1, 1], [0, 2], [1, 1]])
        #expect(cost.instructions.last?.clocks == Clocks(server: 1, client: 2))
        #expect(cost.rounds == 2)
    }

    @Test func branchesJoinByTheLargerOfEachClock() throws {
        let x = secret()
        try oneWay(x, .client)
        _ = try builder.parallel(
            {
                try oneWay(x, .server)
                try oneWay(x, .server)
            },
            {
                try oneWay(x, .client)
                _ = try builder.openMasked(x)
                _ = try builder.openMasked(x)
            })
        _ = try builder.openMasked(x)
        let cost = cost()
        // Start (0, 1). First branch (2, 1). Second branch: (0, 1), then (2, 1), then (2, 3). Join (2, 3).
        #expect(
            cost.instructions.dropFirst().map(\.clocks) == [
                Clocks(server: 0, client: 1), Clocks(server: 2, client: 1), Clocks(server: 2, client: 1),
                Clocks(server: 0, client: 1), Clocks(server: 2, client: 1), Clocks(server: 2, client: 3),
                Clocks(server: 4, client: 3),
            ])
        #expect(cost.instructions.map(\.rounds) == [0, 1, 1, 0, 0, 0, 1, 1])
        #expect(cost.rounds == 4)
    }

    @Test func nestedBranchesAndOneWayProductsBesideComparisons() throws {
        var generator = SeededGenerator(1)
        for (count, columns) in [(1, 1), (3, 5), (8, 7), (9, 2)] {
            let b = ProgramBuilder()
            let x = b.input("x", owner: .client, shape: [count, columns], scale: 0, bound: 0x1p20)
            let weight = ServerTensor(name: "w", shape: [columns, 3], scale: 0, width: 64)
            func product(_ x: Secret) throws -> Secret {
                try b.multiply(
                    b.maskForServer(x), server: weight, shape: .matrix(batch: 1, m: count, k: columns, n: 3),
                    outputShape: [count, 3], bound: 0x1p40)
            }
            let (bits, y, nested) = try b.parallel(
                { try b.compare(x, thresholds: [1, 2]) },
                {
                    let y = try product(x)
                    return try b.multiply(
                        b.maskForServer(try b.truncate(y, by: 10, toWidth: 64)),
                        server: ServerTensor(name: "v", shape: [3, columns], scale: 0, width: 64),
                        shape: .matrix(batch: 1, m: count, k: 3, n: columns), outputShape: [count, columns],
                        bound: 0x1p50)
                },
                {
                    try b.parallel(
                        { try product(x) },
                        { try b.truncate(x, by: 4, toWidth: 64) },
                        { try b.parallel({ try b.multiply(x, x) }, { try product(x) }).1 })
                })
            let selected = try b.select(
                bits, SelectionTable(rows: [[0, 1], [0, 2], [0, 3]]), of: x, scale: 0, magnitude: 0x1p22)
            for (index, secret) in [y, nested.0, nested.1, nested.2, selected].enumerated() {
                try b.open(secret.promised(below: 0x1p60), as: "\(index)", to: [index % 2 == 0 ? .client : .server])
            }
            let run = try ProgramRunner(
                b.finish(),
                server: [
                    "w": generator.integers(columns * 3, bits: 10), "v": generator.integers(columns * 3, bits: 10),
                ],
                client: ["x": generator.integers(count * columns, bits: 20)])
            #expect(run.costIsExact)
            // Selection is exact, and so are the products that no truncation precedes.
            for name in ["1", "3", "4"] { #expect(run.opened(name) == run.reference(name)) }
            // Product, truncation, product: 1, then (server 2, client 2...), beside a comparison of 1 + 2 levels.
            #expect(run.declared.rounds == run.declared.instructions.last!.clocks.largest)
            #expect(run.declared.instructions.allSatisfy { $0.rounds >= 0 && $0.depth >= 0 })
        }
    }

    @Test func everyPrimitiveOnAGridOfOddShapes() throws {
        var generator = SeededGenerator(11)
        var shapes = [(0, 3), (1, 1), (1, 64), (5, 0), (8, 8), (13, 5)]
        for _ in 0..<20 {
            shapes.append((.random(in: 1...9, using: &generator), .random(in: 1...33, using: &generator)))
        }
        for (rows, columns) in shapes {
            let example = try EveryPrimitive(rows: rows, columns: columns)
            let run = try example.run({ Int64($0 % 4096) }, weight: -9, share: generator.next(), seed: 1).run
            #expect(run.costIsExact, "\(rows) x \(columns)")
            #expect(run.declared.rounds == run.metered.rounds)
            #expect(run.declared.onlineBytes == run.metered.onlineBytes)
            #expect(run.declared.dealerBytes == run.metered.dealerBytes)
        }
    }

    @Test func partsAddUpToTheTotals() throws {
        let example = try EveryPrimitive(rows: 3, columns: 5)
        let cost = CostInterpreter().run(example.program)
        #expect(cost.rounds == cost.instructions.map(\.rounds).reduce(0, +))
        #expect(cost.rounds == cost.trace.events.map(\.depth).max())
        for party in Party.allCases {
            #expect(
                cost.onlineBytes[party] == cost.trace.events.filter { $0.sender == party }.reduce(0) { $0 + $1.bytes })
            #expect(
                cost.dealerBytes[party] == example.program.plan.correctionBytes[party])
        }
        for instruction in cost.instructions {
            #expect(instruction.bytesSent == instruction.messages.reduce(.zero, +))
        }
        let setup = example.program.target.preprocessing.setupRows(example.program.plan, inferences: 1)
        #expect(
            setup.reduce(0) { $0 + $1.cost.bytesSent.total }
                == example.program.plan.weights.reduce(0) { $0 + $1.wireBytes })
    }

    @Test func aTraceWithoutAnEventDiffers() throws {
        let example = try EveryPrimitive(rows: 2, columns: 5)
        let run = try example.run({ Int64($0) }, weight: 3, share: 5, seed: 1).run
        #expect(run.costIsExact)
        let trace = run.outcome.trace
        for missing in trace.events.indices {
            var events = trace.events
            events.remove(at: missing)
            let replayed = CostInterpreter().replay(
                example.program, trace: Trace(events: events, dealerBytes: trace.dealerBytes))
            #expect(replayed.instructions != run.declared.instructions)
            #expect(replayed.onlineBytes != run.declared.onlineBytes)
        }
        for missing in trace.dealerBytes.keys {
            var dealt = trace.dealerBytes
            dealt[missing] = nil
            let replayed = CostInterpreter().replay(
                example.program, trace: Trace(events: trace.events, dealerBytes: dealt))
            #expect(replayed.dealerBytes != run.declared.dealerBytes)
        }
    }
}
