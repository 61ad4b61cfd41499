import CSottoFloatKernels

/// AdamW (Loshchilov and Hutter, arXiv 1711.05101) with clipping of the gradient's norm.
///
/// Work is cut into pieces of fixed size and sums are taken piece by piece, so that results do not depend on the number
/// of threads.
final class Optimizer {
    let firstMoments: FloatBuffer
    let secondMoments: FloatBuffer
    private let settings: TrainingSettings
    private let kernels: sotto_float_kernels
    private let pieces: [(range: Range<Int>, decays: Bool)]

    private static let pieceLength = 1 << 15

    init(_ layout: ParameterLayout, settings: TrainingSettings, kernels: sotto_float_kernels) {
        self.settings = settings
        self.kernels = kernels
        firstMoments = FloatBuffer(count: layout.count)
        secondMoments = FloatBuffer(count: layout.count)
        pieces = layout.entries.flatMap { entry in
            stride(from: entry.range.lowerBound, to: entry.range.upperBound, by: Self.pieceLength).map { start in
                (start..<min(start + Self.pieceLength, entry.range.upperBound), entry.decays)
            }
        }
    }

    /// Adds other threads' gradients to the first one's, in their order.
    func reduce(_ gradients: [FloatBuffer]) {
        guard let total = gradients.first, gradients.count > 1 else { return }
        let kernels = kernels
        forEachPiece { range in
            for other in gradients.dropFirst() {
                kernels.scaled_sum(
                    range.count, 1, other.pointer + range.lowerBound, 1, total.pointer + range.lowerBound)
            }
        }
    }

    /// The Euclidean norm of a gradient.
    func norm(_ gradient: FloatBuffer) -> Double {
        pieces.reduce(0) { $0 + kernels.sum_of_squares($1.range.count, gradient.pointer + $1.range.lowerBound) }
            .squareRoot()
    }

    /// One update.
    /// - Parameters:
    ///   - step: updates made, this one included.
    ///   - norm: that of the gradient.
    func update(_ parameters: FloatBuffer, gradient: FloatBuffer, norm: Double, step: Int, learningRate: Double) {
        let clip = settings.gradientClip
        var constants = sotto_adamw()
        constants.learning_rate = Float(learningRate)
        constants.beta1 = Float(settings.beta1)
        constants.beta2 = Float(settings.beta2)
        constants.epsilon = Float(settings.epsilon)
        constants.gradient_scale = clip > 0 && norm > clip ? Float(clip / norm) : 1
        constants.correction1 = Float(1 / (1 - power(settings.beta1, step)))
        constants.correction2 = Float(1 / (1 - power(settings.beta2, step)))
        let (kernels, decay) = (kernels, Float(settings.weightDecay))
        let (first, second) = (firstMoments.pointer, secondMoments.pointer)
        let (pieces, threads) = (pieces, settings.threads)
        inParallel(threads) { thread in
            for index in stride(from: thread, to: pieces.count, by: threads) {
                let (start, count) = (pieces[index].range.lowerBound, pieces[index].range.count)
                var piece = constants
                piece.weight_decay = pieces[index].decays ? decay : 0
                kernels.adamw(
                    count, piece, gradient.pointer + start, parameters.pointer + start, first + start, second + start)
            }
        }
    }

    private func forEachPiece(_ work: (Range<Int>) -> Void) {
        let (pieces, threads) = (pieces, settings.threads)
        inParallel(threads) { thread in
            for index in stride(from: thread, to: pieces.count, by: threads) { work(pieces[index].range) }
        }
    }

    /// `base` to a whole power, by multiplications only: the same on every machine.
    private func power(_ base: Double, _ exponent: Int) -> Double {
        var (result, factor, rest) = (1.0, base, exponent)
        while rest > 0 {
            if rest & 1 == 1 { result *= factor }
            factor *= factor
            rest >>= 1
        }
        return result
    }
}
