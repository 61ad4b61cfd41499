import SottoAlgebra
import SottoApproximation
import SottoCostModel
import SottoSecureComputation
import TestSupport
import Testing

/// Programs over tensors without elements send nothing, need nothing and do not fail.
@Suite struct EmptyShapeTests {
    typealias Body = @Sendable (ProgramBuilder) throws -> [Secret]

    private static func input(_ b: ProgramBuilder, _ name: String = "x", _ shape: [Int] = [0]) -> Secret {
        b.input(name, owner: .client, shape: shape, scale: 16, bound: 100).narrowed(to: 40)
    }

    /// Small enough for products.
    private static func factor(_ b: ProgramBuilder, _ name: String = "x", _ shape: [Int] = [0]) -> Secret {
        input(b, name, shape).promised(below: 1)
    }

    /// Rows that are none: no groups, no rows in a group, and both.
    private static let noRows = [
        Segments(groups: 0, lengths: [5]), Segments(groups: 3, lengths: []), Segments(groups: 0, lengths: []),
        Segments(rows: 0, columns: 1),
    ]

    private struct Case: Sendable {
        let name: String
        let body: Body

        init(_ name: String, _ body: @escaping Body) {
            self.name = name
            self.body = body
        }
    }

    private static let cases = linear + protocols + functions + ofRows

    private static let linear: [Case] = [
        Case("input") { b in [input(b)] },
        Case("opening") { b in [input(b, "x", [3, 0, 2])] },
        Case("server's addend") { b in [try b.add(input(b), serverTensor: "c", shape: [0], bound: 1)] },
        Case("addend broadcast to no rows") { b in
            let maps: [LinearMap] = [.segmentBroadcast(Segments(rows: 4, columns: 0))]
            return [try b.add(input(b, "x", [0, 4]), serverTensor: "c", shape: [4], maps: maps, bound: 1)]
        },
        Case("combination") { b in [try b.combine([(input(b), 3), (input(b, "y"), -1)], constant: 5)] },
        Case("concatenation") { b in [b.concatenate([input(b), input(b, "y")], shape: [0])] },
        Case("slice") { b in
            [try b.map(input(b, "x", [4, 3]), .slice(shape: [4, 3], axis: 0, range: 2..<2), shape: [0])]
        },
        Case("permutation") { b in
            [try b.map(input(b, "x", [0, 3]), .permute(shape: [0, 3], order: [1, 0]), shape: [3, 0])]
        },
        Case("rotation of no positions") { b in
            let x = input(b, "x", [0, 8])
            return [try b.rotate(x, heads: 2, theta: 10000, firstPosition: 3, coefficientScale: 8, bound: 200)]
        },
        Case("triangle of no rows") { b in
            let triangle = CausalTriangle(groups: 2, past: 3, new: 0)
            return [try b.map(input(b), .packTriangle(triangle), shape: [0])]
        },
    ]

    private static let protocols: [Case] = [
        Case("truncation") { b in [try b.truncate(input(b), by: 8, toWidth: 40)] },
        Case("local truncation") { b in [try b.truncate(input(b), by: 8, toWidth: 30)] },
        Case("extension") { b in [try b.truncate(input(b), by: 0, toWidth: 60)] },
        Case("comparison") { b in
            [try b.arithmetic(try b.compare(input(b), thresholds: [0, 7, 9]), width: 20)]
        },
        Case("selection") { b in [try b.select(try b.compare(input(b), thresholds: [0]), input(b, "y"))] },
        Case("product") { b in [try b.multiply(factor(b), factor(b, "y"))] },
        Case("opening of several") { b in
            let masked = try b.openMasked([factor(b), factor(b, "y", [2, 0])])
            return [try b.multiply(masked[0], masked[1], shape: .elementwise(count: 0), outputShape: [0])]
        },
        Case("squares of no rows") { b in
            let masked = try b.openMasked(factor(b, "x", [0, 4]))
            return [try b.multiply(masked, masked, shape: .rowDots(rows: 0, columns: 4), outputShape: [0])]
        },
    ]

    private static let functions: [Case] =
        [
            Case("relu") { b in [try b.relu(input(b))] },
            Case("reciprocal") { b in [try b.reciprocal(input(b), minimum: 1, scale: 16)] },
        ]
        + BuiltInFunctions.all.map { function in
            Case(function.name) { b in
                [try b.evaluate(function, at: input(b).promised(below: min(1, function.inputBound)))]
            }
        }

    private static let ofRows: [Case] =
        noRows.map { rows in Case("maximum over \(rows)") { b in [try b.maximum(input(b), rows: rows)] } }
        + noRows.map { rows in Case("softmax over \(rows)") { b in [try b.softmax(input(b), rows: rows, scale: 16)] } }
        + [1, 4, 768].map { columns in
            Case("layernorm of no rows of \(columns)") { b in
                let x = input(b, "x", [0, columns])
                return [try b.layerNorm(x, rows: 0, columns: columns, epsilon: 1e-5, scale: 16)]
            }
        }
        + [1, 4, 768].map { columns in
            Case("rmsnorm of no rows of \(columns)") { b in
                let x = input(b, "x", [0, columns])
                return [try b.rmsNorm(x, rows: 0, columns: columns, epsilon: 1e-5, scale: 16)]
            }
        }

    /// `m`, `k` and `n` of products with an empty result.
    private static let emptyMatrices = [(0, 3, 4), (3, 4, 0), (0, 4, 0), (0, 0, 0)]

    private func expectNothing(_ program: Program, outputs: Int, _ name: String) throws {
        let run = try ExactRun(program, fill: .small(seed: 1, bits: 6))
        #expect(run.mismatch == nil, "\(name)")
        #expect(run.outcome.trace.events.isEmpty, "\(name)")
        #expect(run.frames.joined().allSatisfy { $0.isSetup }, "\(name)")
        #expect(run.outcome.trace.dealerBytes.isEmpty, "\(name)")
        #expect(run.declared.totals.online.bytesSent == [0, 0] && run.declared.totals.online.rounds == 0, "\(name)")
        #expect(run.declared.operations.allSatisfy { $0.depth == 0 || $0.phase == .setup }, "\(name)")
        for result in [run.outcome.server, run.outcome.client] {
            #expect(result.opened.count == outputs && result.opened.values.allSatisfy { $0.isEmpty }, "\(name)")
        }
        let inputs = Party.allCases.map { InputFill.zeros.tensors(of: program, owner: $0) }
        _ = try PlaintextInterpreter().run(program, tensors: TensorSources(inputs.map(TensorDictionary.init)))
    }

    @Test(arguments: cases.indices, DomainProfile.both)
    func nothingCostsNothing(index: Int, profile: DomainProfile) throws {
        let (name, body) = (Self.cases[index].name, Self.cases[index].body)
        let b = ProgramBuilder(profile: profile)
        let outputs = try body(b)
        for (index, output) in outputs.enumerated() {
            #expect(output.count == 0, "\(name)")
            try b.open(output, as: "\(index)", to: [.server, .client])
        }
        try expectNothing(b.finish(), outputs: outputs.count, name)
    }

    /// An empty result costs no more than opening its factors, if these have elements.
    @Test(arguments: emptyMatrices, [0, 1, 2])
    func productsWithEmptyResults(sizes: (Int, Int, Int), batch: Int) throws {
        let (m, k, n) = sizes
        let shape = ProductShape.matrix(batch: batch, m: m, k: k, n: n)
        let b = ProgramBuilder()
        let masked = try b.openMasked([Self.factor(b, "x", [batch, m, k]), Self.factor(b, "y", [batch, k, n])])
        let product = try b.multiply(masked[0], masked[1], shape: shape, outputShape: [batch, m, n])
        try b.open(product, as: "product", to: [.client])
        let served = try b.multiply(
            b.maskForServer(Self.input(b, "x", [batch, m, k])),
            server: ServerTensor(name: "w", shape: [batch, k, n], scale: 0, width: 40), shape: shape,
            outputShape: [batch, m, n], bound: 1)
        try b.open(served, as: "served", to: [.server])
        let run = try ExactRun(b.finish(), fill: .small(seed: 1, bits: 6))
        #expect(run.mismatch == nil)
        #expect(run.outcome.client.opened == ["product": []] && run.outcome.server.opened == ["served": []])
        let (x, y) = (batch * m * k, batch * k * n)
        #expect(run.declared.totals.online.bytesSent == [5 * (x + y), 5 * (x + y) + 5 * x])
        // The client masks for the server after both opened.
        #expect(run.declared.totals.online.rounds == (x > 0 ? 2 : y > 0 ? 1 : 0))
        #expect(run.outcome.trace.dealerBytes.isEmpty)
    }

    /// A reciprocal of values that cannot reach the minimum, or not leave its octave, has one bucket and no threshold.
    @Test(arguments: [0, 1, 9], [(100.0, 128.0), (1.5, 1.0), (1.5, 2.0)])
    func reciprocalsInOneOctave(count: Int, range: (bound: Double, minimum: Double)) throws {
        let b = ProgramBuilder()
        let x = b.input("x", owner: .client, shape: [count], scale: 16, bound: range.bound).narrowed(to: 40)
        try b.open(try b.reciprocal(x, minimum: range.minimum, scale: 16), as: "inverse", to: [.client])
        // The largest that is promised, or the least that is expected where that is more.
        let value = max(range.bound, range.minimum)
        let values = [Int64](repeating: Int64(value * 0x1p16), count: count)
        let run = try ExactRun(
            b.finish(), server: TensorDictionary([:]), client: TensorDictionary(["x": values]))
        #expect(run.mismatch == nil)
        let inverses = try #require(run.outcome.client.opened["inverse"])
        #expect(inverses.count == count)
        if value < 2 * range.minimum {
            #expect(inverses.allSatisfy { abs(Double($0) / 0x1p16 - 1 / value) < 1e-4 })
        }
    }

    /// No inner elements give a result of zeros, from messages of nothing.
    @Test(arguments: DomainProfile.both) func productsOverNoInnerElements(profile: DomainProfile) throws {
        for server in [false, true] {
            let b = ProgramBuilder(profile: profile)
            let x = Self.input(b, "x", [3, 0])
            let product: Secret
            if server {
                product = try b.multiply(
                    b.maskForServer(x), server: ServerTensor(name: "w", shape: [0, 5], scale: 0, width: 40),
                    shape: .matrix(batch: 1, m: 3, k: 0, n: 5), outputShape: [3, 5], bound: 1)
            } else {
                let masked = try b.openMasked([x, Self.factor(b, "y", [0, 5])])
                product = try b.multiply(
                    masked[0], masked[1], shape: .matrix(batch: 1, m: 3, k: 0, n: 5), outputShape: [3, 5])
            }
            try b.open(product, as: "product", to: [.client])
            let run = try ExactRun(b.finish(), fill: .zeros)
            #expect(run.mismatch == nil)
            #expect(run.outcome.client.opened["product"] == [Int64](repeating: 0, count: 15))
            let bytes = WireSize.bytes(count: 15, width: profile.width(40))
            #expect(run.declared.totals.online.bytesSent == [bytes, 0] && run.declared.totals.online.rounds == 1)
        }
    }
}
