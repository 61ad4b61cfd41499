import Foundation
import SottoAlgebra
import SottoApproximation
import SottoSecureComputation
import TestSupport
import Testing

/// Signs, tables and exponentials by circuits on the bits of shares.
@Suite struct CircuitTests {
    /// Every value of a small ring under every pair of shares.
    @Test(arguments: 2...7) func signsOfAllShares(width: Int) throws {
        let limit = Int64(1) << Int64(width - 1)
        let shares = Int64(1) << Int64(width)
        let values = ((1 - limit)..<limit).flatMap { [Int64](repeating: $0, count: Int(shares)) }
        let server = ((1 - limit)..<limit).flatMap { _ in 0..<shares }
        let client = zip(values, server).map { ($0 - $1) & (shares - 1) }
        let b = ProgramBuilder(target: .circuits)
        let s = b.sharedInput("x", shape: [values.count], scale: 0, bound: Double(limit - 1), width: width)
        try b.open(try b.arithmetic(b.sign(s), width: 8), as: "y", to: [.client])
        let run = try ProgramRunner(
            b.finish(), shared: ["x": SharedTensor(values: values, server: server, client: client)])
        #expect(run.opened("y") == values.map { $0 >= 0 ? 1 : 0 })
        #expect(run.costIsExact && run.plaintext.violations.isEmpty)
    }

    /// Ends of ranges and of cells with their neighbours, and anything.
    private func inputs(bound: Double, cell: Int64, _ generator: inout SeededGenerator) -> [Int64] {
        let limit = Int64(bound * 65536)
        let near: [Int64] = [-17, -16, -15, -9, -8, -7, -2, -1, 0, 1, 2, 7, 8, 9, 15, 16, 17]
        let cells = (-270...270).flatMap { index in near.map { index * cell + $0 } }
        let powers = (4..<60).flatMap { [1 << $0, -1 << $0, 1 << $0 - 1, 1 - 1 << $0] as [Int64] }
        let anything = (0..<2000).map { _ in Int64.random(in: -limit...limit, using: &generator) }
        return (cells + powers + anything + [limit, -limit, 0]).filter { abs($0) <= limit }
    }

    private func run(
        _ x: [Int64], bound: Double, seed: UInt64, _ body: (ProgramBuilder, Secret) throws -> Secret
    ) throws -> ProgramRunner {
        let b = ProgramBuilder(target: .circuits)
        let width = b.width(holding: bound * 65536)
        let s = b.sharedInput("x", shape: [x.count], scale: 16, bound: bound, width: width)
        try b.open(try body(b, s), as: "y", to: [.client])
        var generator = SeededGenerator(seed)
        let shares =
            seed.isMultiple(of: 2)
            ? SharedTensor.uniform(x, width: width, using: &generator)
            : SharedTensor.adversarial(x, width: width, using: &generator)
        let run = try ProgramRunner(b.finish(), shared: ["x": shares], seed: seed)
        #expect(run.costIsExact && run.plaintext.violations.isEmpty)
        return run
    }

    @Test(arguments: [BuiltInFunctions.gelu, BuiltInFunctions.geluNew, BuiltInFunctions.silu], [8.01, 17, 4095, 8190])
    func tablesAreNearTheirFunctions(function: PiecewisePolynomial, bound: Double) throws {
        let exact = function.name == "silu" ? ExactFunctions.silu : ExactFunctions.gelu
        var generator = SeededGenerator(3)
        let x = inputs(bound: bound, cell: 1 << 12, &generator)
        for seed in 0..<4 as Range<UInt64> {
            let run = try run(x, bound: bound, seed: seed) { b, s in
                try b.evaluate(function, at: s, scale: 16, minimumWidth: 46)
            }
            for (x, (y, reference)) in zip(x, zip(run.opened("y"), run.reference("y"))) {
                let value = exact(Double(x) / 65536)
                #expect(abs(Double(y) / 65536 - value) < 1e-3, "\(x)")
                #expect(abs(Double(reference) / 65536 - value) < 1e-3, "\(x)")
            }
        }
    }

    @Test(arguments: [16, 22, 24], [16, 30, 8190]) func exponentialsAreNear(scale: Int, bound: Double) throws {
        var generator = SeededGenerator(4)
        let x = inputs(bound: bound, cell: 1 << 12, &generator).filter { $0 <= 1 << 12 }
        let unit = Double(1 << scale)
        for seed in 0..<4 as Range<UInt64> {
            let run = try run(x, bound: bound, seed: seed) { b, s in
                try b.exponential(s, scale: scale, minimumWidth: 44)
            }
            for (x, (y, reference)) in zip(x, zip(run.opened("y"), run.reference("y"))) {
                let value = exp(Double(x) / 65536)
                let allowed = 4e-4 * max(value, 1 / 1024) + 2 / unit
                #expect(abs(Double(y) / unit - value) <= allowed, "\(x)")
                #expect(abs(Double(reference) / unit - value) <= allowed, "\(x)")
            }
        }
    }

    @Test(arguments: [4, 1000, 4095]) func rectifiersAreExact(bound: Double) throws {
        var generator = SeededGenerator(5)
        let x = inputs(bound: bound, cell: 1 << 14, &generator)
        for seed in 0..<2 as Range<UInt64> {
            let run = try run(x, bound: bound, seed: seed) { try $0.relu($1) }
            #expect(run.opened("y") == x.map { max(0, $0) })
        }
    }

    /// What lies above 1/16 counts as far below; the plaintext interpreter says so.
    @Test func exponentialsBeyondTheirEndAreReported() throws {
        let b = ProgramBuilder(target: .circuits)
        let s = b.input("x", owner: .client, shape: [2], scale: 16, bound: 30).narrowed(to: 24)
        _ = try b.scope("exp") { try b.exponential(s, scale: 22) }
        let program = b.finish()
        let interpreter = PlaintextInterpreter()
        let good = try interpreter.run(program, tensors: TensorDictionary(["x": [-5, 1 << 12]]))
        #expect(good.violations.isEmpty)
        let bad = try interpreter.run(program, tensors: TensorDictionary(["x": [0, 1 << 14]]))
        #expect(bad.violations.contains { $0.path == "exp/evaluate-bits" })
    }

    /// Bytes an element of all phases without a dealer but for the trees of OTs, and rounds, as documented.
    @Test(arguments: DocumentedCost.all) func bytesAndRoundsAreTheDocumentedOnes(cost: DocumentedCost) throws {
        let b = ProgramBuilder(target: .circuits)
        let count = 64
        let s = b.input("x", owner: .client, shape: [count], scale: 16, bound: cost.bound)
        let short = s.narrowed(to: b.width(holding: cost.bound * 65536))
        try b.scope("y") { _ = try cost.body(b, short) }
        let instructions = b.finish().instructions.filter { $0.path.hasPrefix("y/") }
        let bytes = instructions.flatMap(\.rounds).reduce(0) { $0 + $1.total }
        #expect(8 * bytes / count == cost.bits, "\(cost.name): \(8 * bytes / count) bits")
    }
}

/// Bits of an element that travel online.
struct DocumentedCost: Sendable, CustomTestStringConvertible {
    let name: String
    let bound: Double
    let bits: Int
    let body: @Sendable (ProgramBuilder, Secret) throws -> Secret

    var testDescription: String { name }

    static let all = [
        DocumentedCost(name: "gelu", bound: 4095, bits: 769) {
            try $0.evaluate(BuiltInFunctions.gelu, at: $1, scale: 16, minimumWidth: 46)
        },
        DocumentedCost(name: "exponential", bound: 8190, bits: 1941) {
            try $0.exponential($1, scale: 22, minimumWidth: 44)
        },
        DocumentedCost(name: "relu", bound: 4095, bits: 278) { try $0.relu($1) },
    ]
}
