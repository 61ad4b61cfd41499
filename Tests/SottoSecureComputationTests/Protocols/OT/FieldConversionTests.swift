import SottoAlgebra
import SottoSecureComputation
import TestSupport
import Testing

/// The parts of protocols that turn shares modulo p into bits and back, on both parties' shares at once.
@Suite struct FieldConversionTests {
    private struct Shared {
        let field: PrimeField
        let values: [GMPInteger]
        let shares: [[UInt64]]

        /// Values of up to `magnitude` in magnitude, each on every awkward first share and on random ones.
        init(_ prime: String, magnitude: (PrimeField) -> GMPInteger) throws {
            let field = PrimeField(try PrimeModulus(prime))
            self.field = field
            let bits = field.modulus.bits
            var words = SeededWords(5)
            let end = magnitude(field)
            let (one, zero) = (GMPInteger(1), GMPInteger())
            let random = field.integers(try field.uniform(count: 20, width: bits, from: &words)).map { $0 % end }
            let signed = [zero, one, end, end - one, end - GMPInteger(2)] + random
            let all = signed + signed.map { zero - $0 }
            let first = field.concatenate([
                field.awkward, try field.uniform(count: 12, width: bits, from: &words), field.elements(all),
                field.elements(all.map { $0 + one }),
            ])
            let count = field.count(first)
            let values = all.flatMap { value in (0..<count).map { _ in value } }
            let server = field.concatenate(all.map { _ in first })
            self.values = values
            shares = [server, field.subtract(field.elements(values), server)]
        }
    }

    /// The carry that a millionaires' tree computes of both operands, with plain integers.
    @Test(arguments: TestPrimes.all) func signsByCarries(prime: String) throws {
        let shared = try Shared(prime) { ($0.p - GMPInteger(1)) >> 1 }
        let field = shared.field
        let bits = field.modulus.bits
        let operands = Party.allCases.map {
            field.comparisonOperand(shared.shares[$0.rawValue], party: $0, width: bits)
        }
        #expect(operands.allSatisfy { $0.digits.count == bits })
        var wrong = 0
        for index in shared.values.indices {
            var carry = false
            for digit in 0..<bits {
                let (a, b) = (operands[0].digits[digit][index], operands[1].digits[digit][index])
                carry = (a && b) || (carry && (a || b))
            }
            let isNegative = (operands[0].sign[index] != operands[1].sign[index]) != carry
            if isNegative != (shared.values[index] < GMPInteger()) { wrong += 1 }
        }
        #expect(wrong == 0)
    }

    /// Quotients err by the documented number of units for every pair of shares, and not by more.
    @Test(arguments: TestPrimes.all, [1, 3, 16, 48, 63]) func quotients(prime: String, shift: Int) throws {
        let shared = try Shared(prime) { GMPInteger.powerOfTwo($0.modulus.bits - 3) - GMPInteger(1) }
        let (field, bits) = (shared.field, shared.field.modulus.bits)
        let offset = bits - 3
        let shifted = [
            field.add(shared.shares[0], powerOfTwo: offset, isNegative: false), shared.shares[1],
        ]
        let tops = shifted.map { field.topBits($0, width: bits) }
        let wraps = zip(tops[0].words, tops[1].words).map { $0 | $1 }
        let wrapped = field.fromBits(BitVector(words: wraps, count: shared.values.count))
        let quotients = Party.allCases.map {
            field.shiftShare(shifted[$0.rawValue], party: $0, by: shift, width: bits)
        }
        let sum = field.add(
            field.add(field.subtractWraps(wrapped, from: quotients[0], shift: shift, width: bits), quotients[1]),
            powerOfTwo: offset - shift, isNegative: true)
        let units = field.modulus.truncationError(byPowerOfTwo: shift)
        let unit = GMPInteger.powerOfTwo(shift)
        let limit = unit * GMPInteger(Int64(units))
        let half = GMPInteger(field.half)
        var wrong = 0
        for (value, result) in zip(shared.values, field.integers(sum)) {
            let signed = half < result ? result - field.p : result
            let error = signed * unit - value
            if limit < error || error < GMPInteger() - limit { wrong += 1 }
        }
        #expect(wrong == 0)
    }

    @Test(arguments: TestPrimes.all) func upperHalves(prime: String) throws {
        let field = PrimeField(try PrimeModulus(prime))
        var words = SeededWords(2)
        let x = field.concatenate([field.awkward, try field.uniform(count: 200, width: 0, from: &words)])
        let top = field.topBits(x, width: field.modulus.bits)
        let half = GMPInteger(field.half)
        let expected = field.integers(x).map { half < $0 }
        #expect((0..<field.count(x)).map { top[$0] } == expected)
        #expect(field.fromBits(top) == field.encode((0..<field.count(x)).map { top[$0] ? 1 : 0 }))
    }

    @Test(arguments: TestPrimes.all) func shiftedShares(prime: String) throws {
        let field = PrimeField(try PrimeModulus(prime))
        var words = SeededWords(2)
        let x = field.concatenate([field.awkward, try field.uniform(count: 50, width: 0, from: &words)])
        for shift in [0, 1, 7, 63, 64, 65, field.modulus.bits - 3] {
            let floors = field.integers(x).map { $0 >> shift }
            let ceilings = field.integers(x).map { ($0 + GMPInteger.powerOfTwo(shift) - GMPInteger(1)) >> shift }
            #expect(field.shiftShare(x, party: .server, by: shift, width: 0) == field.elements(floors))
            #expect(field.shiftShare(x, party: .client, by: shift, width: 0) == field.elements(ceilings))
        }
    }

    /// All four pairs of bits under all four pairs of masks.
    @Test(arguments: TestPrimes.all) func privateBitProducts(prime: String) throws {
        let field = PrimeField(try PrimeModulus(prime))
        func vector(_ index: Int) -> BitVector {
            var vector = BitVector(repeating: false, count: 16)
            for i in 0..<16 { vector[i] = i >> index & 1 == 1 }
            return vector
        }
        let (b0, b1, a, c) = (vector(0), vector(1), vector(2), vector(3))
        var words = SeededWords(5)
        let share = try field.uniform(count: 16, width: 0, from: &words)
        let shares = [field.subtract(field.fromBits(a & c), share), share]
        let results = Party.allCases.map { party in
            field.privateBitProduct(
                party: party, own: party == .server ? b0 : b1, ownMask: party == .server ? a : c, difference0: b0 ^ a,
                difference1: b1 ^ c, maskProduct: shares[party.rawValue])
        }
        #expect(field.add(results[0], results[1]) == field.fromBits(b0 & b1))
    }

    /// Any polynomials at any elements, reduced modulo p.
    @Test(arguments: TestPrimes.all, [0, 1, 2, 3]) func selections(prime: String, degree: Int) throws {
        let field = PrimeField(try PrimeModulus(prime))
        for (thresholds, count) in [(0, 65), (1, 0), (1, 65), (4, 9)] {
            var generator = SeededGenerator(UInt64(degree * 10 + thresholds))
            var words = SeededWords(1)
            func uniform(_ count: Int) throws -> [UInt64] { try field.uniform(count: count, width: 0, from: &words) }
            func random() -> BitVector {
                BitVector(words: words.words((count + 63) / 64), count: count)
            }
            let rows = (0...thresholds).map { _ in (0...degree).map { _ in Int64(bitPattern: generator.next()) } }
            let table = SelectionTable(rows: rows)
            let intervals = (0..<count).map { _ in Int.random(in: 0...thresholds, using: &generator) }
            let bits = (0..<thresholds).map { threshold in
                var bits = BitVector(repeating: false, count: count)
                for i in 0..<count { bits[i] = intervals[i] > threshold }
                return bits
            }
            let masks = bits.map { _ in random() }
            let v = try uniform(count)
            let a = [try uniform(count), try uniform(count)]
            let mask = degree > 0 ? field.add(a[0], a[1]) : nil
            let kind = SelectionCorrelation(
                count: count, thresholds: thresholds, degree: degree, isMasked: degree > 0, width: 0)
            let powers = kind.powers(of: mask, bits: masks, in: field)
            let share = try uniform(
                SelectionCorrelation.powerCount(thresholds: thresholds, degree: degree, count: count))
            #expect(powers.count == share.count)
            let results = Party.allCases.map { party in
                field.evaluateSelection(
                    table, party: party, openedBits: zip(bits, masks).map { $0 ^ $1 },
                    opened: mask.map { field.subtract(v, $0) }, maskShare: degree > 0 ? a[party.rawValue] : nil,
                    powerShares: party == .server ? field.subtract(powers, share) : share, count: count)
            }
            let expected = zip(intervals, field.integers(v)).map { interval, v in
                rows[interval].reversed().reduce(GMPInteger()) { ($0 * v + GMPInteger($1)) % field.p }
            }
            #expect(field.add(results[0], results[1]) == field.elements(expected))
        }
    }
}
