import SottoAlgebra
import SottoSecureComputation
import TestSupport
import Testing

@Suite struct RingConversionTests {
    private let ring = Ring64()

    private struct Words: UniformWords {
        var generator: SeededGenerator

        mutating func words(_ count: Int) -> [UInt64] { (0..<count).map { _ in generator.next() } }
    }

    private func words(_ count: Int, seed: UInt64) -> [UInt64] {
        var words = Words(generator: SeededGenerator(seed))
        return words.words(count)
    }

    @Test(arguments: [1, 2, 31, 64])
    func topBitsAndPlanes(width: Int) {
        for count in [0, 1, 63, 64, 65, 200] {
            let x = words(count, seed: UInt64(count))
            let top = ring.topBits(x, width: width)
            let (digits, sign) = ring.comparisonOperand(x, party: .server, width: width)
            #expect(digits.count == width - 1)
            let planes = digits + [sign]
            #expect(planes.count == width)
            for i in 0..<count {
                #expect(top[i] == (x[i] >> UInt64(width - 1) & 1 == 1))
                for bit in 0..<width { #expect(planes[bit][i] == (x[i] >> UInt64(bit) & 1 == 1)) }
            }
            #expect(ring.fromBits(top) == x.map { $0 >> UInt64(width - 1) & 1 })
        }
    }

    /// All pairs of shares of an 8-bit ring: the shifted shares add up to the floor or the ceiling, up to the wrap.
    @Test(arguments: [0, 1, 3, 7])
    func shiftedShares(shift: Int) {
        let width = 8
        for s0 in 0..<256 as Range<UInt64> {
            let s1 = (0..<256 as Range<UInt64>).map { $0 | 0xFF00 }
            let first = ring.shiftShare(
                [UInt64](repeating: s0 | 0x7100, count: 256), party: .server, by: shift, width: width)
            let second = ring.shiftShare(s1, party: .client, by: shift, width: width)
            for i in 0..<256 {
                let exact = s0 + UInt64(i)
                let sum = first[i] + second[i]
                let floor = exact >> UInt64(shift)
                let isWhole = exact & ((1 << UInt64(shift)) - 1) == 0
                #expect(sum == floor || (!isWhole && sum == floor + 1))
            }
        }
    }

    /// All four pairs of bits under all four pairs of masks.
    @Test func privateBitProducts() {
        var bits: [[Bool]] = []
        for pattern in 0..<16 { bits.append((0..<4).map { pattern >> $0 & 1 == 1 }) }
        func vector(_ index: Int) -> BitVector {
            var vector = BitVector(repeating: false, count: 16)
            for i in 0..<16 { vector[i] = bits[i][index] }
            return vector
        }
        let (b0, b1, a, c) = (vector(0), vector(1), vector(2), vector(3))
        let share = words(16, seed: 5)
        let product = ring.fromBits(a & c)
        let first = ring.privateBitProduct(
            party: .server, own: b0, ownMask: a, difference0: b0 ^ a, difference1: b1 ^ c,
            maskProduct: ring.subtract(product, share))
        let second = ring.privateBitProduct(
            party: .client, own: b1, ownMask: c, difference0: b0 ^ a, difference1: b1 ^ c, maskProduct: share)
        #expect(ring.add(first, second) == ring.fromBits(b0 & b1))
    }

    @Test(arguments: [0, 1, 2, 3], [0, 1, 4])
    func selections(degree: Int, thresholds: Int) {
        for count in [0, 1, 65] {
            var generator = SeededGenerator(UInt64(degree * 10 + thresholds))
            let rows = (0...thresholds).map { _ in (0...degree).map { _ in Int64(bitPattern: generator.next()) } }
            let table = SelectionTable(rows: rows)
            #expect(table.degree == degree && table.thresholds == thresholds)
            let v = words(count, seed: 1)
            let intervals = (0..<count).map { _ in Int.random(in: 0...thresholds, using: &generator) }
            func random() -> BitVector {
                BitVector(words: words((count + 63) / 64, seed: generator.next()), count: count)
            }
            let bits = (0..<thresholds).map { threshold in
                var bits = BitVector(repeating: false, count: count)
                for i in 0..<count { bits[i] = intervals[i] > threshold }
                return bits
            }
            let masks = bits.map { _ in random() }
            let a = [words(count, seed: 2), words(count, seed: 3)]
            let mask = degree > 0 ? ring.add(a[0], a[1]) : nil
            let kind = SelectionCorrelation(
                count: count, thresholds: thresholds, degree: degree, isMasked: mask != nil, width: 64)
            let powers = kind.powers(of: mask, bits: masks, in: ring)
            #expect(
                powers.count == SelectionCorrelation.powerCount(thresholds: thresholds, degree: degree, count: count))
            let share = words(powers.count, seed: 4)
            let results = Party.allCases.map { party in
                ring.evaluateSelection(
                    table, party: party, openedBits: zip(bits, masks).map { $0 ^ $1 },
                    opened: mask.map { ring.subtract(v, $0) }, maskShare: degree > 0 ? a[party.rawValue] : nil,
                    powerShares: party == .server ? ring.subtract(powers, share) : share, count: count)
            }
            let expected = (0..<count).map { i in
                rows[intervals[i]].reversed().reduce(UInt64(0)) { $0 &* v[i] &+ UInt64(bitPattern: $1) }
            }
            #expect(ring.add(results[0], results[1]) == expected)
        }
    }
}
