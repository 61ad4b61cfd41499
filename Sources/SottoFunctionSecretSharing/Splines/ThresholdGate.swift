import SottoAlgebra

/// `[x >= t]` for any public thresholds `t` of a value `x` that was opened under a mask, as XOR-shared bits: one key of a
/// distributed comparison function with the payload 1 serves them all, and nothing is sent (Storrier et al., Grotto, CCS 2023,
/// ePrint 2023/108, where it is a point function's prefix parity).
///
/// `x` is signed, in `-2^(width-1)..<2^(width-1)`, and exact.
public struct ThresholdGate: Sendable, Hashable {
    let circle: KnotCircle

    /// - Parameters:
    ///   - width: of the ring that `x` is opened in, 2 to 64 bits.
    ///   - thresholds: ascending, above the least input.
    public init(width: Int, thresholds: [Int64]) {
        circle = KnotCircle(width: width, droppedBits: 0, knots: thresholds)
    }

    public var width: Int { circle.width }
    public var thresholds: [Int64] { circle.knots }
    /// Which of a key's points lie close together.
    public var clusters: PointClusters { circle.clusters }

    /// The keys' `α` is the mask itself, their payload 1.
    public var keyFormat: ComparisonFormat {
        ComparisonFormat(inputBits: width, components: 1, ring: 1, publicComponents: 1)
    }

    /// Shares of the bits.
    /// - Parameter keys: a party's, of ``keyFormat``.
    /// - Returns: by threshold.
    /// - Throws: as ``ComparisonEvaluator``.
    public func evaluate(_ differences: [UInt64], _ keys: PartyComparisonKeys, kernel: TreeHash.Kernel = .fastest)
        throws -> [BitVector]
    {
        let (points, isServer) = (circle.points, keys.party == .server)
        var words = thresholds.map { _ in [UInt64](repeating: 0, count: BitVector.wordCount(differences.count)) }
        let evaluator = try ComparisonEvaluator(keyFormat, party: keys.party, kernel: kernel)
        try evaluator.evaluate(
            keys.corrections, roots: keys.roots, points: circle.points(differences), clusters: clusters
        ) { chunk, values in
            for (row, key) in chunk.enumerated() {
                let opened = circle.opened(differences[key])
                let wrap = values[(row + 1) * points - 1]
                for (place, threshold) in thresholds.enumerated() {
                    // Whether the least mask is beyond it is public; the bit changes at the knot and where `x` wraps.
                    let first: UInt64 = isServer && circle.isPassed(threshold, opened) ? 1 : 0
                    let bit = (first ^ wrap ^ values[row * points + place]) & 1
                    words[place][key >> 6] |= bit << UInt64(key & 63)
                }
            }
        }
        return words.map { BitVector(words: $0, count: differences.count) }
    }
}
