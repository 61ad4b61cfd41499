/// What the heads' entropies say of a model.
public struct EntropyFindings: Sendable, Hashable, Encodable {
    /// Heads near zero in the deep layers.
    public struct Collapse: Sendable, Hashable, Encodable {
        /// Whether the deep layers have as large a share of them as the criteria ask.
        public let found: Bool
        /// Of the deep layers' heads.
        public let share: Double
        /// Layers, early ones too, where such a share of the heads is near zero.
        public let layers: [Int]
    }

    /// Heads in `[3max/4, max]`.
    public struct Overload: Sendable, Hashable, Encodable {
        /// Whether they are more than the criteria allow.
        public let found: Bool
        /// Of all heads.
        public let share: Double
        /// Layers where such a share of the heads is in the range.
        public let layers: [Int]
        /// Of the heads in the range, those in early layers; 0 of none.
        public let earlyShare: Double

        private enum CodingKeys: String, CodingKey {
            case found, share, layers
            case earlyShare = "early_share"
        }
    }

    /// Heads in `[max/4, 3max/4)`.
    public struct WellBehaved: Sendable, Hashable, Encodable {
        /// Whether they are as many as the criteria ask, without collapse and overload.
        public let found: Bool
        /// Of all heads.
        public let share: Double
    }

    /// What the findings rest on.
    public let criteria: EntropyCriteria
    /// What the verdicts' ranges are relative to.
    public let maximum: Double
    /// Whether heads can be compared with each other; then ``maximum`` is the largest of them, as in the paper.
    ///
    /// One head, or heads that are all equal, are in the highest range of their own maximum whatever their entropy, and
    /// so is one of several that are all near zero. They are judged relative to `log(T!)/T` instead, the most that a
    /// causal head can have.
    public let isComparable: Bool
    /// Of each head, [layer][head].
    public let verdicts: [[EntropyVerdict]]
    public let collapse: Collapse
    public let overload: Overload
    public let wellBehaved: WellBehaved

    /// What the entropies of a model's heads say.
    /// - Parameters:
    ///   - entropies: [layer][head], nats, means over queries.
    ///   - context: T, the positions of the windows that they were measured in; at least 2.
    /// - Throws: ``EntropyError``.
    public init(
        entropies: [[Double]], context: Int, criteria: EntropyCriteria = EntropyCriteria()
    ) throws(EntropyError) {
        try EntropyDistribution.check(entropies)
        guard context > 0 else { throw .invalidContext(context) }
        guard context > 1 else { throw .singleToken }
        let all = Array(entropies.joined())
        let (smallest, largest) = (all.min() ?? 0, all.max() ?? 0)
        let reachable = EntropyMaximum.ofCausalHead(context: context)
        isComparable =
            all.count > 1 && largest - smallest > Self.equality * largest
            && largest >= criteria.nearZero * EntropyMaximum.ofContext(context) && largest > 0
        maximum = isComparable ? largest : reachable
        self.criteria = criteria
        let deep = criteria.firstDeepLayer(of: entropies.count)
        verdicts = entropies.map { [maximum] in $0.map { EntropyRange(of: $0, maximum: maximum).verdict } }
        collapse = Self.collapse(entropies, context: context, deep: deep, criteria)
        overload = Self.overload(
            verdicts, deep: deep, criteria, isPossible: largest >= criteria.overloadFloor * reachable)
        let share = Double(verdicts.joined().count { $0 == .wellBehaved }) / Double(all.count)
        wellBehaved = WellBehaved(
            found: share >= criteria.wellBehavedShare && !collapse.found && !overload.found, share: share)
    }

    /// Entropies that differ by no more than this fraction are equal.
    private static let equality = 1e-6

    private static func collapse(
        _ entropies: [[Double]], context: Int, deep: Int, _ criteria: EntropyCriteria
    ) -> Collapse {
        let limit = criteria.nearZero * EntropyMaximum.ofContext(context)
        let counts = entropies.map { $0.count { $0 < limit } }
        let heads = entropies.map(\.count)
        let share = Double(counts[deep...].reduce(0, +)) / Double(heads[deep...].reduce(0, +))
        return Collapse(
            found: share > 0 && share >= criteria.collapseShare, share: share,
            layers: counts.indices.filter {
                counts[$0] > 0 && Double(counts[$0]) >= criteria.collapseShare * Double(heads[$0])
            })
    }

    private static func overload(
        _ verdicts: [[EntropyVerdict]], deep: Int, _ criteria: EntropyCriteria, isPossible: Bool
    ) -> Overload {
        let counts = verdicts.map { $0.count { $0 == .overloaded } }
        let count = counts.reduce(0, +)
        let share = Double(count) / Double(verdicts.joined().count)
        return Overload(
            found: isPossible && share > criteria.overloadShare, share: share,
            layers: counts.indices.filter {
                Double(counts[$0]) > criteria.overloadShare * Double(verdicts[$0].count)
            },
            earlyShare: count == 0 ? 0 : Double(counts[..<deep].reduce(0, +)) / Double(count))
    }

    private enum CodingKeys: String, CodingKey {
        case criteria, maximum, verdicts, collapse, overload
        case isComparable = "is_comparable"
        case wellBehaved = "well_behaved"
    }
}
