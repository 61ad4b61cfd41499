/// The entropies of a model's attention on some text, in nats.
public struct AttentionEntropies: Sendable, Hashable {
    /// T, the positions of a window.
    public let context: Int
    /// Means over windows, [layer][head][query]; nil where no row has been seen.
    public let perQuery: [[[Double?]]]
    /// Means over queries and windows, [layer][head]: the paper's `E(l,h)`.
    public let means: [[Double]]
    /// Means over queries i >= 1 and windows of a row's entropy divided by `log(i + 1)`, which it can reach,
    /// [layer][head]: from 0 to 1, or above by no more than ``AttentionRowEntropy/defaultMargin`` where the sums of rows
    /// exceed 1. nil if there are only rows of query 0.
    public let reachableRatios: [[Double?]]

    /// `Emax = log T`.
    public var maximum: Double { EntropyMaximum.ofContext(context) }

    /// The largest of the heads' means.
    public var largest: Double { means.joined().max() ?? 0 }

    /// Over the heads of each layer.
    public var layers: [EntropyStatistics] { means.map(EntropyStatistics.init(of:)) }

    /// Over the ratios of each layer; nil if a head has none.
    public var reachableLayers: [EntropyStatistics?] {
        reachableRatios.map { layer in
            let ratios = layer.compactMap(\.self)
            return ratios.count == layer.count ? EntropyStatistics(of: ratios) : nil
        }
    }

    /// ``reachableRatios`` if every head has one.
    public var allReachableRatios: [[Double]]? {
        let ratios = reachableRatios.map { $0.compactMap(\.self) }
        return ratios.map(\.count) == means.map(\.count) ? ratios : nil
    }
}

/// The spread of a layer's heads.
public struct EntropyStatistics: Sendable, Hashable, Codable {
    /// The mean over heads; 0 of none.
    public let mean: Double
    /// The mean squared deviation from ``mean`` over heads; 0 of none.
    public let variance: Double
    /// The smallest; 0 of none.
    public let minimum: Double
    /// The largest; 0 of none.
    public let maximum: Double

    /// The statistics of one layer's heads.
    public init(of entropies: [Double]) {
        let count = Double(max(entropies.count, 1))
        let mean = entropies.reduce(0, +) / count
        self.mean = mean
        variance = entropies.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
        minimum = entropies.min() ?? 0
        maximum = entropies.max() ?? 0
    }
}
