import SottoAlgebra
import SottoPreprocessing

/// `[x >= t_i]` for several public thresholds `t_i` at once, as XOR-shared bits.
///
/// With `y = x - t_i` shared as `y0 + y1` in a ring of `k` bits, the sign of `y` is the XOR of both shares' top bits
/// and of the carry out of their lower `k-1` bits: a millionaires' problem on private inputs. Its 2-bit leaves are
/// evaluated under masks of the private bits, its nodes from bit triples of up to four factors, see
/// ``MillionairesTree``. Party 1's operand does not depend on the threshold and is opened once for all of them.
///
/// In a field of `k`-bit elements `y` is negative exactly where `2y mod p` is odd: the XOR of the lowest bits of both
/// doubled shares and of whether their sum reaches p, which is the carry of two numbers of `k` bits and goes through the
/// same tree; see ``PrimeField/comparisonOperand(_:party:width:)``.
///
/// Range: `|x - t_i| < 2^(k-1)` (raw), in a field `p/2`. Exact within it.
/// - Communication: with `m = k-1` bits (in a field `k`), `n` elements, `c` thresholds: party 0 `ceil(c·m·n/8)` and party 1
///   `ceil(m·n/8)` bytes in the first round; then `ceil(p·c·n/8)` bytes either way for each level, `p` the planes of
///   its groups; `1 + ceil(log_a(ceil(m/2)))` rounds for a tree of arity `a`.
struct Comparison: Primitive {
    let input: Int
    let count: Int
    let width: Int
    /// Bits of the private operands.
    let bits: Int
    let thresholds: [Int64]
    /// Children of a node of the tree.
    let arity: Int
    let leafCorrelation: CorrelationHandle<MillionairesLeaves>
    /// For each level and each group of more than one child.
    let groupCorrelations: [[CorrelationHandle<BitProducts>]]
    let output: Int

    var tree: MillionairesTree { MillionairesTree(bits: bits, arity: arity) }
    var label: String { "compare" }
    var inputs: [Int] { [input] }
    var outputs: [Int] { [output] }
    /// The leaves' before anything is sent, a level's with its message.
    var correlationStages: [[Int]] { [[leafCorrelation.index], []] + groupCorrelations.map { $0.map(\.index) } }

    var rounds: [ByParty<Int>] {
        let tree = tree
        let leaf = ByParty(
            server: WireSize.bytes(count: count * thresholds.count * tree.bits, width: 1),
            client: WireSize.bytes(count: count * tree.bits, width: 1))
        return [leaf]
            + tree.levels.indices.map {
                .both(WireSize.bytes(count: count * thresholds.count * tree.planeCount(level: $0), width: 1))
            }
    }
    var flops: Int { 0 }
    var work: LocalWork { LocalWork(kernel: label, elements: count * (width + thresholds.count * width)) }

    func encodeParameters(into encoder: inout CanonicalEncoder) {
        encoder.append([count, width, bits, arity])
        encoder.append(thresholds)
    }

    func evaluate(_ state: PlaintextState) throws {
        let values = try state.values(input)
        for threshold in thresholds { state.check(values.map { $0 &- threshold }, magnitudeBits: width - 1) }
        state.set(
            output,
            bits: thresholds.map { threshold in
                var bits = BitVector(repeating: false, count: count)
                for i in values.indices where values[i] >= threshold { bits[i] = true }
                return bits
            })
    }

    func run<Domain: ShareDomain>(_ state: PartyState<Domain>) throws -> [Exchange] {
        let run = try ComparisonRun(self, state)
        return [Exchange(outgoing: run.openLeaves, incoming: run.finishLeaves)]
            + tree.levels.indices.map { level in
                Exchange(
                    outgoing: { try run.openLevel(level) }, incoming: { try run.finishLevel(level, $0) })
            }
    }
}

/// One party's progress through a comparison.
private final class ComparisonRun<Domain: ShareDomain> {
    private let comparison: Comparison
    private let state: PartyState<Domain>
    private let tree: MillionairesTree
    /// `private bits[threshold][bit]`; party 1 has one row for all thresholds.
    private let digits: [[BitVector]]
    private let signs: [BitVector]
    private let leafMasks: [[BitVector]]
    private let leafProducts: [[BitVector]]
    /// `nodes[threshold][child]`
    private var nodes: [[CarryPair]] = []
    private var groups: [(masks: [[BitVector]], products: [[BitVector]], differences: [[BitVector]])] = []

    init(_ comparison: Comparison, _ state: PartyState<Domain>) throws {
        self.comparison = comparison
        self.state = state
        tree = comparison.tree
        let share = try state.elements(comparison.input)
        let domain = state.domain
        let conversions = try state.shareConversions()
        let operands =
            state.isServer ? comparison.thresholds.map { domain.add(share, constant: 0 &- $0) } : [share]
        let parts = operands.map {
            conversions.comparisonOperand($0, party: state.party, width: comparison.width)
        }
        digits = parts.map(\.digits)
        signs = parts.map(\.sign)
        let leaves = try state.take(comparison.leafCorrelation)
        let kind = comparison.leafCorrelation.kind
        leafMasks = leaves.masks.bits.grouped(by: kind.bits)
        leafProducts = leaves.products.bits.grouped(by: kind.productsOfThreshold)
    }

    func openLeaves() -> [UInt8] {
        BitVector.pack(zip(digits, leafMasks).flatMap { zip($0, $1).map { $0 ^ $1 } })
    }

    func finishLeaves(_ bytes: [UInt8]) throws {
        let rows = state.isServer ? 1 : comparison.thresholds.count
        let flat = try BitVector.unpack(
            bytes, counts: [Int](repeating: comparison.count, count: rows * tree.bits))
        nodes = comparison.thresholds.indices.map { threshold in
            let row = rows == 1 ? 0 : threshold
            return leaves(threshold, peer: Array(flat[(row * tree.bits)..<((row + 1) * tree.bits)]))
        }
        finishIfRoot()
    }

    private func leaves(_ threshold: Int, peer: [BitVector]) -> [CarryPair] {
        let own = digits[state.isServer ? threshold : 0]
        let masks = leafMasks[state.isServer ? threshold : 0]
        var products = leafProducts[threshold][...]
        return stride(from: 0, to: tree.bits, by: 2).map { low in
            let pair = MillionairesLeafEvaluator(
                isServer: state.isServer, own: Array(own[low..<min(low + 2, tree.bits)]),
                masks: Array(masks[low..<min(low + 2, tree.bits)]),
                peer: Array(peer[low..<min(low + 2, tree.bits)]),
                products: Array(products.prefix(MillionairesLeaves.productsOfPair)))
            products = products.dropFirst(MillionairesLeaves.productsOfPair)
            return pair.evaluate()
        }
    }

    func openLevel(_ level: Int) throws -> [UInt8] {
        groups = []
        var opened: [BitVector] = []
        for (group, correlation) in zip(correlatedGroups(level), comparison.groupCorrelations[level]) {
            let share = try state.take(correlation)
            let masks = share.masks.bits.grouped(by: correlation.kind.planes)
            let products = share.products.bits.grouped(by: correlation.kind.subsets.count)
            let differences = nodes.indices.map { threshold -> [BitVector] in
                let children = nodes[threshold][group.children]
                let planes =
                    children.dropFirst(group.propagatePlanes.lowerBound).map(\.propagate)
                    + children.dropLast().map(\.carry)
                return zip(planes, masks[threshold]).map { $0 ^ $1 }
            }
            opened += differences.joined()
            groups.append((masks, products, differences))
        }
        return BitVector.pack(opened)
    }

    func finishLevel(_ level: Int, _ bytes: [UInt8]) throws {
        let planes = comparison.thresholds.count * tree.planeCount(level: level)
        var peer = try BitVector.unpack(bytes, counts: [Int](repeating: comparison.count, count: planes))[...]
        var next = [[CarryPair]](repeating: [], count: nodes.count)
        var open = groups[...]
        for group in tree.levels[level] {
            if group.isPassedOn {
                for threshold in nodes.indices { next[threshold].append(nodes[threshold][group.children.lowerBound]) }
                continue
            }
            let material = open.removeFirst()
            let places = BitProductEvaluator.places(of: group.subsets, planes: group.planeCount)
            for threshold in nodes.indices {
                let differences = zip(material.differences[threshold], peer).map { $0 ^ $1 }
                peer = peer.dropFirst(group.planeCount)
                let evaluator = BitProductEvaluator(
                    isServer: state.isServer, differences: differences, masks: material.masks[threshold],
                    products: material.products[threshold], places: places)
                let top = nodes[threshold][group.children.upperBound - 1]
                next[threshold].append(merged(top, group, evaluator))
            }
        }
        nodes = next
        groups = []
        finishIfRoot()
    }

    /// The node above a group, whose top child is `top`.
    private func merged(
        _ top: CarryPair, _ group: MillionairesTree.Group, _ evaluator: BitProductEvaluator
    ) -> CarryPair {
        var carry = top.carry.words
        for term in group.carryTerms { evaluator.add(term, to: &carry) }
        guard let term = group.propagateTerm else {
            return CarryPair(carry: BitVector(words: carry, count: comparison.count), propagate: top.propagate)
        }
        var propagate = [UInt64](repeating: 0, count: carry.count)
        evaluator.add(term, to: &propagate)
        return CarryPair(
            carry: BitVector(words: carry, count: comparison.count),
            propagate: BitVector(words: propagate, count: comparison.count))
    }

    private func correlatedGroups(_ level: Int) -> [MillionairesTree.Group] {
        tree.levels[level].filter { !$0.isPassedOn }
    }

    private func finishIfRoot() {
        guard nodes.allSatisfy({ $0.count == 1 }) else { return }
        let bits = nodes.indices.map { threshold in
            let bit = nodes[threshold][0].carry ^ signs[state.isServer ? threshold : 0]
            return state.isServer ? ~bit : bit
        }
        state.set(comparison.output, .bits(bits))
    }
}

extension Array where Element == BitVector {
    /// Runs of so many vectors.
    func grouped(by size: Int) -> [[BitVector]] {
        guard size > 0 else { return [] }
        return stride(from: 0, to: count, by: size).map { Array(self[$0..<($0 + size)]) }
    }
}
