import SottoAlgebra
import SottoSecureComputation
import TestSupport
import Testing

@Suite struct RowChoiceTests {
    /// Every candidate of rows of several lengths, with shares at the ends of their range.
    @Test(arguments: [(1, 2, 1), (5, 2, 3), (9, 4, 7), (3, 11, 2), (65, 3, 1)], DomainProfile.all)
    func everyCandidate(sizes: (count: Int, candidates: Int, columns: Int), profile: DomainProfile) throws {
        let (count, candidates, columns) = sizes
        var generator = SeededGenerator(UInt64(count))
        for width in profile.prime == nil ? [2, 17, 30, 64] : [40] {
            let x = (0..<count * candidates * columns).map { _ in
                reduced(Int64(bitPattern: generator.next()), width: min(width, 40))
            }
            for shift in 0..<candidates {
                let choices = (0..<count).map { ($0 + shift) % candidates }
                let b = ProgramBuilder(profile: profile)
                let shared = b.sharedInput(
                    "x", shape: [count, candidates, columns], scale: 3, bound: 0, width: width)
                let bits = b.clientBits("bits", shape: [count, candidates - 1], rows: 0..<count)
                let y = try b.choose(bits, of: shared)
                #expect(y.shape == [count, columns] && y.scale == 3)
                try b.open(y, as: "y", to: [.client])
                let run = try ProgramRunner(
                    b.finish(), client: ["bits": Self.bits(choices, candidates)],
                    shared: ["x": .adversarial(x, width: width, using: &generator)], seed: UInt64(shift))
                let expected = choices.enumerated().flatMap { row, choice in
                    x[(row * candidates + choice) * columns..<(row * candidates + choice + 1) * columns]
                }
                #expect(run.opened("y") == expected, "\(width) bits, \(shift)")
                #expect(run.reference("y") == expected)
                #expect(run.costIsExact)
                let cost = run.declared.instructions[2]
                let chosen = count * (candidates - 1)
                #expect(
                    cost.bytesSent == [
                        WireSize.bytes(count: chosen * columns, width: y.width),
                        WireSize.bytes(count: chosen, width: 1),
                    ])
                #expect(cost.rounds == 2 && cost.dealerBytes.client == 0)
            }
        }
    }

    /// One bit for each candidate but the first.
    private static func bits(_ choices: [Int], _ candidates: Int) -> [Int64] {
        choices.flatMap { choice in (1..<candidates).map { $0 == choice ? 1 : 0 } }
    }

    @Test func rowsOfABitTensor() throws {
        let b = ProgramBuilder()
        let x = b.input("x", owner: .server, shape: [2, 3, 1], scale: 0, bound: 100)
        let bits = b.clientBits("bits", shape: [4, 2], rows: 1..<3)
        try b.open(try b.choose(bits, of: x), as: "y", to: [.client])
        // The lowest bits alone count.
        let run = try ProgramRunner(
            b.finish(), server: ["x": [1, 2, 3, 4, 5, 6]], client: ["bits": [1, 1, 2, -3, 7, 0, 1, 1]])
        #expect(run.opened("y") == [3, 5])
        #expect(run.reference("y") == [3, 5])
    }

    @Test func singleCandidatesCostNothing() throws {
        let b = ProgramBuilder()
        let x = b.input("x", owner: .server, shape: [2, 1, 3], scale: 0, bound: 100)
        let y = try b.choose(b.clientBits("bits", shape: [2, 0], rows: 0..<2), of: x)
        #expect(y.shape == [2, 3])
        #expect(b.finish().plan.correlations.isEmpty)
    }

    @Test func refusals() throws {
        let b = ProgramBuilder()
        let x = b.input("x", owner: .server, shape: [2, 3, 4], scale: 0, bound: 100)
        let bits = b.clientBits("bits", shape: [2, 3], rows: 0..<2)
        #expect(throws: ProgramError.self) { try b.choose(bits, of: x) }
        #expect(throws: ProgramError.self) { try b.choose(bits, of: x.reshaped([2, 12])) }
        #expect(throws: ProgramError.self) { try b.choose(bits, of: x.reshaped([1, 24, 1])) }
    }
}
