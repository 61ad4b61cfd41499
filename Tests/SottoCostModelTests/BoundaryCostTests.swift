import SottoAlgebra
import SottoCostModel
import SottoSecureComputation
import TestSupport
import Testing

/// Sizes on both sides of every boundary at which the code cuts work into pieces: costs are as declared there, and
/// results are right.
@Suite struct BoundaryCostTests {
    /// Words of 64 bits, eight words at a time, and the generator's blocks of 4096 bytes.
    @Test(arguments: [63, 64, 65, 127, 128, 129, 511, 512, 513, 575, 576, 577, 4095, 4096, 4097])
    func elements(count: Int) throws {
        var generator = SeededGenerator(UInt64(count))
        let b = ProgramBuilder()
        let x = b.input("x", owner: .client, shape: [count], scale: 0, bound: 0x1p20).narrowed(to: 40)
        let y = b.input("y", owner: .server, shape: [count], scale: 0, bound: 0x1p10).narrowed(to: 40)
        let bits = try b.compare(x, thresholds: [-100, 0, 99])
        try b.open(try b.arithmetic(bits, width: 3), as: "bits", to: [.client])
        try b.open(try b.relu(x), as: "relu", to: [.server])
        try b.open(try b.multiply(x, y), as: "product", to: [.client])
        try b.open(try b.resized(x, toWidth: 61), as: "wide", to: [.client, .server])
        let values = generator.integers(count, bits: 20)
        let others = generator.integers(count, bits: 10)
        let run = try ExactRun(
            b.finish(), server: TensorDictionary(["y": others]), client: TensorDictionary(["x": values]))
        #expect(run.mismatch == nil)
        #expect(run.outcome.client.opened["product"] == zip(values, others).map { $0 * $1 })
        #expect(run.outcome.server.opened["relu"] == values.map { max($0, 0) })
        #expect(
            run.outcome.client.opened["bits"] == values.map { x in [-100, 0, 99].reduce(0) { $0 + (x >= $1 ? 1 : 0) } })
        let wide = try #require(run.outcome.client.opened["wide"])
        #expect(run.outcome.server.opened["wide"] == wide)
        #expect(zip(wide, values).allSatisfy { abs($0 - $1) <= 1 })
    }

    /// `[m, k] x [k, n]`: up to four rows take a way of their own; panels are 96 deep, blocks 256 rows and 64 columns;
    /// tiles are 4 rows and 32 columns at most.
    private static let matrices: [(Int, Int, Int)] =
        [3, 4, 5, 255, 256, 257].map { ($0, 7, 5) } + [95, 96, 97, 191, 192, 193].map { (5, $0, 3) }
        + [1, 31, 32, 33, 63, 64, 65, 127, 128, 129].map { (6, 5, $0) } + [(257, 97, 65), (256, 96, 64), (255, 95, 63)]

    @Test(arguments: matrices)
    func products(m: Int, k: Int, n: Int) throws { try expectProducts(batch: 1, m, k, n, threads: 1) }

    /// Two threads share a product from 2^22 multiplications on, by batches, columns or rows.
    @Test(arguments: [
        (1, 255, 128, 128), (1, 256, 128, 128), (1, 257, 128, 128), (1, 128, 128, 255), (1, 128, 128, 256),
        (1, 128, 128, 257), (2, 129, 128, 128), (3, 127, 128, 87),
    ])
    func threads(batch: Int, m: Int, k: Int, n: Int) throws { try expectProducts(batch: batch, m, k, n, threads: 2) }

    private func expectProducts(batch: Int, _ m: Int, _ k: Int, _ n: Int, threads: Int) throws {
        var generator = SeededGenerator(UInt64(m * k + n))
        let shape = ProductShape.matrix(batch: batch, m: m, k: k, n: n)
        let b = ProgramBuilder()
        func input(_ name: String, _ count: Int) -> Secret {
            b.input(name, owner: .client, shape: [count], scale: 0, bound: 0x1p16).narrowed(to: 44)
        }
        let (x, y) = (input("x", shape.leftCount), input("y", shape.rightCount))
        let masked = try b.openMasked([x, y])
        let secret = try b.multiply(masked[0], masked[1], shape: shape, outputShape: [batch, m, n])
        let served = try b.multiply(
            b.maskForServer(x), server: ServerTensor(name: "w", shape: [batch, k, n], scale: 0, width: 44),
            shape: shape, outputShape: [batch, m, n], bound: 0x1p42)
        try b.open(secret, as: "secret", to: [.client])
        try b.open(served, as: "served", to: [.client])
        let left = generator.integers(shape.leftCount, bits: 16)
        let right = generator.integers(shape.rightCount, bits: 16)
        let run = try ExactRun(
            b.finish(), server: TensorDictionary(["w": right]), client: TensorDictionary(["x": left, "y": right]),
            threads: threads)
        #expect(run.mismatch == nil)
        let expected = Self.product(left, right, batch, m, k, n)
        #expect(run.outcome.client.opened["secret"] == expected)
        #expect(run.outcome.client.opened["served"] == expected)
    }

    private static func product(_ x: [Int64], _ y: [Int64], _ batch: Int, _ m: Int, _ k: Int, _ n: Int) -> [Int64] {
        var result = [Int64](repeating: 0, count: batch * m * n)
        for g in 0..<batch {
            for i in 0..<m {
                for p in 0..<k {
                    let factor = x[(g * m + i) * k + p]
                    for j in 0..<n { result[(g * m + i) * n + j] &+= factor &* y[(g * k + p) * n + j] }
                }
            }
        }
        return result
    }

    /// Frames on both sides of the 256 KiB that a connection reads and writes at once, with and without its headers.
    @Test(arguments: [-44, -17, -16, -15, -1, 0, 1, 16])
    func framesOverSockets(excess: Int) throws {
        let count = 256 << 10 + excess
        var generator = SeededGenerator(UInt64(count))
        let b = ProgramBuilder()
        let x = b.input("x", owner: .client, shape: [count], scale: 0, bound: 100).narrowed(to: 8)
        try b.open(x, as: "x", to: [.server, .client])
        try b.open(x, as: "again", to: [.server])
        let values = generator.integers(count, bits: 6)
        let run = try LoopbackPair.with { server, client in
            try ExactRun(
                b.finish(), server: TensorDictionary([:]), client: TensorDictionary(["x": values]),
                over: (server, client))
        }
        #expect(run.mismatch == nil)
        #expect(run.frames.map { $0.map(\.bytes) } == [[count], [count, count]])
        #expect(run.outcome.server.opened["x"] == values && run.outcome.server.opened["again"] == values)
    }
}
