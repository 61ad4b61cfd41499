import CSottoFloatKernels
import SottoModel

extension DecoderShard {
    /// `Xout = beta·Xsa + (1/alpha)·FFN(norm2(Xsa))`.
    func forwardFeedForward(
        _ index: Int, _ layer: ShardActivations.Layer, _ parameters: LayerParameters, into next: FloatBuffer
    ) {
        let width = architecture.width
        var input = matrix(layer.afterAttention, columns: width)
        if let norm = parameters.norm2, let target = layer.normalized2 {
            forwardNorm(layer.afterAttention, norm, layer.statistics2, into: target)
            input = matrix(target, columns: width)
        }
        let keep = parameters.scale?.beta.pointee ?? 1
        let scale = 1 / (parameters.scale?.alpha.pointee ?? 1)
        next.pointer.update(from: layer.afterAttention.pointer, count: rows * width)
        let output = matrix(next, columns: width)
        switch parameters.feedForward {
        case .fused(let fused):
            openBLAS.multiply(input, .plain, fused.weight, .plain, into: output, scale: scale, keep: keep)
            addBias(fused.bias, scaledBy: scale, to: output)
        case .pair(let first, let second):
            guard let inner = layer.inner, let activated = layer.activated else { return }
            let innerWidth = architecture.feedForwardWidth
            let innerView = matrix(inner, columns: innerWidth)
            openBLAS.multiply(input, .plain, first.weight, .plain, into: innerView)
            addBias(first.bias, scaledBy: 1, to: innerView)
            activate(architecture.layers[index].activation, inner, into: activated)
            openBLAS.multiply(
                matrix(activated, columns: innerWidth), .plain, second.weight, .plain, into: output, scale: scale,
                keep: keep)
            addBias(second.bias, scaledBy: scale, to: output)
        }
    }

    /// Takes `gradient` from Xout to Xsa.
    func backwardFeedForward(
        _ index: Int, _ parameters: LayerParameters, _ target: LayerParameters, output: FloatBuffer
    ) {
        let layer = activations.layers[index]
        let width = architecture.width
        let gradient = matrix(activations.gradient, columns: width)
        var keep: Float = 1
        var scale: Float = 1
        if let factors = parameters.scale, let targets = target.scale {
            keep = factors.beta.pointee
            scale = 1 / factors.alpha.pointee
            let skipped = kernels.dot(rows * width, gradient.pointer, layer.afterAttention.pointer)
            let whole = kernels.dot(rows * width, gradient.pointer, output.pointer)
            targets.beta.pointee += Float(skipped)
            // (1/alpha)·FFN is Xout - beta·Xsa.
            targets.alpha.pointee -= Float(whole - Double(keep) * skipped) * scale
        }
        let input = matrix(layer.normalized2 ?? layer.afterAttention, columns: width)
        let branch = matrix(activations.branchGradient, columns: width)
        switch (parameters.feedForward, target.feedForward) {
        case (.fused(let fused), .fused(let gradients)):
            openBLAS.multiply(input, .transposed, gradient, .plain, into: gradients.weight, scale: scale, keep: 1)
            addColumnSums(of: gradient, scaledBy: scale, to: gradients.bias)
            openBLAS.multiply(gradient, .plain, fused.weight, .transposed, into: branch, scale: scale)
        case (.pair(let first, let second), .pair(let firstGradients, let secondGradients)):
            guard let inner = layer.inner, let activated = layer.activated, let space = activations.innerGradient else {
                return
            }
            let innerWidth = architecture.feedForwardWidth
            let innerGradient = matrix(space, columns: innerWidth)
            openBLAS.multiply(
                matrix(activated, columns: innerWidth), .transposed, gradient, .plain, into: secondGradients.weight,
                scale: scale, keep: 1)
            addColumnSums(of: gradient, scaledBy: scale, to: secondGradients.bias)
            openBLAS.multiply(gradient, .plain, second.weight, .transposed, into: innerGradient, scale: scale)
            activateGradient(architecture.layers[index].activation, inner, space)
            openBLAS.multiply(input, .transposed, innerGradient, .plain, into: firstGradients.weight, keep: 1)
            addColumnSums(of: innerGradient, scaledBy: 1, to: firstGradients.bias)
            openBLAS.multiply(innerGradient, .plain, first.weight, .transposed, into: branch)
        default: preconditionFailure("weights and gradients have one layout")
        }
        if let norm = parameters.norm2, let normGradients = target.norm2 {
            if keep != 1 { kernels.scaled_sum(rows * width, 0, branch.pointer, keep, gradient.pointer) }
            backwardNorm(layer.afterAttention, norm, layer.statistics2, normGradients)
        } else {
            kernels.scaled_sum(rows * width, 1, branch.pointer, keep, gradient.pointer)
        }
    }

    private func activate(_ activation: Architecture.Activation, _ input: FloatBuffer, into target: FloatBuffer) {
        let count = rows * architecture.feedForwardWidth
        switch activation {
        case .relu: kernels.relu(count, input.pointer, target.pointer)
        case .geluNew: kernels.gelu_new(count, input.pointer, target.pointer)
        default: break
        }
    }

    private func activateGradient(
        _ activation: Architecture.Activation, _ input: FloatBuffer, _ gradient: FloatBuffer
    ) {
        let count = rows * architecture.feedForwardWidth
        switch activation {
        case .relu: kernels.relu_gradient(count, input.pointer, gradient.pointer)
        case .geluNew: kernels.gelu_new_gradient(count, input.pointer, gradient.pointer)
        default: break
        }
    }

    func addBias(_ bias: Pointer?, scaledBy scale: Float, to target: MatrixView) {
        guard let bias else { return }
        if scale == 1 {
            kernels.add_bias(target.rows, target.columns, bias, target.pointer)
        } else {
            let scaled = (0..<target.columns).map { scale * bias[$0] }
            kernels.add_bias(target.rows, target.columns, scaled, target.pointer)
        }
    }

    func addColumnSums(of source: MatrixView, scaledBy scale: Float, to target: Pointer?) {
        guard let target else { return }
        if scale == 1 {
            kernels.column_sums(source.rows, source.columns, source.pointer, target)
        } else {
            var sums = [Float](repeating: 0, count: source.columns)
            kernels.column_sums(source.rows, source.columns, source.pointer, &sums)
            kernels.scaled_sum(source.columns, scale, sums, 1, target)
        }
    }
}
