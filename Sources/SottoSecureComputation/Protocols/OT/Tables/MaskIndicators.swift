import SottoAlgebra
import SottoPreprocessing

/// For digits of a mask, XOR shares of their indicators: of `b` bits one for each of `2^b` values, of which the one that the
/// digit has is set.
///
/// Two parties draw the mask bit by bit, XOR-shared, and convert each bit by one correlated OT of the ring's width; a digit's
/// indicators are then `2^b - b - 1` products of two bits, which share factors: two correlated OTs on bits each.
package struct MaskIndicators: Correlation {
    package let mask: MaskView<RingMask>
    package let count: Int
    /// Bits of the mask's ring.
    package let width: Int
    package let digits: [MaskDigit]

    package init(mask: MaskView<RingMask>, count: Int, width: Int, digits: [MaskDigit]) {
        self.mask = mask
        self.count = count
        self.width = width
        self.digits = digits
    }

    package func masks(of party: Party) -> CorrelationFields { .none }
    package var products: CorrelationFields { .vectors(1, bits: count * IndicatorLayout(self).rowBits) }
    package var corrected: Corrected { .shares(of: .server) }

    package func products<Domain: ShareDomain>(
        of masks: ByParty<CorrelationMaterial<Domain.Elements>>, _ dealer: borrowing DealerView<Domain>
    ) throws -> CorrelationMaterial<Domain.Elements> {
        let words = try dealer.ringWords().words(try dealer.mask(mask))
        return CorrelationMaterial(bits: [IndicatorLayout(self).indicators(of: words)])
    }

    package func share<Domain: ShareDomain>(
        from given: CorrelationMaterial<Domain.Elements>, at party: Party, _ view: borrowing PartyView<Domain>
    ) throws -> CorrelationMaterial<Domain.Elements> {
        given
    }

    package func encode(into encoder: inout CanonicalEncoder) {
        encoder.append("mask indicators")
        encoder.append(mask)
        encoder.append([count, width])
        encoder.append(digits)
    }
}

/// Where indicators lie in one vector: digit by digit, the longest first, and there element by element. Rows are as long as a
/// power of two and so never cross a word that they do not fill.
struct IndicatorLayout {
    let count: Int
    let digits: [MaskDigit]
    /// First bit of every digit's indicators.
    let starts: [Int]
    /// Bits of all rows of an element.
    let rowBits: Int

    init(_ indicators: MaskIndicators) { self.init(count: indicators.count, digits: indicators.digits) }

    init(count: Int, digits: [MaskDigit]) {
        self.count = count
        self.digits = digits
        rowBits = digits.reduce(0) { $0 + 1 << $1.bits }
        var starts = [Int](repeating: 0, count: digits.count)
        var next = 0
        for place in digits.indices.sorted(by: { digits[$0].bits > digits[$1].bits }) {
            starts[place] = next
            next += count << digits[place].bits
        }
        self.starts = starts
    }

    /// Of the digits of the words themselves. Straight-line: which bit is set is a secret.
    func indicators(of words: [UInt64]) -> BitVector {
        var result = [UInt64](repeating: 0, count: BitVector.wordCount(count * rowBits))
        for (digit, start) in zip(digits, starts) {
            let rowWords = max(1, (1 << digit.bits) / 64)
            for element in 0..<count {
                let value = digit.of(words[element])
                let first = start + element << digit.bits
                for word in 0..<rowWords {
                    // All ones in the word that the value lies in.
                    let hit = 0 &- (((value >> 6) ^ UInt64(word)) &- 1) >> 63
                    result[first >> 6 + word] |= (1 << (value & 63)) << UInt64(first & 63) & hit
                }
            }
        }
        return BitVector(words: result, count: count * rowBits)
    }

    /// An element's row of a digit of at most 6 bits.
    @inline(__always)
    func row(_ digit: Int, _ element: Int, _ words: UnsafeBufferPointer<UInt64>) -> UInt64 {
        let first = starts[digit] + element << digits[digit].bits
        return (words[first >> 6] >> UInt64(first & 63)) & Ring64.mask(1 << digits[digit].bits)
    }
}
