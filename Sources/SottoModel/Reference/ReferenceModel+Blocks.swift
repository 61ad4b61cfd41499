// The parts of a forward pass.

extension ReferenceModel {
    /// Token and, where it is learned, position embedding, [T, width].
    func embed(_ tokens: [Int]) -> [Float] {
        let width = weights.architecture.width
        var x: [Float] = []
        x.reserveCapacity(tokens.count * width)
        for (position, token) in tokens.enumerated() {
            let embedding = weights.tokenEmbedding.values[token * width..<(token + 1) * width]
            guard let positions = weights.positionEmbedding else {
                x.append(contentsOf: embedding)
                continue
            }
            let place = positions.values[position * width..<(position + 1) * width]
            x.append(contentsOf: zip(embedding, place).lazy.map { $0 + $1 })
        }
        return x
    }

    func layer(
        _ index: Int, _ x: [Float], length: Int, trace: Trace?, observer: AttentionObserver?
    ) throws -> [Float] {
        let layer = weights.layers[index]
        let parts = weights.architecture.layers[index]
        let path = "layer.\(index)"
        var input = x
        if let norm = layer.norm1 {
            input = normalized(x, norm, parts.norm1)
            trace?("\(path)/attention/norm", input)
        }
        var xsa = try attention(
            index, input, length: length, path: "\(path)/attention", trace: trace, observer: observer)
        add(x, scaledBy: 1, to: &xsa)
        trace?("\(path)/attention/residual", xsa)
        input = xsa
        if let norm = layer.norm2 {
            input = normalized(xsa, norm, parts.norm2)
            trace?("\(path)/ffn/norm", input)
        }
        var output = feedForward(
            layer.feedForward, parts, input, length: length, path: "\(path)/ffn", trace: trace)
        if let scale = layer.scale {
            for element in output.indices { output[element] /= scale.alpha }
            trace?("\(path)/ffn/scale", output)
        }
        add(xsa, scaledBy: layer.scale?.beta ?? 1, to: &output)
        trace?("\(path)/ffn/residual", output)
        return output
    }

    private func attention(
        _ index: Int, _ x: [Float], length: Int, path: String, trace: Trace?, observer: AttentionObserver?
    ) throws -> [Float] {
        let attention = weights.layers[index].attention
        let width = weights.architecture.width
        var projected = product(x, rows: length, attention.queryKeyValue)
        trace?("\(path)/qkv", projected)
        if case .rotary(let theta) = weights.architecture.positions {
            rotate(&projected, theta: theta)
            trace?("\(path)/rotary", projected)
        }
        var mixed = [Float](repeating: 0, count: length * width)
        var allScores: [Float] = []
        var allWeights: [Float] = []
        for head in 0..<weights.architecture.heads {
            for query in 0..<length {
                let scores = scores(attention, projected, head: head, query: query)
                let shares = ReferenceFunctions.softmax(scores[...])
                try observer?(AttentionRow(layer: index, head: head, query: query, probabilities: shares))
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
        let output = product(mixed, rows: length, attention.output)
        trace?("\(path)/output", output)
        return output
    }

    /// Rotates the queries and keys of every position.
    private func rotate(_ projected: inout [Float], theta: Double) {
        let architecture = weights.architecture
        let (row, head) = (architecture.queryKeyValueWidth, architecture.headWidth)
        for position in 0..<projected.count / row {
            for index in 0..<(architecture.heads + architecture.keyValueHeads) {
                let range = (position * row + index * head)..<(position * row + (index + 1) * head)
                projected.replaceSubrange(
                    range, with: ReferenceFunctions.rotated(projected[range], position: position, theta: theta))
            }
        }
    }

    /// `q·k/(t·√headWidth)` of a query with the keys up to its own position.
    private func scores(
        _ attention: ModelWeights.Attention, _ projected: [Float], head: Int, query: Int
    ) -> [Float] {
        let architecture = weights.architecture
        let (row, headWidth) = (architecture.queryKeyValueWidth, architecture.headWidth)
        let keyColumn = architecture.width + keyValueHead(head) * headWidth
        let temperature = attention.temperature?.values[head * architecture.context + query] ?? 1
        let divisor = temperature * Float(headWidth).squareRoot()
        let queryStart = query * row + head * headWidth
        return projected.withUnsafeBytes { projected in
            (0...query).map { key in
                DenseProduct.innerProduct(
                    projected, at: queryStart, projected, at: key * row + keyColumn, count: headWidth) / divisor
            }
        }
    }

    /// Adds the values, weighted by attention, into a query's row.
    private func mix(_ projected: [Float], _ shares: [Float], head: Int, query: Int, into mixed: inout [Float]) {
        let architecture = weights.architecture
        let (row, headWidth) = (architecture.queryKeyValueWidth, architecture.headWidth)
        let valueColumn = architecture.width + architecture.keyValueWidth + keyValueHead(head) * headWidth
        let target = query * architecture.width + head * headWidth
        projected.withUnsafeBufferPointer { projected in
            mixed.withUnsafeMutableBufferPointer { mixed in
                for (key, share) in shares.enumerated() {
                    let value = key * row + valueColumn
                    for element in 0..<headWidth {
                        mixed[target + element] += share * projected[value + element]
                    }
                }
            }
        }
    }

    /// The head whose keys and values a head's queries read.
    private func keyValueHead(_ head: Int) -> Int {
        head / (weights.architecture.heads / weights.architecture.keyValueHeads)
    }

    private func feedForward(
        _ feedForward: ModelWeights.FeedForward, _ parts: Architecture.Layer, _ x: [Float], length: Int,
        path: String, trace: Trace?
    ) -> [Float] {
        switch feedForward {
        case .fused(let linear):
            let output = product(x, rows: length, linear)
            trace?("\(path)/fused", output)
            return output
        case .pair(let input, let output):
            var hidden = product(x, rows: length, input)
            trace?("\(path)/input", hidden)
            var other: [Float]?
            if parts.feedForward.gated { (hidden, other) = halves(hidden, rows: length) }
            if parts.activation != .identity {
                hidden = hidden.map { ReferenceFunctions.activation(parts.activation, $0) }
                trace?("\(path)/activation", hidden)
            }
            if let other {
                hidden = zip(hidden, other).map { $0 * $1 }
                trace?("\(path)/gate", hidden)
            }
            let result = product(hidden, rows: length, output)
            trace?("\(path)/output", result)
            return result
        }
    }

    /// The left and the right half of every row.
    private func halves(_ x: [Float], rows: Int) -> ([Float], [Float]) {
        let half = x.count / rows / 2
        var (left, right): ([Float], [Float]) = ([], [])
        for row in 0..<rows {
            left += x[(2 * row * half)..<((2 * row + 1) * half)]
            right += x[((2 * row + 1) * half)..<((2 * row + 2) * half)]
        }
        return (left, right)
    }

    private func product(_ x: [Float], rows: Int, _ linear: ModelWeights.Linear) -> [Float] {
        DenseProduct.product(
            x, rows: rows, weight: linear.weight.values, inner: linear.weight.shape[0], bias: linear.bias?.values)
    }

    func normalized(_ x: [Float], _ norm: ModelWeights.Norm, _ kind: Architecture.Norm) -> [Float] {
        let width = weights.architecture.width
        let epsilon = weights.architecture.layerNormEpsilon
        var result: [Float] = []
        result.reserveCapacity(x.count)
        for start in stride(from: 0, to: x.count, by: width) {
            let row = x[start..<start + width]
            if kind == .layerNorm, let beta = norm.beta {
                result += ReferenceFunctions.layerNorm(
                    row, gamma: norm.gamma.values, beta: beta.values, epsilon: epsilon)
            } else {
                result += ReferenceFunctions.rmsNorm(row, gamma: norm.gamma.values, epsilon: epsilon)
            }
        }
        return result
    }

    private func add(_ x: [Float], scaledBy factor: Float, to sum: inout [Float]) {
        for index in sum.indices { sum[index] += factor * x[index] }
    }
}
