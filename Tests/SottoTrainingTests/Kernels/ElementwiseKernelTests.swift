import CSottoFloatKernels
import Foundation
import SottoApproximation
import TestSupport
import Testing

private typealias Kernel = @convention(c) (Int, UnsafePointer<Float>?, UnsafeMutablePointer<Float>?) -> Void

private func apply(_ kernel: Kernel, _ x: [Float]) -> [Float] {
    var y = [Float](repeating: guardValue, count: x.count + 1)
    kernel(x.count, x, &y)
    #expect(y.removeLast() == guardValue, "wrote beyond \(x.count) elements")
    return y
}

/// Every 40,009th bit pattern of a float, of both signs: about a hundred thousand, denormal numbers and NaNs with them.
private let sweep: [Float] = stride(from: UInt64(0), through: 0xFFFF_FFFF, by: 40009)
    .map { Float(bitPattern: UInt32($0)) }

private let extremes: [Float] = [
    0, -0.0, .leastNonzeroMagnitude, -.leastNonzeroMagnitude, .leastNormalMagnitude, -.leastNormalMagnitude,
    .greatestFiniteMagnitude, -.greatestFiniteMagnitude, .infinity, -.infinity, .nan, 1, -1, 1 - 0x1p-24, 1 + 0x1p-23,
    88.7, 88.722_839, 88.722_84, 89, -87.3, -87.4, -103.9, -103.98, -104, -1000, 9, 9.02, 10, -10, -10.1,
]

@Suite struct ElementwiseKernelTests {
    private func expect(
        _ kernel: Kernel, _ x: [Float], within limit: Double, of reference: (Double) -> Double, _ name: String
    ) {
        var worst = (units: 0.0, x: Float(0), y: Float(0))
        for (x, y) in zip(x, apply(kernel, x)) {
            let units = unitsInLastPlace(y, reference(Double(x)))
            if units > worst.units { worst = (units, x, y) }
        }
        #expect(worst.units <= limit, "\(name)(\(worst.x)) gave \(worst.y)")
    }

    @Test(arguments: FloatPath.available)
    func exponentialLogarithmAndHyperbolicTangentAreAccurate(_ path: FloatPath) {
        let kernels = path.kernels
        var generator = SeededGenerator(1)
        let values = sweep + extremes + generator.floats(20000, in: -100...90) + generator.floats(20000, in: 0.4...2.5)
        expect(kernels.exp, values, within: 1, of: { Foundation.exp($0) }, "exp")
        expect(kernels.log, values, within: 1, of: { Foundation.log($0) }, "log")
        expect(kernels.tanh, values, within: 3, of: { Foundation.tanh($0) }, "tanh")
    }

    @Test(arguments: FloatPath.available)
    func exactValuesAreExact(_ path: FloatPath) {
        let kernels = path.kernels
        #expect(apply(kernels.exp, [0, -0.0, -105, -.infinity, 89, .infinity]) == [1, 1, 0, 0, .infinity, .infinity])
        #expect(apply(kernels.log, [1, 0, -0.0, .infinity]) == [0, -.infinity, -.infinity, .infinity])
        #expect(apply(kernels.log, [-1, -.infinity, -.leastNonzeroMagnitude, .nan]).allSatisfy { $0.isNaN })
        #expect(apply(kernels.tanh, [0, -0.0]).bits == [Float(0), -0.0].bits)
        #expect(apply(kernels.tanh, [20, -20, .infinity, -.infinity]) == [1, -1, 1, -1])
        #expect(apply(kernels.relu, [1, -1, 0, -0.0, .infinity, -.infinity]) == [1, 0, 0, 0, .infinity, 0])
        for kernel in [kernels.exp, kernels.tanh, kernels.relu, kernels.gelu_new] {
            let y = apply(kernel!, [1, .nan, 2])
            #expect(y[0].isFinite && y[1].isNaN && y[2].isFinite)
        }
    }

    @Test(arguments: FloatPath.available)
    func geluNewFollowsItsFormula(_ path: FloatPath) {
        var generator = SeededGenerator(2)
        let values =
            generator.floats(20000, in: -12...12) + generator.floats(1000, in: -0.01...0.01)
            + extremes.filter(\.isFinite)
        for (x, y) in zip(values, apply(path.kernels.gelu_new, values)) {
            let expected = ExactFunctions.geluNew(Double(x))
            let tolerance = 4e-7 * abs(expected) + 2e-7 * min(1, abs(Double(x))) + 0x1p-149
            #expect(abs(Double(y) - expected) <= tolerance, "x = \(x)")
        }
        #expect(apply(path.kernels.gelu_new, [.infinity, -.greatestFiniteMagnitude]) == [.infinity, 0])
        #expect(apply(path.kernels.gelu_new, [-.infinity])[0].isNaN)
    }

    @Test(arguments: FloatPath.available)
    func gradientsMultiplyByTheDerivative(_ path: FloatPath) {
        var generator = SeededGenerator(3)
        let x = generator.floats(20001, in: -12...12) + extremes.filter(\.isFinite)
        let incoming = generator.floats(x.count)
        var byGELU = incoming
        path.kernels.gelu_new_gradient(x.count, x, &byGELU)
        var byReLU = incoming
        path.kernels.relu_gradient(x.count, x, &byReLU)
        for index in x.indices {
            let value = max(-20, min(20, Double(x[index])))
            let expected = Double(incoming[index]) * ExactFunctions.geluNewDerivative(value)
            #expect(abs(Double(byGELU[index]) - expected) <= 3e-6, "x = \(x[index])")
            #expect(byReLU[index] == (x[index] > 0 ? incoming[index] : 0), "x = \(x[index])")
        }
        for value in stride(from: -4.0, through: 4, by: 0.37) {
            let difference = finiteDifferences([value]) { ExactFunctions.geluNew($0[0]) }[0]
            var gradient: [Float] = [1]
            path.kernels.gelu_new_gradient(1, [Float(value)], &gradient)
            #expect(abs(Double(gradient[0]) - difference) < 1e-6)
        }
        var gradient: [Float] = [1]
        path.kernels.gelu_new_gradient(1, [.nan], &gradient)
        #expect(gradient[0].isNaN)
    }

    @Test(arguments: FloatPath.available)
    func lengthPositionAndAlignmentDoNotMatter(_ path: FloatPath) {
        let kernels = path.kernels
        var generator = SeededGenerator(4)
        let x = generator.floats(160)
        for kernel in [kernels.exp!, kernels.log!, kernels.tanh!, kernels.relu!, kernels.gelu_new!] {
            let whole = apply(kernel, x)
            for count in oddSizes {
                for offset in [0, 1, 3, 15, 31] {
                    var part = Array(x[offset...])
                    part.withUnsafeMutableBufferPointer { kernel(count, $0.baseAddress, $0.baseAddress) }
                    let expected = Array(whole[offset..<offset + count] + x[(offset + count)...])
                    #expect(part.bits == expected.bits, "\(count) elements from \(offset), in place")
                    var shifted = x
                    shifted.withUnsafeMutableBufferPointer { buffer in
                        kernel(count, buffer.baseAddress! + offset, buffer.baseAddress! + offset)
                    }
                    #expect(shifted.bits == (x[..<offset] + expected).map(\.bitPattern))
                }
            }
        }
    }
}
