import CSottoFloatKernels
import SottoModel

/// One thread's forward and backward pass over its windows of a batch.
///
/// Everything it writes is its own: activations, the gradient buffer, sums of losses and entropies. The weights are
/// shared and only read.
final class DecoderShard {
    typealias Pointer = UnsafeMutablePointer<Float>

    let architecture: Architecture
    let layout: ParameterLayout
    let openBLAS: OpenBLAS
    let kernels: sotto_float_kernels
    let activations: ShardActivations
    /// Gradients by the effective weights; what only training knows stays 0 here.
    let gradients: FloatBuffer
    /// The sum over predictions of -log p, of the last forward pass.
    private(set) var loss = 0.0
    /// The sum over windows and queries of every head's entropy, [layer][head], of the last forward pass.
    var entropySums: [[Double]]

    /// Tokens of the windows of the last forward pass, and their lengths.
    private(set) var tokens: [Int32] = []
    private(set) var windows = 0
    private(set) var length = 0

    init(
        _ architecture: Architecture, layout: ParameterLayout, windows: Int, openBLAS: OpenBLAS,
        kernels: sotto_float_kernels
    ) {
        self.architecture = architecture
        self.layout = layout
        self.openBLAS = openBLAS
        self.kernels = kernels
        activations = ShardActivations(architecture, windows: windows)
        gradients = FloatBuffer(count: layout.count)
        entropySums = architecture.layers.map { _ in [Double](repeating: 0, count: architecture.heads) }
    }

    var rows: Int { windows * length }

    /// Predicts every token but a window's first from those before it.
    /// - Parameters:
    ///   - batch: windows of the same number of tokens, at most one more than the context.
    ///   - weights: the effective weights.
    ///   - lossWeight: what each prediction's gradient is multiplied with.
    func forward(_ batch: ArraySlice<[Int32]>, weights: FloatBuffer, lossWeight: Float) {
        windows = batch.count
        length = (batch.first?.count ?? 1) - 1
        tokens = batch.flatMap { $0.dropLast() }
        let targets = batch.flatMap { $0.dropFirst() }
        let base = weights.pointer
        embed(base)
        for (index, layer) in activations.layers.enumerated() {
            let parameters = LayerParameters(layer: index, of: architecture, layout: layout, in: base)
            let next = index + 1 < activations.layers.count ? activations.layers[index + 1].input : activations.output
            forwardAttention(index, layer, parameters)
            forwardFeedForward(index, layer, parameters, into: next)
        }
        let hidden = forwardFinalNorm(base)
        let logits = MatrixView(activations.logits.pointer, rows: rows, columns: architecture.vocabulary)
        openBLAS.multiply(hidden, .plain, head(in: base), .transposed, into: logits)
        loss = kernels.cross_entropy(rows, architecture.vocabulary, logits.pointer, targets, lossWeight)
    }

    /// Adds the gradient of the last forward pass to ``gradients``.
    /// - Parameters:
    ///   - weights: those of the forward pass.
    ///   - entropyGradients: by the entropy of a single row, [layer][head]; nil where entropies are not in the loss.
    func backward(weights: FloatBuffer, entropyGradients: [[Double]]?) {
        let base = weights.pointer
        backwardHead(base)
        for index in activations.layers.indices.reversed() {
            let parameters = LayerParameters(layer: index, of: architecture, layout: layout, in: base)
            let target = LayerParameters(layer: index, of: architecture, layout: layout, in: gradients.pointer)
            let next = index + 1 < activations.layers.count ? activations.layers[index + 1].input : activations.output
            backwardFeedForward(index, parameters, target, output: next)
            backwardAttention(index, parameters, target, entropyGradients: entropyGradients?[index])
        }
        backwardEmbedding()
    }

    func matrix(_ buffer: FloatBuffer, columns: Int) -> MatrixView {
        MatrixView(buffer.pointer, rows: rows, columns: columns)
    }

    func head(in base: Pointer) -> MatrixView {
        let offset = layout.offset(architecture.tiedHead ? .tokenEmbedding : .head) ?? 0
        return MatrixView(base + offset, rows: architecture.vocabulary, columns: architecture.width)
    }

    private func embed(_ base: Pointer) {
        let width = architecture.width
        let embedding = base + (layout.offset(.tokenEmbedding) ?? 0)
        let positions = base + (layout.offset(.positionEmbedding) ?? 0)
        guard let target = activations.layers.first?.input.pointer else { return }
        for (row, token) in tokens.enumerated() {
            let source = embedding + Int(token) * width
            let position = positions + (row % length) * width
            let out = target + row * width
            for column in 0..<width { out[column] = source[column] + position[column] }
        }
    }

    private func backwardEmbedding() {
        let width = architecture.width
        let embedding = gradients.pointer + (layout.offset(.tokenEmbedding) ?? 0)
        let positions = gradients.pointer + (layout.offset(.positionEmbedding) ?? 0)
        for (row, token) in tokens.enumerated() {
            let source = activations.gradient.pointer + row * width
            let target = embedding + Int(token) * width
            let position = positions + (row % length) * width
            for column in 0..<width {
                target[column] += source[column]
                position[column] += source[column]
            }
        }
    }

    /// What the head reads.
    private func forwardFinalNorm(_ base: Pointer) -> MatrixView {
        guard let norm = finalNorm(in: base), let target = activations.normalizedOutput else {
            return matrix(activations.output, columns: architecture.width)
        }
        forwardNorm(activations.output, norm, activations.outputStatistics, into: target)
        return matrix(target, columns: architecture.width)
    }

    /// The loss's gradient by what leaves the last layer.
    private func backwardHead(_ base: Pointer) {
        let width = architecture.width
        let logits = matrix(activations.logits, columns: architecture.vocabulary)
        let hidden = matrix(activations.normalizedOutput ?? activations.output, columns: width)
        openBLAS.multiply(logits, .transposed, hidden, .plain, into: head(in: gradients.pointer), keep: 1)
        guard let norm = finalNorm(in: base), let target = finalNorm(in: gradients.pointer) else {
            openBLAS.multiply(
                logits, .plain, head(in: base), .plain, into: matrix(activations.gradient, columns: width))
            return
        }
        openBLAS.multiply(
            logits, .plain, head(in: base), .plain, into: matrix(activations.branchGradient, columns: width))
        activations.gradient.pointer.update(repeating: 0, count: rows * width)
        backwardNorm(activations.output, norm, activations.outputStatistics, target)
    }

    private func finalNorm(in base: Pointer) -> LayerParameters.Norm? {
        guard let gamma = layout.offset(.finalNormGamma), let beta = layout.offset(.finalNormBeta) else { return nil }
        return .init(gamma: base + gamma, beta: base + beta)
    }

    func forwardNorm(
        _ input: FloatBuffer, _ norm: LayerParameters.Norm, _ statistics: ShardActivations.NormStatistics?,
        into target: FloatBuffer
    ) {
        guard let statistics else { return }
        kernels.layer_norm(
            rows, architecture.width, input.pointer, norm.gamma, norm.beta, Float(architecture.layerNormEpsilon),
            target.pointer, statistics.mean.pointer, statistics.reciprocalDeviation.pointer)
    }

    /// Adds what passes back through a norm from `branchGradient` to `gradient`.
    func backwardNorm(
        _ input: FloatBuffer, _ norm: LayerParameters.Norm, _ statistics: ShardActivations.NormStatistics?,
        _ target: LayerParameters.Norm
    ) {
        guard let statistics else { return }
        kernels.layer_norm_gradient(
            rows, architecture.width, input.pointer, norm.gamma, statistics.mean.pointer,
            statistics.reciprocalDeviation.pointer, activations.branchGradient.pointer, activations.gradient.pointer,
            target.gamma, target.beta)
    }
}
