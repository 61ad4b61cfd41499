/// A decoder-only transformer as data: its sizes and, layer by layer, which nonlinear functions it has.
///
/// Every layer is a pre-norm block: `Xsa = Xin + MHA(norm1(Xin))`, `Xout = Xsa + FFN(norm2(Xsa))` with
/// `FFN(X) = act(X·Win + bin)·Wout + bout`, or gated with `FFN(X) = (act(X·Wgate) ⊙ (X·Wup))·Wdown`. A value of this
/// type is always valid: the initialisers check it.
public struct Architecture: Sendable, Hashable {
    /// The layers, first to last.
    public let layers: [Layer]
    /// Attention heads of every layer; divides ``width``.
    public let heads: Int
    /// Heads of keys and values; divides ``heads``. Query head `h` reads that of `h / (heads / keyValueHeads)`.
    public let keyValueHeads: Int
    /// Elements of a token's representation, d.
    public let width: Int
    /// Elements between the matrices of an unfused FFN, usually 4d; of each of the two factors where it is gated.
    public let feedForwardWidth: Int
    /// The largest number of positions.
    public let context: Int
    /// The number of token ids.
    public let vocabulary: Int
    /// Whether the vocabulary projection is the transposed token embedding.
    public let tiedHead: Bool
    /// The norm before the vocabulary projection.
    public let finalNorm: Norm
    /// Added to the variance in every LayerNorm, and to the mean square in every RMSNorm.
    public let layerNormEpsilon: Double
    /// How attention knows positions.
    public let positions: Positions
    /// Whether linear layers add a bias. LayerNorm's affine part is none of them, and the head never has one.
    public let hasBiases: Bool
    /// How large values may get; it changes no plaintext result.
    public let bounds: Bounds

    /// How attention knows positions.
    public enum Positions: Sendable, Hashable {
        /// A learned vector of each position is added to the token's embedding.
        case learned
        /// Queries and keys are rotated: of head width w, elements i and i + w/2 (the convention of Hugging Face's LLaMA)
        /// at position p by the angle `p·theta^(-2i/w)`.
        case rotary(theta: Double)
    }

    /// What is normalised.
    public enum Norm: String, Codable, Sendable, Hashable, CaseIterable {
        /// Nothing.
        case none
        /// Each token to mean 0 and variance 1, then an affine map.
        case layerNorm = "layer_norm"
        /// Each token to mean square 1, then a factor for each element.
        case rmsNorm = "rms_norm"
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
        /// `x/(1 + e^-x)`.
        case silu
    }

    /// The shape of an FFN.
    public struct FeedForward: Sendable, Hashable {
        /// One d x d matrix in place of two; leaves no room for an activation.
        public var fused: Bool
        /// `Xout = beta·Xsa + (1/alpha)·FFN(Xsa)`, alpha and beta learnable.
        public var scaled: Bool
        /// A second factor beside the activation: `(act(X·Wgate) ⊙ (X·Wup))·Wdown`. Without an activation this is the
        /// bilinear form, which still multiplies two secrets.
        public var gated: Bool

        /// An FFN of this shape.
        public init(fused: Bool = false, scaled: Bool = false, gated: Bool = false) {
            self.fused = fused
            self.scaled = scaled
            self.gated = gated
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
    /// - Parameter keyValueHeads: as many as heads unless given.
    /// - Throws: ``ArchitectureError`` if a size is not within ``limits``, the heads do not divide the width, the heads of
    ///   keys and values do not divide the heads, a head to be rotated has an odd width, or a fused FFN has an activation
    ///   or a gate.
    public init(
        layers: [Layer], heads: Int, keyValueHeads: Int? = nil, width: Int, feedForwardWidth: Int, context: Int,
        vocabulary: Int, tiedHead: Bool = true, finalNorm: Norm = .layerNorm, layerNormEpsilon: Double = 1e-5,
        positions: Positions = .learned, hasBiases: Bool = true, bounds: Bounds = Bounds()
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
        let keyValueHeads = keyValueHeads ?? heads
        guard keyValueHeads >= 1, heads % keyValueHeads == 0 else {
            throw .indivisibleHeads(heads: heads, keyValueHeads: keyValueHeads)
        }
        guard layerNormEpsilon > 0, layerNormEpsilon <= 1 else { throw .invalidEpsilon(layerNormEpsilon) }
        try Self.check(positions, headWidth: width / heads)
        try Self.check(layers)
        if let last = bounds.lastLayer, last >= layers.count {
            throw .invalidIndex("\(last)", layers: layers.count)
        }
        self.layers = layers
        self.heads = heads
        self.keyValueHeads = keyValueHeads
        self.width = width
        self.feedForwardWidth = feedForwardWidth
        self.context = context
        self.vocabulary = vocabulary
        self.tiedHead = tiedHead
        self.finalNorm = finalNorm
        self.layerNormEpsilon = layerNormEpsilon
        self.positions = positions
        self.hasBiases = hasBiases
        self.bounds = bounds
    }

    private static func check(_ positions: Positions, headWidth: Int) throws(ArchitectureError) {
        guard case .rotary(let theta) = positions else { return }
        guard headWidth.isMultiple(of: 2) else { throw .oddRotaryWidth(headWidth) }
        guard thetas.contains(theta) else { throw .invalidTheta(theta) }
    }

    private static func check(_ layers: [Layer]) throws(ArchitectureError) {
        for (index, layer) in layers.enumerated() where layer.feedForward.fused {
            guard layer.activation == .identity else {
                throw .fusedActivation(layer: index, activation: layer.activation.rawValue)
            }
            guard !layer.feedForward.gated else { throw .fusedGate(layer: index) }
        }
    }

    /// The largest sizes that are accepted; what they bound fits a 64-bit count of bytes with room to spare.
    public static let limits = (
        layers: 1024, heads: 1024, width: 8192, feedForwardWidth: 65536, context: 65536, vocabulary: 1 << 20
    )

    /// The bases of rotary frequencies that are accepted.
    public static let thetas = 1.0...1e9

    /// Elements of one head's queries, keys and values.
    public var headWidth: Int { width / heads }

    /// Elements of a token's keys, and of its values.
    public var keyValueWidth: Int { keyValueHeads * headWidth }

    /// Elements of a token's queries, keys and values together.
    package var queryKeyValueWidth: Int { width + 2 * keyValueWidth }
}

// MARK: - Variants

extension Architecture {
    /// The same sizes with other layers and final norm.
    /// - Throws: ``ArchitectureError`` if the parts do not fit together.
    public func with(
        layers: [Layer], finalNorm: Norm? = nil, bounds: Bounds? = nil
    ) throws(ArchitectureError) -> Architecture {
        try Architecture(
            layers: layers, heads: heads, keyValueHeads: keyValueHeads, width: width,
            feedForwardWidth: feedForwardWidth, context: context, vocabulary: vocabulary, tiedHead: tiedHead,
            finalNorm: finalNorm ?? self.finalNorm, layerNormEpsilon: layerNormEpsilon, positions: positions,
            hasBiases: hasBiases, bounds: (bounds ?? self.bounds).limited(toLayers: layers.count))
    }

    /// The same network with other bounds; those of layers that it has not are left out.
    public func declaring(_ bounds: Bounds) throws(ArchitectureError) -> Architecture {
        try with(layers: layers, bounds: bounds)
    }

    /// Whether both compute the same in plaintext: all is equal but for bounds.
    package func isSameNetwork(as other: Architecture) -> Bool {
        (try? declaring(other.bounds)) == other
    }

    /// The same network with only its first `count` layers.
    /// - Throws: ``ArchitectureError/layerCount(requested:available:)`` unless `count` is between 1 and all.
    public func firstLayers(_ count: Int) throws(ArchitectureError) -> Architecture {
        guard (1...layers.count).contains(count) else {
            throw .layerCount(requested: count, available: layers.count)
        }
        return try with(layers: Array(layers.prefix(count)))
    }

    /// Elements between an FFN's first matrix and its activation: gate and second factor side by side where it is gated.
    package func feedForwardInputWidth(_ layer: Layer) -> Int {
        layer.feedForward.gated ? 2 * feedForwardWidth : feedForwardWidth
    }
}
