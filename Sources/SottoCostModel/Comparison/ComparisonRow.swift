import SottoModel
import SottoPrivateTransformer
import SottoReporting
import SottoSecureComputation

/// One network on one input length under one protocol: a row of `sotto table`.
public struct ComparisonRow: Sendable, Encodable {
    /// How many times more the first row of the group costs.
    public struct Savings: Sendable, Hashable, Codable {
        /// Online bytes of both parties.
        public let bytes: Double?
        public let rounds: Double?
        /// Online time by network.
        public let latency: [String: Double]
    }

    public let scenario: Scenario
    public let report: CostReport
    public let counts: ArchitectureCounts
    /// The suite of every scope whose operations depend on it, of a scenario that seeks the cheapest mix.
    public let mix: [String: ProtocolName]?
    /// Of a trained model on a given text, or on the one held out in training; NaN where training diverged, nil for random
    /// weights.
    public var perplexity: Double?
    /// nil in the first row of a group.
    public internal(set) var savings: Savings?
    /// The paper's row for the same network, if asked for and there is one.
    public internal(set) var published: PublishedFigures.Cost?
    public internal(set) var publishedPerplexities: [PublishedFigures.Perplexity] = []

    init(_ scenario: Scenario, _ report: CostReport, mix: [String: ProtocolName]? = nil) {
        self.scenario = scenario
        self.report = report
        self.mix = mix
        counts = ArchitectureCounts(scenario.pass)
    }

    private enum CodingKeys: String, CodingKey {
        case layers, width, edits, counts, mix, perplexity, savings, published
        case publishedPerplexities = "published_perplexities"
    }

    /// The keys of the report and the comparison's own in one object.
    public func encode(to encoder: any Encoder) throws {
        try report.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(scenario.pass.architecture.layers.count, forKey: .layers)
        try container.encode(scenario.pass.architecture.width, forKey: .width)
        try container.encode(scenario.edits, forKey: .edits)
        try container.encode(counts, forKey: .counts)
        try container.encodeIfPresent(mix?.mapValues(\.rawValue), forKey: .mix)
        if let perplexity {
            // A value that is no number becomes null.
            try container.encode(perplexity.isFinite ? perplexity : nil, forKey: .perplexity)
        }
        try container.encodeIfPresent(savings, forKey: .savings)
        try container.encodeIfPresent(published, forKey: .published)
        if !publishedPerplexities.isEmpty {
            try container.encode(publishedPerplexities, forKey: .publishedPerplexities)
        }
    }

    /// Online bytes of both parties.
    var onlineBytes: Int { report.totals.online.bytesSent.total }

    /// All bytes of a phase, the dealer's included.
    func bytes(_ phase: CostReport.Phase) -> Int {
        let total = report.totals[phase]
        return total.bytesSent.total + total.dealerBytes.total
    }

    /// What the row costs against the first one of its group.
    func savings(against first: ComparisonRow) -> Savings {
        func factor(_ old: Double, _ new: Double) -> Double? { old > 0 && new > 0 ? old / new : nil }
        // Times end there, and say no more than that.
        func isKnown(_ seconds: Double) -> Bool { seconds < Quantity.longest }
        var latency: [String: Double] = [:]
        for (own, other) in zip(report.latency, first.report.latency) {
            guard isKnown(own.online), isKnown(other.online) else { continue }
            latency[own.network] = factor(other.online, own.online)
        }
        return Savings(
            bytes: factor(Double(first.onlineBytes), Double(onlineBytes)),
            rounds: factor(Double(first.report.totals.online.rounds), Double(report.totals.online.rounds)),
            latency: latency)
    }
}

/// What a row is about.
public struct Scenario: Sendable, Hashable {
    public let pass: ForwardPass
    public let configuration: CostReport.Configuration
    /// The architecture's name before `edits`; what published figures are looked up by if there are none.
    public let notation: String
    /// Single parts that were changed.
    public let edits: [String]
    /// What models are called that are compared with each other; nil if a model is compared with itself only.
    public let family: String?
    /// By what the cheapest mix of `ot` and `fss` is sought, in rings with a dealer and whatever the target of `configuration`;
    /// nil for that target.
    public let cheapestBy: Suggestions.Measure?

    public init(
        pass: ForwardPass, configuration: CostReport.Configuration, notation: String, edits: [String] = [],
        family: String? = nil, cheapestBy: Suggestions.Measure? = nil
    ) {
        self.pass = pass
        self.configuration = configuration
        self.notation = notation
        self.edits = edits
        self.family = family
        self.cheapestBy = cheapestBy
    }

    /// The same with one edit more.
    /// - Throws: ``ArchitectureError`` if the edit does not fit the architecture.
    func applying(_ edit: SingleEdit) throws -> Scenario {
        let changes = try edit.edits.map { try ArchitectureEdit($0) }
        let changed = try ForwardPass(
            architecture: pass.architecture.applying(changes), past: pass.past, new: pass.new, output: pass.output,
            exactOpenings: pass.exactOpenings)
        return Scenario(
            pass: changed, configuration: configuration, notation: notation, edits: edits + edit.edits,
            family: family, cheapestBy: cheapestBy)
    }

    /// What rows of one group have in common: all but the kinds of the layers and the domain.
    struct Group: Hashable {
        let model: String
        let layers: Int
        let width: Int
        let context: Int
        let protocols: [String]
    }

    var group: Group {
        let target = configuration.target
        return Group(
            model: family ?? configuration.model, layers: pass.architecture.layers.count,
            width: pass.architecture.width,
            context: configuration.context,
            protocols: [
                cheapestBy == nil ? target.protocolName : CheapestMix.protocolName, target.preprocessing.name,
            ])
    }
}
