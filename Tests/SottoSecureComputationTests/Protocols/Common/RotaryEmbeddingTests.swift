import Foundation
import SottoAlgebra
import SottoRandomness
import SottoSecureComputation
import TestSupport
import Testing

@Suite struct RotaryEmbeddingTests {
    private func run(
        _ values: [Int64], rows: Int, heads: Int, theta: Double = 10000, first: Int = 0, coefficientScale: Int = 16,
        seed: UInt64 = 1
    ) throws -> ProgramRunner {
        var generator = SeededGenerator(seed)
        let b = ProgramBuilder()
        let x = b.sharedInput("x", shape: [rows, values.count / rows], scale: 16, bound: 4095, width: 63)
        let y = try b.rotate(
            x, heads: heads, theta: theta, firstPosition: first, coefficientScale: coefficientScale, bound: 4095)
        #expect(y.scale == 16 + coefficientScale && y.width == 63 && y.shape == x.shape)
        try b.open(y, as: "y", to: [.client])
        return try ProgramRunner(
            b.finish(), shared: ["x": .adversarial(values, width: 63, using: &generator)], seed: seed)
    }

    /// Every pair of every head at every position, against the mathematical library's cosines.
    @Test(arguments: [(1, 1, 2), (1, 3, 4), (5, 2, 6), (3, 1, 128), (7, 5, 10)], [0, 1, 2047, 65000])
    func rotatesEveryPair(_ sizes: (rows: Int, heads: Int, width: Int), first: Int) throws {
        let (rows, heads, width) = sizes
        var generator = SeededGenerator(UInt64(first + width))
        let x = generator.integers(rows * heads * width, bits: 27)
        for theta in [1, 10000, 500_000.0] {
            let run = try run(x, rows: rows, heads: heads, theta: theta, first: first)
            #expect(run.opened("y") == run.reference("y"))
            #expect(run.costIsExact && run.declared.onlineBytes == [WireSize.bytes(count: x.count, width: 63), 0])
            var worst = 0.0
            for index in x.indices {
                let (row, element) = (index / (heads * width), index % width)
                let pair = element % (width / 2)
                let other = element < width / 2 ? index + width / 2 : index - width / 2
                let angle = Double(first + row) * pow(theta, -2 * Double(pair) / Double(width))
                let sign = element < width / 2 ? -1.0 : 1
                let exact = Double(x[index]) * cos(angle) + sign * Double(x[other]) * sin(angle)
                let allowed = Double(x[index].magnitude + x[other].magnitude) + 1
                worst = max(worst, abs(Double(run.opened("y")[index]) - exact * 65536) / allowed)
            }
            // Rounding to the nearest coefficient leaves half a unit; the angle's own error is far below.
            #expect(worst < 0.51)
        }
    }

    @Test func positionZeroIsTheIdentity() throws {
        var generator = SeededGenerator(3)
        let x = generator.integers(24, bits: 27)
        #expect(try run(x, rows: 1, heads: 3).opened("y") == x.map { $0 << 16 })
    }

    /// `q_i·k_j` depends on the distance of the positions alone.
    @Test func scoresDependOnDistances() throws {
        let (rows, width) = (6, 8)
        var generator = SeededGenerator(5)
        let q = generator.integers(width, bits: 18)
        let k = generator.integers(width, bits: 18)
        func rotated(_ x: [Int64]) throws -> [[Double]] {
            let all = try run((0..<rows).flatMap { _ in x }, rows: rows, heads: 1, theta: 100).opened("y")
            return (0..<rows).map { row in all[(row * width)..<((row + 1) * width)].map { Double($0) / 0x1p32 } }
        }
        let (queries, keys) = (try rotated(q), try rotated(k))
        func score(_ i: Int, _ j: Int) -> Double { zip(queries[i], keys[j]).reduce(0) { $0 + $1.0 * $1.1 } }
        for distance in 0..<rows {
            for j in 0..<(rows - distance) { #expect(abs(score(j + distance, j) - score(distance, 0)) < 1e-2) }
        }
        #expect(abs(score(5, 0) - score(0, 0)) > 0.1)
    }

    /// The coefficients of 2048 positions of LLaMA's heads, hashed: the same on every host, whatever its libraries.
    @Test func coefficientsAreTheSameEverywhere() throws {
        let (rows, width) = (2048, 128)
        let ones = (0..<(rows * width)).map { Int64($0 % width < width / 2 ? 1 : 0) }
        let b = ProgramBuilder()
        let x = b.input("x", owner: .client, shape: [rows, width], scale: 0, bound: 1)
        let y = try b.rotate(x, heads: 1, theta: 10000, firstPosition: 0, coefficientScale: 16, bound: 2)
        try b.open(y, as: "y", to: [.client])
        let state = try PlaintextInterpreter().run(b.finish(), tensors: TensorDictionary(["x": ones]))
        let table = try #require(state.opened["y"])
        let bytes = table.flatMap { value in (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
        let digest = try Digest.sha256(bytes).prefix(8).map { String(format: "%02x", $0) }.joined()
        #expect(digest == "3fb60beee2b05deb")
        #expect(table[0] == 65536 && table[64] == 0)
    }

    @Test func impossibleRotationsAreRefused() throws {
        let b = ProgramBuilder()
        let x = b.sharedInput("x", shape: [2, 12], scale: 16, bound: 4095, width: 63)
        func rotate(
            _ x: Secret, heads: Int = 2, theta: Double = 10000, first: Int = 0, scale: Int = 16
        ) throws -> Secret {
            try b.rotate(
                x, heads: heads, theta: theta, firstPosition: first, coefficientScale: scale, bound: 4095)
        }
        _ = try rotate(x)
        for heads in [0, -1, 4, 5, 12] {
            #expect(throws: ProgramError.self) { try rotate(x, heads: heads) }
        }
        for theta in [0, 0.9, -3, .nan, .infinity] {
            #expect(throws: ProgramError.self) { try rotate(x, theta: theta) }
        }
        #expect(throws: ProgramError.self) { try rotate(x, first: -1) }
        #expect(throws: ProgramError.self) { try rotate(x.reshaped([24])) }
        #expect(throws: ProgramError.headroom(path: "rotate", needed: 45, available: 44)) {
            try rotate(x.narrowed(to: 44))
        }
        #expect(try rotate(x.narrowed(to: 45)).width == 45)
    }
}
