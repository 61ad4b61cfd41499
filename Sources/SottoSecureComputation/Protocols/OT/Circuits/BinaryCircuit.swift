import SottoAlgebra

/// A circuit of sums and products of bits on two numbers, one of either party, of which the bits that it names are XOR-shared
/// by being private: it says what is multiplied in which round.
///
/// Products in one round that share a factor stand in one lane, so that the factor is opened once.
package struct BinaryCircuit: Sendable, Hashable, CanonicallyEncodable {
    /// A bit of the circuit, by index.
    package typealias Wire = Int

    /// A factor and what it is multiplied with; the products are the wires from `first` on.
    struct Lane: Sendable, Hashable {
        let factor: Wire
        let others: [Wire]
        let first: Wire
    }

    /// `wire` is the sum of `terms` and a constant.
    struct Sum: Sendable, Hashable {
        let wire: Wire
        let terms: [Wire]
        let constant: Bool
    }

    /// What is multiplied at the same time, and then added up in this order.
    struct Level: Sendable, Hashable {
        var lanes: [Lane] = []
        var sums: [Sum] = []

        /// Planes that either party opens.
        var opened: Int { lanes.reduce(0) { $0 + 1 + $1.others.count } }
    }

    /// Bits of either party's number, wires of the same indices.
    package let width: Int
    /// Bits of which both parties' are multiplied in the first round, and the first wire of their products.
    let carries: [Int]
    let firstCarry: Wire
    /// The sums of what needs no product, then one for each round.
    let levels: [Level]
    let wires: Int
    package let outputs: [Wire]

    /// Rounds of communication.
    package var rounds: Int { levels.count - 1 }

    package func encode(into encoder: inout CanonicalEncoder) {
        encoder.append([width, wires, firstCarry])
        encoder.append(carries)
        encoder.append(outputs)
        for level in levels {
            for lane in level.lanes { encoder.append([lane.factor, lane.first] + lane.others) }
            for sum in level.sums { encoder.append([sum.wire, sum.constant ? 1 : 0] + sum.terms) }
        }
    }
}

/// Writes a ``BinaryCircuit``: every product as early as its factors are there.
struct BinaryCircuitBuilder {
    typealias Wire = BinaryCircuit.Wire

    let width: Int
    private var carries: [Int] = []
    private var levels = [BinaryCircuit.Level()]
    /// The round after which a wire is there.
    private var ready: [Int]
    private var firstCarry = 0

    /// - Parameter carries: bits of which both parties' products are wanted.
    init(width: Int, carries: [Int]) {
        self.width = width
        self.carries = carries
        ready = [Int](repeating: 0, count: width)
        firstCarry = width
        if !carries.isEmpty { level(1) }
        ready += [Int](repeating: 1, count: carries.count)
    }

    /// Bit `i` of both numbers' sum without what carries over.
    func bit(_ index: Int) -> Wire { index }

    /// The product of both numbers' bits `i`.
    func carry(_ index: Int) -> Wire { firstCarry + carries.firstIndex(of: index)! }

    private mutating func level(_ index: Int) {
        while levels.count <= index { levels.append(BinaryCircuit.Level()) }
    }

    private mutating func newWires(_ count: Int, at level: Int) -> Wire {
        ready += [Int](repeating: level, count: count)
        return ready.count - count
    }

    mutating func sum(_ terms: [Wire], constant: Bool = false) -> Wire {
        if terms.count == 1, !constant { return terms[0] }
        let round = terms.map { ready[$0] }.max() ?? 0
        let wire = newWires(1, at: round)
        levels[round].sums.append(BinaryCircuit.Sum(wire: wire, terms: terms, constant: constant))
        return wire
    }

    mutating func not(_ wire: Wire) -> Wire { sum([wire], constant: true) }

    /// One factor times several wires.
    mutating func products(_ factor: Wire, _ others: [Wire]) -> [Wire] {
        guard !others.isEmpty else { return [] }
        let round = ([factor] + others).map { ready[$0] }.max()! + 1
        level(round)
        let first = newWires(others.count, at: round)
        levels[round].lanes.append(BinaryCircuit.Lane(factor: factor, others: others, first: first))
        return Array(first..<first + others.count)
    }

    mutating func product(_ left: Wire, _ right: Wire) -> Wire { products(left, [right])[0] }

    /// The circuit of all that was written.
    mutating func finish(_ outputs: [Wire]) -> BinaryCircuit {
        BinaryCircuit(
            width: width, carries: carries, firstCarry: firstCarry, levels: levels, wires: ready.count,
            outputs: outputs)
    }
}

// MARK: Parts of circuits

extension BinaryCircuitBuilder {
    /// All carries into the bits `1...width`, but for the last ones that nobody asks for.
    ///
    /// In segments of about the root of their number, all at the same time: within the first a carry after the other, within
    /// the others what they generate and propagate (carry-select addition, as carries of shares in Demmler et al., NDSS
    /// 2015); then from one segment to the next.
    /// - Parameter count: of bits that are added, the carries of all of which are in the circuit.
    /// - Returns: carry `i` is that into bit `i + 1`.
    mutating func carries(of count: Int) -> [Wire] {
        let length = max(1, Int(Double(count).squareRoot().rounded(.up)))
        var result: [Wire] = []
        for start in stride(from: 0, to: count, by: length) {
            let bits = start..<min(start + length, count)
            var (generated, propagated): ([Wire], [Wire]) = ([carry(start)], [bit(start)])
            for index in bits.dropFirst() {
                let last = start == 0 ? [generated.last!] : [generated.last!, propagated.last!]
                let products = products(bit(index), last)
                generated.append(sum([carry(index), products[0]]))
                if start > 0 { propagated.append(products[1]) }
            }
            guard let before = result.last else {
                result = generated
                continue
            }
            let passed = products(before, propagated)
            for (generated, passed) in zip(generated, passed) { result.append(sum([generated, passed])) }
        }
        return result
    }

    /// The bits of the sum of both numbers, of which the first `count` are added up.
    mutating func sumBits(_ carries: [Wire]) -> [Wire] {
        [bit(0)] + carries.indices.map { sum([bit($0 + 1), carries[$0]]) }
    }

    /// The carry out of the lowest `count` bits alone, by a tree of what neighbours generate and propagate.
    mutating func carryOut(of count: Int) -> Wire {
        var nodes = (0..<count).map { (generated: carry($0), propagated: bit($0)) }
        while nodes.count > 1 {
            nodes = stride(from: 0, to: nodes.count, by: 2).map { index in
                guard index + 1 < nodes.count else { return nodes[index] }
                let (low, high) = (nodes[index], nodes[index + 1])
                let below = index == 0 ? [low.generated] : [low.generated, low.propagated]
                let products = products(high.propagated, below)
                return (sum([high.generated, products[0]]), index == 0 ? low.propagated : products[1])
            }
        }
        return nodes[0].generated
    }

    /// Whether all are set, by a tree.
    mutating func all(_ wires: [Wire]) -> Wire? {
        var wires = wires
        while wires.count > 1 {
            wires = stride(from: 0, to: wires.count, by: 2).map {
                $0 + 1 < wires.count ? product(wires[$0], wires[$0 + 1]) : wires[$0]
            }
        }
        return wires.first
    }

    /// Of a number's bits, the lowest first, a wire for each of its values: the one that it has is set.
    /// - Parameter inHalves: whether those of both halves are found first, for half the rounds and a few more bits.
    mutating func indicators(_ bits: [Wire], inHalves: Bool = false) -> [Wire] {
        if inHalves {
            let low = indicators(Array(bits.prefix(bits.count / 2)))
            return indicators(Array(bits.dropFirst(bits.count / 2))).flatMap { products($0, low) }
        }
        var nodes: [Wire] = []
        for bit in bits {
            guard !nodes.isEmpty else {
                nodes = [not(bit), bit]
                continue
            }
            let upper = products(bit, nodes)
            nodes = zip(nodes, upper).map { sum([$0, $1]) } + upper
        }
        return nodes
    }

    /// The bits of a table at the value whose indicators are given: sums of those where the table has ones.
    mutating func lookUp(_ table: [UInt64], bits: Int, _ indicators: [Wire]) -> [Wire] {
        (0..<bits).map { bit in
            sum(indicators.indices.filter { table[$0] >> UInt64(bit) & 1 == 1 }.map { indicators[$0] })
        }
    }
}
