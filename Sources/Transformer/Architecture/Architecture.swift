/// A decoder-only transformer as data: its sizes and, layer by layer, which nonlinear functions it has.
///
/// Every layer is a pre-norm block: `Xsa = Xin + MHA(norm1(Xin))`, `Xout = Xsa + FFN(norm2(Xsa))` with
/// `FFN(X) = act(X·Win + bin)·Wout + bout`. A value of this type is always valid: the initialisers check it.
public struct Architecture: Sendable, Hashable {
    /// The layers, first to last.
    public let layers: [Layer]
    /// Attention heads of every layer; divides ``width``.
    public let heads: Int
    /// Elements of a token's representation, d.
    public let width: Int
    /// Elements between the two matrices of an unfused FFN, usually 4d.
    public let feedForwardWidth: Int
    /// The largest number of positions.
    public let context: Int
    /// The number of token ids.
    public let vocabulary: Int
    /// Whether the vocabulary projection is the transposed token embedding.
    public let tiedHead: Bool
    /// The norm before the vocabulary projection.
    public let finalNorm: Norm
    /// Added to the variance in every LayerNorm.
    public let layerNormEpsilon: Double

    /// What is normalised.
    public enum Norm: String, Codable, Sendable, Hashable, CaseIterable {
        /// Nothing.
        case none
        /// Each token to mean 0 and variance 1, then an affine map.
        case layerNorm = "layer_norm"
    }

    /// The function between the FFN's matrices.
    public enum Activation: String, Codable, Sendable, Hashable, CaseIterable {
        /// None.
        case identity
        /// `max(x, 0)`.
        case relu
        /// `x·Φ(x)`, exactly.
        case gelu
        /// `x/2·(1 + tanh(√(2/π)·(x + 0.044715·x³)))`, as GPT-2 was trained.
        case geluNew = "gelu_new"
    }

    /// The shape of an FFN.
    public struct FeedForward: Sendable, Hashable {
        /// One d x d matrix in place of two; leaves no room for an activation.
        public var fused: Bool
        /// `Xout = beta·Xsa + (1/alpha)·FFN(Xsa)`, alpha and beta learnable.
        public var scaled: Bool

        /// An FFN of this shape.
        public init(fused: Bool = false, scaled: Bool = false) {
            self.fused = fused
            self.scaled = scaled
        }
    }

    /// One block.
    public struct Layer: Sendable, Hashable {
        /// The norm before attention.
        public var norm1: Norm
        /// The norm before the FFN.
        public var norm2: Norm
        /// The function inside the FFN.
        public var activation: Activation
        /// The FFN's shape.
        public var feedForward: FeedForward
        /// Whether softmax divides by a learnable temperature per head and query position.
        public var temperature: Bool

        /// A block of these parts.
        public init(
            norm1: Norm = .layerNorm, norm2: Norm = .layerNorm, activation: Activation = .geluNew,
            feedForward: FeedForward = .init(), temperature: Bool = false
        ) {
            self.norm1 = norm1
            self.norm2 = norm2
            self.activation = activation
            self.feedForward = feedForward
            self.temperature = temperature
        }
    }

    /// An architecture of these parts.
    /// - Throws: ``ArchitectureError`` if a size is not within ``limits``, the heads do not divide the width, or a fused
    ///   FFN has an activation.
    public init(
        layers: [Layer], heads: Int, width: Int, feedForwardWidth: Int, context: Int, vocabulary: Int,
        tiedHead: Bool = true, finalNorm: Norm = .layerNorm, layerNormEpsilon: Double = 1e-5
    ) throws(ArchitectureError) {
        let sizes = [
            ("layers", layers.count, Self.limits.layers), ("heads", heads, Self.limits.heads),
            ("width", width, Self.limits.width), ("feed_forward_width", feedForwardWidth, Self.limits.feedForwardWidth),
            ("context", context, Self.limits.context), ("vocabulary", vocabulary, Self.limits.vocabulary),
        ]
        for (name, size, limit) in sizes where !(1...limit).contains(size) {
            throw .sizeOutOfRange(name: name, size: size, limit: limit)
        }
        guard width % heads == 0 else { throw .indivisibleWidth(width: width, heads: heads) }
        guard layerNormEpsilon > 0, layerNormEpsilon <= 1 else { throw .invalidEpsilon(layerNormEpsilon) }
        for (index, layer) in layers.enumerated() where layer.feedForward.fused && layer.activation != .identity {
            throw .fusedActivation(layer: index, activation: layer.activation.rawValue)
        }
        self.layers = layers
        self.heads = heads
        self.width = width
        self.feedForwardWidth = feedForwardWidth
        self.context = context
        self.vocabulary = vocabulary
        self.tiedHead = tiedHead
        self.finalNorm = finalNorm
        self.layerNormEpsilon = layerNormEpsilon
    }

    /// The largest sizes that are accepted; what they bound fits a 64-bit count of bytes with room to spare.
    public static let limits = (
        layers: 1024, heads: 1024, width: 8192, feedForwardWidth: 65536, context: 65536, vocabulary: 1 << 20
    )

    /// Elements of one head's queries, keys and values.
    public var headWidth: Int { width / heads }
}

// MARK: - Variants

extension Architecture {
    /// The same sizes with other layers and final norm.
    /// - Throws: ``ArchitectureError`` if the parts do not fit together.
    public func with(layers: [Layer], finalNorm: Norm? = nil) throws(ArchitectureError) -> Architecture {
        try Architecture(
            layers: layers, heads: heads, width: width, feedForwardWidth: feedForwardWidth, context: context,
            vocabulary: vocabulary, tiedHead: tiedHead, finalNorm: finalNorm ?? self.finalNorm,
            layerNormEpsilon: layerNormEpsilon)
    }

    /// The same network with only its first `count` layers.
    /// - Throws: ``ArchitectureError/layerCount(requested:available:)`` unless `count` is between 1 and all.
    public func firstLayers(_ count: Int) throws(ArchitectureError) -> Architecture {
        guard (1...layers.count).contains(count) else {
            throw .layerCount(requested: count, available: layers.count)
        }
        return try with(layers: Array(layers.prefix(count)))
    }

    /// The number of weights.
    public var parameterCount: Int {
        weightShapes.reduce(0) { $0 + $1.shape.reduce(1, *) }
    }
}
