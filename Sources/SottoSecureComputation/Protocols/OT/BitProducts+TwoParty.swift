import SottoAlgebra
import SottoPreprocessing

/// With shares `x ^ y` of every bit, a product over a set is the sum, over all its parts, of the server's bits of the part
/// times the client's of the rest.
extension BitProducts: TwoPartyCorrelation {
    /// Of one copy: the parts of sets that are the client's, and for each of them the sets.
    private var parts: [(part: UInt32, subsets: [Int])] {
        var sets: [UInt32: [Int]] = [:]
        for (index, subset) in subsets.enumerated() {
            // All proper parts.
            var part = (subset - 1) & subset
            while part > 0 {
                sets[part, default: []].append(index)
                part = (part - 1) & subset
            }
        }
        let single = (0..<planes).map { UInt32(1) << UInt32($0) }
        let longer = sets.keys.filter { $0.nonzeroBitCount > 1 }.sorted()
        return (single + longer).map { ($0, sets[$0] ?? []) }
    }

    private func monomials(_ parts: [(part: UInt32, subsets: [Int])]) -> PrivateMonomials {
        let longer = parts.dropFirst(planes)
        return PrivateMonomials(
            bits: copies * planes,
            longer: (0..<copies).flatMap { copy in
                longer.map { part, _ in
                    (0..<planes).filter { part >> UInt32($0) & 1 == 1 }.map { copy * planes + $0 }
                }
            },
            terms: (0..<copies).flatMap { _ in parts.prefix(planes).map(\.subsets.count) }
                + (0..<copies).flatMap { _ in longer.map(\.subsets.count) }, count: count)
    }

    package var transfers: ByParty<Int> { monomials(parts).transfers }
    package func steps(_ encryption: PlanEncryption?) -> [ByParty<Int>] { monomials(parts).steps }

    package func make(_ view: TwoPartyView) throws -> TwoPartyMaking {
        let parts = parts
        let monomials = monomials(parts)
        let own = view.party == .server ? view.masks.bits : monomials.clientBits(view)
        let copiesOfOwn = own.grouped(by: planes)
        return monomials.make(
            view,
            planes: { monomial in
                let (copy, part) = place(of: monomial, parts.count)
                return parts[part].subsets.map { product(subsets[$0] & ~parts[part].part, copiesOfOwn[copy]) }
            },
            finish: { shares in
                var products = copiesOfOwn.flatMap { copy in subsets.map { product($0, copy) } }
                for monomial in shares.indices {
                    let (copy, part) = place(of: monomial, parts.count)
                    for (subset, share) in zip(parts[part].subsets, shares[monomial]) {
                        products[copy * subsets.count + subset] ^= share
                    }
                }
                return CorrelationShare(
                    masks: CorrelationMaterial(bits: own), products: CorrelationMaterial(bits: products))
            })
    }

    /// All copies' single bits come first.
    private func place(of monomial: Int, _ parts: Int) -> (copy: Int, part: Int) {
        let longer = parts - planes
        guard monomial >= copies * planes else { return (monomial / planes, monomial % planes) }
        let rest = monomial - copies * planes
        return (rest / longer, planes + rest % longer)
    }

    private func product(_ subset: UInt32, _ bits: [BitVector]) -> BitVector {
        let factors = (0..<planes).filter { subset >> UInt32($0) & 1 == 1 }.map { bits[$0] }
        return factors.dropFirst().reduce(factors[0]) { $0 & $1 }
    }
}
