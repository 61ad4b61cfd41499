import SottoAlgebra
import SottoSecureComputation
import TestSupport
import Testing

@Suite struct Ring64Tests {
    private let ring = Ring64()

    private struct Words: UniformWords {
        var generator: SeededGenerator

        mutating func words(_ count: Int) -> [UInt64] { (0..<count).map { _ in generator.next() } }
    }

    private func words(_ count: Int, seed: UInt64) -> [UInt64] {
        var words = Words(generator: SeededGenerator(seed))
        return words.words(count)
    }

    @Test(arguments: [1, 2, 5, 8, 31, 32, 33, 63, 64])
    func encodingAndDecoding(width: Int) {
        let end: Int64 = .max >> Int64(64 - width)
        let values: [Int64] = [0, -1, end, -end - 1, end / 2, -end / 2].filter { $0 >= -end - 1 && $0 <= end }
        #expect(ring.decode(ring.encode(values), width: width) == values)
        // Bits above the width carry no meaning.
        let noise: UInt64 = width == 64 ? 0 : 0xA5A5_A5A5_A5A5_A5A5 << UInt64(width)
        #expect(ring.decode(ring.encode(values).map { $0 ^ noise }, width: width) == values)
    }

    @Test func wholeTensorArithmetic() {
        let x: [UInt64] = [0, 1, .max, 1 << 63]
        let y: [UInt64] = [.max, 1, 1, 1 << 63]
        #expect(ring.add(x, y) == [UInt64.max, 2, 0, 0])
        #expect(ring.subtract(x, y) == [1, 0, UInt64.max - 1, 0])
        #expect(ring.scale(x, by: -2) == [0, UInt64.max - 1, 2, 0])
        let oneLess: [UInt64] = [UInt64.max, 0, UInt64.max - 1, UInt64.max >> 1]
        #expect(ring.add(x, constant: -1) == oneLess)
        #expect(ring.concatenate([x, [], y]) == x + y)
        #expect(ring.concatenate([]) == [])
        #expect(ring.slice(x, 1..<3) == [1, .max])
        #expect(ring.slice(x, 2..<2) == [])
        #expect(ring.zeros(3) == [0, 0, 0])
        #expect(ring.count(x) == 4)
    }

    @Test(arguments: [1, 7, 32, 63, 64])
    func uniformElementsFillTheirWidth(width: Int) throws {
        var source = Words(generator: SeededGenerator(UInt64(width)))
        let x = try ring.uniform(count: 6400, width: width, from: &source)
        #expect(width == 64 || x.allSatisfy { $0 >> UInt64(width) == 0 })
        for bit in 0..<width {
            let ones = x.count { $0 >> UInt64(bit) & 1 == 1 }
            #expect(abs(ones - 3200) < 5 * 40, "bit \(bit)")
        }
    }

    @Test func products() {
        for (rows, columns) in [(0, 3), (3, 0), (1, 1), (5, 7)] {
            let x = words(rows * columns, seed: 1)
            let y = words(rows * columns, seed: 2)
            #expect(ring.product(x, y, shape: .elementwise(count: x.count), threads: 1) == zip(x, y).map { $0 &* $1 })
            var dots = [UInt64](repeating: 0, count: rows)
            for index in x.indices { dots[index / columns] &+= x[index] &* y[index] }
            #expect(ring.product(x, y, shape: .rowDots(rows: rows, columns: columns), threads: 1) == dots)
        }
        let (batch, m, k, n) = (2, 3, 5, 4)
        let x = words(batch * m * k, seed: 3)
        let y = words(batch * k * n, seed: 4)
        var expected: [UInt64] = []
        for b in 0..<batch {
            for i in 0..<m {
                for j in 0..<n {
                    var sum: UInt64 = 0
                    for l in 0..<k { sum &+= x[(b * m + i) * k + l] &* y[(b * k + l) * n + j] }
                    expected.append(sum)
                }
            }
        }
        #expect(ring.product(x, y, shape: .matrix(batch: batch, m: m, k: k, n: n), threads: 2) == expected)
    }

    @Test func productShapesCount() {
        let shape = ProductShape.matrix(batch: 2, m: 3, k: 5, n: 7)
        #expect(
            [shape.leftCount, shape.rightCount, shape.outputCount, shape.terms, shape.flops] == [30, 70, 42, 5, 420])
        let dots = ProductShape.rowDots(rows: 3, columns: 4)
        #expect([dots.leftCount, dots.rightCount, dots.outputCount, dots.terms, dots.flops] == [12, 12, 3, 4, 24])
        let each = ProductShape.elementwise(count: 6)
        #expect([each.leftCount, each.rightCount, each.outputCount, each.terms, each.flops] == [6, 6, 6, 1, 6])
    }

    @Test func packingKeepsOnlyTheWidth() throws {
        for width in [1, 7, 8, 13, 32, 47, 64] {
            for count in [0, 1, 9] {
                let x = words(count, seed: 9)
                let bytes = ring.pack(x, width: width)
                #expect(bytes.count == WireSize.bytes(count: count, width: width))
                let back = try ring.unpack(bytes, count: count, width: width)
                #expect(ring.decode(back, width: width) == ring.decode(x, width: width))
                #expect(throws: PackingError.self) { try ring.unpack(bytes + [0], count: count, width: width) }
            }
        }
    }
}
