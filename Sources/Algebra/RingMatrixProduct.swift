import CKernels
import Dispatch

/// The instruction sets that the ring matrix product has a kernel for; all give the same result, bit for bit.
package enum RingKernel: CaseIterable, Sendable {
    case portable, avx2, avx512

    fileprivate var path: sotto_gemm_path {
        switch self {
        case .portable: SOTTO_GEMM_PORTABLE
        case .avx2: SOTTO_GEMM_AVX2
        case .avx512: SOTTO_GEMM_AVX512
        }
    }

    /// Whether this processor can run the kernel.
    package var isAvailable: Bool { sotto_gemm_available(path) }

    /// The kernels that this processor can run, the fastest last.
    package static var available: [RingKernel] { allCases.filter(\.isAvailable) }
}

/// Products of matrices modulo 2^64, row-major.
public enum RingMatrixProduct {
    /// `batch` products `[m, k] * [k, n] -> [m, n]`, one after the other in each array.
    ///
    /// - Parameter threads: the number of threads that the work is split over, at least 1.
    public static func multiply(
        _ a: [UInt64], _ b: [UInt64], batch: Int, m: Int, k: Int, n: Int, threads: Int
    ) -> [UInt64] {
        var c = [UInt64](repeating: 0, count: batch * m * n)
        multiplyAccumulate(into: &c, a, b, batch: batch, m: m, k: k, n: n, threads: threads)
        return c
    }

    /// Adds the products that `multiply` gives to `c`.
    public static func multiplyAccumulate(
        into c: inout [UInt64], _ a: [UInt64], _ b: [UInt64], batch: Int, m: Int, k: Int, n: Int, threads: Int
    ) {
        multiplyAccumulate(
            into: &c, a, b, batch: batch, m: m, k: k, n: n, threads: threads,
            kernel: RingKernel.available.last ?? .portable)
    }

    /// The same with a given kernel, which must be available.
    package static func multiplyAccumulate(
        into c: inout [UInt64], _ a: [UInt64], _ b: [UInt64], batch: Int, m: Int, k: Int, n: Int, threads: Int,
        kernel: RingKernel
    ) {
        precondition(batch >= 0 && m >= 0 && k >= 0 && n >= 0 && threads >= 1, "matrix sizes cannot be negative")
        precondition(
            a.count == batch * m * k && b.count == batch * k * n && c.count == batch * m * n,
            "matrix sizes must fit their elements")
        precondition(kernel.isAvailable, "this processor lacks the kernel's instructions")
        a.withUnsafeBufferPointer { a in
            b.withUnsafeBufferPointer { b in
                c.withUnsafeMutableBufferPointer { c in
                    guard let a = a.baseAddress, let b = b.baseAddress, let c = c.baseAddress else { return }
                    for index in 0..<batch {
                        sotto_gemm(
                            kernel.path, m, n, k, a + index * m * k, k, b + index * k * n, n, c + index * m * n, n, nil)
                    }
                }
            }
        }
    }
}
