import CSottoFloatKernels
import TestSupport
import Testing

@Suite struct KernelPathTests {
    @Test func thePortablePathIsAlwaysThere() {
        #expect(sotto_float_available(SOTTO_FLOAT_PORTABLE))
        #if !arch(x86_64)
            #expect(!sotto_float_available(SOTTO_FLOAT_AVX2) && !sotto_float_available(SOTTO_FLOAT_AVX512))
        #endif
    }

    /// All outputs of the kernels that work on rows, with every argument `offset` floats into its memory.
    private func outputs(_ kernels: sotto_float_kernels, offset: Int, rows: Int) -> [UInt32] {
        var generator = SeededGenerator(11)
        let blank = [Float](repeating: 0, count: offset)
        var arguments = (0..<6).map { _ in blank + generator.floats(rows * rows, in: 0.1...1) }
        let columns = arguments.count
        return withPointers(&arguments) { x in
            let at = { (index: Int) in x[index] + offset }
            let targets = (0..<rows).map { Int32($0) }
            var sums: [Double] = [kernels.dot(rows * rows, at(0), at(1)), kernels.sum_of_squares(rows * rows, at(2))]
            kernels.causal_softmax(rows, at(0), rows, at(1), at(2))
            kernels.causal_softmax_gradient(rows, at(0), at(3), rows, at(1), at(2), 0.5, at(4))
            kernels.layer_norm(rows, rows, at(1), at(2), at(3), 1e-5, at(4), at(5), at(5) + rows)
            kernels.layer_norm_gradient(
                rows, rows, at(1), at(2), at(5), at(5) + rows, at(0), at(3), at(4), at(4) + rows)
            sums.append(kernels.cross_entropy(rows, rows, at(1), targets, 0.5))
            kernels.add_bias(rows, rows, at(2), at(0))
            kernels.column_sums(rows, rows, at(0), at(2))
            kernels.scaled_sum(rows * rows, 0.3, at(1), 0.7, at(4))
            let settings = sotto_adamw(
                learning_rate: 0.1, beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weight_decay: 0.1, gradient_scale: 1,
                correction1: 1, correction2: 1)
            kernels.adamw(rows * rows, settings, at(3), at(0), at(4), at(2))
            let words = (0..<columns).flatMap { index in (0..<rows * rows).map { at(index)[$0].bitPattern } }
            return words + sums.map { UInt32(truncatingIfNeeded: $0.bitPattern) }
        }
    }

    private func withPointers<Result>(
        _ arrays: inout [[Float]], _ body: ([UnsafeMutablePointer<Float>]) -> Result
    ) -> Result {
        let pointers = arrays.map { array in
            let pointer = UnsafeMutablePointer<Float>.allocate(capacity: array.count)
            pointer.initialize(from: array, count: array.count)
            return pointer
        }
        defer { for pointer in pointers { pointer.deallocate() } }
        return body(pointers)
    }

    @Test(arguments: FloatPath.available)
    func alignmentDoesNotChangeABit(_ path: FloatPath) {
        for rows in [2, 15, 16, 17, 31, 65] {
            let expected = outputs(path.kernels, offset: 0, rows: rows)
            for offset in [1, 2, 3, 5, 7, 15] {
                #expect(outputs(path.kernels, offset: offset, rows: rows) == expected, "\(rows) rows, offset \(offset)")
            }
        }
    }
}
