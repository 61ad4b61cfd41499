import CSottoFloatKernels

/// The vector instructions of x86-64 that kernels are written for, in ascending order.
package enum VectorInstructions: Int, Comparable, Sendable, CaseIterable, CustomStringConvertible {
    case sse, avx, avx2, avx512

    package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }

    package var description: String {
        switch self {
        case .sse: "SSE"
        case .avx: "AVX"
        case .avx2: "AVX2"
        case .avx512: "AVX-512"
        }
    }

    /// The best that this processor has and the operating system permits; nil below AVX2 and on other architectures,
    /// where there is nothing to improve.
    package static var ofThisProcessor: VectorInstructions? {
        if sotto_float_available(SOTTO_FLOAT_AVX512) { return .avx512 }
        return sotto_float_available(SOTTO_FLOAT_AVX2) ? .avx2 : nil
    }
}
