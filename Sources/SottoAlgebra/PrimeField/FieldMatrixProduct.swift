import Dispatch

/// Products `[m, k] x [k, n]` of elements of a prime field, each output reduced once.
struct FieldMatrixProduct {
    let kernel: any FieldKernel
    let limbs: Int
    let m: Int
    let k: Int
    let n: Int
    var crossovers = ProductCrossovers.standard

    /// `batch` products, one after the other in each array, by the fastest kernel; work is split among threads.
    func multiply(_ x: [UInt64], _ y: [UInt64], batch: Int, threads: Int) -> [UInt64] {
        let isFolded = kernel is TwoLimbKernel
        return multiply(
            x, y, batch: batch, threads: threads,
            by: isFolded ? .fastest(rows: m, depth: k, crossovers: crossovers) : .elements)
    }

    /// The same by a given kernel, which must be available and know the prime.
    func multiply(
        _ x: [UInt64], _ y: [UInt64], batch: Int, threads: Int, by choice: FieldMatrixKernel
    ) -> [UInt64] {
        guard choice != .elements else { return multiplyElements(x, y, batch: batch, threads: threads) }
        guard let modulus = (kernel as? TwoLimbKernel)?.modulus else {
            preconditionFailure("products by limbs are for primes near a power of two")
        }
        if let path = choice.limbPath {
            return FieldLimbProduct(modulus: modulus, path: path, batch: batch, m: m, k: k, n: n)
                .multiply(x, y, threads: threads)
        }
        return FieldIFMAProduct(modulus: modulus, batch: batch, m: m, k: k, n: n).multiply(x, y, threads: threads)
    }

    /// By the kernel's products of elements; rows are split among threads.
    private func multiplyElements(_ x: [UInt64], _ y: [UInt64], batch: Int, threads: Int) -> [UInt64] {
        [UInt64](unsafeUninitializedCapacity: batch * m * n * limbs) { out, initialized in
            initialized = batch * m * n * limbs
            guard let out = out.baseAddress, batch * m * n > 0 else { return }
            let columns = y.withUnsafeBufferPointer { transposed($0, batch: batch) }
            x.withUnsafeBufferPointer { x in
                columns.withUnsafeBufferPointer { columns in
                    let parts = max(1, min(threads, batch * m * n * k / Self.smallest, m))
                    let work = Work(product: self, x: x.baseAddress, y: columns.baseAddress, out: out, batch: batch)
                    DispatchQueue.concurrentPerform(iterations: parts) { work.run(part: $0, of: parts) }
                }
            }
        }
    }

    /// Products of elements below which a part is not worth a thread.
    private static let smallest = 1 << 14

    /// `[batch, n, k]`.
    private func transposed(_ y: UnsafeBufferPointer<UInt64>, batch: Int) -> [UInt64] {
        [UInt64](unsafeUninitializedCapacity: y.count) { out, initialized in
            initialized = y.count
            for matrix in 0..<batch {
                let base = matrix * k * n
                for row in 0..<k {
                    for column in 0..<n {
                        let (source, target) = ((base + row * n + column) * limbs, (base + column * k + row) * limbs)
                        for limb in 0..<limbs { out[target + limb] = y[source + limb] }
                    }
                }
            }
        }
    }

    /// Sendable although it holds pointers: operands are only read, and no two parts write the same rows.
    private struct Work: @unchecked Sendable {
        let product: FieldMatrixProduct
        let x: UnsafePointer<UInt64>?
        let y: UnsafePointer<UInt64>?
        let out: UnsafeMutablePointer<UInt64>
        let batch: Int

        func run(part: Int, of parts: Int) {
            let (m, k, n, limbs) = (product.m, product.k, product.n, product.limbs)
            // Without terms there are no operands, and every sum is zero.
            guard let x, let y else {
                if part == 0 { out.update(repeating: 0, count: batch * m * n * limbs) }
                return
            }
            let rows = (m * part / parts)..<(m * (part + 1) / parts)
            for matrix in 0..<batch {
                product.kernel.dots(
                    x + (matrix * m + rows.lowerBound) * k * limbs, y + matrix * k * n * limbs, k: k, rows: rows.count,
                    columns: n, paired: false, into: out + (matrix * m + rows.lowerBound) * n * limbs)
            }
        }
    }
}
