import SottoAlgebra
import SottoPreprocessing

/// Sums of products of XOR-shared bits, all at once from one opening of every factor (multi-input gates of ABY2.0, Patra et
/// al., USENIX Security 2021).
/// - Communication: with `n` elements and `p` bits that enter a product: `ceil(p·n/8)` bytes either way in 1 round.
struct BitSums: Primitive {
    /// A sum of products, each a set of planes of the input, plus a constant.
    struct Sum: Sendable, Hashable {
        let terms: [UInt32]
        let constant: Bool
    }

    let input: Int
    let count: Int
    /// By output and plane.
    let sums: [[Sum]]
    let correlation: CorrelationHandle<BitProducts>
    let outputs: [Int]

    var label: String { "combine-bits" }
    var inputs: [Int] { [input] }
    var rounds: [ByParty<Int>] { [.both(WireSize.bytes(count: count * opened.count, width: 1))] }
    var correlationStages: [[Int]] { [[correlation.index]] }
    var flops: Int { 0 }
    var work: LocalWork { LocalWork(kernel: label, elements: count * correlation.kind.subsets.count) }

    /// Planes that enter a product of two or more.
    private var opened: [Int] { Self.opened(sums) }

    static func opened(_ sums: [[Sum]]) -> [Int] {
        let planes = sums.joined().flatMap(\.terms).filter { $0.nonzeroBitCount > 1 }.reduce(0, |)
        return (0..<32).filter { planes >> UInt32($0) & 1 == 1 }
    }

    /// All products of masks that the sums need.
    static func correlation(_ sums: [[Sum]], count: Int) -> BitProducts {
        let planes = opened(sums)
        let products = sums.joined().flatMap(\.terms).filter { $0.nonzeroBitCount > 1 }.map { renumbered($0, planes) }
        let subsets = (0..<(1 << UInt32(planes.count))).filter { subset in
            subset.nonzeroBitCount > 1 && products.contains { $0 & subset == subset }
        }
        return BitProducts(count: count, copies: 1, planes: planes.count, subsets: subsets)
    }

    private static func renumbered(_ term: UInt32, _ planes: [Int]) -> UInt32 {
        planes.enumerated().reduce(0) { $0 | (term >> UInt32($1.element) & 1) << UInt32($1.offset) }
    }

    func encodeParameters(into encoder: inout CanonicalEncoder) {
        encoder.append([count, sums.count])
        for sum in sums.joined() {
            encoder.append(sum.terms.map(Int.init))
            encoder.append(sum.constant)
        }
    }

    func evaluate(_ state: PlaintextState) throws {
        let bits = try state.bits(input)
        for (output, planes) in zip(outputs, sums) {
            let values = planes.map { sum in
                sum.terms.reduce(BitVector(repeating: sum.constant, count: count)) { result, term in
                    let factors = bits.indices.filter { term >> UInt32($0) & 1 == 1 }.map { bits[$0] }
                    return result ^ factors.dropFirst().reduce(factors[0]) { $0 & $1 }
                }
            }
            state.set(output, bits: values)
        }
    }

    func run<Domain: ShareDomain>(_ state: PartyState<Domain>) throws -> [Exchange] {
        let bits = try state.bits(input)
        let share = try state.take(correlation)
        let planes = opened
        let own = zip(planes, share.masks.bits).map { bits[$0] ^ $1 }
        return [
            Exchange(
                outgoing: { BitVector.pack(own) },
                incoming: { bytes in
                    let peer = try BitVector.unpack(bytes, counts: own.map(\.count))
                    let evaluator = BitProductEvaluator(
                        isServer: state.isServer, differences: zip(own, peer).map { $0 ^ $1 },
                        masks: share.masks.bits, products: share.products.bits,
                        places: BitProductEvaluator.places(of: correlation.kind.subsets, planes: planes.count))
                    for (output, planeSums) in zip(outputs, sums) {
                        state.set(
                            output,
                            .bits(
                                planeSums.map {
                                    self.sum($0, of: bits, planes, evaluator, constant: $0.constant && state.isServer)
                                }))
                    }
                })
        ]
    }

    private func sum(
        _ sum: Sum, of bits: [BitVector], _ planes: [Int], _ evaluator: BitProductEvaluator, constant: Bool
    ) -> BitVector {
        var result = BitVector(repeating: constant, count: count)
        for term in sum.terms where term.nonzeroBitCount == 1 { result ^= bits[term.trailingZeroBitCount] }
        var words = result.words
        for term in sum.terms where term.nonzeroBitCount > 1 {
            evaluator.add(Self.renumbered(term, planes), to: &words)
        }
        return BitVector(words: words, count: count)
    }
}
