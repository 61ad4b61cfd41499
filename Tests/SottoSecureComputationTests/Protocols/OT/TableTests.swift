import Foundation
import SottoAlgebra
import SottoApproximation
import SottoSecureComputation
import TestSupport
import Testing

/// Tables and the exponential under shares against every outcome that they may have.
@Suite struct TableTests {
    /// Ends of cells and of the window with their neighbours, ends of the range, and anything.
    private func inputs(
        _ start: Int64, cell: Int64, cells: Int64, bound: Double, _ generator: inout SeededGenerator
    ) -> [Int64] {
        let limit = Int64(bound * 65536)
        let near: [Int64] = [-17, -16, -15, -2, -1, 0, 1, 2, 15, 16, 17]
        let ends = (-2...(cells + 2)).flatMap { index in near.map { start + index * cell + $0 } }
        let powers = (4..<60).flatMap { [1 << $0, -1 << $0, 1 << $0 - 1, 1 - 1 << $0] as [Int64] }
        let anything = (0..<2000).map { _ in Int64.random(in: -limit...limit, using: &generator) }
        return (ends + powers + anything + [limit, -limit, 0]).filter { abs($0) <= limit }
    }

    private func run(
        _ x: [Int64], bound: Double, seed: UInt64, uniform: Bool,
        _ body: (ProgramBuilder, Secret) throws -> Secret
    ) throws -> ProgramRunner {
        let b = ProgramBuilder()
        let width = b.width(holding: bound * 65536)
        let s = b.sharedInput("x", shape: [x.count], scale: 16, bound: bound, width: width)
        try b.open(try body(b, s), as: "y", to: [.client])
        var generator = SeededGenerator(seed)
        let shares =
            uniform
            ? SharedTensor.uniform(x, width: width, using: &generator)
            : SharedTensor.adversarial(x, width: width, using: &generator)
        let run = try ProgramRunner(b.finish(), shared: ["x": shares], seed: seed)
        #expect(run.costIsExact && run.plaintext.violations.isEmpty)
        return run
    }

    /// Whether `y` is what one of the outcomes for `x` gives, up to the truncation of a line to 14 fraction bits.
    private func isOutcome(_ y: Int64, of x: Int64, _ table: TabulatedFunction) -> Bool {
        let above = x - table.start
        let exact = above >> Int64(table.cellBits)
        return [exact, exact - 1].contains { cell in
            guard cell >= 0 else { return y == 0 }
            guard cell < 1 << Int64(table.indexBits) else { return y == x }
            let tail = cell >= 1 << Int64(table.indexBits - 1) ? x : 0
            let digit = (above - cell << Int64(table.cellBits)) >> Int64(TabulatedFunction.droppedBits)
            return [digit, digit - 1].contains { digit in
                guard digit >= 0, digit <= 2 * table.centre else { return false }
                let line = table.line(cell: Int(cell), digit: digit)
                return abs(4 * (y - tail) - line) < 16 && (y - tail) % 4 == 0
            }
        }
    }

    @Test(arguments: [BuiltInFunctions.gelu, BuiltInFunctions.silu], [8191.0, 4095, 127, 17, 15.9])
    func tablesHaveTheirOutcomes(function: PiecewisePolynomial, bound: Double) throws {
        let table = try #require(TabulatedFunction(function, tolerance: 6e-4))
        var generator = SeededGenerator(UInt64(bound))
        let x = inputs(
            table.start, cell: 1 << Int64(table.cellBits), cells: 1 << Int64(table.indexBits), bound: bound, &generator)
        for (seed, uniform) in [(1, true), (2, true), (3, false)] as [(UInt64, Bool)] {
            let run = try run(x, bound: bound, seed: seed, uniform: uniform) { b, s in
                try b.evaluate(function, at: s, scale: 16, minimumWidth: 46)
            }
            // Without room above the window polynomials take over.
            let isTable = run.program.instructions.contains { $0.primitive.label == "look-up" }
            #expect(isTable == (bound > 16 || table.indexBits < 10))
            guard isTable else { continue }
            for results in [run.opened("y"), run.reference("y")] {
                for (x, y) in zip(x, results) {
                    #expect(isOutcome(y, of: x, table), "\(function.name) of \(x) is \(y)")
                }
            }
        }
    }

    /// Four rounds: the opening, the cell, the choice, the ring.
    @Test func costOfATable() throws {
        let b = ProgramBuilder()
        let s = b.input("x", owner: .client, shape: [64], scale: 16, bound: 4095).narrowed(to: 30)
        _ = try b.evaluate(BuiltInFunctions.gelu, at: s, scale: 16, minimumWidth: 46)
        let cost = CostInterpreter().run(b.finish())
        #expect(cost.rounds == 4)
        #expect(cost.onlineBytes.server == cost.onlineBytes.client)
    }

    @Test(arguments: [8190.0, 100, 17]) func exponentials(bound: Double) throws {
        var generator = SeededGenerator(7)
        let start = FixedPointExponential.start
        let x =
            inputs(start, cell: 1 << 14, cells: 64, bound: bound, &generator).filter { $0 <= 4096 }
            + (0..<4096).map { start + Int64($0) * 257 }.filter { $0 <= 4096 && Double(-$0) <= bound * 65536 }
        for (seed, uniform) in [(1, true), (2, true), (3, false)] as [(UInt64, Bool)] {
            let run = try run(x, bound: bound, seed: seed, uniform: uniform) { b, s in
                try b.exponential(s, scale: 22, minimumWidth: 50)
            }
            #expect(run.program.instructions.contains { $0.primitive.label == "look-up" })
            for results in [run.opened("y"), run.reference("y")] {
                for (x, y) in zip(x, results) {
                    let exact = exp(Double(x) / 65536)
                    let error = abs(Double(y) * 0x1p-22 - exact)
                    let bound = FixedPointExponential.errorBound
                    let isNear = error <= bound.relative * exact + bound.absolute + 0x1p-22
                    #expect(isNear || (y == 0 && x < start + 1 << 14), "e^\(x) is \(y)")
                }
            }
        }
    }

    /// Every value of a short ring, and the ends of all runs of ones in longer ones.
    @Test(arguments: 8...38) func rectifiersAreExact(width: Int) throws {
        var generator = SeededGenerator(UInt64(width))
        let limit = Int64(1) << Int64(width - 1) - 1
        var x = (0..<600).map { _ in Int64.random(in: -limit...limit, using: &generator) }
        x += (0..<(width - 1)).flatMap { [1 << $0, -1 << $0, 1 << $0 - 1, 1 - 1 << $0] as [Int64] } + [limit, -limit]
        if width < 11 { x += Array(-limit...limit) }
        let b = ProgramBuilder()
        let s = b.sharedInput("x", shape: [x.count], scale: 0, bound: Double(limit), width: width)
        try b.open(try b.relu(s), as: "y", to: [.client])
        let program = b.finish()
        #expect(program.instructions.contains { $0.primitive.label == "look-up-sign" } == (width <= 36))
        for (seed, shares) in [
            SharedTensor.uniform(x, width: width, using: &generator),
            .adversarial(x, width: width, using: &generator),
        ].enumerated() {
            let run = try ProgramRunner(program, shared: ["x": shares], seed: UInt64(seed))
            #expect(run.opened("y") == x.map { max(0, $0) })
            #expect(run.reference("y") == x.map { max(0, $0) })
            #expect(run.costIsExact)
            if width <= 36 { #expect(run.declared.rounds == 3 + 1) }
        }
    }

    /// Inputs with fewer or more fraction bits, results at other scales.
    @Test(arguments: [(10, 16), (16, 12), (20, 18)]) func scales(input: Int, output: Int) throws {
        let unit = Double(1 << input)
        let x = (-300...300).map { Int64(Double($0) / 30 * unit) }
        let b = ProgramBuilder()
        let s = b.input("x", owner: .client, shape: [x.count], scale: input, bound: 16)
        try b.open(try b.evaluate(BuiltInFunctions.gelu, at: s, scale: output), as: "y", to: [.client])
        try b.open(
            try b.exponential(try b.combine([(s, 1)], constant: -11 << Int64(input)), scale: output), as: "e",
            to: [.client])
        let run = try ProgramRunner(b.finish(), client: ["x": x])
        for (index, raw) in x.enumerated() {
            let value = Double(raw) / unit
            let (y, e) = (run.opened("y")[index], run.opened("e")[index])
            let truncated = 1 / Double(1 << output)
            #expect(abs(Double(y) / Double(1 << output) - ExactFunctions.gelu(value)) < 1e-3 + truncated)
            #expect(abs(Double(e) / Double(1 << output) - exp(value - 11)) < 2e-4 + truncated)
        }
        #expect(run.costIsExact)
    }
}
