import SottoAttentionEntropy

/// Follows each layer's mean head entropy through a run.
package struct CollapseWatch {
    /// The part of log T below which a layer's mean entropy counts as collapsed.
    package static let fraction = EntropyCriteria().nearZero

    private let maximum: Double
    /// The update at which each layer collapsed first; 0 if it has not.
    private(set) var collapsedAt: [Int]
    /// Each layer's last finite mean entropy.
    private(set) var lastEntropy: [Double]
    private var firstNonFiniteLayer: Int?

    /// - Parameter maximum: log T.
    package init(layers: Int, maximum: Double) {
        self.maximum = maximum
        collapsedAt = [Int](repeating: 0, count: layers)
        lastEntropy = [Double](repeating: Double(Float(maximum)), count: layers)
    }

    /// Takes in the head entropies of an update, [layer][head].
    package mutating func observe(_ entropies: [[Double]], step: Int) {
        firstNonFiniteLayer = nil
        for (layer, heads) in entropies.enumerated() {
            let mean = heads.reduce(0, +) / Double(heads.count)
            guard mean.isFinite else {
                if firstNonFiniteLayer == nil { firstNonFiniteLayer = layer }
                continue
            }
            // In the precision of a checkpoint, so that a resumed run reports the same.
            lastEntropy[layer] = Double(Float(mean))
            if collapsedAt[layer] == 0, mean < Self.fraction * maximum { collapsedAt[layer] = step }
        }
    }

    /// Goes on from a stored state.
    mutating func restore(collapsedAt: [Int], lastEntropy: [Double]) {
        self.collapsedAt = collapsedAt
        self.lastEntropy = lastEntropy
    }

    /// What to say of a loss that is no number at an update.
    package func divergence(step: Int) -> Divergence {
        let layers = collapsedAt.indices
        let first = layers.filter { collapsedAt[$0] > 0 }.min { collapsedAt[$0] < collapsedAt[$1] }
        let layer = first ?? layers.min { lastEntropy[$0] < lastEntropy[$1] } ?? 0
        return Divergence(
            step: step, layer: layer, collapsedAtStep: first.map { collapsedAt[$0] }, entropy: lastEntropy[layer],
            firstNonFiniteLayer: firstNonFiniteLayer)
    }
}
