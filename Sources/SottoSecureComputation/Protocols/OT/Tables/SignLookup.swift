import SottoAlgebra
import SottoPreprocessing

/// A ring cut into digits, the lowest first, so that the sign of a sum of two numbers is a short sum of products of what is
/// known of sums of single digits.
package struct DigitChain: Sendable, Hashable, CanonicallyEncodable {
    package let digits: [MaskDigit]

    /// - Returns: nil for rings that a comparison suits better, and those that are too wide.
    package init?(width: Int) {
        guard (8...36).contains(width) else { return nil }
        let chains = (2...7).filter { $0 * MaskDigit.largest >= width }.map { Self.digits(width: width, count: $0) }
        digits = chains.min { Self.bits($0) < Self.bits($1) }!
    }

    private static func digits(width: Int, count: Int) -> [MaskDigit] {
        let bits = (0..<count).map { width / count + ($0 < count - width % count ? 0 : 1) }
        return bits.indices.map { MaskDigit(low: bits[..<$0].reduce(0, +), bits: bits[$0]) }
    }

    /// What is dealt for an element, and what either party opens of it.
    private static func bits(_ digits: [MaskDigit]) -> Int {
        let chain = digits.count
        let products = 1 << chain - chain - 1 + (1..<(chain - 1)).reduce(0) { $0 + 1 << (chain - 1 - $1) - 1 }
        return digits.reduce(0) { $0 + 1 << $1.bits } + products + 4 * (chain - 1)
    }

    /// Carries of all digits but the last, then whether those but the first are all ones, of the last without its highest
    /// bit, then that bit.
    var factors: Int { 2 * digits.count - 1 }
    private func carry(_ digit: Int) -> UInt32 { 1 << UInt32(digit) }
    private func ones(_ digit: Int) -> UInt32 { 1 << UInt32(digits.count - 2 + digit) }
    private var sign: UInt32 { 1 << UInt32(factors - 1) }

    /// One where the sum is negative: its highest bit without carries, and each carry that runs up to it.
    var negative: [UInt32] {
        [sign]
            + (0..<(digits.count - 1)).map { digit in
                ((digit + 1)..<digits.count).reduce(carry(digit)) { $0 | ones($1) }
            }
    }

    package func encode(into encoder: inout CanonicalEncoder) { encoder.append(digits) }
}

/// From the opened difference of a secret to its mask, XOR-shared bits of which the sign of the secret is a sum of products:
/// for each digit whether the sum of difference and mask carries over there and whether it is all ones. Exact.
/// - Communication: none.
struct SignLookup: Primitive {
    let input: Int
    let count: Int
    let width: Int
    let chain: DigitChain
    let correlation: CorrelationHandle<MaskIndicators>
    let output: Int

    var label: String { "look-up-sign" }
    var inputs: [Int] { [input] }
    var outputs: [Int] { [output] }
    var rounds: [ByParty<Int>] { [] }
    var correlationStages: [[Int]] { [[correlation.index]] }
    var flops: Int { 0 }
    var work: LocalWork { LocalWork(kernel: label, elements: count * chain.factors) }

    func encodeParameters(into encoder: inout CanonicalEncoder) {
        encoder.append([count, width])
        encoder.append(chain)
    }

    func evaluate(_ state: PlaintextState) throws {
        let values = try state.values(input)
        state.check(values, magnitudeBits: width - 1)
        // In the clear the mask is zero.
        let layout = IndicatorLayout(count: count, digits: chain.digits)
        let indicators = layout.indicators(of: [UInt64](repeating: 0, count: count))
        state.set(output, bits: lookUp(values.map { $0.clamped(toBits: width) }, indicators, layout))
    }

    func run<Domain: ShareDomain>(_ state: PartyState<Domain>) throws -> [Exchange] {
        let difference = try state.ringWords().words(try state.masked(input).difference)
        let indicators = try state.take(correlation).products.bits[0]
        let layout = IndicatorLayout(count: count, digits: chain.digits)
        state.set(output, .bits(lookUp(difference, indicators, layout)))
        return []
    }

    private func lookUp(_ differences: [UInt64], _ indicators: BitVector, _ layout: IndicatorLayout) -> [BitVector] {
        let digits = chain.digits
        let last = digits.count - 1
        return BitPlaneBuffer.filled(planes: chain.factors, count: count) { planes in
            indicators.words.withUnsafeBufferPointer { words in
                for element in 0..<count {
                    let d = differences[element]
                    for digit in 0..<last {
                        let factors = DigitFactors(
                            digits[digit], layout.row(digit, element, words), digits[digit].of(d))
                        planes.set(digit, element, factors.carry)
                        if digit > 0 { planes.set(last + digit - 1, element, factors.ones) }
                    }
                    let top = TopFactors(
                        digits[last], layout.row(last, element, words), digits[last].of(d), middleMoves: 0)
                    planes.set(2 * last - 1, element, top.ones)
                    planes.set(2 * last, element, top.sign)
                }
            }
        }
    }
}
