import SottoAlgebra
import SottoSecureComputation
import TestSupport
import Testing

@Suite struct BeaverProductTests {
    static let shapes: [ProductShape] = [
        .elementwise(count: 0), .elementwise(count: 1), .elementwise(count: 65), .matrix(batch: 1, m: 1, k: 1, n: 1),
        .matrix(batch: 3, m: 5, k: 7, n: 2), .matrix(batch: 1, m: 9, k: 0, n: 4), .matrix(batch: 2, m: 0, k: 3, n: 4),
        .matrix(batch: 1, m: 17, k: 33, n: 19), .rowDots(rows: 0, columns: 4), .rowDots(rows: 3, columns: 1),
        .rowDots(rows: 5, columns: 13), .rowDots(rows: 4, columns: 0),
    ]

    /// Both factors as any 64-bit integers: the products must be right modulo every ring.
    @Test(arguments: shapes)
    func everyShapeAndRing(shape: ProductShape) throws {
        var generator = SeededGenerator(UInt64(shape.flops))
        for (left, right) in [(64, 64), (2, 2), (30, 30), (64, 17), (5, 63)] {
            let x = (0..<shape.leftCount).map { _ in reduced(Int64(bitPattern: generator.next()), width: left) }
            let y = (0..<shape.rightCount).map { _ in reduced(Int64(bitPattern: generator.next()), width: right) }
            let b = ProgramBuilder()
            let p = b.sharedInput("x", shape: [x.count], scale: 3, bound: 0, width: left)
            let q = b.sharedInput("y", shape: [y.count], scale: 4, bound: 0, width: right)
            let masked = try b.openMasked([p, q])
            let z = try b.multiply(masked[0], masked[1], shape: shape, outputShape: [shape.outputCount])
            #expect(z.scale == 7)
            #expect(z.width == min(left, right))
            try b.open(z, as: "z", to: [.client])
            let run = try ProgramRunner(
                b.finish(),
                shared: [
                    "x": .adversarial(x, width: left, using: &generator),
                    "y": .adversarial(y, width: right, using: &generator),
                ])
            let width = min(left, right)
            #expect(run.opened("z") == product(x, y, shape).map { reduced($0, width: width) })
            #expect(run.reference("z") == product(x, y, shape))
            #expect(run.costIsExact)
            let bytes = WireSize.bytes(count: x.count, width: left) + WireSize.bytes(count: y.count, width: right)
            #expect(run.declared.instructions[2].bytesSent == [bytes, bytes])
            #expect(run.declared.instructions[3].bytesSent == [0, 0])
            #expect(
                run.declared.instructions[3].dealerBytes == [WireSize.bytes(count: shape.outputCount, width: width), 0])
            #expect(run.declared.instructions[3].flops == shape.flops)
        }
    }

    /// Exact products of integers, to the largest that a program may have.
    @Test(arguments: shapes, DomainProfile.all)
    func integersOfEveryShape(shape: ProductShape, profile: DomainProfile) throws {
        var generator = SeededGenerator(UInt64(shape.flops))
        let x = generator.integers(shape.leftCount, bits: 28)
        let y = generator.integers(shape.rightCount, bits: 28)
        let b = ProgramBuilder(profile: profile)
        let p = b.sharedInput("x", shape: [x.count], scale: 3, bound: 0x1p25, width: 64)
        let q = b.sharedInput("y", shape: [y.count], scale: 4, bound: 0x1p24, width: 64)
        let masked = try b.openMasked([p, q])
        let z = try b.multiply(masked[0], masked[1], shape: shape, outputShape: [shape.outputCount])
        try b.open(z, as: "z", to: [.client])
        let run = try ProgramRunner(
            b.finish(),
            shared: [
                "x": .adversarial(x, width: 64, using: &generator), "y": .adversarial(y, width: 64, using: &generator),
            ])
        #expect(run.opened("z") == product(x, y, shape))
        #expect(run.reference("z") == run.opened("z"))
        #expect(run.costIsExact)
        let width = profile.width(64)
        let bytes = WireSize.bytes(count: x.count, width: width) + WireSize.bytes(count: y.count, width: width)
        #expect(run.declared.instructions[2].bytesSent == [bytes, bytes])
        #expect(
            run.declared.instructions[3].dealerBytes == [WireSize.bytes(count: shape.outputCount, width: width), 0])
    }

    @Test(arguments: DomainProfile.both) func ownersOfFactors(profile: DomainProfile) throws {
        var generator = SeededGenerator(2)
        let x = generator.integers(70, bits: 30)
        let y = generator.integers(70, bits: 30).reversed() as [Int64]
        for (first, second) in [(Party.server, Party.server), (.server, .client), (.client, .client)] {
            let b = ProgramBuilder(profile: profile)
            let p = b.input("x", owner: first, shape: [70], scale: 0, bound: 0x1p30)
            let q = b.input("y", owner: second, shape: [70], scale: 0, bound: 0x1p30)
            try b.open(try b.multiply(p, q), as: "z", to: [.server])
            let run = try ProgramRunner(b.finish(), server: ["x": x, "y": y], client: ["x": x, "y": y])
            #expect(run.opened("z") == zip(x, y).map(*))
        }
    }

    /// One opened difference in several products: with another factor, with itself, mapped, and in a narrower ring.
    @Test(arguments: DomainProfile.both) func oneMaskManyProducts(profile: DomainProfile) throws {
        var generator = SeededGenerator(3)
        let (rows, columns) = (4, 6)
        let x = generator.integers(rows * columns, bits: 12)
        let y = generator.integers(columns, bits: 12)
        let b = ProgramBuilder(profile: profile)
        let p = b.sharedInput("x", shape: [rows, columns], scale: 0, bound: 5000, width: 50)
        let q = b.sharedInput("y", shape: [columns], scale: 0, bound: 5000, width: 50)
        let masked = try b.openMasked([p, q])
        let spread = try b.map(
            try b.map(masked[1], .slice(shape: [columns], axis: 0, range: 1..<2), shape: [1]),
            .segmentBroadcast(Segments(rows: 1, columns: rows * columns)), shape: [rows * columns])
        let transposed = try b.map(
            masked[0], .permute(shape: [rows, columns], order: [1, 0]), shape: [columns, rows])
        try b.open(
            try b.multiply(
                masked[0], masked[1], shape: .matrix(batch: 1, m: rows, k: columns, n: 1), outputShape: [rows]),
            as: "vector", to: [.client])
        try b.open(
            try b.multiply(
                masked[0], masked[0], shape: .rowDots(rows: rows, columns: columns), outputShape: [rows]),
            as: "squares", to: [.client])
        try b.open(
            try b.multiply(
                masked[0], transposed, shape: .matrix(batch: 1, m: rows, k: columns, n: rows),
                outputShape: [rows, rows]),
            as: "gram", to: [.client])
        try b.open(
            try b.multiply(
                masked[0].reshaped([rows * columns]), spread, shape: .elementwise(count: rows * columns),
                outputShape: [rows, columns]),
            as: "scaled", to: [.client])
        let sums = try b.map(masked[0], .segmentSum(Segments(rows: rows, columns: columns)), shape: [rows])
        try b.open(
            try b.multiply(sums, sums, shape: .elementwise(count: rows), outputShape: [rows]), as: "sums",
            to: [.client])
        let run = try ProgramRunner(
            b.finish(),
            shared: [
                "x": .adversarial(x, width: 50, using: &generator), "y": .adversarial(y, width: 50, using: &generator),
            ])
        let xt = (0..<columns).flatMap { column in (0..<rows).map { x[$0 * columns + column] } }
        #expect(run.opened("vector") == product(x, y, .matrix(batch: 1, m: rows, k: columns, n: 1)))
        #expect(run.opened("squares") == product(x, x, .rowDots(rows: rows, columns: columns)))
        #expect(run.opened("gram") == product(x, xt, .matrix(batch: 1, m: rows, k: columns, n: rows)))
        #expect(run.opened("scaled") == x.map { $0 * y[1] })
        let rowSums = (0..<rows).map { x[($0 * columns)..<(($0 + 1) * columns)].reduce(0, +) }
        #expect(run.opened("sums") == rowSums.map { $0 * $0 })
        for name in ["vector", "squares", "gram", "scaled", "sums"] {
            #expect(run.reference(name) == run.opened(name))
        }
        #expect(run.costIsExact)
    }

    @Test func refusals() throws {
        let b = ProgramBuilder()
        let x = b.sharedInput("x", shape: [4], scale: 0, bound: 1000, width: 16)
        let masked = try b.openMasked(x)
        #expect(throws: ProgramError.headroom(path: "multiply", needed: 21, available: 16)) {
            try b.multiply(masked, masked, shape: .elementwise(count: 4), outputShape: [4])
        }
        #expect(throws: ProgramError.self) {
            try b.multiply(masked, masked, shape: .elementwise(count: 3), outputShape: [3], bound: 1)
        }
        #expect(
            try b.multiply(masked, masked, shape: .elementwise(count: 4), outputShape: [4], bound: 1000).magnitude
                == 1000)
        let wide = b.sharedInput("w", shape: [4], scale: 0, bound: 0x1p16, width: 16)
        #expect(throws: ProgramError.headroom(path: "open-masked", needed: 18, available: 16)) {
            try b.openMasked(wide)
        }
    }
}
