import Foundation

/// The entropy of one row of attention: `-Σ a·log(a + epsilon)` over the keys, natural logarithm.
public enum AttentionRowEntropy {
    /// The constant in the logarithm unless another is given.
    ///
    /// It keeps `log` finite at 0, where this module leaves the term out anyway, and lowers a row's entropy by at most
    /// epsilon for each key with a probability above 0, for `a·log(1 + epsilon/a) <= epsilon`: by 1e-9 nats over 1000
    /// keys.
    public static let defaultEpsilon = 1e-12

    /// The constants that are accepted.
    public static let epsilons = 0.0...1e-3

    /// How far from 1 the sum of a row may be unless another margin is given; half precision is well within it.
    public static let defaultMargin = 1e-2

    /// The entropy of a row, in double precision.
    ///
    /// Never below 0: epsilon alone could push a one-hot row there, by epsilon.
    /// - Parameters:
    ///   - row: probabilities of the keys; zeros count nothing.
    ///   - epsilon: the constant in the logarithm.
    ///   - margin: how far from 1 the sum may be. The row is not rescaled.
    /// - Returns: nats, from 0 to the logarithm of the number of keys, or above that by no more than the fraction
    ///   `margin`, where the sum exceeds 1.
    /// - Throws: ``AttentionRowError``.
    @inlinable
    public static func entropy<Row: Collection>(
        of row: Row, epsilon: Double = defaultEpsilon, margin: Double = defaultMargin
    ) throws(AttentionRowError) -> Double where Row.Element: BinaryFloatingPoint {
        guard !row.isEmpty else { throw .empty }
        var sum = 0.0
        var entropy = 0.0
        var key = 0
        for element in row {
            let probability = Double(element)
            guard probability >= 0, probability.isFinite else { throw .invalidProbability(key: key) }
            if probability > 0 {
                sum += probability
                entropy -= probability * log(probability + epsilon)
            }
            key += 1
        }
        guard abs(sum - 1) <= margin else { throw .unnormalized }
        return max(entropy, 0)
    }
}

/// Why numbers are no row of attention.
public enum AttentionRowError: Error, Equatable, CustomStringConvertible {
    /// There are no keys.
    case empty
    /// A probability is negative, infinite or no number.
    case invalidProbability(key: Int)
    /// The probabilities do not add up to 1.
    case unnormalized

    public var description: String {
        switch self {
        case .empty: "A row of attention has no keys; give the probabilities of at least one."
        case .invalidProbability(let key):
            "The probability of key \(key) is negative or not finite; give what softmax returns."
        case .unnormalized: "The probabilities of a row do not add up to 1; give what softmax returns."
        }
    }
}
