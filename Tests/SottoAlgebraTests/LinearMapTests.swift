import SottoAlgebra
import TestSupport
import Testing

@Suite struct LinearMapTests {
    private let ring = Ring64()

    private func numbers(_ count: Int) -> [UInt64] { (0..<count).map { UInt64($0 + 1) } }

    /// Indices of a shape in row-major order.
    private func indices(_ shape: [Int]) -> [[Int]] {
        shape.reduce([[]]) { prefixes, size in prefixes.flatMap { prefix in (0..<size).map { prefix + [$0] } } }
    }

    private func offset(_ index: [Int], _ shape: [Int]) -> Int { zip(index, shape).reduce(0) { $0 * $1.1 + $1.0 } }

    @Test func slices() {
        for shape in [[5], [3, 4], [2, 3, 4], [1, 0, 3]] {
            for axis in shape.indices {
                for low in 0...shape[axis] {
                    for high in low...shape[axis] {
                        let map = LinearMap.slice(shape: shape, axis: axis, range: low..<high)
                        let x = numbers(map.inputCount)
                        let kept = indices(shape).filter { (low..<high).contains($0[axis]) }.map {
                            x[offset($0, shape)]
                        }
                        #expect(map.isWellFormed)
                        #expect(ring.apply(map, to: x) == kept)
                        #expect(map.outputCount == kept.count)
                    }
                }
            }
        }
    }

    @Test(arguments: [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]])
    func permutations(order: [Int]) {
        let shape = [2, 3, 5]
        let map = LinearMap.permute(shape: shape, order: order)
        let x = numbers(30)
        let result = ring.apply(map, to: x)
        let newShape = order.map { shape[$0] }
        for index in indices(shape) {
            #expect(result[offset(order.map { index[$0] }, newShape)] == x[offset(index, shape)])
        }
        #expect(map.isWellFormed)
    }

    @Test(arguments: [
        CausalTriangle(groups: 1, past: 0, new: 1), .init(groups: 2, past: 0, new: 4),
        .init(groups: 3, past: 5, new: 3), .init(groups: 2, past: 7, new: 1), .init(groups: 0, past: 1, new: 2),
        .init(groups: 2, past: 3, new: 0),
    ])
    func triangles(triangle: CausalTriangle) {
        let x = numbers(triangle.squareCount)
        let packed = ring.apply(.packTriangle(triangle), to: x)
        var kept: [UInt64] = []
        var masked = x
        for group in 0..<triangle.groups {
            for row in 0..<triangle.new {
                for column in 0..<triangle.columns {
                    let index = (group * triangle.new + row) * triangle.columns + column
                    if column <= triangle.past + row { kept.append(x[index]) } else { masked[index] = 0 }
                }
            }
        }
        #expect(packed == kept)
        #expect(triangle.segments.elementCount == kept.count)
        #expect(ring.apply(.fillTriangle(triangle), to: packed) == masked)
    }

    static let rows = [
        Segments(groups: 1, lengths: [1]), Segments(groups: 2, lengths: [1, 4, 3, 7]),
        Segments(groups: 3, lengths: [2]),
        Segments(groups: 1, lengths: Array(1...9)), Segments(groups: 0, lengths: [3]), Segments(rows: 4, columns: 5),
        Segments(groups: 2, lengths: []),
    ]

    @Test(arguments: rows)
    func sumsAndBroadcasts(rows: Segments) {
        let x = numbers(rows.elementCount)
        var sums: [UInt64] = []
        var spread: [UInt64] = []
        var start = 0
        for length in (0..<rows.groups).flatMap({ _ in rows.lengths }) {
            sums.append(x[start..<(start + length)].reduce(0, +))
            spread += [UInt64](repeating: UInt64(sums.count), count: length)
            start += length
        }
        #expect(ring.apply(.segmentSum(rows), to: x) == sums)
        #expect(ring.apply(.segmentBroadcast(rows), to: numbers(rows.rowCount)) == spread)
        #expect(rows.rowCount == sums.count)
        #expect(LinearMap.segmentSum(rows).terms == rows.longest)
        #expect(LinearMap.segmentBroadcast(rows).terms == 1)
    }

    /// A tournament's level on plain numbers: pairs and odd ones out together are the next level's rows.
    @Test(arguments: rows)
    func tournamentLevels(rows: Segments) {
        let x = numbers(rows.elementCount)
        let first = ring.apply(.pairElements(rows, second: false), to: x)
        let second = ring.apply(.pairElements(rows, second: true), to: x)
        #expect(first.count == rows.pairCount && second.count == rows.pairCount)
        #expect(zip(first, second).allSatisfy { $0 + 1 == $1 })
        let next = ring.add(
            ring.apply(.placePairs(rows), to: second), ring.apply(.placeLeftovers(rows), to: x))
        // The numbers ascend, so that the second of a pair is the larger.
        var expected: [UInt64] = []
        var start = 0
        for length in (0..<rows.groups).flatMap({ _ in rows.lengths }) {
            for index in stride(from: 0, to: length, by: 2) { expected.append(x[start + min(index + 1, length - 1)]) }
            start += length
        }
        #expect(next == expected)
        #expect(rows.halved.elementCount == expected.count)
    }

    @Test(
        arguments: [
            .slice(shape: [4], axis: 0, range: 2..<6), .slice(shape: [4], axis: 1, range: 0..<1),
            .slice(shape: [4], axis: -1, range: 0..<1), .slice(shape: [2, 2], axis: 1, range: -1..<1),
            .slice(shape: [-1, -4], axis: 1, range: 0..<0), .permute(shape: [2, 2], order: [0, 0]),
            .permute(shape: [2, 2], order: [1, 2]), .permute(shape: [2, 2], order: [0]),
            .packTriangle(CausalTriangle(groups: 1, past: -1, new: 2)), .segmentSum(Segments(groups: -1, lengths: [1])),
            .placePairs(Segments(groups: 1, lengths: [2, -1])),
        ] as [LinearMap])
    func mapsThatReadBeyondTheirInput(map: LinearMap) {
        #expect(!map.isWellFormed)
    }
}
