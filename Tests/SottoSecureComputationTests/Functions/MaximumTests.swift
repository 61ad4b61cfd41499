import SottoAlgebra
import SottoSecureComputation
import TestSupport
import Testing

@Suite struct MaximumTests {
    private func check(
        _ rows: Segments, _ x: [Int64], width: Int, bits: Int, _ target: Target = .standard
    ) throws {
        var generator = SeededGenerator(1)
        let b = ProgramBuilder(target: target)
        let s = b.sharedInput(
            "x", shape: [x.count], scale: 0, bound: Double(sign: .plus, exponent: bits, significand: 1), width: width)
        try b.open(try b.maximum(s, rows: rows), as: "y", to: [.client])
        let run = try ProgramRunner(b.finish(), shared: ["x": .adversarial(x, width: width, using: &generator)])
        var expected: [Int64] = []
        var start = 0
        for _ in 0..<rows.groups {
            for length in rows.lengths {
                expected.append(x[start..<(start + length)].max()!)
                start += length
            }
        }
        #expect(run.opened("y") == expected)
        #expect(run.reference("y") == expected)
        #expect(run.plaintext.violations.isEmpty)
        #expect(run.costIsExact)
    }

    @Test(arguments: [Target.standard, .fssWithDealer]) func raggedRows(target: Target) throws {
        var generator = SeededGenerator(2)
        for rows in [
            Segments(groups: 1, lengths: Array(1...33)), Segments(groups: 3, lengths: [7, 1, 16, 2]),
            Segments(groups: 1, lengths: [1]), Segments(groups: 0, lengths: [4]),
            Segments(groups: 2, lengths: [255, 257]),
        ] {
            for (bits, width) in [(3, 6), (20, 23), (28, 31), (61, 64)] {
                try check(rows, generator.integers(rows.elementCount, bits: bits), width: width, bits: bits, target)
            }
        }
    }

    @Test(arguments: Target.fields) func raggedRowsInAField(target: Target) throws {
        var generator = SeededGenerator(2)
        for rows in [
            Segments(groups: 2, lengths: [1, 2, 3, 7, 16, 33]), Segments(groups: 0, lengths: [4]),
        ] { try check(rows, generator.integers(rows.elementCount, bits: 60), width: 64, bits: 60, target) }
    }

    @Test func tiesAndOrder() throws {
        for length in [2, 5, 8, 13] {
            let rows = Segments(groups: 4, lengths: [length])
            let x =
                (0..<length).map { _ in Int64(-7) } + (0..<length).map { Int64($0) }
                + (0..<length).map { Int64(-$0) } + (0..<length).map { $0 == length - 1 ? Int64(64) : -64 }
            try check(rows, x, width: 9, bits: 6)
        }
    }

    @Test func roundsAreThoseOfTheTournament() throws {
        // Each level is a comparison and a selection of all pairs of all rows.
        let b = ProgramBuilder()
        let s = b.sharedInput("x", shape: [36], scale: 0, bound: 7, width: 6)
        _ = try b.maximum(s, rows: CausalTriangle(groups: 1, past: 0, new: 8).segments)
        // 4 bits of difference: two leaves, one level; and one round of selection; three levels.
        #expect(CostInterpreter().run(b.finish()).rounds == 3 * (2 + 1))
    }
}
