import CSottoRingKernels

/// A batch of matrix products modulo a prime near `2^127` or `2^128` by products of bytes: 16 bytes of the left elements, 16
/// signed digits of the right ones, sums put together exactly and reduced once for every 1024 steps of depth.
struct FieldLimbProduct {
    let modulus: sotto_fold_modulus
    let path: sotto_limb_path
    let batch: Int
    let m: Int
    let k: Int
    let n: Int

    private static let limbs = 16
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
                    let left = LeftOperands(self, x)
                    let operands = Operands(product: self, left: left, right: y, out: out)
                    ProductParts(batch: batch, m: m, k: k, n: n, rowMultiple: Int(SOTTO_LIMB_SIDE), work: 64)
                        .run(threads: threads) { operands.multiply($0) }
                }
            }
        }
    }

    /// The left matrices in bytes, and for each block of depth what the digits of the right ones miss.
    private final class LeftOperands: Sendable {
        let bytes: LimbMemory
        let offsets: [UInt64]
        let byteStride: Int
        /// Words of a block's offsets, those of all rows, and of all blocks of a matrix.
        let blockStride: Int
        let offsetStride: Int

        init(_ product: FieldLimbProduct, _ x: UnsafePointer<UInt64>) {
            let (batch, m, k) = (product.batch, product.m, product.k)
            let blocks = (k + Int(SOTTO_LIMB_FIELD_DEPTH) - 1) / Int(SOTTO_LIMB_FIELD_DEPTH)
            let (byteStride, blockStride) = (sotto_limbs_packed_bytes(m, k, limbs), m * Int(SOTTO_LIMB_OFFSET_WORDS))
            let offsetStride = blocks * blockStride
            let bytes = LimbMemory(count: batch * byteStride)
            offsets = [UInt64](unsafeUninitializedCapacity: batch * offsetStride) { offsets, initialized in
                initialized = batch * offsetStride
                guard let offsets = offsets.baseAddress else { return }
                for index in 0..<batch {
                    let matrix = x + index * m * k * words
                    sotto_limbs_pack_left(
                        RingKernel.packingPath, m, k, words, limbs, matrix, k, bytes.bytes + index * byteStride)
                    sotto_limbs_field2_offsets(m, k, matrix, k, offsets + index * offsetStride)
                }
            }
            (self.bytes, self.byteStride, self.blockStride, self.offsetStride) =
                (bytes, byteStride, blockStride, offsetStride)
        }
    }

    /// Sendable although it holds pointers: operands are only read, and no two parts write the same element.
    private struct Operands: @unchecked Sendable {
        let product: FieldLimbProduct
        let left: LeftOperands
        let right: UnsafePointer<UInt64>
        let out: UnsafeMutablePointer<UInt64>

        /// Some columns of the right matrix are cut into digits at a time, and stay within the second-level cache.
        func multiply(_ part: ProductParts.Part) {
            let (k, n, width) = (product.k, product.n, ProductParts.columnMultiple)
            let digits = LimbMemory(count: sotto_limbs_packed_bytes(min(width, n), k, limbs))
            for index in part.products {
                for column in stride(from: part.columns.lowerBound, to: part.columns.upperBound, by: width) {
                    let columns = min(width, part.columns.upperBound - column)
                    sotto_limbs_pack_right(
                        RingKernel.packingPath, k, columns, words, limbs, SOTTO_DIGITS_SHIFTED,
                        right + (index * k * n + column) * words, n, digits.bytes)
                    multiply(part.rows, column, columns, of: index, digits)
                }
            }
        }

        private func multiply(_ rows: Range<Int>, _ column: Int, _ columns: Int, of index: Int, _ digits: LimbMemory) {
            let (m, k, n) = (product.m, product.k, product.n)
            let bytes = left.bytes.bytes + index * left.byteStride + sotto_limbs_packed_bytes(rows.lowerBound, k, limbs)
            let firstOffset = index * left.offsetStride + rows.lowerBound * Int(SOTTO_LIMB_OFFSET_WORDS)
            left.offsets.withUnsafeBufferPointer { offsets in
                withUnsafePointer(to: product.modulus) { modulus in
                    sotto_limbs_field2_product(
                        product.path, rows.count, columns, k, bytes, digits.bytes,
                        offsets.baseAddress! + firstOffset, left.blockStride, modulus,
                        out + ((index * m + rows.lowerBound) * n + column) * words, n)
                }
            }
        }
    }
}
