import SottoAlgebra
import SottoPreprocessing

/// One of several shared rows by bits that the client knows: with the candidates `x_0, x_1, ...` and a bit `b_c` for each but
/// the first, `x_0 + sum_c b_c·(x_c - x_0)`. At most one bit of a choice is set.
///
/// Of the client's own shares it chooses by itself, of the server's by correlated OT on random bits and rows. Exact modulo
/// `2^k`, and in a field.
/// - Communication: with `n` choices among `c` rows of `m` elements: `ceil((c-1)·n/8)` bytes of the client in the first round,
///   `ceil((c-1)·n·m·k/8)` of the server in the second.
struct RowChoice: Primitive {
    let bits: Int
    /// `[count, candidates, columns]`
    let input: Int
    let count: Int
    let candidates: Int
    let columns: Int
    let width: Int
    let correlation: CorrelationHandle<BitRowProducts>
    let output: Int

    var label: String { "choose-row" }
    var inputs: [Int] { [bits, input] }
    var outputs: [Int] { [output] }
    var rounds: [ByParty<Int>] {
        [
            .only(.client, WireSize.bytes(count: choices, width: 1)),
            .only(.server, WireSize.bytes(count: choices * columns, width: width)),
        ]
    }
    var correlationStages: [[Int]] { [[], [correlation.index]] }
    var flops: Int { 0 }
    var work: LocalWork { LocalWork(kernel: label, elements: count * candidates * columns) }

    /// Bits, and rows that they choose.
    private var choices: Int { count * (candidates - 1) }

    func encodeParameters(into encoder: inout CanonicalEncoder) {
        encoder.append([count, candidates, columns, width])
    }

    func evaluate(_ state: PlaintextState) throws {
        let (bits, x) = (try state.bits(bits)[0], try state.values(input))
        var result: [Int64] = []
        result.reserveCapacity(count * columns)
        for row in 0..<count {
            let first = row * candidates * columns
            var sum = Array(x[first..<first + columns])
            for candidate in 1..<candidates where bits[row * (candidates - 1) + candidate - 1] {
                for column in 0..<columns {
                    sum[column] &+= x[first + candidate * columns + column] &- x[first + column]
                }
            }
            result += sum
        }
        state.set(output, result)
    }

    func run<Domain: ShareDomain>(_ state: PartyState<Domain>) throws -> [Exchange] {
        let run = RowChoiceRun(self, state, bits: try state.bits(bits)[0], try state.elements(input))
        return [
            Exchange(outgoing: run.sendFlips, incoming: run.receiveFlips),
            Exchange(outgoing: run.sendRows, incoming: run.receiveRows),
        ]
    }

    // MARK: Rows

    /// The first candidates `[count, columns]`, and what the others differ from them by, `[count, candidates - 1, columns]`.
    fileprivate func split<Domain: ShareDomain>(
        _ x: Domain.Elements, _ domain: Domain
    ) -> (first: Domain.Elements, differences: Domain.Elements) {
        let shape = [count, candidates, columns]
        let first = domain.apply(.slice(shape: shape, axis: 1, range: 0..<1), to: x)
        let others = domain.apply(.slice(shape: shape, axis: 1, range: 1..<candidates), to: x)
        let repeated = domain.apply(
            .permute(shape: [count, columns, candidates - 1], order: [0, 2, 1]),
            to: domain.apply(.segmentBroadcast(Segments(rows: count * columns, columns: candidates - 1)), to: first))
        return (first, domain.subtract(others, repeated))
    }

    /// Adds up what was chosen of the differences.
    fileprivate func sum<Domain: ShareDomain>(
        _ chosen: Domain.Elements, after first: Domain.Elements, _ domain: Domain
    ) -> Domain.Elements {
        let sums = domain.apply(
            .segmentSum(Segments(rows: count * columns, columns: candidates - 1)),
            to: domain.apply(.permute(shape: [count, candidates - 1, columns], order: [0, 2, 1]), to: chosen))
        return domain.add(first, sums)
    }
}

/// One party's progress.
private final class RowChoiceRun<Domain: ShareDomain> {
    private let choice: RowChoice
    private let state: PartyState<Domain>
    private let domain: Domain
    private let bits: BitVector
    private let first: Domain.Elements
    private let differences: Domain.Elements
    private var share: CorrelationShare<Domain.Elements>?
    /// Every flip along its row; at the server.
    private var flips = BitVector(repeating: false, count: 0)

    init(_ choice: RowChoice, _ state: PartyState<Domain>, bits: BitVector, _ x: Domain.Elements) {
        self.choice = choice
        self.state = state
        self.bits = bits
        domain = state.domain
        (first, differences) = choice.split(x, state.domain)
    }

    /// The client's bits under masks.
    func sendFlips() throws -> [UInt8] {
        let share = try state.take(choice.correlation)
        self.share = share
        return state.isServer ? [] : (bits ^ share.masks.bits[0]).bytes
    }

    func receiveFlips(_ bytes: [UInt8]) throws {
        guard state.isServer else { return }
        flips = try BitVector(count: bits.count, bytes: bytes).alongRows(of: choice.columns)
    }

    /// For the bit `f ^ u` and the random products `u·d`: `e = (1-2f)·w - d` of the differences `w` to the client, and `f·w`
    /// here.
    func sendRows() throws -> [UInt8] {
        guard state.isServer, let share else { return [] }
        let flipped = domain.selected(differences, where: flips)
        let signed = domain.subtract(differences, domain.scale(flipped, by: 2))
        finish(domain.add(flipped, share.products.tensors[0]))
        return domain.pack(domain.subtract(signed, share.masks.tensors[0]), width: choice.width)
    }

    /// `u·e`, and the own differences by the bits themselves.
    func receiveRows(_ bytes: [UInt8]) throws {
        guard !state.isServer, let share else { return }
        let count = bits.count * choice.columns
        let received = try domain.unpack(bytes, count: count, width: choice.width)
        let others = domain.selected(received, where: share.masks.bits[0].alongRows(of: choice.columns))
        let own = domain.selected(differences, where: bits.alongRows(of: choice.columns))
        finish(domain.add(domain.add(own, others), share.products.tensors[0]))
    }

    private func finish(_ chosen: Domain.Elements) {
        share = nil
        state.set(choice.output, .elements(choice.sum(chosen, after: first, domain)))
    }
}

extension ProgramBuilder {
    /// Of each of `[n, candidates, columns]` one row, `[n, columns]`: the one of the bit that is set, of which there are
    /// `[n, candidates - 1]`, or else the first.
    /// - Communication: ``RowChoice``; none of a single candidate.
    public func choose(_ bits: ClientBits, of x: Secret) throws -> Secret {
        guard x.shape.count == 3, x.shape[1] > 0, bits.count == x.shape[0] * (x.shape[1] - 1) else {
            throw ProgramError.shape(
                path: path("choose-row"), expected: "a bit for each row of a choice but the first",
                got: "\(bits.count) bits for \(x.shape)")
        }
        let (count, candidates, columns) = (x.shape[0], x.shape[1], x.shape[2])
        guard candidates > 1 else { return x.reshaped([count, columns]) }
        let correlation = newCorrelation(
            BitRowProducts(count: bits.count, columns: columns, width: x.width))
        let output = Secret(
            slot: newSlot(elements: count * columns), shape: [count, columns], scale: x.scale, magnitude: x.magnitude,
            width: x.width)
        try emit(
            RowChoice(
                bits: bits.slot, input: x.slot, count: count, candidates: candidates, columns: columns, width: x.width,
                correlation: correlation, output: output.slot))
        return output
    }
}
