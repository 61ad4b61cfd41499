import SottoAlgebra
import SottoPreprocessing

/// A bit times one or a number, times plus or minus a power of two.
struct SelectedTerm: Sendable, Hashable, CanonicallyEncodable {
    /// Plane of the bits.
    let plane: Int
    /// Index of the number; nil for one.
    let number: Int?
    let exponent: Int
    let isNegative: Bool

    init(plane: Int, number: Int? = nil, exponent: Int = 0, isNegative: Bool = false) {
        (self.plane, self.number, self.exponent, self.isNegative) = (plane, number, exponent, isNegative)
    }

    func encode(into encoder: inout CanonicalEncoder) {
        encoder.append([plane, number ?? -1, exponent, isNegative ? 1 : 0])
    }
}

/// `constant + sum_i c_i·v_i + sum_t ±2^(e_t)·b_t·v_t` for XOR-shared bits, shared numbers and public integers: bits become
/// numbers, or choose between a number and zero.
///
/// With `b = b_0 ^ b_1`, a bit is `b_0 + b_1 - 2·b_0·b_1` and chosen numbers are what either party's bit adds of the other's
/// `(1 - 2b)·v`: products of a bit of one party and a number of the other, by correlated OT on random bits and numbers
/// (multiplexer and conversion of CrypTFlow2, Rathee et al., CCS 2020). Of a product with `2^e` the lower bits alone
/// matter. Exact modulo `2^k`.
/// - Communication: with `n` elements, `c` terms of one and `d` of numbers: in the first round `ceil((c+d)·n/8)` bytes of the
///   client, `ceil(d·n/8)` of the server; in the second `ceil(n·(k-e-1)/8)` of the server for each of `c`, and
///   `ceil(n·(k-e)/8)` either way for each of `d`. Bits at the ring's highest place cost nothing.
struct SelectedSum: Primitive {
    let bits: Int
    let numbers: [Int]
    let count: Int
    let width: Int
    let terms: [SelectedTerm]
    let constant: Int64
    /// Of the numbers, whatever the bits.
    let factors: [Int64]
    let correlation: CorrelationHandle<BitNumberProducts>
    let output: Int

    var label: String { "select-sum" }
    var inputs: [Int] { [bits] + numbers }
    var outputs: [Int] { [output] }
    var rounds: [ByParty<Int>] {
        let widths = correlation.kind.widths
        return [
            ByParty { WireSize.bytes(count: count * widths[$0.peer].count, width: 1) },
            widths.map { $0.reduce(0) { $0 + WireSize.bytes(count: count, width: $1) } },
        ]
    }
    var correlationStages: [[Int]] { [[], [correlation.index]] }
    var flops: Int { 0 }
    var work: LocalWork { LocalWork(kernel: label, elements: count * (3 * terms.count + numbers.count + 1)) }

    /// Widths of what either party's numbers are multiplied in.
    static func widths(_ terms: [SelectedTerm], width: Int) -> ByParty<[Int]> {
        ByParty { party in terms.compactMap { Self.width(of: $0, from: party, in: width) } }
    }

    /// Of a term with a number of a party; nil where it needs none.
    private static func width(of term: SelectedTerm, from party: Party, in width: Int) -> Int? {
        guard term.number == nil else { return width - term.exponent }
        return party == .server && width - term.exponent > 1 ? width - term.exponent - 1 : nil
    }

    func encodeParameters(into encoder: inout CanonicalEncoder) {
        encoder.append([count, width])
        encoder.append(terms)
        encoder.append([constant])
        encoder.append(factors)
    }

    func evaluate(_ state: PlaintextState) throws {
        let planes = try state.bits(bits)
        let numbers = try numbers.map { try state.values($0) }
        state.set(
            output,
            (0..<count).map { element in
                var sum = constant
                for (factor, values) in zip(factors, numbers) { sum &+= factor &* values[element] }
                for term in terms where planes[term.plane][element] {
                    let value = (term.number.map { numbers[$0][element] } ?? 1) << Int64(term.exponent)
                    sum = term.isNegative ? sum &- value : sum &+ value
                }
                return sum
            })
    }

    func run<Domain: ShareDomain>(_ state: PartyState<Domain>) throws -> [Exchange] {
        let run = SelectedSumRun(
            self, state, try state.ringWords(), bits: try state.bits(bits),
            numbers: try numbers.map { try state.elements($0) })
        return [
            Exchange(outgoing: run.sendFlips, incoming: run.receiveFlips),
            Exchange(outgoing: run.sendNumbers, incoming: run.receiveNumbers),
        ]
    }
}

/// One party's progress.
private final class SelectedSumRun<Domain: ShareDomain> {
    private let sum: SelectedSum
    private let state: PartyState<Domain>
    private let words: any RingWords<Domain.Elements>
    private let bits: [BitVector]
    private let numbers: [[UInt64]]
    private let widths: ByParty<[Int]>
    /// Terms that a number of either party is in.
    private let terms: ByParty<[SelectedTerm]>
    private var share: CorrelationShare<Domain.Elements>?
    private var peerFlips: [BitVector] = []
    private var result: [UInt64]

    init(
        _ sum: SelectedSum, _ state: PartyState<Domain>, _ words: any RingWords<Domain.Elements>, bits: [BitVector],
        numbers: [Domain.Elements]
    ) {
        self.sum = sum
        self.state = state
        self.words = words
        self.bits = bits
        self.numbers = numbers.map { words.words($0) }
        widths = sum.correlation.kind.widths
        terms = ByParty { party in
            sum.terms.filter { !SelectedSum.widths([$0], width: sum.width)[party].isEmpty }
        }
        result = [UInt64](repeating: state.isServer ? UInt64(bitPattern: sum.constant) : 0, count: sum.count)
        addOwn()
    }

    private var party: Party { state.party }

    /// What needs nobody else: the public multiples, and own bits times own numbers.
    private func addOwn() {
        for (factor, values) in zip(sum.factors, numbers) where factor != 0 {
            let factor = UInt64(bitPattern: factor)
            for i in result.indices { result[i] &+= factor &* values[i] }
        }
        for term in sum.terms {
            add(term) { element, bit in bit & (term.number.map { self.numbers[$0][element] } ?? 1) }
        }
    }

    /// Adds `±2^e·value` of every element, given all ones where the party's own bit is set.
    private func add(_ term: SelectedTerm, _ value: (Int, UInt64) -> UInt64) {
        let (plane, shift, sign) = (bits[term.plane].words, UInt64(term.exponent), term.isNegative ? UInt64.max : 0)
        for i in result.indices {
            let bit = 0 &- (plane[i >> 6] >> UInt64(i & 63) & 1)
            result[i] &+= (((value(i, bit) << shift) ^ sign) &- sign)
        }
    }

    /// The bits that choose of the peer's numbers, under masks.
    func sendFlips() throws -> [UInt8] {
        let share = try state.take(sum.correlation)
        self.share = share
        return BitVector.pack(zip(terms[party.peer], share.masks.bits).map { bits[$0.plane] ^ $1 })
    }

    func receiveFlips(_ bytes: [UInt8]) throws {
        peerFlips = try BitVector.unpack(bytes, counts: terms[party].map { _ in sum.count })
    }

    private func product(_ place: Int, of sender: Party) -> [UInt64] {
        guard let share else { return [] }
        return words.words(share.products.tensors[sender == .server ? place : widths.server.count + place])
    }

    /// For the peer's bit `f ^ u` and the random product `u·d`: `e = (1-2f)·w - d` to the peer, and `f·w` here.
    func sendNumbers() throws -> [UInt8] {
        guard let masks = share?.masks.tensors else { return [] }
        var message: [UInt8] = []
        for (place, term) in terms[party].enumerated() {
            let (d, shares) = (words.words(masks[place]), product(place, of: party))
            let (flips, plane) = (peerFlips[place].words, bits[term.plane].words)
            let values = term.number.map { numbers[$0] }
            var differences = [UInt64](repeating: 0, count: sum.count)
            for i in differences.indices {
                let own = 0 &- (plane[i >> 6] >> UInt64(i & 63) & 1)
                let flip = 0 &- (flips[i >> 6] >> UInt64(i & 63) & 1)
                // (1 - 2b)·v, or for a bit alone b, of which -2b·b' is wanted.
                let w = values.map { ($0[i] ^ own) &- own } ?? (own & 1)
                differences[i] = ((w ^ flip) &- flip) &- d[i]
                add(term, shares[i] &+ (w & flip), at: i)
            }
            message += BitPacking.pack(differences, width: widths[party][place])
        }
        return message
    }

    /// `u·e` of the peer's difference.
    func receiveNumbers(_ bytes: [UInt8]) throws {
        guard let masks = share?.masks.bits else { return }
        var rest = bytes[...]
        for (place, term) in terms[party.peer].enumerated() {
            let size = WireSize.bytes(count: sum.count, width: widths[party.peer][place])
            let differences = try BitPacking.unpack(
                Array(rest.prefix(size)), count: sum.count, width: widths[party.peer][place])
            rest = rest.dropFirst(size)
            let (shares, choice) = (product(place, of: party.peer), masks[place].words)
            for i in differences.indices {
                let chosen = 0 &- (choice[i >> 6] >> UInt64(i & 63) & 1)
                add(term, shares[i] &+ (differences[i] & chosen), at: i)
            }
        }
        share = nil
        let mask = Ring64.mask(sum.width)
        state.set(sum.output, .elements(words.elements(result.map { $0 & mask })))
    }

    /// Adds a share of a product to an element: of a number times its power, of two bits twice as much the other way.
    private func add(_ term: SelectedTerm, _ product: UInt64, at element: Int) {
        let isBit = term.number == nil
        let value = product << UInt64(term.exponent + (isBit ? 1 : 0))
        result[element] = term.isNegative == isBit ? result[element] &+ value : result[element] &- value
    }
}

/// The lowest bits of either party's share, as shares of their sum: that of a number's lowest bits, and `2^bits` more where
/// they carry over. In the clear there is no carry.
/// - Communication: none.
struct LowDigit: LocalPrimitive {
    let input: Int
    let count: Int
    let bits: Int
    let output: Int

    var label: String { "low-digit" }
    var inputs: [Int] { [input] }
    var outputs: [Int] { [output] }
    var flops: Int { 0 }
    var work: LocalWork { LocalWork(kernel: label, elements: 2 * count) }

    func encodeParameters(into encoder: inout CanonicalEncoder) { encoder.append([count, bits]) }

    func evaluate(_ state: PlaintextState) throws {
        let mask = Int64(Ring64.mask(bits))
        state.set(output, try state.values(input).map { $0 & mask })
    }

    func run<Domain: ShareDomain>(_ state: PartyState<Domain>) throws -> [Exchange] {
        let (words, mask) = (try state.ringWords(), Ring64.mask(bits))
        let digits = words.words(try state.elements(input)).map { $0 & mask }
        state.set(output, .elements(words.elements(digits)))
        return []
    }
}

extension OTSuite {
    /// - Communication: ``SelectedSum``.
    func sum(
        _ bits: SecretBits, _ numbers: [(Secret, factor: Int64)], _ terms: [SelectedTerm], constant: Int64 = 0,
        like x: Secret, scale: Int, magnitude: Double, width: Int, in builder: ProgramBuilder
    ) throws -> Secret {
        let correlation = builder.newCorrelation(
            BitNumberProducts(count: x.count, widths: SelectedSum.widths(terms, width: width)))
        let output = Secret(
            slot: builder.newSlot(elements: x.count), shape: x.shape, scale: scale, magnitude: magnitude, width: width)
        try builder.emit(
            SelectedSum(
                bits: bits.parts[0].slot, numbers: numbers.map(\.0.slot), count: x.count, width: width, terms: terms,
                constant: constant, factors: numbers.map(\.factor), correlation: correlation, output: output.slot))
        return output
    }
}
