import SottoAlgebra
import SottoPreprocessing

/// Opens a secret to one party or to both: the others send their shares.
/// - Communication: `ceil(n·k/8)` bytes from every party that does not learn it alone, in 1 round.
struct Opening: Primitive {
    let input: Int
    let count: Int
    let width: Int
    let name: String
    /// Place of the elements among all of that name.
    let start: Int
    let total: Int
    let receivers: [Party]

    var label: String { "open" }
    var inputs: [Int] { [input] }
    var outputs: [Int] { [] }
    var rounds: [ByParty<Int>] {
        let bytes = WireSize.bytes(count: count, width: width)
        return [ByParty { receivers.contains($0.peer) ? bytes : 0 }]
    }
    var correlationStages: [[Int]] { [] }
    var flops: Int { 0 }
    var work: LocalWork { LocalWork(kernel: label, elements: count) }

    func encodeParameters(into encoder: inout CanonicalEncoder) {
        encoder.append([count, width, start, total])
        encoder.append(name)
        encoder.append(receivers)
    }

    func evaluate(_ state: PlaintextState) throws {
        let values = try state.values(input)
        state.check(values, magnitudeBits: width - 1)
        state.recordOpened(name, values, start: start, count: total)
    }

    func run<Domain: ShareDomain>(_ state: PartyState<Domain>) throws -> [Exchange] {
        let domain = state.domain
        let share = try state.elements(input)
        let learns = receivers.contains(state.party)
        let shows = receivers.contains(state.party.peer)
        return [
            Exchange(
                outgoing: { shows ? domain.pack(share, width: width) : [] },
                incoming: { bytes in
                    guard learns else { return }
                    let peer = try domain.unpack(bytes, count: count, width: width)
                    state.recordOpened(
                        name, domain.decode(domain.add(share, peer), width: width), start: start, count: total)
                })
        ]
    }
}

extension ProgramBuilder {
    /// Opens `x` under `name`.
    public func open(_ x: Secret, as name: String, to receivers: [Party]) throws {
        try open(x, as: name, start: 0, of: x.count, to: receivers)
    }

    /// Opens some of the `count` elements of that name, from `start` on.
    public func open(_ x: Secret, as name: String, start: Int, of count: Int, to receivers: [Party]) throws {
        try checkHeadroom(x.magnitude, width: x.width, "open")
        declareOutput(name, scale: x.scale)
        _ = try tiles(tiling.rowRanges(rows: x.count, elementsOfRow: 1)) { range in
            try emit(
                Opening(
                    input: try elements(range, of: x).slot, count: range.count, width: x.width, name: name,
                    start: start + range.lowerBound, total: count, receivers: receivers))
        }
    }
}
