/// The entropy regulariser of "Entropy-Guided Attention for Private LLMs" (arXiv 2501.03489), algorithm 1.
///
/// Each head has a learnable threshold theta, a fraction of the largest entropy `Emax`. With
/// `deviation = E - theta·Emax` a head's penalty is `deviation²` where `|deviation| > gamma·Emax` and 0 elsewhere; the
/// penalty is the mean over heads and then over layers. Training adds `lambda` times it to the loss.
public struct EntropyRegulariser: Sendable, Hashable, Codable {
    /// lambda: what the penalty is multiplied with in the loss; not negative.
    public var coefficient: Double
    /// gamma: the margin in which a head's entropy is free, as a fraction of the largest; not negative.
    public var tolerance: Double

    /// The regulariser with these constants, which ``validate()`` checks; the paper's are 1e-5 and 0.2.
    public init(coefficient: Double = 1e-5, tolerance: Double = 0.2) {
        self.coefficient = coefficient
        self.tolerance = tolerance
    }

    /// - Throws: ``EntropyError/invalidRegulariser(_:)``, besides what decoding throws.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        coefficient = try container.decode(Double.self, forKey: .coefficient)
        tolerance = try container.decode(Double.self, forKey: .tolerance)
        try validate()
    }

    /// - Throws: ``EntropyError/invalidRegulariser(_:)`` if a constant is negative or not finite.
    public func validate() throws(EntropyError) {
        for (name, constant) in [("coefficient", coefficient), ("tolerance", tolerance)]
        where !(constant >= 0 && constant.isFinite) {
            throw .invalidRegulariser(name)
        }
    }

    private enum CodingKeys: String, CodingKey {
        case coefficient, tolerance
    }

    /// A penalty and its derivatives, none of them multiplied with the coefficient.
    public struct Penalty: Sendable, Hashable {
        /// The mean penalty.
        public let value: Double
        /// By each head's entropy, [layer][head].
        public let entropyGradients: [[Double]]
        /// By each head's threshold, [layer][head].
        public let thresholdGradients: [[Double]]
    }

    /// The penalty of a model's head entropies.
    /// - Parameters:
    ///   - entropies: [layer][head], natural logarithm, mean over queries.
    ///   - thresholds: [layer][head], fractions of `maximum`.
    ///   - maximum: `Emax`, the paper's log T.
    /// - Precondition: `entropies` and `thresholds` have the same shape.
    public func penalty(entropies: [[Double]], thresholds: [[Double]], maximum: Double) -> Penalty {
        precondition(entropies.map(\.count) == thresholds.map(\.count), "each head has one threshold")
        var value = 0.0
        var entropyGradients: [[Double]] = []
        for (layer, limits) in zip(entropies, thresholds) {
            let share = 1 / Double(layer.count * entropies.count)
            entropyGradients.append(
                zip(layer, limits).map { entropy, threshold in
                    let deviation = entropy - threshold * maximum
                    guard abs(deviation) > tolerance * maximum else { return 0 }
                    value += share * deviation * deviation
                    return 2 * share * deviation
                })
        }
        return Penalty(
            value: value, entropyGradients: entropyGradients,
            thresholdGradients: entropyGradients.map { $0.map { -maximum * $0 } })
    }
}
