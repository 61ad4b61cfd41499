/// The paper's ranges of a head's entropy, relative to a maximum.
public enum EntropyRange: String, Sendable, Hashable, Codable, CaseIterable {
    /// `[0, max/4)`.
    case lowest
    /// `[max/4, max/2)`.
    case lowerMiddle = "lower_middle"
    /// `[max/2, 3max/4)`.
    case upperMiddle = "upper_middle"
    /// `[3max/4, max]`.
    case highest

    /// The range of an entropy. With a maximum of 0 every entropy is 0, and in the lowest.
    public init(of entropy: Double, maximum: Double) {
        self =
            if !(maximum > 0) || entropy < maximum / 4 {
                .lowest
            } else if entropy < maximum / 2 {
                .lowerMiddle
            } else if entropy < 3 * maximum / 4 {
                .upperMiddle
            } else {
                .highest
            }
    }

    /// As in `[max/4, max/2)`.
    public var interval: String {
        switch self {
        case .lowest: "[0, max/4)"
        case .lowerMiddle: "[max/4, max/2)"
        case .upperMiddle: "[max/2, 3max/4)"
        case .highest: "[3max/4, max]"
        }
    }

    /// What a head in this range is called.
    public var verdict: EntropyVerdict {
        switch self {
        case .lowest: .collapsed
        case .lowerMiddle, .upperMiddle: .wellBehaved
        case .highest: .overloaded
        }
    }
}

/// What its entropy says of a head.
public enum EntropyVerdict: String, Sendable, Hashable, Codable, CaseIterable {
    /// Attends to next to nothing but one key.
    case collapsed
    /// Attends neither to one key nor to all.
    case wellBehaved = "well_behaved"
    /// Attends to nearly everything alike.
    case overloaded
}

/// How the heads of a model are distributed over the four ranges.
public struct EntropyDistribution: Sendable, Hashable, Encodable {
    /// What the ranges are relative to.
    public let maximum: Double
    /// Heads in each range, in the order of ``EntropyRange/allCases``.
    public let counts: [Int]

    /// The distribution over the ranges relative to a maximum.
    /// - Parameters:
    ///   - entropies: [layer][head]; what is below 0 by no more than 1e-3 is taken for 0.
    ///   - maximum: the largest of `entropies` unless given, as the paper has it. Some head is in the highest range then,
    ///     unless all entropies are 0. Entropies above a given maximum count to the highest range too.
    /// - Throws: ``EntropyError`` if there are no heads, or a number is below -1e-3 or not finite.
    public init(of entropies: [[Double]], maximum: Double? = nil) throws(EntropyError) {
        try Self.check(entropies)
        let maximum = maximum ?? max(entropies.joined().max() ?? 0, 0)
        guard maximum >= 0, maximum.isFinite else { throw .invalidMaximum }
        var counts = EntropyRange.allCases.map { _ in 0 }
        for (index, range) in EntropyRange.allCases.enumerated() {
            counts[index] = entropies.joined().count { EntropyRange(of: $0, maximum: maximum) == range }
        }
        self.maximum = maximum
        self.counts = counts
    }

    /// The number of heads.
    public var heads: Int { counts.reduce(0, +) }

    /// Shares of the heads in each range, in the order of ``EntropyRange/allCases``; they add up to 1.
    public var shares: [Double] { counts.map { Double($0) / Double(heads) } }

    /// The share of the heads in a range.
    public subscript(range: EntropyRange) -> Double {
        shares[EntropyRange.allCases.firstIndex(of: range) ?? 0]
    }

    static func check(_ entropies: [[Double]]) throws(EntropyError) {
        guard !entropies.isEmpty, entropies.allSatisfy({ !$0.isEmpty }) else { throw .noHeads }
        for (layer, heads) in entropies.enumerated() {
            for (head, entropy) in heads.enumerated() where !accepts(entropy) {
                throw .invalidEntropy(layer: layer, head: head)
            }
        }
    }

    /// Whether a number can be an entropy: finite, and below 0 by no more than an epsilon and rounding can push it.
    static func accepts(_ entropy: Double) -> Bool {
        entropy >= -AttentionRowEntropy.epsilons.upperBound && entropy.isFinite
    }

    private enum CodingKeys: String, CodingKey {
        case maximum, counts, shares
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(maximum, forKey: .maximum)
        try container.encode(counts, forKey: .counts)
        try container.encode(shares, forKey: .shares)
    }
}
