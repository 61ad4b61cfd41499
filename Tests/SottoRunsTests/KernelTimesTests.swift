import SottoAlgebra
import SottoRuns
import Testing

/// Crossovers from times that were made up.
@Suite struct KernelTimesTests {
    private static let rows = [1, 2, 4, 8, 16]
    private static let depths = [16, 64, 256]

    /// One kernel takes 100, its rival what is given.
    private func times(
        rows: [Int] = rows, depths: [Int] = depths, _ rival: (_ rows: Int, _ depth: Int) -> Double
    ) -> [KernelTimes] {
        rows.flatMap { rows in
            depths.map { KernelTimes(rows: rows, depth: $0, first: 100, rival: rival(rows, $0)) }
        }
    }

    @Test func theRivalIsTakenFromWhereItWins() {
        for (first, expected) in [(1, 1), (2, 2), (3, 4), (16, 16)] as [(Int, Crossover)] {
            #expect(times { rows, _ in rows >= first ? 90 : 110 }.crossover(by: \.rows) == expected)
        }
        #expect(times { _, depth in depth >= 17 ? 90 : 110 }.crossover(by: \.depth) == 64)
        #expect(times { _, _ in 110 }.crossover(by: \.rows) == .never)
        #expect([KernelTimes]().crossover(by: \.rows) == .never)
        // As fast is not faster.
        #expect(times { _, _ in 100 }.crossover(by: \.rows) == .never)
    }

    /// At that size and all larger ones: winning among losses does not count.
    @Test func onlyTheLastRunOfWinsCounts() {
        #expect(times { rows, _ in [1, 2, 8, 16].contains(rows) ? 50 : 101 }.crossover(by: \.rows) == 8)
        #expect(times { rows, _ in rows == 16 ? 101 : 10 }.crossover(by: \.rows) == .never)
    }

    /// Where products of a size differ, the mean of their ratios decides, not the largest of them.
    @Test func aSizeIsJudgedOnTheWhole() {
        func rival(_ rows: Int, _ depth: Int) -> Double {
            rows < 4 ? 101 : depth == 16 ? 150 : 60
        }
        #expect(times(rival).crossover(by: \.rows) == 4)
        let slow = times { rows, depth in rows < 4 ? 101 : depth == 16 ? 300 : 60 }
        #expect(slow.crossover(by: \.rows) == .never)
        // In seconds a long product would outweigh three short ones.
        let long = [
            KernelTimes(rows: 1, depth: 1000, first: 10, rival: 11),
            KernelTimes(rows: 1, depth: 1, first: 1, rival: 0.5),
        ]
        #expect(long.crossover(by: \.rows) == 1)
    }

    @Test func twoSizesHoldTheMostProductsThatAreWon() {
        let corner = times { rows, depth in rows >= 4 && depth >= 64 ? 50 : 110 }
        #expect(corner.crossovers(by: \.rows, and: \.depth) == (4, 64))
        #expect(times { _, _ in 50 }.crossovers(by: \.rows, and: \.depth) == (1, 16))
        #expect(times { _, _ in 110 }.crossovers(by: \.rows, and: \.depth) == (.never, .never))
        // Six products from 4 rows and 64 steps, five from 1 row and 256.
        let stairs = times { rows, depth in rows >= 4 && depth >= 64 || depth >= 256 ? 50 : 110 }
        #expect(stairs.crossovers(by: \.rows, and: \.depth) == (4, 64))
        // A loss at the end leaves what is beside it.
        let dented = times { rows, depth in rows == 16 && depth == 16 || rows < 2 ? 110 : 50 }
        #expect(dented.crossovers(by: \.rows, and: \.depth) == (2, 64))
    }

    @Test func termsAreRowsTimesDepth() {
        let found = times { rows, depth in depth >= 64 && rows * depth >= 512 ? 50 : 110 }
            .crossovers(by: \.depth, and: \.terms)
        #expect(found == (64, 512))
    }

    /// Whatever a clock says.
    @Test(arguments: [0, -1, .infinity, .nan] as [Double]) func noTimeTraps(time: Double) {
        _ = times { _, _ in time }.crossover(by: \.rows)
        _ = times { _, _ in time }.crossovers(by: \.rows, and: \.depth)
    }
}
