import Algebra
import Preprocessing

/// Opens a secret to one party or to both: the others send their shares.
/// - Communication: `ceil(n·k/8)` bytes from every party that does not learn it alone, in 1 round.
struct Opening: Primitive {
    let input: Int
    let count: Int
    let width: Int
    let name: String
    let receivers: [Party]

    var label: String { "open" }
    var inputs: [Int] { [input] }
    var outputs: [Int] { [] }
    var rounds: [DeclaredRound] {
        let bytes = WireSize.bytes(count: count, width: width)
        return [
            DeclaredRound(
                server: receivers.contains(.client) ? bytes : 0, client: receivers.contains(.server) ? bytes : 0)
        ]
    }

    func evaluate(_ state: PlaintextState) throws {
        let values = try state.values(input)
        state.check(values, magnitudeBits: width - 1)
        state.recordOpened(name, values)
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
                    state.recordOpened(name, domain.decode(domain.add(share, peer), width: width))
                })
        ]
    }
}

extension ProgramBuilder {
    /// Opens `x` under `name`.
    public func open(_ x: Secret, as name: String, to receivers: [Party]) throws {
        try checkHeadroom(x.magnitude, width: x.width, "open")
        declareOutput(name, scale: x.scale)
        emit(Opening(input: x.slot, count: x.count, width: x.width, name: name, receivers: receivers))
    }
}
