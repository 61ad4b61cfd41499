import CSottoRingKernels

/// A batch of ring products by one kernel: both forms of the right operand, for kernels by words and by limbs.
struct RingProducts {
    let batch: Int
    let m: Int
    let k: Int
    let n: Int
    let widths: ProductWidths
    let kernel: RingKernel

    enum RightOperand {
        case words(UnsafePointer<UInt64>)
        case digits(RightMatrix)
    }

    init(batch: Int, m: Int, k: Int, n: Int, widths: ProductWidths, kernel: RingKernel) {
        precondition(batch >= 0 && m >= 0 && k >= 0 && n >= 0, "matrix sizes cannot be negative")
        precondition(kernel.isAvailable, "this processor lacks the kernel's instructions")
        precondition(widths.ring <= 64 && kernel.isExact(ring: widths.ring), "the kernel is for smaller rings")
        (self.batch, self.m, self.k, self.n, self.widths, self.kernel) = (batch, m, k, n, widths, kernel)
    }

    func add(
        _ a: UnsafePointer<UInt64>, _ b: RightOperand, to c: UnsafeMutablePointer<UInt64>, threads: Int
    ) {
        precondition(threads >= 1, "work is done by one thread or more")
        guard batch > 0, m > 0, k > 0, n > 0 else { return }
        let isByWords = if case .words = kernel.path { true } else { false }
        let operands = Operands(products: self, a: a, b: b, c: c, left: isByWords ? nil : left(a))
        ProductParts(batch: batch, m: m, k: k, n: n, rowMultiple: isByWords ? 4 : Int(SOTTO_LIMB_SIDE))
            .run(threads: threads) { operands.multiply($0) }
    }

    /// The left operands in bytes, one after the other.
    private func left(_ a: UnsafePointer<UInt64>) -> LimbMemory {
        let stride = sotto_limbs_packed_bytes(m, k, widths.leftLimbs)
        let memory = LimbMemory(count: batch * stride)
        for index in 0..<batch {
            sotto_limbs_pack_left(
                RingKernel.packingPath, m, k, 1, widths.leftLimbs, a + index * m * k, k, memory.bytes + index * stride)
        }
        return memory
    }
}

/// Sendable although it holds pointers: operands are only read, and no two parts write the same element.
private struct Operands: @unchecked Sendable {
    let products: RingProducts
    let a: UnsafePointer<UInt64>
    let b: RingProducts.RightOperand
    let c: UnsafeMutablePointer<UInt64>
    let left: LimbMemory?

    /// Steps of depth and columns that are put back into words at once, 384 KiB for the second-level cache: two blocks of the
    /// kernels' depth, and so many columns that cutting the left operand into panels anew for each costs little.
    private static let unpackedDepth = 192
    private static let unpackedColumns = 256

    func multiply(_ part: ProductParts.Part) {
        switch (products.kernel.path, b) {
        case (.words(let path), .words(let b)): multiply(part, path, b)
        case (.words(let path), .digits(let b)): multiply(part, path, b)
        case (.limbs(let path), .words(let b)): multiply(part, path, b)
        case (.limbs(let path), .digits(let b)): multiply(part, path, b)
        }
    }

    private func multiply(_ part: ProductParts.Part, _ path: sotto_gemm_path, _ b: UnsafePointer<UInt64>) {
        let (k, n) = (products.k, products.n)
        let scratch = LimbMemory(count: sotto_gemm_scratch_bytes(part.rows.count, part.columns.count, k))
        for index in part.products {
            let row = index * products.m + part.rows.lowerBound
            sotto_gemm(
                path, part.rows.count, part.columns.count, k, a + row * k, k,
                b + index * k * n + part.columns.lowerBound, n, c + row * n + part.columns.lowerBound, n, scratch.bytes)
        }
    }

    private func multiply(_ part: ProductParts.Part, _ path: sotto_gemm_path, _ b: RightMatrix) {
        let (k, n, width) = (products.k, products.n, Self.unpackedColumns)
        let packingPath = RingKernel.packingPath
        let words = LimbMemory(count: 8 * Self.unpackedDepth * width)
        let scratch = LimbMemory(count: sotto_gemm_scratch_bytes(part.rows.count, width, Self.unpackedDepth))
        words.bytes.withMemoryRebound(to: UInt64.self, capacity: Self.unpackedDepth * width) { words in
            forEachBlock(part, of: width) { index, columns in
                for depth in stride(from: 0, to: k, by: Self.unpackedDepth) {
                    let steps = min(Self.unpackedDepth, k - depth)
                    sotto_limbs_unpack_right(
                        packingPath, k, columns.count, b.widths.rightLimbs,
                        b.columns(of: index, from: columns.lowerBound), depth, steps, words, width)
                    let row = index * products.m + part.rows.lowerBound
                    sotto_gemm(
                        path, part.rows.count, columns.count, steps, a + row * k + depth, k, words, width,
                        c + row * n + columns.lowerBound, n, scratch.bytes)
                }
            }
        }
    }

    private func multiply(_ part: ProductParts.Part, _ path: sotto_limb_path, _ b: UnsafePointer<UInt64>) {
        let (k, n, limbs) = (products.k, products.n, products.widths.rightLimbs)
        let packingPath = RingKernel.packingPath
        let digits = LimbMemory(count: sotto_limbs_packed_bytes(ProductParts.columnMultiple, k, limbs))
        forEachBlock(part, of: ProductParts.columnMultiple) { index, columns in
            sotto_limbs_pack_right(
                packingPath, k, columns.count, 1, limbs, SOTTO_DIGITS_MODULAR, b + index * k * n + columns.lowerBound,
                n, digits.bytes)
            multiplyLimbs(path, part.rows, columns, of: index, digits.bytes, limbs: limbs)
        }
    }

    private func multiply(_ part: ProductParts.Part, _ path: sotto_limb_path, _ b: RightMatrix) {
        for index in part.products {
            multiplyLimbs(
                path, part.rows, part.columns, of: index, b.columns(of: index, from: part.columns.lowerBound),
                limbs: b.widths.rightLimbs)
        }
    }

    private func multiplyLimbs(
        _ path: sotto_limb_path, _ rows: Range<Int>, _ columns: Range<Int>, of index: Int,
        _ right: UnsafePointer<UInt8>, limbs: Int
    ) {
        let (m, k, n, widths) = (products.m, products.k, products.n, products.widths)
        guard let left else { preconditionFailure("kernels by limbs have their left operand") }
        let start = left.bytes + index * sotto_limbs_packed_bytes(m, k, widths.leftLimbs)
        sotto_limbs_ring_product(
            path, rows.count, columns.count, k, UInt32(widths.ring), widths.leftLimbs,
            start + sotto_limbs_packed_bytes(rows.lowerBound, k, widths.leftLimbs), limbs, right,
            c + (index * m + rows.lowerBound) * n + columns.lowerBound, n)
    }

    /// Blocks of at most so many columns, those of each product in turn.
    private func forEachBlock(_ part: ProductParts.Part, of width: Int, _ body: (Int, Range<Int>) -> Void) {
        let end = part.columns.upperBound
        for index in part.products {
            for column in stride(from: part.columns.lowerBound, to: end, by: width) {
                body(index, column..<min(column + width, end))
            }
        }
    }
}
