import CSottoFloatKernels
import Foundation
import TestSupport
import Testing

/// softmax(scale * scores) of a row and its entropy, in double precision.
private func softmax(_ scores: [Double], _ scale: Double) -> (p: [Double], entropy: Double) {
    let scaled = scores.map { scale * $0 }
    let maximum = scaled.max()!
    let powers = scaled.map { exp($0 - maximum) }
    let sum = powers.reduce(0, +)
    let p = powers.map { $0 / sum }
    return (p, -p.map { $0 == 0 ? 0 : $0 * log($0) }.reduce(0, +))
}

/// Scores, and what the kernel made of them.
private struct Attention {
    let rows: Int
    let stride: Int
    var scores: [Float]
    var scale: [Float]

    init(rows: Int, padding: Int, range: ClosedRange<Float> = -6...6, seed: UInt64) {
        var generator = SeededGenerator(seed)
        self.rows = rows
        stride = rows + padding
        scores = generator.floats(rows * stride, in: range)
        scale = generator.floats(rows, in: 0.1...2)
        for i in 0..<rows {
            for j in rows..<stride { scores[i * stride + j] = guardValue }
        }
    }

    func row(_ i: Int) -> [Double] { scores[i * stride...i * stride + i].doubles }

    func probabilities(_ path: FloatPath) -> (p: [Float], entropy: [Float]) {
        var p = scores
        var entropy = [Float](repeating: 0, count: rows)
        path.kernels.causal_softmax(rows, &p, stride, scale, &entropy)
        return (p, entropy)
    }
}

extension ArraySlice where Element == Float {
    fileprivate var doubles: [Double] { map(Double.init) }
}

@Suite struct CausalSoftmaxKernelTests {
    @Test(arguments: FloatPath.available)
    func probabilitiesAndEntropiesFollowTheDefinition(_ path: FloatPath) {
        for rows in oddSizes {
            for padding in [0, 1, 16, 37] {
                let attention = Attention(rows: rows, padding: padding, seed: UInt64(rows * 100 + padding))
                let (p, entropy) = attention.probabilities(path)
                for i in 0..<rows {
                    let expected = softmax(attention.row(i), Double(attention.scale[i]))
                    let row = p[i * attention.stride..<(i + 1) * attention.stride]
                    #expect(largestDifference(Array(row.prefix(i + 1)), expected.p) < 1e-6)
                    #expect(row.dropFirst(i + 1).prefix(rows - i - 1).allSatisfy { $0 == 0 })
                    #expect(row.dropFirst(rows).allSatisfy { $0 == guardValue })
                    #expect(abs(Double(entropy[i]) - expected.entropy) < 3e-6, "\(rows) rows, row \(i)")
                    #expect(entropy[i] >= 0)
                }
                #expect(entropy[0] == 0 && p[0] == 1)
            }
        }
    }

    @Test(arguments: FloatPath.available)
    func extremeScoresAreExact(_ path: FloatPath) {
        let rows = 19
        var attention = Attention(rows: rows, padding: 2, seed: 7)
        attention.scale = [Float](repeating: 1, count: rows)
        // Row 17: one column far above the others, and columns that are shut off.
        for j in 0...17 { attention.scores[17 * attention.stride + j] = j % 2 == 0 ? -.infinity : -1e30 }
        attention.scores[17 * attention.stride + 5] = 3e38
        // Row 18: the same value everywhere, huge.
        for j in 0...18 { attention.scores[18 * attention.stride + j] = -2e38 }
        let (p, entropy) = attention.probabilities(path)
        for j in 0...17 { #expect(p[17 * attention.stride + j] == (j == 5 ? 1 : 0)) }
        #expect(entropy[17] == 0)
        for j in 0...18 { #expect(abs(p[18 * attention.stride + j] - 1 / 19) < 1e-8) }
        #expect(abs(entropy[18] - Float(log(19.0))) < 1e-6)
    }

    @Test(arguments: FloatPath.available)
    func aRowWithNaNIsNaNAndOthersAreNot(_ path: FloatPath) {
        let rows = 40
        for column in [0, 15, 16, 32] {
            var attention = Attention(rows: rows, padding: 0, seed: 8)
            attention.scores[32 * rows + column] = .nan
            // Beyond the diagonal, whatever stands there is not looked at.
            attention.scores[20 * rows + 21] = .nan
            attention.scores[20 * rows + 39] = .infinity
            let (p, entropy) = attention.probabilities(path)
            for i in 0..<rows {
                #expect(entropy[i].isNaN == (i == 32))
                for j in 0...i { #expect(p[i * rows + j].isNaN == (i == 32)) }
                for j in (i + 1)..<max(rows, i + 1) { #expect(p[i * rows + j] == 0) }
            }
        }
    }

    /// The loss sum_j weights_j p_j + entropyWeight * entropy of a row.
    private func loss(_ scores: [Double], _ scale: Double, _ weights: [Double], _ entropyWeight: Double) -> Double {
        let (p, entropy) = softmax(scores, scale)
        return zip(p, weights).map(*).reduce(0, +) + entropyWeight * entropy
    }

    @Test(arguments: FloatPath.available)
    func gradientsAgreeWithFiniteDifferences(_ path: FloatPath) {
        for (rows, padding) in [(1, 0), (2, 3), (15, 1), (16, 0), (17, 0), (31, 5), (40, 8), (65, 0)] {
            for (entropyWeight, wantsScale) in [(Float(0), false), (0, true), (0.7, false), (-0.3, true)] {
                let attention = Attention(rows: rows, padding: padding, range: -2...2, seed: UInt64(rows))
                let (p, entropy) = attention.probabilities(path)
                var generator = SeededGenerator(99)
                let weights = generator.floats(p.count)
                var gradient = weights
                var byScale = [Float](repeating: guardValue, count: rows)
                if wantsScale {
                    path.kernels.causal_softmax_gradient(
                        rows, p, &gradient, attention.stride, attention.scale, entropy, entropyWeight, &byScale)
                } else {
                    path.kernels.causal_softmax_gradient(
                        rows, p, &gradient, attention.stride, attention.scale, entropy, entropyWeight, nil)
                }
                for i in Set([0, rows / 2, rows - 1]) {
                    let start = i * attention.stride
                    let scale = Double(attention.scale[i])
                    let rowWeights = weights[start...start + i].doubles
                    let expected = finiteDifferences(attention.row(i)) {
                        loss($0, scale, rowWeights, Double(entropyWeight))
                    }
                    #expect(largestDifference(Array(gradient[start...start + i]), expected) < 5e-6)
                    #expect(gradient[(start + i + 1)..<(start + rows)].allSatisfy { $0 == 0 })
                    let beyond = (start + rows)..<(start + attention.stride)
                    #expect(gradient[beyond].elementsEqual(weights[beyond]))
                    let byLogarithm = finiteDifferences([log(scale)]) {
                        loss(attention.row(i), exp($0[0]), rowWeights, Double(entropyWeight))
                    }
                    let gotByScale = wantsScale ? Double(byScale[i]) : byLogarithm[0]
                    #expect(abs(gotByScale - byLogarithm[0]) < 1e-5, "\(rows) rows, row \(i)")
                }
            }
        }
    }

    @Test(arguments: FloatPath.available)
    func zeroProbabilitiesHaveZeroGradientAndNaNsPass(_ path: FloatPath) {
        var p: [Float] = [1, 0, 0, 0, 1, 0, 0.5, 0, 0.5]
        var gradient: [Float] = [1, .nan, .infinity, 5, -3, .nan, 1, 2, 3]
        var byScale = [Float](repeating: 0, count: 3)
        let entropy: [Float] = [0, 0, Float(log(2.0))]
        path.kernels.causal_softmax_gradient(3, p, &gradient, 3, [1, 1, 1], entropy, 0.5, &byScale)
        #expect(gradient[0..<6].allSatisfy { $0 == 0 })
        #expect(gradient[7] == 0 && byScale.allSatisfy { $0.isFinite })
        #expect(abs(gradient[6] + 0.5) < 1e-6 && abs(gradient[8] - 0.5) < 1e-6)
        p[8] = .nan
        path.kernels.causal_softmax_gradient(3, p, &gradient, 3, [1, 1, 1], entropy, 0.5, &byScale)
        #expect(gradient[6...].allSatisfy { $0.isNaN } && byScale[2].isNaN)
        #expect(byScale[..<2].allSatisfy { $0.isFinite })
    }
}
