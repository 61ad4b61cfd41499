import SottoAlgebra
import SottoLatticeEncryption
import Testing

@Suite struct RowLayoutTests {
    /// Every number has a coefficient of its own, and those of a group lie `2^levels` apart.
    @Test(arguments: [1, 16, 17, 100], [(0, 0), (0, 3), (3, 0), (2, 2), (4, 4)])
    func numbersHaveTheirPlaces(rows: Int, levels: (Int, Int)) throws {
        let product = try RowProduct(Segments(rows: rows, columns: 1), width: 8)
        let layout = RowLayout(levels: levels.0, groupLevels: levels.1)
        var (seen, nextRow, nextGroup) = (0, 0, 0)
        for request in 0..<layout.requestCount(product) {
            let range = layout.rowRange(request: request, product)
            #expect(range.lowerBound == nextRow)
            let places = range.map(layout.place)
            #expect(Set(places).count == places.count && places.allSatisfy { $0 < 1 << layout.numberLevels })
            let groups = layout.groupRange(request: request, product)
            #expect(groups.lowerBound == nextGroup)
            for group in groups {
                let rows = layout.rowRange(group: group, product)
                let first = ExpansionPart.place(group - groups.lowerBound, levels: layout.levels)
                #expect(rows.map(layout.place) == rows.map { first + ($0 - rows.lowerBound) << layout.levels })
                seen += rows.count
            }
            (nextRow, nextGroup) = (range.upperBound, groups.upperBound)
        }
        #expect(seen == rows && nextRow == rows && nextGroup == layout.groupCount(product))
    }

    /// The products of one layer: a ninth of the key switches of groups of one row, and less than a half.
    @Test func switchesOfOneLayer() throws {
        let ring = RingShape(
            degree: 16384, primeBits: 48, primeCount: 4, packingLevels: 10, keyStride: 2, digitPrimes: 4)
        let softmax = try RowProduct(Segments(groups: 12, lengths: Array(1...128)), width: 45)
        let norm = try RowProduct(Segments(rows: 128, columns: 768), width: 45)
        #expect(RowLayout(levels: 10, groupLevels: 0).keySwitches(softmax, ring) == 2047)
        #expect(RowLayout(levels: 7, groupLevels: 0).keySwitches(norm, ring) == 212)
        let (first, second) = (RowLayout.best(for: softmax, ring), RowLayout.best(for: norm, ring))
        #expect(first == RowLayout(levels: 6, groupLevels: 4) && second == RowLayout(levels: 5, groupLevels: 2))
        // A ciphertext of 64 groups and one of 32, and 15 switches of the highest level for each of 7 responses.
        let (full, half) = (2 * 1 + 2 + 2 * 4 + 8 + 2 * 16 + 32, 2 * 1 + 1 + 2 * 2 + 4 + 2 * 8 + 16)
        #expect(first.keySwitches(softmax, ring) == full + half + 7 * 15)
        #expect(EncryptedRowProduct.keySwitches(softmax, ring) == first.keySwitches(softmax, ring))
        #expect(second.keySwitches(norm, ring) < 90)
    }

    /// Parts of numbers at each level, counted one by one.
    @Test func partsOfNumbers() {
        for levels in 0...5 {
            for count in 1...1 << levels {
                let places = (0..<count).map { ExpansionPart.place($0, levels: levels) }
                #expect(Set(places).count == count && places.allSatisfy { $0 < 1 << levels })
                for level in 0...levels {
                    let parts = Set(places.map { $0 & (1 << level - 1) }).count
                    #expect(ExpansionPart.count(count, level: level, of: levels) == parts)
                }
            }
        }
    }

    /// Where rows are few, or there are no keys, there are no groups.
    @Test func groupsAreForManyRows() throws {
        let ring = RingShape(
            degree: 16384, primeBits: 48, primeCount: 4, packingLevels: 10, keyStride: 2, digitPrimes: 4)
        let none = RingShape(degree: 16384, primeBits: 48, primeCount: 4, packingLevels: 0)
        let long = try RowProduct(Segments(rows: 2, columns: 1 << 20), width: 45)
        let many = try RowProduct(Segments(rows: 500, columns: 3), width: 45)
        #expect(RowLayout.best(for: long, ring).groupLevels == 0)
        #expect(RowLayout.best(for: many, none) == RowLayout(levels: 0, groupLevels: 0))
        #expect(RowLayout.best(for: try RowProduct(Segments(rows: 1, columns: 1), width: 45), ring).numberLevels == 0)
    }
}
