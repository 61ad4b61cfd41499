import CSottoFloatKernels
import TestSupport

/// One path of the float kernels that this processor has.
struct FloatPath: CustomStringConvertible, Sendable {
    let path: sotto_float_path

    var kernels: sotto_float_kernels { sotto_float_kernels_of(path).pointee }

    var description: String {
        switch path {
        case SOTTO_FLOAT_AVX2: "AVX2"
        case SOTTO_FLOAT_AVX512: "AVX-512"
        default: "portable"
        }
    }

    static let available = [SOTTO_FLOAT_PORTABLE, SOTTO_FLOAT_AVX2, SOTTO_FLOAT_AVX512]
        .filter { sotto_float_available($0) }.map(FloatPath.init)
}

/// Sizes around the lengths of vectors and of unrolled loops.
let oddSizes = [1, 2, 3, 4, 5, 15, 16, 17, 31, 63, 64, 65, 127, 128, 129]

/// What stands around the memory that a kernel may write.
let guardValue: Float = -12345.5

extension SeededGenerator {
    mutating func floats(_ count: Int, in range: ClosedRange<Float> = -3...3) -> [Float] {
        (0..<count).map { _ in Float.random(in: range, using: &self) }
    }
}

extension Array where Element == Float {
    var doubles: [Double] { map(Double.init) }
    var bits: [UInt32] { map(\.bitPattern) }
}

/// The distance in units of the last place of `expected` rounded to single precision; infinite where only one of them is
/// NaN or infinite.
func unitsInLastPlace(_ value: Float, _ expected: Double) -> Double {
    let rounded = Float(expected)
    if value == rounded || (value.isNaN && expected.isNaN) { return 0 }
    guard value.isFinite, rounded.isFinite else { return .infinity }
    return abs(Double(value) - expected) / Double(max(rounded.ulp, Float.leastNonzeroMagnitude))
}

/// The largest difference; infinite if a value is not finite or the counts differ.
func largestDifference(_ values: [Float], _ expected: [Double]) -> Double {
    guard values.count == expected.count else { return .infinity }
    return zip(values, expected).map { value, expected in
        let difference = abs(Double(value) - expected)
        return difference.isNaN ? .infinity : difference
    }.max() ?? 0
}

/// The central difference of `function` by each element of `point`.
func finiteDifferences(_ point: [Double], step: Double = 1e-5, _ function: ([Double]) -> Double) -> [Double] {
    point.indices.map { index in
        var up = point
        var down = point
        up[index] += step
        down[index] -= step
        return (function(up) - function(down)) / (2 * step)
    }
}
