import SottoAlgebra
import SottoSecureComputation
import TestSupport
import Testing

@Suite struct ServerProductTests {
    @Test(arguments: BeaverProductTests.shapes)
    func everyShapeAndRing(shape: ProductShape) throws {
        var generator = SeededGenerator(UInt64(shape.flops))
        for (width, weightWidth) in [(64, 64), (2, 2), (30, 47), (17, 64)] {
            let x = (0..<shape.leftCount).map { _ in reduced(Int64(bitPattern: generator.next()), width: width) }
            let w = (0..<shape.rightCount).map { _ in Int64(bitPattern: generator.next()) }
            let b = ProgramBuilder()
            let p = b.sharedInput("x", shape: [x.count], scale: 5, bound: 0, width: width)
            let tensor = ServerTensor(name: "w", shape: [w.count], scale: 6, width: weightWidth)
            let y = try b.multiply(
                b.maskForServer(p), server: tensor, shape: shape, outputShape: [shape.outputCount], bound: 0)
            #expect(y.scale == 11)
            try b.open(y, as: "y", to: [.client])
            let run = try ProgramRunner(
                b.finish(), server: ["w": w], shared: ["x": .adversarial(x, width: width, using: &generator)])
            #expect(run.opened("y") == product(x, w, shape).map { reduced($0, width: width) })
            #expect(run.reference("y") == product(x, w, shape))
            #expect(run.costIsExact)
            #expect(run.declared.instructions[1].bytesSent == [0, WireSize.bytes(count: x.count, width: width)])
            #expect(run.declared.instructions[2].bytesSent == [0, 0])
            #expect(
                run.declared.instructions[2].dealerBytes == [WireSize.bytes(count: shape.outputCount, width: width), 0])
            #expect(run.outcome.setup.client.bytesSent.server == WireSize.bytes(count: w.count, width: weightWidth))
        }
    }

    /// One mask of the client in several products, one weight in several products, seen through maps.
    @Test(arguments: DomainProfile.all) func sharedMasksSharedWeightsAndMaps(profile: DomainProfile) throws {
        var generator = SeededGenerator(4)
        let (m, k, n) = (3, 5, 4)
        let x = generator.integers(m * k, bits: 12)
        let w = generator.integers(k * n, bits: 12)
        let table = generator.integers(m + 2, bits: 12)
        let b = ProgramBuilder(profile: profile)
        let s = b.sharedInput("x", shape: [m, k], scale: 0, bound: 5000, width: 40)
        let masked = try b.maskForServer(s)
        let weight = ServerTensor(name: "w", shape: [k, n], scale: 0, width: 40)
        let transposedWeight = ServerTensor(name: "w", shape: [k, n], scale: 0, width: 40)
        let y = try b.multiply(
            masked, server: weight, shape: .matrix(batch: 1, m: m, k: k, n: n), outputShape: [m, n], bound: 0x1p32)
        let rows = try b.multiply(
            masked, server: ServerTensor(name: "t", shape: [m + 2], scale: 0, width: 64),
            maps: [
                .slice(shape: [m + 2], axis: 0, range: 1..<(m + 1)), .segmentBroadcast(Segments(rows: m, columns: k)),
            ], shape: .elementwise(count: m * k), outputShape: [m, k], bound: 0x1p32)
        // y [m, n] times w transposed [n, k]
        let back = try b.multiply(
            b.maskForServer(y), server: transposedWeight, maps: [.permute(shape: [k, n], order: [1, 0])],
            shape: .matrix(batch: 1, m: m, k: n, n: k), outputShape: [m, k], bound: 0x1p38)
        for (name, secret) in [("y", y), ("rows", rows), ("back", back)] { try b.open(secret, as: name, to: [.client]) }
        let program = b.finish()
        #expect(program.plan.weights.map(\.name) == ["w", "t"])
        let run = try ProgramRunner(
            program, server: ["w": w, "t": table], shared: ["x": .adversarial(x, width: 40, using: &generator)])
        let product0 = product(x, w, .matrix(batch: 1, m: m, k: k, n: n))
        let wt = (0..<n).flatMap { column in (0..<k).map { w[$0 * n + column] } }
        #expect(run.opened("y") == product0)
        #expect(run.opened("rows") == x.enumerated().map { $1 * table[$0 / k + 1] })
        #expect(
            run.opened("back")
                == product(product0, wt, .matrix(batch: 1, m: m, k: n, n: k)).map {
                    profile.prime == nil ? reduced($0, width: 40) : $0
                })
        #expect(run.costIsExact)
    }

    @Test(arguments: DomainProfile.both) func threadsDoNotChangeResults(profile: DomainProfile) throws {
        var generator = SeededGenerator(5)
        let shape = ProductShape.matrix(batch: 2, m: 33, k: 65, n: 47)
        let x = generator.integers(shape.leftCount, bits: 20)
        let w = generator.integers(shape.rightCount, bits: 20)
        let b = ProgramBuilder(profile: profile)
        let p = b.input("x", owner: .client, shape: [x.count], scale: 0, bound: 0x1p20)
        let tensor = ServerTensor(name: "w", shape: [w.count], scale: 0, width: 64)
        try b.open(
            try b.multiply(
                b.maskForServer(p), server: tensor, shape: shape, outputShape: [shape.outputCount], bound: 0x1p50),
            as: "y", to: [.client])
        let program = b.finish()
        for threads in [1, 2, 3] {
            let run = try ProgramRunner(program, server: ["w": w], client: ["x": x], threads: threads)
            #expect(run.opened("y") == product(x, w, shape))
        }
    }

    @Test func refusals() throws {
        let b = ProgramBuilder()
        let x = try b.maskForServer(b.sharedInput("x", shape: [4], scale: 0, bound: 1, width: 16))
        let tensor = ServerTensor(name: "w", shape: [4], scale: 0, width: 16)
        func multiply(_ tensor: ServerTensor, maps: [LinearMap] = [], bound: Double = 1) throws -> Secret {
            try b.multiply(
                x, server: tensor, maps: maps, shape: .elementwise(count: 4), outputShape: [4], bound: bound)
        }
        #expect(throws: ProgramError.headroom(path: "multiply", needed: 17, available: 16)) {
            try multiply(tensor, bound: 0x1p15)
        }
        #expect(throws: ProgramError.headroom(path: "multiply", needed: 2, available: 15)) {
            try multiply(ServerTensor(name: "narrow", shape: [4], scale: 0, width: 15))
        }
        #expect(throws: ProgramError.self) { try multiply(ServerTensor(name: "w", shape: [5], scale: 0, width: 16)) }
        #expect(throws: ProgramError.self) {
            try multiply(
                ServerTensor(name: "w", shape: [5], scale: 0, width: 16),
                maps: [.slice(shape: [6], axis: 0, range: 0..<4)])
        }
        _ = try multiply(tensor)
        // The same name with another shape or a wider ring is another weight.
        #expect(throws: ProgramError.self) {
            try multiply(ServerTensor(name: "w", shape: [2, 2], scale: 0, width: 16))
        }
        #expect(throws: ProgramError.self) { try multiply(ServerTensor(name: "w", shape: [4], scale: 0, width: 17)) }
    }
}
