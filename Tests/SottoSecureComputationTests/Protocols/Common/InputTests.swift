import SottoAlgebra
import SottoSecureComputation
import TestSupport
import Testing

@Suite struct InputTests {
    @Test(arguments: [0, 1, 7, 64, 65], DomainProfile.all)
    func everyOwnerAndSharing(count: Int, profile: DomainProfile) throws {
        var generator = SeededGenerator(UInt64(count))
        let ofServer = generator.integers(count, bits: 40)
        let ofClient = generator.integers(count, bits: 40).reversed() as [Int64]
        let ofBoth = generator.integers(count, bits: 40)
        let b = ProgramBuilder(profile: profile)
        let p = b.input("p", owner: .server, shape: [count], scale: 0, bound: 0x1p41)
        let q = b.input("q", owner: .client, shape: [count], scale: 0, bound: 0x1p41)
        let s = b.sharedInput("s", shape: [count], scale: 0, bound: 0x1p41, width: 44)
        for (name, x) in [("p", p), ("q", q), ("s", s)] { try b.open(x, as: name, to: Party.allCases) }
        try b.open(try b.combine([(p, 1), (q, 1), (s, 1)]), as: "sum", to: [.server])
        let run = try ProgramRunner(
            b.finish(), server: ["p": ofServer], client: ["q": ofClient],
            shared: ["s": .adversarial(ofBoth, width: 44, using: &generator)])
        #expect(run.opened("p") == ofServer)
        #expect(run.opened("q") == ofClient)
        #expect(run.opened("s") == ofBoth)
        #expect(run.opened("sum") == zip(zip(ofServer, ofClient), ofBoth).map { $0.0 + $0.1 + $1 })
        #expect(run.outcome.client.opened["sum"] == nil)
        #expect(run.costIsExact)
    }

    @Test func sharedInputReturnsToItsRange() throws {
        // The sum of both shares is taken in the ring: all ones and one unit are zero.
        let b = ProgramBuilder()
        let s = b.sharedInput("s", shape: [4], scale: 0, bound: 15, width: 5)
        try b.open(s, as: "s", to: [.client])
        let shared = SharedTensor(values: [0, -1, -16, 15], server: [31, 16, 8, 16], client: [1, 15, 8, 31])
        #expect(try ProgramRunner(b.finish(), shared: ["s": shared]).opened("s") == [0, -1, -16, 15])
    }

    @Test(arguments: DomainProfile.both) func serverTensorThroughMaps(profile: DomainProfile) throws {
        var generator = SeededGenerator(3)
        let (rows, columns) = (5, 9)
        let x = generator.integers(rows * columns, bits: 30)
        let bias = generator.integers(columns, bits: 30)
        let wide = generator.integers(columns + 4, bits: 30)
        let b = ProgramBuilder(profile: profile)
        let s = b.sharedInput("x", shape: [rows, columns], scale: 3, bound: 0x1p28, width: 36)
        let transposed = try b.map(s, .permute(shape: [rows, columns], order: [1, 0]), shape: [columns, rows])
        let biased = try b.add(
            transposed, serverTensor: "bias", shape: [columns],
            maps: [.segmentBroadcast(Segments(rows: columns, columns: rows))], bound: 0x1p28)
        let twice = try b.add(
            biased, serverTensor: "wide", shape: [columns + 4],
            maps: [
                .slice(shape: [columns + 4], axis: 0, range: 3..<(columns + 3)),
                .segmentBroadcast(Segments(rows: columns, columns: rows)),
            ], bound: 0x1p28)
        try b.open(twice, as: "y", to: [.client])
        let run = try ProgramRunner(
            b.finish(), server: ["bias": bias, "wide": wide],
            shared: ["x": .adversarial(x, width: 36, using: &generator)])
        let expected = (0..<columns).flatMap { column in
            (0..<rows).map { x[$0 * columns + column] + bias[column] + wide[column + 3] }
        }
        #expect(run.opened("y") == expected)
        #expect(run.reference("y") == expected)
        #expect(run.costIsExact)
    }

    @Test func missingAndMisshapenInputsAreNamed() throws {
        let b = ProgramBuilder()
        try b.open(b.input("x", owner: .server, shape: [3], scale: 0, bound: 5), as: "y", to: [.client])
        let program = b.finish()
        #expect(throws: InterpreterError.missingInput(name: "x")) { try ProgramRunner(program) }
        #expect(throws: InterpreterError.inputSize(name: "x", expected: 3, got: 2)) {
            try ProgramRunner(program, server: ["x": [1, 2]])
        }
    }
}
