import Algebra

/// The public shape of a comparison of two private `bits`-bit numbers: 2-bit leaves, then nodes of up to four children,
/// the least significant group first (Yao's millionaires by a tree: Garay, Schoenmakers, Villegas, PKC 2007; Rathee et
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
    let leaves: Int
    let levels: [[Group]]

    init(bits: Int) {
        self.bits = bits
        leaves = (bits + 1) / 2
        var levels: [[Group]] = []
        var count = leaves
        while count > 1 {
            let groups = stride(from: 0, to: count, by: 4).map { start in
                Group(children: start..<min(start + 4, count), needsPropagate: start > 0)
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

/// One party's evaluation of a product of XOR-shared bits from their opened differences and shares of the products of
/// their masks.
struct BitProductEvaluator {
    let isServer: Bool
    /// `bit ^ mask`, open, for every plane.
    let differences: [BitVector]
    let masks: [BitVector]
    let subsets: [UInt32]
    let products: [BitVector]

    /// This party's share of the product over the planes of `term`.
    func share(of term: UInt32) -> BitVector {
        let planes = differences.indices.filter { term >> UInt32($0) & 1 == 1 }
        // partial[U] is a share of (product of the masks in U) times (product of the opened factors handled so far).
        var partial: [BitVector] = (0..<(1 << planes.count)).map { local in
            maskProduct(planes.indices.reduce(0) { $0 | (local >> $1 & 1) << UInt32(planes[$1]) })
        }
        for (position, plane) in planes.enumerated().reversed() {
            partial = (0..<(1 << position)).map { (partial[$0] & differences[plane]) ^ partial[$0 | 1 << position] }
        }
        return partial[0]
    }

    private func maskProduct(_ subset: UInt32) -> BitVector {
        switch subset.nonzeroBitCount {
        case 0: BitVector(repeating: isServer, count: differences[0].count)
        case 1: masks[subset.trailingZeroBitCount]
        default: products[subsets.firstIndex(of: subset)!]
        }
    }
}
