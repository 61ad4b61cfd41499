import CSottoRingKernels
import Dispatch

/// The instruction sets that the ring matrix product has a kernel for; all give the same result, bit for bit.
public enum RingKernel: CaseIterable, Sendable {
    case portable, avx2, avx512

    fileprivate var path: sotto_gemm_path {
        switch self {
        case .portable: SOTTO_GEMM_PORTABLE
        case .avx2: SOTTO_GEMM_AVX2
        case .avx512: SOTTO_GEMM_AVX512
        }
    }

    /// Whether this processor can run the kernel.
    public var isAvailable: Bool { sotto_gemm_available(path) }

    /// The fastest kernel that this processor can run.
    public static var fastest: RingKernel {
        if avx512.isAvailable { return .avx512 }
        return avx2.isAvailable ? .avx2 : .portable
    }
}

/// Products of matrices modulo 2^64, row-major.
public enum RingMatrixProduct {
    /// `batch` products `[m, k] * [k, n] -> [m, n]`, one after the other in each array.
    ///
    /// - Parameter threads: the number of parts, at least 1, that the work is split into and done at the same time. A
    ///   product too small to gain from it is split less.
    package static func multiply(
        _ a: [UInt64], _ b: [UInt64], batch: Int, m: Int, k: Int, n: Int, threads: Int
    ) -> [UInt64] {
        precondition(batch >= 0 && m >= 0 && n >= 0, "matrix sizes cannot be negative")
        var c = [UInt64](repeating: 0, count: batch * m * n)
        multiplyAccumulate(into: &c, a, b, batch: batch, m: m, k: k, n: n, threads: threads)
        return c
    }

    /// Adds the products that `multiply` gives to `c`.
    package static func multiplyAccumulate(
        into c: inout [UInt64], _ a: [UInt64], _ b: [UInt64], batch: Int, m: Int, k: Int, n: Int, threads: Int
    ) {
        multiplyAccumulate(
            into: &c, a, b, batch: batch, m: m, k: k, n: n, threads: threads, kernel: RingKernel.fastest)
    }

    /// The same with a given kernel, which must be available.
    public static func multiplyAccumulate(
        into c: inout [UInt64], _ a: [UInt64], _ b: [UInt64], batch: Int, m: Int, k: Int, n: Int, threads: Int,
        kernel: RingKernel
    ) {
        precondition(batch >= 0 && m >= 0 && k >= 0 && n >= 0 && threads >= 1, "matrix sizes cannot be negative")
        precondition(
            a.count == batch * m * k && b.count == batch * k * n && c.count == batch * m * n,
            "matrix sizes must fit the elements")
        precondition(kernel.isAvailable, "this processor lacks the kernel's instructions")
        a.withUnsafeBufferPointer { a in
            b.withUnsafeBufferPointer { b in
                c.withUnsafeMutableBufferPointer { c in
                    guard let a = a.baseAddress, let b = b.baseAddress, let c = c.baseAddress else { return }
                    Products(path: kernel.path, a: a, b: b, c: c, batch: batch, m: m, k: k, n: n).run(threads: threads)
                }
            }
        }
    }
}

/// A batch of products and how it is split into parts that write different elements of `c`.
///
/// Sendable although it holds pointers: `a` and `b` are only read, and no two parts write the same element.
private struct Products: @unchecked Sendable {
    let path: sotto_gemm_path
    let a: UnsafePointer<UInt64>
    let b: UnsafePointer<UInt64>
    let c: UnsafeMutablePointer<UInt64>
    let batch: Int
    let m: Int
    let k: Int
    let n: Int

    /// A part of the whole: some of the batch, and of each product some rows and some columns.
    struct Part {
        var products: Range<Int>
        var rows: Range<Int>
        var columns: Range<Int>
    }

    /// Products of fewer multiplications than this, about a tenth of a millisecond, are not worth another thread.
    private static let workPerThread = 1 << 21

    func run(threads: Int) {
        let work = batch * m * k * n
        let threads = min(threads, max(1, work / Self.workPerThread))
        let parts = split(into: threads)
        if parts.count == 1 {
            multiply(parts[0])
        } else {
            DispatchQueue.concurrentPerform(iterations: parts.count) { multiply(parts[$0]) }
        }
    }

    /// At most `count` parts: of the batch where that is enough, else of the longer side of each product. Columns are
    /// cut at multiples of 64, the width of the kernels' blocks, and rows at multiples of 4, the height of their tiles.
    private func split(into count: Int) -> [Part] {
        let whole = Part(products: 0..<batch, rows: 0..<m, columns: 0..<n)
        if batch >= count {
            return Self.cut(batch, into: count, multiple: 1).map { part in with(whole) { $0.products = part } }
        }
        if n >= m {
            return Self.cut(n, into: count, multiple: 64).map { part in with(whole) { $0.columns = part } }
        }
        return Self.cut(m, into: count, multiple: 4).map { part in with(whole) { $0.rows = part } }
    }

    private func with(_ part: Part, _ change: (inout Part) -> Void) -> Part {
        var part = part
        change(&part)
        return part
    }

    /// `0..<length` in at most `count` ranges of about equal length, whose inner bounds are multiples.
    private static func cut(_ length: Int, into count: Int, multiple: Int) -> [Range<Int>] {
        let units = (length + multiple - 1) / multiple
        let count = max(1, min(count, units))
        return (0..<count).map { index in
            let start = units * index / count * multiple
            return start..<min(length, units * (index + 1) / count * multiple)
        }
    }

    private func multiply(_ part: Part) {
        let (rows, columns) = (part.rows, part.columns)
        let scratch = UnsafeMutableRawPointer.allocate(
            byteCount: sotto_gemm_scratch_bytes(rows.count, columns.count, k), alignment: 64)
        defer { scratch.deallocate() }
        for index in part.products {
            let firstRow = index * m + rows.lowerBound
            sotto_gemm(
                path, rows.count, columns.count, k, a + firstRow * k, k, b + index * k * n + columns.lowerBound, n,
                c + firstRow * n + columns.lowerBound, n, scratch)
        }
    }
}
