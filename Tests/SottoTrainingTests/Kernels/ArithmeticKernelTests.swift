import CSottoFloatKernels
import Foundation
import TestSupport
import Testing

@Suite struct ArithmeticKernelTests {
    @Test(arguments: FloatPath.available)
    func biasesAndColumnSumsFollowTheDefinition(_ path: FloatPath) {
        for width in oddSizes {
            for rows in [1, 2, 7, 33] {
                var generator = SeededGenerator(UInt64(width * 100 + rows))
                let x = generator.floats(rows * width)
                let bias = generator.floats(width)
                var y = x + [guardValue]
                path.kernels.add_bias(rows, width, bias, &y)
                #expect(y.removeLast() == guardValue)
                #expect(y == x.indices.map { x[$0] + bias[$0 % width] })
                var sums = bias + [guardValue]
                path.kernels.column_sums(rows, width, x, &sums)
                #expect(sums.removeLast() == guardValue)
                let expected = (0..<width).map { column in
                    (0..<rows).reduce(Double(bias[column])) { $0 + Double(x[$1 * width + column]) }
                }
                #expect(largestDifference(sums, expected) < 2e-5, "[\(rows), \(width)]")
            }
        }
    }

    @Test(arguments: FloatPath.available)
    func sumsAndProductsFollowTheDefinition(_ path: FloatPath) {
        for count in oddSizes + [10007] {
            var generator = SeededGenerator(UInt64(count))
            let x = generator.floats(count)
            let y = generator.floats(count)
            var sum = y + [guardValue]
            path.kernels.scaled_sum(count, 0.5, x, -3, &sum)
            #expect(sum.removeLast() == guardValue)
            #expect(largestDifference(sum, zip(x, y).map { 0.5 * Double($0) - 3 * Double($1) }) < 2e-6)
            let dot = zip(x, y).map { Double($0) * Double($1) }.reduce(0, +)
            let squares = x.map { Double($0) * Double($0) }.reduce(0, +)
            #expect(abs(path.kernels.dot(count, x, y) - dot) < 1e-13 * (1 + squares))
            #expect(abs(path.kernels.sum_of_squares(count, x) - squares) < 1e-13 * squares)
        }
        // What neither the range nor the precision of floats holds.
        #expect(path.kernels.sum_of_squares(2, [3e38, 1]) == Double(Float(3e38)) * Double(Float(3e38)))
        #expect(path.kernels.dot(3, [1, 0x1p-20, -1], [1, 0x1p-20, 1]) == 0x1p-40)
        #expect(path.kernels.sum_of_squares(3, [1, .nan, 2]).isNaN)
        #expect(
            path.kernels.dot(17, [Float](repeating: 1, count: 16) + [.infinity], [Float](repeating: 1, count: 17))
                == .infinity)
    }

    @Test(arguments: FloatPath.available)
    func adamWFollowsItsDefinition(_ path: FloatPath) {
        let (rate, beta1, beta2, epsilon, decay, clip) = (0.01, 0.9, 0.95, 1e-8, 0.1, 0.5)
        for count in oddSizes {
            var generator = SeededGenerator(UInt64(count))
            let start = generator.floats(count)
            var parameter = start + [guardValue]
            var first = [Float](repeating: 0, count: count) + [guardValue]
            var second = first
            var expected = start.doubles
            var m = [Double](repeating: 0, count: count)
            var v = m
            for step in 1...4 {
                let gradient = generator.floats(count)
                let settings = sotto_adamw(
                    learning_rate: Float(rate), beta1: Float(beta1), beta2: Float(beta2), epsilon: Float(epsilon),
                    weight_decay: Float(decay), gradient_scale: Float(clip),
                    correction1: Float(1 / (1 - pow(beta1, Double(step)))),
                    correction2: Float(1 / (1 - pow(beta2, Double(step)))))
                path.kernels.adamw(count, settings, gradient, &parameter, &first, &second)
                for index in 0..<count {
                    let g = clip * Double(gradient[index])
                    expected[index] -= rate * decay * expected[index]
                    m[index] = beta1 * m[index] + (1 - beta1) * g
                    v[index] = beta2 * v[index] + (1 - beta2) * g * g
                    let corrected = (v[index] / (1 - pow(beta2, Double(step)))).squareRoot()
                    expected[index] -= rate * m[index] / (1 - pow(beta1, Double(step))) / (corrected + epsilon)
                }
            }
            #expect(largestDifference(Array(parameter.dropLast()), expected) < 2e-6)
            #expect(largestDifference(Array(first.dropLast()), m) < 1e-6)
            #expect(largestDifference(Array(second.dropLast()), v) < 1e-6)
            #expect([parameter, first, second].allSatisfy { $0.last == guardValue })
        }
    }

    @Test(arguments: FloatPath.available)
    func aZeroGradientOnlyDecaysAndNaNsPass(_ path: FloatPath) {
        let settings = sotto_adamw(
            learning_rate: 0.5, beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weight_decay: 0.5, gradient_scale: 1,
            correction1: 10, correction2: 100)
        var parameter: [Float] = [4, 4]
        var first: [Float] = [0, 0]
        var second: [Float] = [0, 0]
        path.kernels.adamw(2, settings, [0, .nan], &parameter, &first, &second)
        #expect(parameter[0] == 3 && first[0] == 0 && second[0] == 0)
        #expect(parameter[1].isNaN && first[1].isNaN && second[1].isNaN)
    }
}
