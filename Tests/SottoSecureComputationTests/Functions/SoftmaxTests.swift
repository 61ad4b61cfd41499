import Foundation
import SottoAlgebra
import SottoSecureComputation
import TestSupport
import Testing

@Suite struct SoftmaxTests {
    /// Largest absolute error of a private run against the exact softmax of the fixed-point scores.
    private func worst(
        _ rows: Segments, _ scores: [Double], scale: Int = 16, seed: UInt64 = 1, target: Target = .standard
    ) throws -> Double {
        let x = scores.map { Int64(($0 * 65536).rounded()) }
        let b = ProgramBuilder(target: target)
        let s = b.sharedInput("x", shape: [x.count], scale: 16, bound: 4095, width: 31)
        try b.open(try b.softmax(s, rows: rows, scale: scale), as: "p", to: [.client])
        var generator = SeededGenerator(seed)
        let run = try ProgramRunner(
            b.finish(), shared: ["x": .uniform(x, width: 31, using: &generator)], seed: seed)
        #expect(run.plaintext.violations.isEmpty)
        #expect(run.costIsExact)
        let unit = Double(sign: .plus, exponent: scale, significand: 1)
        var worst = 0.0
        var start = 0
        for _ in 0..<rows.groups {
            for length in rows.lengths {
                let row = x[start..<(start + length)].map { Double($0) / 65536 }
                let top = row.max()!
                let exponentials = row.map { exp($0 - top) }
                let sum = exponentials.reduce(0, +)
                for i in 0..<length {
                    let got = Double(run.opened("p")[start + i]) / unit
                    let plain = Double(run.reference("p")[start + i]) / unit
                    worst = max(worst, abs(got - exponentials[i] / sum), abs(plain - exponentials[i] / sum))
                }
                start += length
            }
        }
        return worst
    }

    @Test(arguments: Target.both) func randomTriangles(target: Target) throws {
        var generator = SeededGenerator(3)
        for (groups, past, new, spread) in [(2, 0, 33, 3.0), (1, 5, 20, 30.0), (3, 0, 1, 1.0), (1, 0, 96, 0.1)] {
            let rows = CausalTriangle(groups: groups, past: past, new: new).segments
            let scores = (0..<rows.elementCount).map { _ in Double.random(in: -spread...spread, using: &generator) }
            #expect(try worst(rows, scores, target: target) < 1e-3)
        }
    }

    @Test func everyShortLengthAndRaggedRows() throws {
        var generator = SeededGenerator(4)
        let rows = Segments(groups: 2, lengths: Array(1...40) + [64, 65, 127, 129])
        #expect(try worst(rows, (0..<rows.elementCount).map { _ in .random(in: -4...4, using: &generator) }) < 1e-3)
    }

    /// The rows that hurt, at the longest context.
    @Test(arguments: [1, 2, 3, 500, 1024], [Target.standard, .fssWithDealer])
    func adversarialRows(length: Int, target: Target) throws {
        try check(length: length, target)
    }

    @Test(arguments: [(2, Target.oddField), (3, .fullField), (300, .field)])
    func adversarialRowsInAField(length: Int, target: Target) throws { try check(length: length, target) }

    private func check(length: Int, _ target: Target) throws {
        let cut = -499.0 / 32
        let shapes: [(Int) -> Double] = [
            { _ in 0 },  // all equal
            { _ in -4095 },  // all equal at the end of the range
            { _ in 4095 },
            { $0 == length / 2 ? 4095 : -4095 },  // one hot
            { $0 == length - 1 ? 20 : 0 },
            { $0 % 2 == 0 ? 4095 : -4095 },  // half
            { -Double($0) },  // steep slopes
            { Double($0) * 3.9 },
            { -Double($0) / 64 },
            { $0 == 0 ? 0 : cut + 0.02 },  // all others just above the exponential's cut
            { $0 == 0 ? 0 : cut - 0.02 },
            { $0 == 0 ? 4095 : 4095 - 7.5 },  // a sum made of small terms
            { $0 % 2 == 0 ? 0.015 : 0 },  // maxima that the coarse comparison cannot tell apart
        ]
        let rows = Segments(groups: 1, lengths: [Int](repeating: length, count: shapes.count))
        let scores = shapes.flatMap { shape in (0..<length).map { max(-4095, min(4095, shape($0))) } }
        #expect(try worst(rows, scores, seed: UInt64(length), target: target) < 1e-3)
    }

    @Test func scaleOfTheResult() throws {
        #expect(try worst(Segments(groups: 1, lengths: [3, 9]), (0..<12).map { Double($0) / 4 }, scale: 12) < 1e-3)
    }

    @Test func scoresBeyondTheBoundAreReported() throws {
        let b = ProgramBuilder()
        let s = b.input("x", owner: .client, shape: [4], scale: 16, bound: 4095).narrowed(to: 31)
        _ = try b.softmax(s, rows: Segments(groups: 1, lengths: [4]), scale: 16)
        let program = b.finish()
        func violations(_ x: [Int64]) throws -> [RangeViolation] {
            try PlaintextInterpreter().run(program, tensors: TensorDictionary(["x": x])).violations
        }
        #expect(try violations([0, 4095 << 16, -4095 << 16, 1]).isEmpty)
        #expect(try !violations([0, 20000 << 16, -20000 << 16, 1]).isEmpty)
    }
}
