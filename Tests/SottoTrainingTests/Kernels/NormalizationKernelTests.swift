import CSottoFloatKernels
import Foundation
import TestSupport
import Testing

private let epsilon = 1e-5

private func layerNorm(_ x: [Double], _ gamma: [Double], _ beta: [Double]) -> [Double] {
    let mean = x.reduce(0, +) / Double(x.count)
    let variance = x.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / Double(x.count)
    return x.indices.map { gamma[$0] * (x[$0] - mean) / (variance + epsilon).squareRoot() + beta[$0] }
}

private func crossEntropy(_ logits: [Double], _ target: Int) -> Double {
    let maximum = logits.max()!
    return log(logits.map { exp($0 - maximum) }.reduce(0, +)) + maximum - logits[target]
}

@Suite struct NormalizationKernelTests {
    @Test(arguments: FloatPath.available)
    func layerNormFollowsTheDefinitionAndItsGradientFiniteDifferences(_ path: FloatPath) {
        for width in oddSizes {
            let rows = 3
            var generator = SeededGenerator(UInt64(width))
            // Far from 0, so that a variance as E[x^2] - E[x]^2 would be seen.
            let x = generator.floats(rows * width, in: 100...103)
            let gamma = generator.floats(width)
            let beta = generator.floats(width)
            var y = [Float](repeating: guardValue, count: rows * width + 1)
            var mean = [Float](repeating: 0, count: rows)
            var deviation = mean
            path.kernels.layer_norm(rows, width, x, gamma, beta, Float(epsilon), &y, &mean, &deviation)
            #expect(y.removeLast() == guardValue)
            var inPlace = x
            inPlace.withUnsafeMutableBufferPointer {
                path.kernels.layer_norm(
                    rows, width, $0.baseAddress, gamma, beta, Float(epsilon), $0.baseAddress, &mean, &deviation)
            }
            #expect(inPlace.bits == y.bits)

            let weights = generator.floats(rows * width)
            let start = generator.floats(rows * width)
            var byX = start
            var byGamma = gamma
            var byBeta = beta
            path.kernels.layer_norm_gradient(
                rows, width, x, gamma, mean, deviation, weights, &byX, &byGamma, &byBeta)
            var expectedGamma = gamma.doubles
            var expectedBeta = beta.doubles
            for i in 0..<rows {
                let range = i * width..<(i + 1) * width
                let row = Array(x[range]).doubles
                #expect(largestDifference(Array(y[range]), layerNorm(row, gamma.doubles, beta.doubles)) < 2e-3)
                let rowWeights = Array(weights[range]).doubles
                let loss = { (values: [Double], gamma: [Double], beta: [Double]) in
                    zip(layerNorm(values, gamma, beta), rowWeights).map(*).reduce(0, +)
                }
                let byRow = finiteDifferences(row) { loss($0, gamma.doubles, beta.doubles) }
                let tolerance = width < 3 ? 2e-2 : 2e-3
                let expected = zip(byRow, start[range]).map { $0 + Double($1) }
                #expect(largestDifference(Array(byX[range]), expected) < tolerance, "width \(width)")
                for (j, unit) in layerNorm(
                    row, [Double](repeating: 1, count: width), [Double](repeating: 0, count: width)
                )
                .enumerated() {
                    expectedGamma[j] += rowWeights[j] * unit
                    expectedBeta[j] += rowWeights[j]
                }
            }
            #expect(largestDifference(byGamma, expectedGamma) < 2e-3)
            #expect(largestDifference(byBeta, expectedBeta) < 1e-5)
        }
    }

    @Test(arguments: FloatPath.available)
    func layerNormIsPreciseNearZeroMeanAndGivesBetaForConstantRows(_ path: FloatPath) {
        for width in oddSizes {
            var generator = SeededGenerator(UInt64(width) + 500)
            let x = generator.floats(width)
            let gamma = generator.floats(width)
            let beta = generator.floats(width)
            var y = x
            var mean: [Float] = [0]
            var deviation: [Float] = [0]
            path.kernels.layer_norm(1, width, x, gamma, beta, Float(epsilon), &y, &mean, &deviation)
            let tolerance = width < 3 ? 1e-4 : 5e-6
            #expect(largestDifference(y, layerNorm(x.doubles, gamma.doubles, beta.doubles)) < tolerance)
            let constant = [Float](repeating: 0.75, count: width)
            path.kernels.layer_norm(1, width, constant, gamma, beta, Float(epsilon), &y, &mean, &deviation)
            #expect(mean == [0.75] && y == beta)
            var broken = x
            broken[width / 2] = .nan
            path.kernels.layer_norm(1, width, broken, gamma, beta, Float(epsilon), &y, &mean, &deviation)
            #expect(y.allSatisfy { $0.isNaN })
        }
    }

    @Test(arguments: FloatPath.available)
    func crossEntropyAndItsGradientFollowTheDefinition(_ path: FloatPath) {
        for columns in oddSizes + [1024, 3000] {
            let rows = 3
            var generator = SeededGenerator(UInt64(columns))
            let logits = generator.floats(rows * columns, in: -8...8)
            let targets = [0, Int32(columns / 2), Int32(columns - 1)]
            var gradient = logits + [guardValue]
            let loss = path.kernels.cross_entropy(rows, columns, &gradient, targets, 0.25)
            #expect(gradient.removeLast() == guardValue)
            var expected = 0.0
            for i in 0..<rows {
                let row = Array(logits[i * columns..<(i + 1) * columns]).doubles
                expected += crossEntropy(row, Int(targets[i]))
                guard columns < 200 else { continue }
                let byLogits = finiteDifferences(row) { 0.25 * crossEntropy($0, Int(targets[i])) }
                #expect(largestDifference(Array(gradient[i * columns..<(i + 1) * columns]), byLogits) < 1e-7)
            }
            #expect(abs(loss - expected) < 3e-6)
            #expect(abs(gradient.doubles.reduce(0, +)) < 1e-6)
        }
    }

    @Test(arguments: FloatPath.available)
    func crossEntropyIsStableAndKeepsNaNs(_ path: FloatPath) {
        var logits: [Float] = [3e38, -3e38, -.infinity, 1e4]
        #expect(path.kernels.cross_entropy(1, 4, &logits, [0], 1) == 0)
        #expect(logits == [0, 0, 0, 0])
        logits = [10000, 10000, -10000]
        #expect(abs(path.kernels.cross_entropy(1, 3, &logits, [1], 1) - log(2)) < 1e-7)
        #expect(logits == [0.5, -0.5, 0])
        logits = [Float](repeating: 1, count: 20)
        logits[18] = .nan
        #expect(path.kernels.cross_entropy(1, 20, &logits, [1], 1).isNaN)
        #expect(logits.allSatisfy { $0.isNaN })
    }
}
