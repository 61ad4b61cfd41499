import CSottoFloatKernels
import Foundation
import SottoAttentionEntropy
import SottoModel

/// Trains a decoder on windows of tokens.
///
/// The loss is the mean cross-entropy of all predictions plus, with a regulariser, its penalty on the head entropies of
/// the whole batch. A run is repeatable to the bit on one machine with the same settings, the number of threads
/// and the kernels of OpenBLAS included: each thread takes a fixed part of the batch, and sums are made in a fixed
/// order.
public final class Trainer {
    /// The network.
    public let architecture: Architecture
    /// What decides a run beside architecture and text.
    public let settings: TrainingSettings
    /// Updates made.
    public internal(set) var step = 0

    let layout: ParameterLayout
    let parameters: FloatBuffer
    /// What the forward pass reads: the parameters themselves unless some are normalised.
    let effective: FloatBuffer
    let normalizer: WeightNormalizer
    let optimizer: Optimizer
    var collapse: CollapseWatch
    let shards: [DecoderShard]

    /// A model with random weights from the settings' seed.
    /// - Parameter openBLAS: makes the products of matrices.
    /// - Throws: ``TrainingError`` if a setting is out of range, or a part of the architecture has no gradient here.
    public init(
        architecture: Architecture, settings: TrainingSettings, openBLAS: OpenBLAS
    ) throws(TrainingError) {
        try settings.validate()
        try architecture.checkTrainable()
        try Self.checkMemory(architecture, settings)
        self.architecture = architecture
        self.settings = settings
        let matrices = NormalizedMatrix.all(of: settings.normalization, in: architecture)
        layout = ParameterLayout(architecture, normalized: matrices, hasThresholds: settings.regulariser != nil)
        parameters = FloatBuffer(count: layout.count)
        normalizer = WeightNormalizer(matrices, layout: layout, openBLAS: openBLAS)
        effective = normalizer.isEmpty ? parameters : FloatBuffer(count: layout.weightCount)
        let kernels = sotto_float_kernels.fastest
        optimizer = Optimizer(layout, settings: settings, kernels: kernels)
        collapse = CollapseWatch(layers: architecture.layers.count, maximum: log(Double(architecture.context)))
        let (layout, count) = (layout, min(settings.threads, settings.batch))
        shards = (0..<count).map { _ in
            DecoderShard(
                architecture, layout: layout, windows: (settings.batch + count - 1) / count, openBLAS: openBLAS,
                kernels: kernels)
        }
        InitialParameters(architecture: architecture, settings: settings).fill(parameters, layout)
        normalizer.start(parameters, seed: settings.seed &+ 1)
    }

    /// Parameters, gradients and both moments, and what the batch leaves between the passes.
    private static func checkMemory(
        _ architecture: Architecture, _ settings: TrainingSettings
    ) throws(TrainingError) {
        let copies = Double(4 + min(settings.threads, settings.batch))
        let weights = architecture.weightShapes.reduce(0.0) { $0 + $1.shape.reduce(1.0) { $0 * Double($1) } }
        let bytes = 4 * copies * weights + ShardActivations.bytes(architecture, windows: settings.batch)
        let available = Double(ProcessInfo.processInfo.physicalMemory)
        guard bytes <= available else {
            throw .tooLarge(gigabytes: Int(min(bytes / 1e9, 1e15).rounded(.up)), available: Int(available / 1e9))
        }
    }

    /// Makes one update of the weights.
    /// - Parameters:
    ///   - windows: ``TrainingSettings/batch`` of them, each of context + 1 token ids.
    ///   - learningRate: of this update.
    /// - Throws: ``TrainingError/invalidBatch(_:)``, or ``TrainingError/nonFiniteLoss(_:)``, after which the weights are
    ///   those before the update.
    public func update(windows: [[Int32]], learningRate: Double) throws(TrainingError) -> StepReport {
        let report = try accumulateGradients(windows)
        optimizer.update(
            parameters, gradient: shards[0].gradients, norm: report.gradientNorm, step: step + 1,
            learningRate: learningRate)
        step += 1
        return report
    }

    /// The loss of a batch; the gradient by all parameters is left with the first shard.
    func accumulateGradients(_ windows: [[Int32]]) throws(TrainingError) -> StepReport {
        try check(windows)
        refreshEffectiveWeights(iterates: true)
        let predictions = windows.count * architecture.context
        forEachShard(of: windows) { [effective] shard, part in
            shard.forward(part, weights: effective, lossWeight: 1 / Float(predictions))
        }
        let loss = shards.reduce(0) { $0 + $1.loss } / Double(predictions)
        let entropies = meanEntropies(rows: predictions)
        collapse.observe(entropies, step: step + 1)
        guard loss.isFinite else { throw .nonFiniteLoss(collapse.divergence(step: step + 1)) }

        let penalty = settings.regulariser.map { regulariser in
            regulariser.penalty(
                entropies: entropies, thresholds: thresholds ?? [], maximum: log(Double(architecture.context)))
        }
        let coefficient = settings.regulariser?.coefficient ?? 0
        let rowGradients = penalty.map { penalty in
            penalty.entropyGradients.map { layer in layer.map { coefficient * $0 / Double(predictions) } }
        }
        inParallel(shards.count) { [shards, effective] index in
            shards[index].gradients.clear()
            shards[index].backward(weights: effective, entropyGradients: rowGradients)
        }
        optimizer.reduce(shards.map(\.gradients))
        let gradient = shards[0].gradients
        normalizer.pullBack(gradient, trained: parameters, effective: effective)
        for (layer, gradients) in (penalty?.thresholdGradients ?? []).enumerated() {
            guard let range = layout.threshold(layer: layer) else { continue }
            gradient.write(gradients.map { Float(coefficient * $0) }, at: range.lowerBound)
        }
        let norm = optimizer.norm(gradient)
        guard norm.isFinite else { throw .nonFiniteLoss(collapse.divergence(step: step + 1)) }
        return StepReport(loss: loss, penalty: penalty?.value ?? 0, gradientNorm: norm, entropies: entropies)
    }

    /// Brings the normalised matrices up to date.
    func refreshEffectiveWeights(iterates: Bool) {
        guard !normalizer.isEmpty else { return }
        effective.copy(from: parameters)
        normalizer.apply(parameters, to: effective, iterates: iterates)
    }

    /// Hands each shard a fixed part of some windows, on a thread of its own.
    func forEachShard(of windows: [[Int32]], _ work: (DecoderShard, ArraySlice<[Int32]>) -> Void) {
        let count = shards.count
        inParallel(count) { [shards] index in
            let part = windows[windows.count * index / count..<windows.count * (index + 1) / count]
            work(shards[index], part)
        }
    }

    private func meanEntropies(rows: Int) -> [[Double]] {
        architecture.layers.indices.map { layer in
            (0..<architecture.heads).map { head in
                shards.reduce(0) { $0 + $1.entropySums[layer][head] } / Double(rows)
            }
        }
    }

    private func check(_ windows: [[Int32]]) throws(TrainingError) {
        guard windows.count == settings.batch else {
            throw .invalidBatch("it has \(windows.count) windows, and the settings ask for \(settings.batch)")
        }
        for window in windows {
            guard window.count == architecture.context + 1 else {
                throw .invalidBatch("a window must have \(architecture.context + 1) tokens, one has \(window.count)")
            }
            try checkTokens(window[...])
        }
    }

    func checkTokens(_ tokens: ArraySlice<Int32>) throws(TrainingError) {
        let vocabulary = Int32(architecture.vocabulary)
        if let token = tokens.first(where: { $0 < 0 || $0 >= vocabulary }) {
            throw .invalidBatch("token \(token) is not in the vocabulary of \(vocabulary)")
        }
    }
}

/// What an update computed.
public struct StepReport: Sendable, Hashable {
    /// The mean cross-entropy of a prediction before the update, natural logarithm.
    public let loss: Double
    /// The regulariser's penalty before its coefficient; 0 without one.
    public let penalty: Double
    /// The Euclidean norm of the gradient before clipping.
    public let gradientNorm: Double
    /// Each head's entropy, mean over the batch and queries, [layer][head], natural logarithm.
    public let entropies: [[Double]]
}

extension sotto_float_kernels {
    /// The kernels of the best instruction set that this processor has.
    static var fastest: sotto_float_kernels {
        let paths = [SOTTO_FLOAT_AVX512, SOTTO_FLOAT_AVX2]
        let path = paths.first { sotto_float_available($0) } ?? SOTTO_FLOAT_PORTABLE
        return sotto_float_kernels_of(path).pointee
    }
}
