import CSottoRingKernels

/// A batch of matrix products modulo a prime just below a power of two of 120 to 128 bits by AVX-512 IFMA: in limbs of 52 bits,
/// sums put together exactly and reduced once for every 768 steps of depth.
struct FieldIFMAProduct {
    let modulus: sotto_fold_modulus
    let batch: Int
    let m: Int
    let k: Int
    let n: Int

    private static let words = 2

    /// Rows and columns are split among threads.
    func multiply(_ x: [UInt64], _ y: [UInt64], threads: Int) -> [UInt64] {
        let count = batch * m * n * Self.words
        guard count > 0, k > 0 else { return [UInt64](repeating: 0, count: count) }
        return [UInt64](unsafeUninitializedCapacity: count) { out, initialized in
            initialized = count
            x.withUnsafeBufferPointer { x in
                y.withUnsafeBufferPointer { y in
                    guard let x = x.baseAddress, let y = y.baseAddress, let out = out.baseAddress else { return }
                    let operands = Operands(product: self, x: x, y: y, out: out)
                    ProductParts(batch: batch, m: m, k: k, n: n, rowMultiple: 4, work: 4)
                        .run(threads: threads) { operands.multiply($0) }
                }
            }
        }
    }

    /// Sendable although it holds pointers: operands are only read, and no two parts write the same element.
    private struct Operands: @unchecked Sendable {
        let product: FieldIFMAProduct
        let x: UnsafePointer<UInt64>
        let y: UnsafePointer<UInt64>
        let out: UnsafeMutablePointer<UInt64>

        func multiply(_ part: ProductParts.Part) {
            let (m, k, n) = (product.m, product.k, product.n)
            let scratch = LimbMemory(count: sotto_field_gemm_scratch_bytes(part.rows.count, k))
            withUnsafePointer(to: product.modulus) { modulus in
                for index in part.products {
                    let (row, column) = (index * m + part.rows.lowerBound, part.columns.lowerBound)
                    let right = y + (index * k * n + column) * words
                    let target = out + (row * n + column) * words
                    sotto_field_gemm(
                        part.rows.count, part.columns.count, k, x + row * k * words, k, right, n, modulus, target, n,
                        scratch.bytes)
                }
            }
        }
    }
}
