/// An architecture with all its weights in single precision.
public struct ModelWeights: Sendable {
    /// What the weights belong to.
    public let architecture: Architecture
    /// What the files that the weights come from call them.
    let names: StoredTensorNames
    /// [vocabulary, width].
    public let tokenEmbedding: WeightTensor
    /// [context, width], or nil where positions are rotary.
    public let positionEmbedding: WeightTensor?
    /// One for each layer of the architecture.
    public let layers: [Layer]
    /// The norm before the head, if the architecture has one.
    public let finalNorm: Norm?
    /// [vocabulary, width], or nil if the head is tied to the token embedding.
    public let untiedHead: WeightTensor?

    /// [vocabulary, width]: logits are `x·headᵀ`.
    public var head: WeightTensor { untiedHead ?? tokenEmbedding }

    /// The affine part of a norm: `gamma·x + beta`, each [width]; RMSNorm has no beta.
    public struct Norm: Sendable {
        public let gamma: WeightTensor
        public let beta: WeightTensor?
    }

    /// `x·weight + bias` with weight [in, out] and bias [out], where there is one.
    public struct Linear: Sendable {
        public let weight: WeightTensor
        public let bias: WeightTensor?
    }

    /// Attention's weights.
    public struct Attention: Sendable {
        /// [width, queryKeyValueWidth]: queries, keys, values, each split into heads in order.
        public let queryKeyValue: Linear
        /// [heads, context]: what softmax divides by besides √headWidth; nil where it is 1 everywhere.
        public let temperature: WeightTensor?
        /// [width, width].
        public let output: Linear
    }

    /// The FFN's matrices.
    public enum FeedForward: Sendable {
        /// [width, feedForwardWidth], twice as wide where it is gated, then after the activation [feedForwardWidth, width].
        case pair(input: Linear, output: Linear)
        /// [width, width].
        case fused(Linear)
    }

    /// `Xout = beta·Xsa + (1/alpha)·FFN(Xsa)`.
    public struct Scale: Sendable, Hashable {
        public let alpha: Float
        public let beta: Float

        /// The pair of factors.
        public init(alpha: Float, beta: Float) {
            self.alpha = alpha
            self.beta = beta
        }
    }

    /// One block's weights.
    public struct Layer: Sendable {
        public let norm1: Norm?
        public let attention: Attention
        public let norm2: Norm?
        public let feedForward: FeedForward
        /// nil where both factors are 1.
        public let scale: Scale?
    }

    /// What the files call the tensors that a weight is made of, or would.
    package func storedNames(of weight: WeightName) -> [String] { names.names(of: weight, in: architecture) }

    /// Takes every weight of the architecture from `tensor`, asked for in the order of
    /// ``Architecture/weightShapes``.
    /// - Throws: ``ModelError`` if a tensor has the wrong shape, is not finite or is zero where it divides, and
    ///   whatever `tensor` throws.
    public init(architecture: Architecture, tensor: (_ name: WeightName, _ shape: [Int]) throws -> WeightTensor) throws
    {
        try self.init(architecture: architecture, names: .init(writing: architecture), tensor: tensor)
    }

    /// - Parameter names: those of the files, for what is said of a weight.
    init(
        architecture: Architecture, names: StoredTensorNames,
        tensor: (_ name: WeightName, _ shape: [Int]) throws -> WeightTensor
    ) throws {
        func said(_ name: WeightName) -> String {
            names.names(of: name, in: architecture).joined(separator: ", ")
        }
        var tensors: [WeightName: WeightTensor] = [:]
        for (name, shape) in architecture.weightShapes {
            let weight = try tensor(name, shape)
            guard weight.shape == shape else {
                throw ModelError.wrongShape(tensor: said(name), expected: shape, found: weight.shape)
            }
            guard weight.isFinite else { throw ModelError.notFinite(tensor: said(name)) }
            if case .layer(_, let part) = name, part == .alpha || part == .temperature, weight.values.contains(0) {
                throw ModelError.zeroDivisor(tensor: said(name))
            }
            tensors[name] = weight
        }
        func part(_ name: WeightName) throws(ModelError) -> WeightTensor {
            guard let weight = tensors[name] else { throw .missingTensor(said(name)) }
            return weight
        }
        self.architecture = architecture
        self.names = names
        tokenEmbedding = try part(.tokenEmbedding)
        positionEmbedding = tensors[.positionEmbedding]
        layers = try architecture.layers.indices.map { index in
            try Layer(architecture.layers[index]) {
                try part(.layer(index, $0))
            } optional: {
                tensors[.layer(index, $0)]
            }
        }
        finalNorm =
            architecture.finalNorm == .none
            ? nil : Norm(gamma: try part(.finalNormGamma), beta: tensors[.finalNormBeta])
        untiedHead = architecture.tiedHead ? nil : try part(.head)
    }

    /// A weight by its name, or nil if the architecture has none such.
    public subscript(name: WeightName) -> WeightTensor? {
        switch name {
        case .tokenEmbedding: tokenEmbedding
        case .positionEmbedding: positionEmbedding
        case .layer(let index, let part): layers.indices.contains(index) ? layers[index][part] : nil
        case .finalNormGamma: finalNorm?.gamma
        case .finalNormBeta: finalNorm?.beta
        case .head: untiedHead
        }
    }

    /// Every weight, in the order of ``Architecture/weightShapes``.
    public var tensors: [(name: WeightName, tensor: WeightTensor)] {
        architecture.weightShapes.compactMap { entry in self[entry.name].map { (entry.name, $0) } }
    }

    /// The same model with only its first `count` layers; the final norm and the head stay.
    /// - Throws: ``ArchitectureError/layerCount(requested:available:)`` unless `count` is between 1 and all.
    public func firstLayers(_ count: Int) throws(ArchitectureError) -> ModelWeights {
        ModelWeights(
            architecture: try architecture.firstLayers(count), names: names, tokenEmbedding: tokenEmbedding,
            positionEmbedding: positionEmbedding, layers: Array(layers.prefix(count)), finalNorm: finalNorm,
            untiedHead: untiedHead)
    }

    /// The same weights with other bounds.
    public func declaring(_ bounds: Bounds) throws(ArchitectureError) -> ModelWeights {
        ModelWeights(
            architecture: try architecture.declaring(bounds), names: names, tokenEmbedding: tokenEmbedding,
            positionEmbedding: positionEmbedding, layers: layers, finalNorm: finalNorm, untiedHead: untiedHead)
    }

    private init(
        architecture: Architecture, names: StoredTensorNames, tokenEmbedding: WeightTensor,
        positionEmbedding: WeightTensor?, layers: [Layer], finalNorm: Norm?, untiedHead: WeightTensor?
    ) {
        self.architecture = architecture
        self.names = names
        self.tokenEmbedding = tokenEmbedding
        self.positionEmbedding = positionEmbedding
        self.layers = layers
        self.finalNorm = finalNorm
        self.untiedHead = untiedHead
    }
}

extension ModelWeights.Layer {
    fileprivate init(
        _ layer: Architecture.Layer, part: (WeightName.LayerPart) throws -> WeightTensor,
        optional: (WeightName.LayerPart) -> WeightTensor?
    ) throws {
        func linear(_ weight: WeightName.LayerPart, _ bias: WeightName.LayerPart) throws -> ModelWeights.Linear {
            try .init(weight: part(weight), bias: optional(bias))
        }
        norm1 = layer.norm1 == .none ? nil : .init(gamma: try part(.norm1Gamma), beta: optional(.norm1Beta))
        attention = .init(
            queryKeyValue: try linear(.queryKeyValueWeight, .queryKeyValueBias),
            temperature: layer.temperature ? try part(.temperature) : nil,
            output: try linear(.attentionOutputWeight, .attentionOutputBias))
        norm2 = layer.norm2 == .none ? nil : .init(gamma: try part(.norm2Gamma), beta: optional(.norm2Beta))
        feedForward =
            layer.feedForward.fused
            ? .fused(try linear(.fusedWeight, .fusedBias))
            : .pair(
                input: try linear(.feedForwardInputWeight, .feedForwardInputBias),
                output: try linear(.feedForwardOutputWeight, .feedForwardOutputBias))
        scale =
            layer.feedForward.scaled
            ? .init(alpha: try part(.alpha).values[0], beta: try part(.beta).values[0]) : nil
    }

    fileprivate subscript(part: WeightName.LayerPart) -> WeightTensor? {
        var pair: (input: ModelWeights.Linear, output: ModelWeights.Linear)?
        var fused: ModelWeights.Linear?
        switch feedForward {
        case .pair(let input, let output): pair = (input, output)
        case .fused(let linear): fused = linear
        }
        return switch part {
        case .norm1Gamma: norm1?.gamma
        case .norm1Beta: norm1?.beta
        case .queryKeyValueWeight: attention.queryKeyValue.weight
        case .queryKeyValueBias: attention.queryKeyValue.bias
        case .temperature: attention.temperature
        case .attentionOutputWeight: attention.output.weight
        case .attentionOutputBias: attention.output.bias
        case .norm2Gamma: norm2?.gamma
        case .norm2Beta: norm2?.beta
        case .feedForwardInputWeight: pair?.input.weight
        case .feedForwardInputBias: pair?.input.bias
        case .feedForwardOutputWeight: pair?.output.weight
        case .feedForwardOutputBias: pair?.output.bias
        case .fusedWeight: fused?.weight
        case .fusedBias: fused?.bias
        case .alpha: scale.map { WeightTensor(scalar: $0.alpha) }
        case .beta: scale.map { WeightTensor(scalar: $0.beta) }
        }
    }
}

extension WeightTensor {
    /// Whether no element is an infinity or a NaN.
    package var isFinite: Bool {
        // x·0 is 0 exactly for finite x; the sum vectorises, a test of each element does not.
        let whole = values.count / 8 * 8
        let lanes = values.withUnsafeBytes { raw in
            stride(from: 0, to: whole, by: 8).reduce(into: SIMD8<Float>.zero) { sum, index in
                sum += raw.loadUnaligned(fromByteOffset: 4 * index, as: SIMD8<Float>.self) * 0
            }
        }
        return lanes.sum().isFinite && values[whole...].allSatisfy(\.isFinite)
    }
}
