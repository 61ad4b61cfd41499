import SottoAlgebra
import SottoPreprocessing

/// `P_0(v) + sum_i b_i·(P_i - P_(i-1))(v)` for XOR-shared bits `b_i` and public polynomials `P_i`: where the bits say how
/// many of several ascending thresholds a value has passed, the polynomial of its interval. With one bit and the
/// polynomials 0 and `v` it is `select`, with constants it turns bits into arithmetic shares.
///
/// `v` is the input, or the input minus a secret origin `o_0 + sum_i b_i·(o_i - o_(i-1))`, which costs a second round.
/// From the opened `d_i = b_i ^ r_i` and `e = v - a` and from shares of `a^j` and `r_i·a^j` everything else is local
/// (powers of a mask: Damgård et al., TCC 2006; bits times ring elements: the multiplexer of CrypTFlow2, CCS 2020, here
/// in one round).
///
/// All arithmetic is exact modulo `2^k` or p; the result must fit there, intermediate values need not.
/// - Communication: with `n` elements, `c` bits each, ring width `k`: `ceil(c·n/8) + ceil(n·k/8)` bytes either way in 1
///   round, in 2 when there are origins; without the second term when the polynomials are constants.
struct Selection: Primitive {
    let bits: Int
    /// nil where the polynomials are constants
    let input: Int?
    let count: Int
    let width: Int
    let table: SelectionTable
    /// Origins by interval; empty for none.
    let origins: [Int64]
    let correlation: CorrelationHandle<SelectionCorrelation>
    let output: Int

    var label: String { "select" }
    var inputs: [Int] { [bits] + (input.map { [$0] } ?? []) }
    var outputs: [Int] { [output] }
    var correlationStages: [[Int]] { [[correlation.index]] }
    /// Horner's scheme of the selected polynomial.
    var flops: Int { 2 * table.degree * count }

    private var bitBytes: Int { WireSize.bytes(count: count * table.thresholds, width: 1) }
    private var elementBytes: Int { input == nil ? 0 : WireSize.bytes(count: count, width: width) }

    /// The products of masks and the result; with a value also its opening, and finding its origin.
    var work: LocalWork {
        let powers = SelectionCorrelation.powerCount(
            thresholds: table.thresholds, degree: table.degree, count: count)
        guard input != nil else { return LocalWork(kernel: "convert bits", elements: powers + count) }
        let origin = origins.isEmpty ? 0 : count * (5 * table.thresholds + 4)
        return LocalWork(kernel: label, elements: powers + 14 * count + origin)
    }
    var rounds: [ByParty<Int>] {
        origins.isEmpty ? [.both(bitBytes + elementBytes)] : [.both(bitBytes), .both(elementBytes)]
    }

    func encodeParameters(into encoder: inout CanonicalEncoder) {
        encoder.append([count, width])
        encoder.append(table.rows.count)
        for row in table.rows { encoder.append(row) }
        encoder.append(origins)
    }

    func evaluate(_ state: PlaintextState) throws {
        let bits = try state.bits(bits)
        let x = try input.map { try state.values($0) }
        state.set(
            output,
            (0..<count).map { element in
                var coefficients = table.rows[0]
                var origin = origins.first ?? 0
                for threshold in bits.indices where bits[threshold][element] {
                    for j in coefficients.indices {
                        coefficients[j] &+= table.rows[threshold + 1][j] &- table.rows[threshold][j]
                    }
                    if !origins.isEmpty { origin += origins[threshold + 1] - origins[threshold] }
                }
                let v = (x?[element] ?? 0) &- origin
                return coefficients.reversed().reduce(0) { $0 &* v &+ $1 }
            })
    }

    func run<Domain: ShareDomain>(_ state: PartyState<Domain>) throws -> [Exchange] {
        let run = try SelectionRun(self, state)
        if origins.isEmpty {
            return [
                Exchange(
                    outgoing: { run.openBits() + run.openValue() },
                    incoming: { bytes in
                        try run.receiveBits(Array(bytes.prefix(bitBytes)))
                        try run.finish(Array(bytes.dropFirst(bitBytes)))
                    })
            ]
        }
        return [
            Exchange(
                outgoing: run.openBits,
                incoming: {
                    try run.receiveBits($0)
                    run.subtractOrigin()
                }),
            Exchange(outgoing: run.openValue, incoming: run.finish),
        ]
    }
}

/// One party's progress through a selection.
private final class SelectionRun<Domain: ShareDomain> {
    private let selection: Selection
    private let state: PartyState<Domain>
    private let conversions: any OTShareConversions<Domain.Elements>
    private let bitMasks: [BitVector]
    private let mask: Domain.Elements?
    private let powers: Domain.Elements
    private var value: Domain.Elements?
    private var differences: [BitVector]

    init(_ selection: Selection, _ state: PartyState<Domain>) throws {
        self.selection = selection
        self.state = state
        conversions = try state.shareConversions()
        let share = try state.take(selection.correlation)
        bitMasks = share.masks.bits
        mask = share.masks.tensors.first
        powers = share.products.tensors[0]
        value = try selection.input.map { try state.elements($0) }
        differences = zip(try state.bits(selection.bits), bitMasks).map { $0 ^ $1 }
    }

    func openBits() -> [UInt8] { BitVector.pack(differences) }

    func receiveBits(_ bytes: [UInt8]) throws {
        let peer = try BitVector.unpack(
            bytes, counts: [Int](repeating: selection.count, count: differences.count))
        differences = zip(differences, peer).map { $0 ^ $1 }
    }

    /// The share of `b_i` is that of `d_i + (1 - 2d_i)·r_i`, with the share of `r_i` from the correlation.
    func subtractOrigin() {
        let domain = state.domain
        let table = SelectionTable(rows: selection.origins.map { [$0] })
        let count = selection.count
        let degree = selection.table.degree
        let ofBits = differences.indices.map { threshold in
            let start = (max(0, degree - 1) + threshold * (degree + 1)) * count
            return domain.slice(powers, start..<(start + count))
        }
        let origin = conversions.evaluateSelection(
            table, party: state.party, openedBits: differences, opened: nil, maskShare: nil,
            powerShares: domain.concatenate(ofBits), count: count)
        value = value.map { domain.subtract($0, origin) }
    }

    func openValue() -> [UInt8] {
        guard let value, let mask else { return [] }
        return state.domain.pack(state.domain.subtract(value, mask), width: selection.width)
    }

    func finish(_ bytes: [UInt8]) throws {
        let domain = state.domain
        var opened: Domain.Elements?
        if let value, let mask {
            let peer = try domain.unpack(bytes, count: selection.count, width: selection.width)
            opened = domain.add(domain.subtract(value, mask), peer)
        }
        state.set(
            selection.output,
            .elements(
                conversions.evaluateSelection(
                    selection.table, party: state.party, openedBits: differences, opened: opened,
                    maskShare: mask, powerShares: powers, count: selection.count)))
    }
}
