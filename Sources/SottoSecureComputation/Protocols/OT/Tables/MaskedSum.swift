import SottoAlgebra
import SottoPreprocessing

/// `sum_j 2^(e_j)·b_j·V_j(x) + sum_f c_f·V_f(x)` for XOR-shared bits `b_j`, public `c_f` and functions `V` of a secret `x` whose
/// difference to a mask is open: bits become numbers, choose between a number and zero, or multiply a line's `x`.
///
/// From the opened `t_j = b_j ^ s_j` and shares of `F(r)`, `s_j` and `s_j·F(r)`, see ``MaskFunction``, all is local. A product
/// with `2^e` needs shares modulo `2^(k-e)` alone. Exact modulo `2^k`.
/// - Communication: with `n` elements and `c` bits: `ceil(c·n/8)` bytes either way in 1 round.
struct MaskedSum: Primitive {
    let bits: Int
    let input: Int
    let count: Int
    let width: Int
    let functions: [MaskFunction]
    /// One for each plane of the bits.
    let terms: [MaskedTerm]
    /// What every function is multiplied with, whatever the bits.
    let constants: [Int64]
    let correlation: CorrelationHandle<MaskedSumCorrelation>
    let output: Int

    var label: String { "sum-selected" }
    var inputs: [Int] { [bits, input] }
    var outputs: [Int] { [output] }
    var rounds: [ByParty<Int>] { [.both(WireSize.bytes(count: count * terms.count, width: 1))] }
    var correlationStages: [[Int]] { [[correlation.index]] }
    var flops: Int { 0 }
    var work: LocalWork {
        let exponentials = functions.filter { !$0.hasPublicPart }.count
        return LocalWork(
            kernel: exponentials > 0 ? "exponential" : label,
            elements: count * (2 * terms.count + correlation.kind.parts.count))
    }

    func encodeParameters(into encoder: inout CanonicalEncoder) {
        encoder.append([count, width])
        encoder.append(functions)
        encoder.append(terms)
        encoder.append(constants)
    }

    func evaluate(_ state: PlaintextState) throws {
        // In the clear the mask is zero.
        let x = try state.values(input).map { UInt64(bitPattern: $0) }
        let zeros = [UInt64](repeating: 0, count: count)
        var sum = MaskedSumState(self, difference: x, isServer: true) { $0.secretPart(zeros) }
        for (index, bit) in try state.bits(bits).enumerated() {
            sum.add(term: index, opened: bit, maskBit: zeros, product: zeros)
        }
        state.set(output, sum.result.map { Int64(bitPattern: $0) })
    }

    func run<Domain: ShareDomain>(_ state: PartyState<Domain>) throws -> [Exchange] {
        let words = try state.ringWords()
        let bits = try state.bits(bits)
        let share = try state.take(correlation)
        let own = zip(bits, share.masks.bits).map { $0 ^ $1 }
        return [
            Exchange(
                outgoing: { BitVector.pack(own) },
                incoming: { bytes in
                    let peer = try BitVector.unpack(bytes, counts: own.map(\.count))
                    let (difference, mask) = try state.masked(input)
                    let parts = correlation.kind.parts.map(\.part)
                    let tensors = share.products.tensors.map { words.words($0) }
                    func dealt(_ part: MaskedSumCorrelation.Part) -> [UInt64]? {
                        parts.firstIndex(of: part).map { tensors[$0] }
                    }
                    var sum = MaskedSumState(
                        self, difference: words.words(difference), isServer: state.isServer
                    ) { function in
                        function == .value
                            ? words.words(mask)
                            : functions.firstIndex(of: function).flatMap { dealt(.secretPart(function: $0)) } ?? []
                    }
                    for (index, opened) in zip(own, peer).map({ $0 ^ $1 }).enumerated() {
                        sum.add(
                            term: index, opened: opened, maskBit: dealt(.bit(term: index)),
                            product: dealt(.product(term: index)))
                    }
                    state.set(output, .elements(words.elements(sum.result)))
                })
        ]
    }
}

/// A party's share of a masked sum while its terms are added up; in the clear that of a server whose peer has nothing.
private struct MaskedSumState {
    private let terms: [MaskedTerm]
    /// By function: `P`, `Q`, and the share of `P + Q·F`.
    private let publicParts: [[UInt64]?]
    private let factors: [[UInt64]?]
    private let values: [[UInt64]]
    private(set) var result: [UInt64]

    /// - Parameter secretPart: the share of `F`, empty where there is none.
    init(
        _ sum: MaskedSum, difference: [UInt64], isServer: Bool, secretPart: (MaskFunction) -> [UInt64]
    ) {
        terms = sum.terms
        publicParts = sum.functions.map { $0.publicPart(difference) }
        factors = sum.functions.map { $0.factor(difference) }
        var values: [[UInt64]] = []
        for (index, function) in sum.functions.enumerated() {
            var value = [UInt64](repeating: 0, count: sum.count)
            if function.hasSecretPart {
                let secret = secretPart(function)
                for i in value.indices { value[i] = secret[i] &* (factors[index]?[i] ?? 1) }
            }
            if isServer, let part = publicParts[index] { for i in value.indices { value[i] &+= part[i] } }
            values.append(value)
        }
        self.values = values
        result = [UInt64](repeating: 0, count: sum.count)
        for (value, constant) in zip(values, sum.constants) where constant != 0 {
            for i in result.indices { result[i] &+= value[i] &* UInt64(bitPattern: constant) }
        }
    }

    /// Adds `2^e·b·V` for `b = opened ^ s`: where the opened bit is set `V` is added and `s·V` subtracted, elsewhere `s·V`
    /// is added.
    mutating func add(term index: Int, opened: BitVector, maskBit: [UInt64]?, product: [UInt64]?) {
        let term = terms[index]
        let (part, factor, value) = (publicParts[term.function], factors[term.function], values[term.function])
        let (count, shift, words) = (result.count, UInt64(term.exponent), opened.words)
        result.withUnsafeMutableBufferPointer { result in
            for i in 0..<count {
                let set = 0 &- (words[i >> 6] >> UInt64(i & 63) & 1)
                var selected: UInt64 = 0
                if let product { selected = factor == nil ? product[i] : product[i] &* factor![i] }
                if let part, let maskBit { selected &+= part[i] &* maskBit[i] }
                result[i] &+= ((value[i] & set) &+ ((selected ^ set) &- set)) << shift
            }
        }
    }
}
