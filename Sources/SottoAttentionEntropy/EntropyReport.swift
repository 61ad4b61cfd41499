import SottoReporting

/// The entropies of a model on a text, with everything that is said of them.
public struct EntropyReport: Sendable, Hashable, Encodable {
    /// Of the JSON form.
    public static let schemaVersion = 1

    /// The model's name.
    public let model: String
    /// The architecture's name.
    public let architecture: String
    /// Windows of the text that were looked at.
    public let windows: Int
    /// The constant in the logarithm.
    public let epsilon: Double
    public let entropies: AttentionEntropies
    /// Heads in each range of the largest head's entropy, as the paper has it.
    public let ranges: EntropyDistribution
    /// Heads in each range of `log T`.
    public let rangesOfMaximum: EntropyDistribution
    /// Heads in each range of the largest ratio to what is reachable; nil in windows of one token.
    public let reachableRanges: EntropyDistribution?
    /// Heads in each quarter of what is reachable.
    public let reachableRangesOfMaximum: EntropyDistribution?
    public let findings: EntropyFindings

    /// A report.
    /// - Throws: ``EntropyError``.
    public init(
        model: String, architecture: String, windows: Int, epsilon: Double, entropies: AttentionEntropies,
        criteria: EntropyCriteria = EntropyCriteria()
    ) throws(EntropyError) {
        self.model = model
        self.architecture = architecture
        self.windows = windows
        self.epsilon = epsilon
        self.entropies = entropies
        findings = try EntropyFindings(entropies: entropies.means, context: entropies.context, criteria: criteria)
        ranges = try EntropyDistribution(of: entropies.means)
        rangesOfMaximum = try EntropyDistribution(of: entropies.means, maximum: entropies.maximum)
        let ratios = entropies.allReachableRatios
        reachableRanges = if let ratios { try EntropyDistribution(of: ratios) } else { nil }
        reachableRangesOfMaximum = if let ratios { try EntropyDistribution(of: ratios, maximum: 1) } else { nil }
    }

    private enum CodingKeys: String, CodingKey {
        case model, architecture, context, windows, epsilon, maximum, largest, entropies, layers, ranges, reachable,
            verdicts, findings
        case schemaVersion = "schema_version"
        case largestReachable = "largest_reachable"
        case perQuery = "per_query"
    }

    private enum RangeKeys: String, CodingKey {
        case largest
        case maximum
    }

    private enum ReachableKeys: String, CodingKey {
        case ratios, layers, ranges
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(Self.schemaVersion, forKey: .schemaVersion)
        try container.encode(model, forKey: .model)
        try container.encode(architecture, forKey: .architecture)
        try container.encode(entropies.context, forKey: .context)
        try container.encode(windows, forKey: .windows)
        try container.encode(epsilon, forKey: .epsilon)
        try container.encode(entropies.maximum, forKey: .maximum)
        try container.encode(entropies.largest, forKey: .largest)
        try container.encode(EntropyMaximum.ofCausalHead(context: entropies.context), forKey: .largestReachable)
        try container.encode(entropies.means, forKey: .entropies)
        try container.encode(entropies.perQuery, forKey: .perQuery)
        try container.encode(entropies.layers, forKey: .layers)
        try container.encode(findings.verdicts, forKey: .verdicts)
        try container.encode(findings, forKey: .findings)
        var ranges = container.nestedContainer(keyedBy: RangeKeys.self, forKey: .ranges)
        try ranges.encode(self.ranges, forKey: .largest)
        try ranges.encode(rangesOfMaximum, forKey: .maximum)
        var reachable = container.nestedContainer(keyedBy: ReachableKeys.self, forKey: .reachable)
        try reachable.encode(entropies.reachableRatios, forKey: .ratios)
        try reachable.encode(entropies.reachableLayers, forKey: .layers)
        var reachableRanges = reachable.nestedContainer(keyedBy: RangeKeys.self, forKey: .ranges)
        try reachableRanges.encode(self.reachableRanges, forKey: .largest)
        try reachableRanges.encode(reachableRangesOfMaximum, forKey: .maximum)
    }
}

extension EntropyReport {
    /// A heat map of the heads' entropies, from 0 to the largest.
    public func heatMap() -> HeatMap {
        HeatMap(
            title: "Attention entropy of \(model), \(architecture), T = \(entropies.context)",
            values: entropies.means, scale: 0...max(entropies.largest, .leastNormalMagnitude),
            legend: "nats, mean over queries; log T = \(SVGWriter.number(entropies.maximum))",
            noteTitle: "mean ± s.d.",
            rowNotes: entropies.layers.map { layer in
                SVGWriter.decimals(layer.mean) + " ± " + SVGWriter.decimals(layer.variance.squareRoot())
            })
    }
}
