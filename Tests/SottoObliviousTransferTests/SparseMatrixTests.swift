import SottoObliviousTransfer
import SottoRandomness
import TestSupport
import Testing

@Suite struct SparseMatrixTests {
    /// Ten places of each row, by the words of the stream.
    @Test(arguments: [1, 511, 512, 1300]) func productsAreSumsOfTenPlaces(count: Int) throws {
        var source = InsecureSeededSource(9)
        let seed = try source.nextSeed()
        var generator = SeededGenerator(3)
        let logBase = 11
        let vector = (0..<1 << logBase).map { _ in Block(generator.next(), generator.next()) }
        let start = (0..<count).map { _ in Block(generator.next(), generator.next()) }
        var blocks = start
        let matrix = try SparseMatrix(logBase: logBase, seed: seed, round: 5)
        // In two calls: the second goes on where the first ended.
        let first = count / 3
        try blocks.withUnsafeMutableBufferPointer { blocks in
            try vector.withUnsafeBufferPointer {
                try matrix.addNext(first, of: $0.baseAddress!, to: blocks.baseAddress!)
                try matrix.addNext(count - first, of: $0.baseAddress!, to: blocks.baseAddress! + first)
            }
        }
        let words = try PseudorandomGenerator(seed: seed, domain: 5).words(4 * count)
        var used = [Int](repeating: 0, count: vector.count)
        for row in 0..<count {
            var sum = start[row]
            for place in 0..<10 {
                let index = Int(words[4 * row + place / 3] >> UInt64(place % 3 * 21) & UInt64(vector.count - 1))
                sum ^= vector[index]
                used[index] += 1
            }
            if blocks[row] != sum { Issue.record("row \(row)") }
        }
        if count == 1300 { #expect(ChiSquare.deviation(counts: used) < 5) }
    }
}
