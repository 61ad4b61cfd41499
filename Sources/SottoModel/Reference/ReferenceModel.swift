import Foundation

/// The plaintext forward pass, in single precision, that private runs are compared with.
public struct ReferenceModel: Sendable {
    /// The model.
    public let weights: ModelWeights

    /// Which positions' logits are computed.
    public enum Positions: Sendable, Hashable {
        case all
        case last
    }

    /// Sees each intermediate result: its path, as in `layer.3/ffn/activation`, and its elements.
    ///
    /// Attention's `scores` and `softmax` hold the causal triangle only: for each head, row i has i + 1 elements.
    public typealias Trace = (_ path: String, _ values: [Float]) -> Void

    /// One query's attention in one head: what softmax gives the keys up to the query.
    public struct AttentionRow: Sendable, Hashable {
        /// The layer, from 0.
        public let layer: Int
        /// The head, from 0.
        public let head: Int
        /// The query's position, from 0.
        public let query: Int
        /// Of keys 0 to `query`; they add up to 1.
        public let probabilities: [Float]
    }

    /// Sees rows of attention; what it throws ends the forward pass.
    public typealias AttentionObserver = (_ row: AttentionRow) throws -> Void

    /// The forward pass of these weights.
    public init(_ weights: ModelWeights) {
        self.weights = weights
    }

    /// The logits of the next token.
    /// - Parameters:
    ///   - tokens: token ids, T of them, between 1 and the architecture's context.
    ///   - positions: of which positions.
    ///   - trace: sees every intermediate result.
    /// - Returns: [T, vocabulary], or [1, vocabulary] for the last position only.
    /// - Throws: ``ReferenceModelError``.
    public func logits(tokens: [Int], positions: Positions = .all, trace: Trace? = nil) throws -> [Float] {
        let architecture = weights.architecture
        try check(tokens)
        let embedded = embed(tokens)
        trace?("embedding", embedded)
        var x = try blocks(embedded, length: tokens.count, trace: trace)
        var rows = tokens.count
        if positions == .last {
            x = Array(x.suffix(architecture.width))
            rows = 1
        }
        if let norm = weights.finalNorm {
            x = normalized(x, norm, architecture.finalNorm)
            trace?("norm", x)
        }
        let logits = DenseProduct.transposedProduct(
            x, rows: rows, weight: weights.head.values, inner: architecture.width)
        trace?("head", logits)
        return logits
    }

    /// What the layers make of hidden states, without embedding, final norm and head.
    /// - Parameters:
    ///   - hidden: [T, width] for T between 1 and the architecture's context.
    ///   - trace: sees every intermediate result.
    /// - Returns: [T, width].
    /// - Throws: ``ReferenceModelError``.
    public func blocks(_ hidden: [Float], trace: Trace? = nil) throws -> [Float] {
        let architecture = weights.architecture
        let (length, rest) = hidden.count.quotientAndRemainder(dividingBy: architecture.width)
        guard rest == 0 else { throw ReferenceModelError.raggedHiddenStates(hidden.count, width: architecture.width) }
        guard length > 0 else { throw ReferenceModelError.noTokens }
        guard length <= architecture.context else {
            throw ReferenceModelError.tooManyTokens(count: length, context: architecture.context)
        }
        return try blocks(hidden, length: length, trace: trace)
    }

    private func blocks(
        _ hidden: [Float], length: Int, trace: Trace? = nil, observer: AttentionObserver? = nil
    ) throws -> [Float] {
        try weights.layers.indices.reduce(hidden) {
            try layer($1, $0, length: length, trace: trace, observer: observer)
        }
    }

    /// Shows every row of attention to an observer, one at a time; none is kept.
    ///
    /// Rows come layer by layer, in a layer head by head, in a head query by query. Logits are not computed.
    /// - Parameter tokens: token ids, T of them, between 1 and the architecture's context.
    /// - Throws: ``ReferenceModelError``, and what the observer throws.
    public func observeAttention(tokens: [Int], _ observer: @escaping AttentionObserver) throws {
        try check(tokens)
        _ = try blocks(embed(tokens), length: tokens.count, observer: observer)
    }

    /// The most likely next tokens, one after the other; of equal logits the smallest token id.
    /// - Parameters:
    ///   - tokens: the prompt.
    ///   - count: how many to append; prompt and completion must fit the context.
    /// - Throws: ``ReferenceModelError``.
    public func greedyCompletion(of tokens: [Int], count: Int) throws -> [Int] {
        var sequence = tokens
        for _ in 0..<max(count, 0) {
            sequence.append(Self.mostLikely(try logits(tokens: sequence, positions: .last)))
        }
        return Array(sequence.dropFirst(tokens.count))
    }

    /// The index of the largest logit, the smallest of several.
    public static func mostLikely<Logit: BinaryFloatingPoint>(_ logits: some Collection<Logit>) -> Int {
        var best = 0
        var maximum = -Logit.infinity
        for (index, logit) in logits.enumerated() where logit > maximum {
            best = index
            maximum = logit
        }
        return best
    }

    private func check(_ tokens: [Int]) throws(ReferenceModelError) {
        let architecture = weights.architecture
        guard !tokens.isEmpty else { throw .noTokens }
        guard tokens.count <= architecture.context else {
            throw .tooManyTokens(count: tokens.count, context: architecture.context)
        }
        if let token = tokens.first(where: { !(0..<architecture.vocabulary).contains($0) }) {
            throw .unknownToken(token, vocabulary: architecture.vocabulary)
        }
    }
}

/// Why a forward pass was refused.
public enum ReferenceModelError: Error, Equatable, CustomStringConvertible {
    /// There is nothing to compute on.
    case noTokens
    /// More tokens than the model has positions.
    case tooManyTokens(count: Int, context: Int)
    /// The id is not in the vocabulary.
    case unknownToken(Int, vocabulary: Int)
    /// The hidden states do not fill whole positions.
    case raggedHiddenStates(Int, width: Int)
    /// Perplexity needs a token to predict.
    case tooFewTokens(count: Int)

    public var description: String {
        switch self {
        case .noTokens:
            "There are no tokens; give at least one."
        case .tooManyTokens(let count, let context):
            "\(count) tokens do not fit the model's context of \(context); give a shorter text."
        case .unknownToken(let token, let vocabulary):
            "There is no token \(token) in the model; token ids are 0 to \(vocabulary - 1)."
        case .raggedHiddenStates(let count, let width):
            "\(count) hidden values are no multiple of the model's width \(width); give whole positions."
        case .tooFewTokens(let count):
            "Perplexity needs at least 2 tokens but there are \(count); give a longer text."
        }
    }
}
