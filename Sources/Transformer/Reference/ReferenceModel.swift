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
        var x = blocks(embedded, length: tokens.count, trace: trace)
        var rows = tokens.count
        if positions == .last {
            x = Array(x.suffix(architecture.width))
            rows = 1
        }
        if let norm = weights.finalNorm {
            x = normalized(x, norm)
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
        return blocks(hidden, length: length, trace: trace)
    }

    private func blocks(_ hidden: [Float], length: Int, trace: Trace?) -> [Float] {
        weights.layers.indices.reduce(hidden) { layer($1, $0, length: length, trace: trace) }
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

// MARK: - Blocks

extension ReferenceModel {
    /// Token and position embedding, [T, width].
    private func embed(_ tokens: [Int]) -> [Float] {
        let width = weights.architecture.width
        var x: [Float] = []
        x.reserveCapacity(tokens.count * width)
        for (position, token) in tokens.enumerated() {
            let embedding = weights.tokenEmbedding.values[token * width..<(token + 1) * width]
            let place = weights.positionEmbedding.values[position * width..<(position + 1) * width]
            x.append(contentsOf: zip(embedding, place).lazy.map { $0 + $1 })
        }
        return x
    }

    private func layer(_ index: Int, _ x: [Float], length: Int, trace: Trace?) -> [Float] {
        let layer = weights.layers[index]
        let path = "layer.\(index)"
        var input = x
        if let norm = layer.norm1 {
            input = normalized(x, norm)
            trace?("\(path)/attention/norm", input)
        }
        var xsa = attention(layer.attention, input, length: length, path: "\(path)/attention", trace: trace)
        add(x, scaledBy: 1, to: &xsa)
        trace?("\(path)/attention/residual", xsa)
        input = xsa
        if let norm = layer.norm2 {
            input = normalized(xsa, norm)
            trace?("\(path)/ffn/norm", input)
        }
        let activation = weights.architecture.layers[index].activation
        var output = feedForward(
            layer.feedForward, activation, input, length: length, path: "\(path)/ffn", trace: trace)
        if let scale = layer.scale {
            for element in output.indices { output[element] /= scale.alpha }
            trace?("\(path)/ffn/scale", output)
        }
        add(xsa, scaledBy: layer.scale?.beta ?? 1, to: &output)
        trace?("\(path)/ffn/residual", output)
        return output
    }

    private func attention(
        _ attention: ModelWeights.Attention, _ x: [Float], length: Int, path: String, trace: Trace?
    ) -> [Float] {
        let width = weights.architecture.width
        let projected = DenseProduct.product(
            x, rows: length, weight: attention.queryKeyValue.weight.values, inner: width,
            bias: attention.queryKeyValue.bias.values)
        trace?("\(path)/qkv", projected)
        var mixed = [Float](repeating: 0, count: length * width)
        var allScores: [Float] = []
        var allWeights: [Float] = []
        for head in 0..<weights.architecture.heads {
            for query in 0..<length {
                let scores = scores(attention, projected, head: head, query: query)
                let shares = ReferenceFunctions.softmax(scores[...])
                mix(projected, shares, head: head, query: query, into: &mixed)
                if trace != nil {
                    allScores += scores
                    allWeights += shares
                }
            }
        }
        trace?("\(path)/scores", allScores)
        trace?("\(path)/softmax", allWeights)
        trace?("\(path)/values", mixed)
        let output = DenseProduct.product(
            mixed, rows: length, weight: attention.output.weight.values, inner: width,
            bias: attention.output.bias.values)
        trace?("\(path)/output", output)
        return output
    }

    /// `q·k/(t·√headWidth)` of a query with the keys up to its own position.
    private func scores(
        _ attention: ModelWeights.Attention, _ projected: [Float], head: Int, query: Int
    ) -> [Float] {
        let architecture = weights.architecture
        let (width, headWidth) = (architecture.width, architecture.headWidth)
        let temperature = attention.temperature?.values[head * architecture.context + query] ?? 1
        let divisor = temperature * Float(headWidth).squareRoot()
        let queryStart = query * 3 * width + head * headWidth
        return projected.withUnsafeBytes { projected in
            (0...query).map { key in
                let keyStart = key * 3 * width + width + head * headWidth
                return DenseProduct.innerProduct(
                    projected, at: queryStart, projected, at: keyStart, count: headWidth) / divisor
            }
        }
    }

    /// Adds the values, weighted by attention, into a query's row.
    private func mix(_ projected: [Float], _ shares: [Float], head: Int, query: Int, into mixed: inout [Float]) {
        let (width, headWidth) = (weights.architecture.width, weights.architecture.headWidth)
        let target = query * width + head * headWidth
        projected.withUnsafeBufferPointer { projected in
            mixed.withUnsafeMutableBufferPointer { mixed in
                for (key, share) in shares.enumerated() {
                    let value = key * 3 * width + 2 * width + head * headWidth
                    for element in 0..<headWidth {
                        mixed[target + element] += share * projected[value + element]
                    }
                }
            }
        }
    }

    private func feedForward(
        _ feedForward: ModelWeights.FeedForward, _ activation: Architecture.Activation, _ x: [Float], length: Int,
        path: String, trace: Trace?
    ) -> [Float] {
        let width = weights.architecture.width
        switch feedForward {
        case .fused(let linear):
            let output = DenseProduct.product(
                x, rows: length, weight: linear.weight.values, inner: width, bias: linear.bias.values)
            trace?("\(path)/fused", output)
            return output
        case .pair(let input, let output):
            var hidden = DenseProduct.product(
                x, rows: length, weight: input.weight.values, inner: width, bias: input.bias.values)
            trace?("\(path)/input", hidden)
            if activation != .identity {
                hidden = hidden.map { ReferenceFunctions.activation(activation, $0) }
                trace?("\(path)/activation", hidden)
            }
            let result = DenseProduct.product(
                hidden, rows: length, weight: output.weight.values, inner: weights.architecture.feedForwardWidth,
                bias: output.bias.values)
            trace?("\(path)/output", result)
            return result
        }
    }

    private func normalized(_ x: [Float], _ norm: ModelWeights.Norm) -> [Float] {
        let width = weights.architecture.width
        var result: [Float] = []
        result.reserveCapacity(x.count)
        for row in stride(from: 0, to: x.count, by: width) {
            result += ReferenceFunctions.layerNorm(
                x[row..<row + width], gamma: norm.gamma.values, beta: norm.beta.values,
                epsilon: weights.architecture.layerNormEpsilon)
        }
        return result
    }

    private func add(_ x: [Float], scaledBy factor: Float, to sum: inout [Float]) {
        for index in sum.indices { sum[index] += factor * x[index] }
    }
}
