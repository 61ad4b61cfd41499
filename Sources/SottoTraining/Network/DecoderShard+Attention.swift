import CSottoFloatKernels
import SottoModel

extension DecoderShard {
    /// `Xsa = Xin + MHA(norm1(Xin))`.
    func forwardAttention(_ index: Int, _ layer: ShardActivations.Layer, _ parameters: LayerParameters) {
        let width = architecture.width
        var input = matrix(layer.input, columns: width)
        if let norm = parameters.norm1, let target = layer.normalized1 {
            forwardNorm(layer.input, norm, layer.statistics1, into: target)
            input = matrix(target, columns: width)
        }
        let projected = matrix(layer.queryKeyValue, columns: 3 * width)
        openBLAS.multiply(input, .plain, parameters.queryKeyValue.weight, .plain, into: projected)
        addBias(parameters.queryKeyValue.bias, scaledBy: 1, to: projected)
        fillScales(parameters.temperature)
        let mixed = matrix(layer.mixed, columns: width)
        entropySums[index] = [Double](repeating: 0, count: architecture.heads)
        for window in 0..<windows {
            for head in 0..<architecture.heads {
                let parts = HeadParts(projected, mixed, layer, window: window, head: head, of: self)
                openBLAS.multiply(parts.query, .plain, parts.key, .transposed, into: parts.probabilities)
                kernels.causal_softmax(
                    length, parts.probabilities.pointer, length, activations.scales.pointer + head * length,
                    parts.entropies)
                openBLAS.multiply(parts.probabilities, .plain, parts.value, .plain, into: parts.mixed)
                for query in 0..<length { entropySums[index][head] += Double(parts.entropies[query]) }
            }
        }
        layer.afterAttention.pointer.update(from: layer.input.pointer, count: rows * width)
        let output = matrix(layer.afterAttention, columns: width)
        openBLAS.multiply(mixed, .plain, parameters.output.weight, .plain, into: output, keep: 1)
        addBias(parameters.output.bias, scaledBy: 1, to: output)
    }

    /// Takes `gradient` from Xsa to Xin.
    func backwardAttention(
        _ index: Int, _ parameters: LayerParameters, _ target: LayerParameters, entropyGradients: [Double]?
    ) {
        let layer = activations.layers[index]
        let width = architecture.width
        let gradient = matrix(activations.gradient, columns: width)
        let mixed = matrix(layer.mixed, columns: width)
        openBLAS.multiply(mixed, .transposed, gradient, .plain, into: target.output.weight, keep: 1)
        addColumnSums(of: gradient, scaledBy: 1, to: target.output.bias)
        let mixedGradient = matrix(activations.branchGradient, columns: width)
        openBLAS.multiply(gradient, .plain, parameters.output.weight, .transposed, into: mixedGradient)
        fillScales(parameters.temperature)
        let projectedGradient = matrix(activations.queryKeyValueGradient, columns: 3 * width)
        let projected = matrix(layer.queryKeyValue, columns: 3 * width)
        for window in 0..<windows {
            for head in 0..<architecture.heads {
                backwardHead(
                    HeadParts(projected, mixed, layer, window: window, head: head, of: self),
                    HeadParts(projectedGradient, mixedGradient, layer, window: window, head: head, of: self),
                    head: head, entropyGradient: Float(entropyGradients?[head] ?? 0),
                    temperature: parameters.temperature, target: target.temperature)
            }
        }
        let input = matrix(layer.normalized1 ?? layer.input, columns: width)
        openBLAS.multiply(input, .transposed, projectedGradient, .plain, into: target.queryKeyValue.weight, keep: 1)
        addColumnSums(of: projectedGradient, scaledBy: 1, to: target.queryKeyValue.bias)
        if let norm = parameters.norm1, let normGradients = target.norm1 {
            openBLAS.multiply(
                projectedGradient, .plain, parameters.queryKeyValue.weight, .transposed, into: mixedGradient)
            backwardNorm(layer.input, norm, layer.statistics1, normGradients)
        } else {
            openBLAS.multiply(
                projectedGradient, .plain, parameters.queryKeyValue.weight, .transposed, into: gradient, keep: 1)
        }
    }

    private func backwardHead(
        _ parts: HeadParts, _ gradients: HeadParts, head: Int, entropyGradient: Float, temperature: Pointer?,
        target: Pointer?
    ) {
        let scores = MatrixView(activations.scoreGradient.pointer, rows: length, columns: length)
        openBLAS.multiply(gradients.mixed, .plain, parts.value, .transposed, into: scores)
        openBLAS.multiply(parts.probabilities, .transposed, gradients.mixed, .plain, into: gradients.value)
        kernels.causal_softmax_gradient(
            length, parts.probabilities.pointer, scores.pointer, length, activations.scales.pointer + head * length,
            parts.entropies, entropyGradient, target == nil ? nil : activations.scaleGradient.pointer)
        openBLAS.multiply(scores, .plain, parts.key, .plain, into: gradients.query)
        openBLAS.multiply(scores, .transposed, parts.query, .plain, into: gradients.key)
        guard let target, let temperature else { return }
        // The scale is 1/(t·√headWidth), so that the gradient by t is that by log(scale) times -1/t.
        let start = head * architecture.context
        for query in 0..<length {
            target[start + query] -= activations.scaleGradient.pointer[query] / temperature[start + query]
        }
    }

    /// Writes 1/(t·√headWidth) for every head and query position.
    private func fillScales(_ temperature: Pointer?) {
        let root = Float(architecture.headWidth).squareRoot()
        for head in 0..<architecture.heads {
            for query in 0..<length {
                let divisor = temperature.map { $0[head * architecture.context + query] } ?? 1
                activations.scales.pointer[head * length + query] = 1 / (divisor * root)
            }
        }
    }
}

/// What belongs to one window's head.
struct HeadParts {
    let query: MatrixView
    let key: MatrixView
    let value: MatrixView
    let mixed: MatrixView
    let probabilities: MatrixView
    let entropies: UnsafeMutablePointer<Float>

    init(
        _ projected: MatrixView, _ mixed: MatrixView, _ layer: ShardActivations.Layer, window: Int, head: Int,
        of shard: DecoderShard
    ) {
        let (length, width, headWidth) = (shard.length, shard.architecture.width, shard.architecture.headWidth)
        let rows = window * length..<(window + 1) * length
        func part(_ third: Int) -> MatrixView {
            let start = third * width + head * headWidth
            return projected.rows(rows).columns(start..<start + headWidth)
        }
        query = part(0)
        key = part(1)
        value = part(2)
        self.mixed = mixed.rows(rows).columns(head * headWidth..<(head + 1) * headWidth)
        let place = window * shard.architecture.heads + head
        probabilities = MatrixView(
            layer.probabilities.pointer + place * length * length, rows: length, columns: length)
        entropies = layer.entropies.pointer + place * length
    }
}
