import Foundation
import SottoAlgebra
import SottoSecureComputation
import TestSupport
import Testing

@Suite struct LayerNormTests {
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
            try b.layerNorm(s, rows: rows.count, columns: columns, epsilon: epsilon, scale: 16), as: "y", to: [.client])
        var generator = SeededGenerator(seed)
        let run = try ProgramRunner(
            b.finish(), shared: ["x": .uniform(x, width: 30, using: &generator)], seed: seed)
        #expect(run.plaintext.violations.isEmpty)
        #expect(run.costIsExact)
        var worst = [0.0, 0.0]
        for row in rows.indices {
            let values = x[(row * columns)..<((row + 1) * columns)].map { Double($0) / 65536 }
            let mean = values.reduce(0, +) / Double(columns)
            let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(columns)
            for i in 0..<columns {
                let y = (values[i] - mean) / (variance + epsilon).squareRoot()
                for (interpreter, result) in [run.opened("y"), run.reference("y")].enumerated() {
                    let error = abs(Double(result[row * columns + i]) / 65536 - y) / (1 + abs(y))
                    worst[interpreter] = max(worst[interpreter], error)
                }
            }
        }
        #expect(worst[1] < plaintext)
        return worst[0]
    }

    /// Variances from 1e-4 to 1e6 (as far as activations below 4095 have them), each a power of ten apart.
    @Test(arguments: [1, 2, 3, 64, 768, 1600, 8191, 8192], [Target.standard, .fssWithDealer])
    func everyWidthAndVariance(columns: Int, target: Target) throws { try check(columns: columns, target) }

    @Test(arguments: [(1, Target.field), (3, .oddField), (64, .fullField), (768, .field), (1600, .field)])
    func widthsAndVariancesInAField(columns: Int, target: Target) throws {
        try check(columns: columns, target)
    }

    private func check(columns: Int, _ target: Target) throws {
        var generator = SeededGenerator(UInt64(columns))
        var rows: [[Double]] = []
        for power in -4...6 {
            let deviation = Foundation.pow(10, Double(power) / 2)
            // Signs give the exact deviation; ends of uniform noise go a little beyond.
            rows.append((0..<columns).map { ($0 % 2 == 0 ? 1 : -1) * deviation })
            rows.append((0..<columns).map { _ in .random(in: -1.7...1.7, using: &generator) * deviation })
        }
        // At 8192 columns a standard deviation of 0.01 is 41 units when it is squared. Rounding them all down, as the
        // plaintext interpreter does, shows where all magnitudes are equal; the private run rounds without bias.
        #expect(
            try worst(rows, plaintext: columns > 4096 ? 6e-3 : 2e-3, seed: UInt64(columns), target: target)
                < 2e-3)
    }

    /// An input that one party holds has shares as good as random ones: with the value on one side and zero on the other
    /// every truncation would round the same way, which these widths do not forgive.
    @Test(arguments: Party.allCases, [8191, 8192])
    func inputsOfOneParty(owner: Party, columns: Int) throws {
        let x = (0..<columns).map { Int64($0 % 2 == 0 ? 655 : -655) }
        let b = ProgramBuilder()
        let s = b.input("x", owner: owner, shape: [1, columns], scale: 16, bound: 4095).narrowed(to: 30)
        try b.open(try b.layerNorm(s, rows: 1, columns: columns, epsilon: 1e-5, scale: 16), as: "y", to: [.client])
        let run = try ProgramRunner(
            b.finish(), server: owner == .server ? ["x": x] : [:], client: owner == .client ? ["x": x] : [:])
        let values = x.map { Double($0) / 65536 }
        let mean = values.reduce(0, +) / Double(columns)
        let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(columns)
        for (got, value) in zip(run.opened("y"), values) {
            let y = (value - mean) / (variance + 1e-5).squareRoot()
            #expect(abs(Double(got) / 65536 - y) < 2e-3 * (1 + abs(y)))
        }
    }

    @Test(arguments: [2, 3, 64, 768, 8192], [Target.standard, .fssWithDealer])
    func outliersAndMeans(columns: Int, target: Target) throws { try checkOutliers(columns: columns, target) }

    @Test(arguments: [2, 64, 768])
    func outliersAndMeansInAField(columns: Int) throws { try checkOutliers(columns: columns, .field) }

    private func checkOutliers(columns: Int, _ target: Target) throws {
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
            with(4000, in: noise(0)), with(-4000, in: noise(0)), with(4000, in: noise(1)), with(4000, in: noise(0.01)),
            with(3000, in: noise(10)), noise(0.01, mean: 4000), noise(1, mean: -4000), noise(0.01, mean: 100),
            (0..<columns).map { $0 % 2 == 0 ? 4000 : -4000 }, (0..<columns).map { $0 < columns / 2 ? 4095 : -4095 },
        ]
        #expect(try worst(rows, seed: 3, target: target) < 2e-3)
    }

    @Test func constantRowsGiveZero() throws {
        #expect(
            try worst([
                [Double](repeating: 0, count: 5), [Double](repeating: 4000, count: 5),
                [Double](repeating: -0.5, count: 5),
            ]) < 1e-3)
    }

    @Test(arguments: [1e-6, 1e-5, 1e-3, 1])
    func epsilons(epsilon: Double) throws {
        var generator = SeededGenerator(5)
        let rows = [0.001, 0.01, 1, 30].map { deviation in
            (0..<96).map { _ in Double.random(in: -1...1, using: &generator) * deviation }
        }
        #expect(try worst(rows, epsilon: epsilon) < 2e-3)
    }

    @Test func activationsBeyondTheBoundAreReported() throws {
        let b = ProgramBuilder()
        let x = b.input("x", owner: .client, shape: [2, 3], scale: 16, bound: 4095).narrowed(to: 30)
        _ = try b.layerNorm(x, rows: 2, columns: 3, epsilon: 1e-5, scale: 16)
        let state = try PlaintextInterpreter().run(
            b.finish(), tensors: TensorDictionary(["x": [0, 1, 2, 30000 << 16, 0, -30000 << 16]]))
        #expect(!state.violations.isEmpty)
    }

    /// Larger bounds work until the squares are too coarse for epsilon, and then the program is not built.
    @Test(arguments: [8191.0, 30000])
    func largerBoundsKeepTheError(bound: Double) throws {
        var generator = SeededGenerator(9)
        let columns = 768
        let rows: [[Double]] =
            [0.001, 0.003, 0.1, 1].map { deviation in
                (0..<columns).map { _ in Double.random(in: -1...1, using: &generator) * deviation }
            } + [(0..<columns).map { $0 == 5 ? bound : 0.5 }]
        let b = ProgramBuilder()
        let width = b.width(holding: bound * 65536)
        let x = b.input("x", owner: .client, shape: [rows.count, columns], scale: 16, bound: bound).narrowed(to: width)
        let y = try b.layerNorm(x, rows: rows.count, columns: columns, epsilon: 1e-5, scale: 16)
        try b.open(y, as: "y", to: [.client])
        let raw = rows.joined().map { Int64(($0 * 65536).rounded()) }
        let run = try ProgramRunner(b.finish(), client: ["x": Array(raw)])
        #expect(run.plaintext.violations.isEmpty && run.costIsExact)
        for (row, values) in rows.enumerated() {
            let exact = values.map { ($0 * 65536).rounded() / 65536 }
            let mean = exact.reduce(0, +) / Double(columns)
            let variance = exact.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(columns)
            for (column, value) in exact.enumerated() {
                let expected = (value - mean) / (variance + 1e-5).squareRoot()
                let found = Double(run.opened("y")[row * columns + column]) / 65536
                #expect(abs(found - expected) < 4e-3 * (1 + abs(expected)))
            }
        }
    }

    @Test func boundsThatAreTooLargeForEpsilonAreRefused() throws {
        let b = ProgramBuilder()
        let x = b.input("x", owner: .client, shape: [1, 768], scale: 16, bound: 1e6)
        #expect(throws: ProgramError.imprecise(path: "layer.0/norm/layernorm", bound: 1e6)) {
            try b.scope("layer.0") {
                try b.scope("norm") { try b.layerNorm(x, rows: 1, columns: 768, epsilon: 1e-5, scale: 16) }
            }
        }
    }

    @Test func epsilonMustFit() throws {
        let b = ProgramBuilder()
        let x = b.input("x", owner: .client, shape: [2, 3], scale: 16, bound: 4095).narrowed(to: 30)
        for epsilon in [0, -1, 1e-30, 1e30] {
            #expect(throws: ProgramError.self) {
                try b.scope("norm") { try b.layerNorm(x, rows: 2, columns: 3, epsilon: epsilon, scale: 16) }
            }
        }
    }
}
