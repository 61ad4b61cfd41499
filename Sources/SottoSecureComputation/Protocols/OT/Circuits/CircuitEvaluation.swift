import SottoAlgebra
import SottoPreprocessing

/// XOR-shared bits that a circuit computes of a secret, whose shares' bits it takes as either party's private ones
/// (Goldreich, Micali and Wigderson, STOC 1987, with triples that share factors).
///
/// The circuit adds the shares up modulo `2^width` as far as it needs the sum. Exact.
/// - Communication: with `n` elements, in the first round `ceil(c·n/8)` bytes more than the round's products either way for
///   `c` products of private bits; in every round `ceil(p·n/8)` for `p` bits that enter products.
struct CircuitEvaluation: Primitive {
    let input: Int
    let count: Int
    let circuit: BinaryCircuit
    /// What values stay below, as an exponent of two; nil for those that are not negative and fit the circuit.
    let magnitudeBits: Int?
    /// nil without products of private bits.
    let carryCorrelation: CorrelationHandle<PrivateBitProducts>?
    /// Of every round; nil without other products.
    let correlations: [CorrelationHandle<FactorTriples>?]
    let output: Int

    var label: String { "evaluate-bits" }
    var inputs: [Int] { [input] }
    var outputs: [Int] { [output] }
    var rounds: [ByParty<Int>] {
        circuit.levels.indices.dropFirst().map {
            .both(WireSize.bytes(count: count * (circuit.levels[$0].opened + carries(in: $0)), width: 1))
        }
    }
    var correlationStages: [[Int]] {
        [[]]
            + correlations.enumerated().map { round, handle in
                (round == 0 ? carryCorrelation.map { [$0.index] } ?? [] : []) + (handle.map { [$0.index] } ?? [])
            }
    }
    var flops: Int { 0 }
    var work: LocalWork {
        let sums = circuit.levels.joinedSums.reduce(0) { $0 + $1.terms.count }
        let products = circuit.levels.reduce(0) { $0 + 4 * $1.opened } + 4 * circuit.carries.count
        return LocalWork(kernel: label, elements: count * (sums + products) / 64)
    }

    private func carries(in level: Int) -> Int { level == 1 ? circuit.carries.count : 0 }

    func encodeParameters(into encoder: inout CanonicalEncoder) {
        encoder.append([count, magnitudeBits ?? -1])
        encoder.append(circuit)
    }

    func evaluate(_ state: PlaintextState) throws {
        let values = try state.values(input)
        if let magnitudeBits {
            state.check(values, magnitudeBits: magnitudeBits)
        } else {
            state.check(values.map { $0 < 0 ? .max : $0 }, magnitudeBits: circuit.width)
        }
        // One party has the value, and the other zero.
        let wires = CircuitWires(
            circuit, BitPlanes.planes(of: values.map { UInt64(bitPattern: $0) }, width: circuit.width))
        let zero = BitVector(repeating: false, count: count)
        for level in circuit.levels.indices {
            wires.set(
                level, carries: circuit.carries.map { _ in zero },
                circuit.levels[level].lanes.flatMap { lane in
                    lane.others.map { wires[lane.factor] & wires[$0] }
                }, constants: true)
        }
        state.set(output, bits: wires.outputs)
    }

    func run<Domain: ShareDomain>(_ state: PartyState<Domain>) throws -> [Exchange] {
        let words = try state.ringWords().words(try state.elements(input))
        let run = CircuitRun(self, state, CircuitWires(circuit, BitPlanes.planes(of: words, width: circuit.width)))
        try run.begin()
        return circuit.levels.indices.dropFirst().map { level in
            Exchange(outgoing: { try run.open(level) }, incoming: { try run.finish(level, $0) })
        }
    }
}

extension [BinaryCircuit.Level] {
    fileprivate var joinedSums: [BinaryCircuit.Sum] { flatMap(\.sums) }
}

/// The bits of a circuit while it is evaluated, or one party's shares of them.
private final class CircuitWires {
    private let circuit: BinaryCircuit
    private let count: Int
    private var values: [BitVector]
    /// Levels after which a wire is not read any more.
    private let lastUse: [[Int]]

    init(_ circuit: BinaryCircuit, _ bits: [BitVector]) {
        self.circuit = circuit
        count = bits[0].count
        let empty = BitVector(repeating: false, count: 0)
        values = bits + [BitVector](repeating: empty, count: circuit.wires - circuit.width)
        var last = [Int](repeating: 0, count: circuit.wires)
        for (index, level) in circuit.levels.enumerated() {
            for lane in level.lanes { for wire in [lane.factor] + lane.others { last[wire] = index } }
            for sum in level.sums { for wire in sum.terms { last[wire] = index } }
        }
        for wire in circuit.outputs { last[wire] = circuit.levels.count }
        var lastUse = [[Int]](repeating: [], count: circuit.levels.count + 1)
        for (wire, level) in last.enumerated() { lastUse[level].append(wire) }
        self.lastUse = lastUse
    }

    subscript(wire: Int) -> BitVector { values[wire] }

    var outputs: [BitVector] { circuit.outputs.map { values[$0] } }

    /// Sets the products of a level, lane by lane, and adds up what there is then.
    /// - Parameter constants: whether this party adds the sums' constants.
    func set(_ level: Int, carries: [BitVector], _ products: [BitVector], constants: Bool) {
        if level == 1 {
            for (place, carry) in carries.enumerated() { values[circuit.firstCarry + place] = carry }
        }
        var products = products[...]
        for lane in circuit.levels[level].lanes {
            for place in lane.others.indices { values[lane.first + place] = products.removeFirst() }
        }
        for sum in circuit.levels[level].sums {
            var result = BitVector(repeating: sum.constant && constants, count: count)
            for term in sum.terms { result ^= values[term] }
            values[sum.wire] = result
        }
        for wire in lastUse[level] where level > 0 { values[wire] = BitVector(repeating: false, count: 0) }
    }
}

/// One party's progress.
private final class CircuitRun<Domain: ShareDomain> {
    private let evaluation: CircuitEvaluation
    private let circuit: BinaryCircuit
    private let state: PartyState<Domain>
    private let wires: CircuitWires
    private var carryShare: CorrelationShare<Domain.Elements>?
    private var share: CorrelationShare<Domain.Elements>?
    /// Of the round, in the order in which they travel.
    private var own: [BitVector] = []

    init(_ evaluation: CircuitEvaluation, _ state: PartyState<Domain>, _ wires: CircuitWires) {
        self.evaluation = evaluation
        circuit = evaluation.circuit
        self.state = state
        self.wires = wires
    }

    func begin() throws {
        wires.set(0, carries: [], [], constants: state.isServer)
        if circuit.rounds == 0 { state.set(evaluation.output, .bits(wires.outputs)) }
    }

    /// The private bits, then of each lane the factor and what it is multiplied with, all under masks.
    func open(_ level: Int) throws -> [UInt8] {
        own = []
        if level == 1, let handle = evaluation.carryCorrelation {
            let share = try state.take(handle)
            own += zip(circuit.carries, share.masks.bits).map { wires[$0] ^ $1 }
            carryShare = share
        }
        guard let handle = evaluation.correlations[level - 1] else { return BitVector.pack(own) }
        let share = try state.take(handle)
        let lanes = circuit.levels[level].lanes
        var others = share.masks.bits.dropFirst(lanes.count)
        for (lane, factorMask) in zip(lanes, share.masks.bits) {
            own.append(wires[lane.factor] ^ factorMask)
            own += zip(lane.others, others).map { wires[$0] ^ $1 }
            others = others.dropFirst(lane.others.count)
        }
        self.share = share
        return BitVector.pack(own)
    }

    func finish(_ level: Int, _ bytes: [UInt8]) throws {
        let peer = try BitVector.unpack(bytes, counts: own.map(\.count))[...]
        let carries = level == 1 ? self.carries(peer) : []
        wires.set(
            level, carries: carries, products(level, own.dropFirst(carries.count), peer.dropFirst(carries.count)),
            constants: state.isServer)
        (carryShare, share, own) = (nil, nil, [])
        if level == circuit.rounds { state.set(evaluation.output, .bits(wires.outputs)) }
    }

    /// `x·y` for `x = d ^ a` of the server and `y = e ^ b` of the client, of which `d` and `e` are open.
    private func carries(_ peer: ArraySlice<BitVector>) -> [BitVector] {
        guard let share = carryShare else { return [] }
        return zip(zip(own, peer), zip(share.masks.bits, share.products.bits)).map { opened, correlation in
            // Server: (d ^ a)·e; client: d·b.
            correlation.1
                ^ (state.isServer ? (opened.0 ^ correlation.0) & opened.1 : correlation.0 & opened.1)
        }
    }

    private func products(
        _ level: Int, _ own: ArraySlice<BitVector>, _ peer: ArraySlice<BitVector>
    ) -> [BitVector] {
        guard let share else { return [] }
        let lanes = circuit.levels[level].lanes
        var opened = zip(own, peer).map { $0 ^ $1 }[...]
        var (masks, products) = (share.masks.bits.dropFirst(lanes.count), share.products.bits[...])
        return zip(lanes, share.masks.bits).flatMap { lane, factorMask -> [BitVector] in
            let factor = opened.removeFirst()
            return lane.others.map { _ in
                let (other, mask) = (opened.removeFirst(), masks.removeFirst())
                // (d ^ a)·(e ^ b), of which the server adds d·e.
                let own = state.isServer ? mask ^ other : mask
                return products.removeFirst() ^ (factor & own) ^ (factorMask & other)
            }
        }
    }
}

extension OTSuite {
    /// - Communication: ``CircuitEvaluation``.
    func evaluate(
        _ circuit: BinaryCircuit, of x: Secret, magnitudeBits: Int?, in builder: ProgramBuilder
    ) throws -> SecretBits {
        let carries =
            circuit.carries.isEmpty
            ? nil : builder.newCorrelation(PrivateBitProducts(count: x.count, planes: circuit.carries.count))
        let correlations = circuit.levels.dropFirst().map { level in
            level.lanes.isEmpty
                ? nil
                : builder.newCorrelation(FactorTriples(count: x.count, lanes: level.lanes.map(\.others.count)))
        }
        let slot = builder.newSlot(bits: circuit.outputs.count * x.count)
        try builder.emit(
            CircuitEvaluation(
                input: x.slot, count: x.count, circuit: circuit, magnitudeBits: magnitudeBits,
                carryCorrelation: carries, correlations: correlations, output: slot))
        return SecretBits(
            parts: [SecretBits.Part(slot: slot, range: 0..<x.count)], planes: circuit.outputs.count, count: x.count)
    }
}
