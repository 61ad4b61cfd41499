import SottoAlgebra

/// The public shape of a comparison of two private `bits`-bit numbers: 2-bit leaves, then nodes of up to `arity`
/// children, the least significant group first (Yao's millionaires by a tree: Garay, Schoenmakers, Villegas, PKC 2007; Rathee et
/// al., CrypTFlow2, CCS 2020).
///
/// A child has a bit `carry` (its digits of party 0 and party 1 add up beyond the digit range) and a bit `propagate`
/// (they add up to all ones). A node's carry is that of its top child, or that of a lower child when all children above
/// it propagate. The least significant node of every level needs no `propagate`.
struct MillionairesTree: Sendable, Hashable {
    /// A group of children of one level.
    struct Group: Sendable, Hashable {
        let children: Range<Int>
        let needsPropagate: Bool

        /// Bits that the group masks and opens: propagate of every child above the lowest, and of the lowest where the
        /// node needs it; carry of every child below the top. Planes in this order.
        var propagatePlanes: Range<Int> { (needsPropagate ? 0 : 1)..<children.count }
        var planeCount: Int { isPassedOn ? 0 : propagatePlanes.count + children.count - 1 }
        /// A lone child goes up as it is.
        var isPassedOn: Bool { children.count == 1 }

        func propagatePlane(_ child: Int) -> Int { child - propagatePlanes.lowerBound }
        func carryPlane(_ child: Int) -> Int { propagatePlanes.count + child }

        /// The products that make up the node's carry, as sets of planes; the top child's carry is added to them.
        var carryTerms: [UInt32] {
            (0..<(children.count - 1)).map { child in
                ((child + 1)..<children.count).reduce(1 << UInt32(carryPlane(child))) {
                    $0 | 1 << UInt32(propagatePlane($1))
                }
            }
        }
        var propagateTerm: UInt32? {
            needsPropagate ? (0..<children.count).reduce(0) { $0 | 1 << UInt32(propagatePlane($1)) } : nil
        }
        /// All subsets of two or more planes of any term, ascending: the products of masks to be shared.
        var subsets: [UInt32] {
            let terms = carryTerms + (propagateTerm.map { [$0] } ?? [])
            return (1..<(1 << UInt32(planeCount))).filter { subset in
                subset.nonzeroBitCount >= 2 && terms.contains { $0 & subset == subset }
            }
        }
    }

    let bits: Int
    /// Four are cheapest with a dealer: 22 products of masks a node, two without one: its products take 6 and 12
    /// correlated OTs in place of 44.
    let arity: Int
    let leaves: Int
    let levels: [[Group]]

    /// - Precondition: an arity from 2 to 8, whose planes a set of 32 bits holds.
    init(bits: Int, arity: Int) {
        precondition((2...8).contains(arity))
        self.bits = bits
        self.arity = arity
        leaves = (bits + 1) / 2
        var levels: [[Group]] = []
        var count = leaves
        while count > 1 {
            let groups = stride(from: 0, to: count, by: arity).map { start in
                Group(children: start..<min(start + arity, count), needsPropagate: start > 0)
            }
            levels.append(groups)
            count = groups.count
        }
        self.levels = levels
    }

    func planeCount(level: Int) -> Int { levels[level].reduce(0) { $0 + $1.planeCount } }
}

/// XOR shares of one node's bits.
struct CarryPair: Sendable {
    var carry: BitVector
    var propagate: BitVector
}

/// One party's evaluation of products of XOR-shared bits from their opened differences and shares of the products of
/// their masks.
struct BitProductEvaluator {
    let isServer: Bool
    /// `bit ^ mask`, open, for every plane.
    let differences: [BitVector]
    let masks: [BitVector]
    let products: [BitVector]
    /// Place of every subset among the products; see ``places(of:planes:)``.
    let places: [Int]

    /// Words that are evaluated at a time, so that the intermediate values stay in the first-level cache.
    private static let block = 128

    /// For every set of planes the index of its product in `subsets`, or -1.
    static func places(of subsets: [UInt32], planes: Int) -> [Int] {
        var places = [Int](repeating: -1, count: 1 << planes)
        for (index, subset) in subsets.enumerated() { places[Int(subset)] = index }
        return places
    }

    /// Adds (by XOR) this party's share of the product over the planes of `term` to `sum`.
    func add(_ term: UInt32, to sum: inout [UInt64]) {
        let planes = differences.indices.filter { term >> UInt32($0) & 1 == 1 }
        let size = 1 << planes.count
        let sources = (0..<size).map { local in
            maskProduct(planes.indices.reduce(0) { $0 | (local >> $1 & 1) << planes[$1] })
        }
        withUnsafeTemporaryAllocation(of: UInt64.self, capacity: size * Self.block) { partial in
            for start in stride(from: 0, to: sum.count, by: Self.block) {
                let words = start..<min(start + Self.block, sum.count)
                // partial[U] is a share of (product of the masks in U) times (product of the opened factors so far).
                for (local, source) in sources.enumerated() {
                    for word in words { partial[local * Self.block + word - start] = source?[word] ?? constant }
                }
                for (position, plane) in planes.enumerated().reversed() {
                    let opened = differences[plane].words
                    for local in 0..<(1 << position) {
                        let (low, high) = (local * Self.block, (local | 1 << position) * Self.block)
                        for word in words {
                            let place = low + word - start
                            partial[place] = (partial[place] & opened[word]) ^ partial[high + word - start]
                        }
                    }
                }
                for word in words { sum[word] ^= partial[word - start] }
            }
        }
    }

    /// Party 0's share of the empty product is one.
    private var constant: UInt64 { isServer ? .max : 0 }

    /// Shares of the product of the masks in `subset`; nil for none.
    private func maskProduct(_ subset: Int) -> [UInt64]? {
        switch subset.nonzeroBitCount {
        case 0: nil
        case 1: masks[subset.trailingZeroBitCount].words
        default: products[places[subset]].words
        }
    }
}
