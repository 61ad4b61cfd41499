import Foundation
import SottoAlgebra
import SottoSecureComputation
import TestSupport
import Testing

@Suite struct RMSNormTests {
    /// Largest `|error| / (1 + |y|)` of a private run; `plaintext` bounds that of the plaintext one.
    private func worst(
        _ rows: [[Double]], epsilon: Double = 1e-5, plaintext: Double = 2e-3, seed: UInt64 = 1,
        target: Target = .standard
    ) throws -> Double {
        let columns = rows[0].count
        let x = rows.flatMap { $0.map { Int64(($0 * 65536).rounded()) } }
        let b = ProgramBuilder(target: target)
        let s = b.sharedInput("x", shape: [rows.count, columns], scale: 16, bound: 4095, width: 30)
        try b.open(
            try b.rmsNorm(s, rows: rows.count, columns: columns, epsilon: epsilon, scale: 16), as: "y", to: [.client])
        var generator = SeededGenerator(seed)
        let run = try ProgramRunner(
            b.finish(), shared: ["x": .uniform(x, width: 30, using: &generator)], seed: seed)
        #expect(run.plaintext.violations.isEmpty)
        #expect(run.costIsExact)
        var worst = [0.0, 0.0]
        for row in rows.indices {
            let values = x[(row * columns)..<((row + 1) * columns)].map { Double($0) / 65536 }
            let square = values.reduce(0) { $0 + $1 * $1 } / Double(columns)
            for i in 0..<columns {
                let y = values[i] / (square + epsilon).squareRoot()
                for (interpreter, result) in [run.opened("y"), run.reference("y")].enumerated() {
                    let error = abs(Double(result[row * columns + i]) / 65536 - y) / (1 + abs(y))
                    worst[interpreter] = max(worst[interpreter], error)
                }
            }
        }
        #expect(worst[1] < plaintext)
        return worst[0]
    }

    /// Mean squares from 1e-4 to 1e6, each a power of ten apart.
    @Test(
        arguments: [1, 2, 3, 61, 62, 63, 64, 768, 2048, 4096, 8191, 8192].map { ($0, Target.standard) }
            + [1, 2, 63, 768, 8192].map { ($0, .fssWithDealer) })
    func everyWidthAndMagnitude(columns: Int, target: Target) throws { try check(columns: columns, target) }

    @Test(arguments: [(1, Target.field), (62, .oddField), (63, .fullField), (768, .field)])
    func widthsAndMagnitudesInAField(columns: Int, target: Target) throws {
        try check(columns: columns, target)
    }

    private func check(columns: Int, _ target: Target) throws {
        var generator = SeededGenerator(UInt64(columns))
        var rows: [[Double]] = []
        for power in -4...6 {
            let deviation = Foundation.pow(10, Double(power) / 2)
            rows.append((0..<columns).map { ($0 % 2 == 0 ? 1 : -1) * deviation })
            rows.append((0..<columns).map { _ in .random(in: -1.7...1.7, using: &generator) * deviation })
        }
        // At 4096 columns a root mean square of 0.01 is 41 units when it is squared. Rounding them all down, as the plaintext
        // interpreter does, shows where all magnitudes are equal; the private run rounds without bias.
        #expect(
            try worst(rows, plaintext: columns >= 2048 ? 6e-3 : 2e-3, seed: UInt64(columns), target: target)
                < 2e-3)
    }

    /// Without a mean to subtract, a common part of all elements stays.
    @Test(arguments: [2, 3, 64, 768, 4096, 8192])
    func outliersAndMeans(columns: Int) throws {
        var generator = SeededGenerator(UInt64(columns) + 9)
        func noise(_ deviation: Double, mean: Double = 0) -> [Double] {
            (0..<columns).map { _ in mean + .random(in: -1.7...1.7, using: &generator) * deviation }
        }
        func with(_ outlier: Double, in row: [Double]) -> [Double] {
            var row = row
            row[columns / 2] = outlier
            return row
        }
        let rows: [[Double]] = [
            with(4095, in: noise(0)), with(-4095, in: noise(0)), with(4000, in: noise(1)), with(4000, in: noise(0.01)),
            with(3000, in: noise(10)), noise(0.01, mean: 4000), noise(1, mean: -4000), noise(0.01, mean: 100),
            [Double](repeating: 4095, count: columns), [Double](repeating: -4095, count: columns),
            (0..<columns).map { $0 % 2 == 0 ? 4095 : -4095 },
        ]
        #expect(try worst(rows, seed: 3) < 2e-3)
    }

    /// Where epsilon outweighs the squares the result is small, and zero gives zero.
    @Test(arguments: [1e-6, 1e-5, 1e-3, 1])
    func epsilonsAndTinyRows(epsilon: Double) throws {
        var generator = SeededGenerator(5)
        let rows =
            [0, 1.0 / 65536, 0.001, 0.01, 1, 30].map { deviation in
                (0..<96).map { _ in Double.random(in: -1...1, using: &generator) * deviation }
            } + [[Double](repeating: 1.0 / 65536, count: 96), [Double](repeating: 0, count: 96)]
        #expect(try worst(rows, epsilon: epsilon) < 2e-3)
    }

    /// An input that one party holds has shares as good as random ones.
    @Test(arguments: Party.allCases)
    func inputsOfOneParty(owner: Party) throws {
        let columns = 4096
        let x = (0..<columns).map { Int64($0 % 2 == 0 ? 655 : -655) }
        let b = ProgramBuilder()
        let s = b.input("x", owner: owner, shape: [1, columns], scale: 16, bound: 4095).narrowed(to: 30)
        try b.open(try b.rmsNorm(s, rows: 1, columns: columns, epsilon: 1e-6, scale: 16), as: "y", to: [.client])
        let run = try ProgramRunner(
            b.finish(), server: owner == .server ? ["x": x] : [:], client: owner == .client ? ["x": x] : [:])
        let square = (655.0 / 65536) * (655.0 / 65536)
        for (got, value) in zip(run.opened("y"), x) {
            let y = Double(value) / 65536 / (square + 1e-6).squareRoot()
            #expect(abs(Double(got) / 65536 - y) < 2e-3 * (1 + abs(y)))
        }
    }

    /// The doc comment's communication, to the byte, and fewer rounds and bytes than LayerNorm.
    @Test(arguments: [(62, 0), (63, 53), (4096, 56), (8192, 55)])
    func communication(columns: Int, ring: Int) throws {
        func program(_ norm: (ProgramBuilder, Secret) throws -> Secret) throws -> Program {
            let b = ProgramBuilder()
            let s = b.sharedInput("x", shape: [3, columns], scale: 16, bound: 4095, width: 30)
            _ = try norm(b, s)
            return b.finish()
        }
        let rms = try program { try $0.rmsNorm($1, rows: 3, columns: columns, epsilon: 1e-6, scale: 16) }
        let layer = try program { try $0.layerNorm($1, rows: 3, columns: columns, epsilon: 1e-6, scale: 16) }
        let opening = try #require(rms.instructions.first { $0.path == "mean-square.open-masked" }).primitive
        #expect(opening.outputs.count == (columns < 63 ? 1 : 2))
        let whole = WireSize.bytes(count: 3 * columns, width: 64)
        let product = WireSize.bytes(count: 3 * columns, width: ring)
        #expect(opening.rounds[0] == [whole + product, whole + product])
        let (ours, theirs) = (CostInterpreter().run(rms), CostInterpreter().run(layer))
        #expect(ours.rounds < theirs.rounds)
        #expect(zip(ours.onlineBytes.values, theirs.onlineBytes.values).allSatisfy { $0 < $1 })
    }

    @Test func activationsBeyondTheBoundAreReported() throws {
        let b = ProgramBuilder()
        let x = b.input("x", owner: .client, shape: [2, 3], scale: 16, bound: 4095).narrowed(to: 30)
        _ = try b.rmsNorm(x, rows: 2, columns: 3, epsilon: 1e-5, scale: 16)
        let state = try PlaintextInterpreter().run(
            b.finish(), tensors: TensorDictionary(["x": [0, 1, 2, 30000 << 16, 0, -30000 << 16]]))
        #expect(!state.violations.isEmpty)
    }

    @Test func epsilonMustFit() throws {
        let b = ProgramBuilder()
        let x = b.input("x", owner: .client, shape: [2, 3], scale: 16, bound: 4095).narrowed(to: 30)
        for epsilon in [0, -1, 1e-30, 1e30] {
            #expect(throws: ProgramError.self) {
                try b.scope("norm") { try b.rmsNorm(x, rows: 2, columns: 3, epsilon: epsilon, scale: 16) }
            }
        }
    }
}
