import SottoModel
import SottoPrivateTransformer

/// What every single edit of a network would save, the most first.
public struct Suggestions: Sendable, Encodable {
    /// What edits are ranked by.
    public enum Measure: String, Sendable, Hashable, Codable, CaseIterable {
        /// Online bytes of both parties.
        case bytes
        /// Online rounds.
        case rounds
        /// Online time on a network.
        case latency
    }

    /// An edit and what it takes off the network's cost; negative where it adds.
    public struct Suggestion: Sendable, Hashable, Encodable {
        public let edit: SingleEdit
        /// Online, of both parties.
        public let bytes: Int
        /// Of the dealer.
        public let offlineBytes: Int
        public let rounds: Int
        /// Online seconds by network.
        public let latency: [String: Double]

        private enum CodingKeys: String, CodingKey {
            case kind, layer, edits, bytes, rounds, latency
            case offlineBytes = "offline_bytes"
        }

        public func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(edit.kind.rawValue, forKey: .kind)
            try container.encodeIfPresent(edit.layer, forKey: .layer)
            try container.encode(edit.edits, forKey: .edits)
            try container.encode(bytes, forKey: .bytes)
            try container.encode(offlineBytes, forKey: .offlineBytes)
            try container.encode(rounds, forKey: .rounds)
            try container.encode(latency, forKey: .latency)
        }
    }

    /// The network as it is.
    public let base: ComparisonRow
    public let measure: Measure
    public private(set) var suggestions: [Suggestion]
    /// Whether latencies are those of larger tiles than a run's, and thus mostly below a run's.
    public let hasLargerTiles: Bool

    private enum CodingKeys: CodingKey {
        case base, measure, suggestions
    }

    /// The same with the first edits only.
    public func first(_ count: Int) -> Suggestions {
        var few = self
        few.suggestions = Array(suggestions.prefix(count))
        return few
    }

    /// Counts the network and each of its single edits, several at a time.
    /// - Parameters:
    ///   - measure: latency is on the first network of `pricing`.
    ///   - progress: told the fraction done, from any thread.
    /// - Throws: what building a program throws.
    public init(
        for scenario: Scenario, by measure: Measure, pricing: Pricing = Pricing(),
        progress: (@Sendable (Double) -> Void)? = nil
    ) throws {
        let edits = SingleEdit.all(of: scenario.pass.architecture)
        // Edits only take away.
        let tiling = try pricing.tiling(of: [scenario], among: 1 + edits.count)
        let base = try pricing.row(scenario, tiling)
        let tell: @Sendable (Int) -> Void = { progress?(Double($0) / Double(edits.count)) }
        let suggestions = try Comparison.concurrently(edits, progress: tell) { edit in
            Suggestion(edit, base, try pricing.row(scenario.applying(edit), tiling))
        }
        self.base = base
        self.measure = measure
        hasLargerTiles = !pricing.networks.isEmpty && tiling != .standard
        let network = base.report.latency.first?.network
        self.suggestions = suggestions.enumerated().sorted { first, second in
            let (a, b) = (first.element, second.element)
            let (x, y) = (a.value(of: measure, network), b.value(of: measure, network))
            // Equal savings stay in the order of layers.
            return x == y ? first.offset < second.offset : x > y
        }.map(\.element)
    }
}

extension Suggestions.Suggestion {
    init(_ edit: SingleEdit, _ old: ComparisonRow, _ new: ComparisonRow) {
        self.edit = edit
        bytes = old.onlineBytes - new.onlineBytes
        offlineBytes = old.bytes(.offline) - new.bytes(.offline)
        rounds = old.report.totals.online.rounds - new.report.totals.online.rounds
        latency = Dictionary(
            zip(old.report.latency, new.report.latency).map { ($0.network, $0.online - $1.online) },
            uniquingKeysWith: { first, _ in first })
    }

    func value(of measure: Suggestions.Measure, _ network: String?) -> Double {
        switch measure {
        case .bytes: Double(bytes)
        case .rounds: Double(rounds)
        case .latency: network.flatMap { latency[$0] } ?? 0
        }
    }

    /// Whether the same kind of edit saves the same.
    func isLike(_ other: Self) -> Bool {
        edit.kind == other.edit.kind && edit.key == other.edit.key && bytes == other.bytes
            && offlineBytes == other.offlineBytes && rounds == other.rounds && latency == other.latency
    }
}
