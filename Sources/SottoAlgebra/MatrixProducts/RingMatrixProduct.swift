import CSottoRingKernels

/// Products of matrices modulo powers of two, row-major words.
public enum RingMatrixProduct {
    /// `batch` products `[m, k] * [k, n] -> [m, n]`, one after the other in each array; bits above the ring are any.
    ///
    /// - Parameter threads: the number of parts, at least 1, that the work is split into and done at the same time. A
    ///   product too small to gain from it is split less.
    package static func multiply(
        _ a: [UInt64], _ b: [UInt64], batch: Int, m: Int, k: Int, n: Int, widths: ProductWidths = .words, threads: Int,
        crossovers: ProductCrossovers = .standard
    ) -> [UInt64] {
        precondition(batch >= 0 && m >= 0 && n >= 0, "matrix sizes cannot be negative")
        var c = [UInt64](repeating: 0, count: batch * m * n)
        multiplyAccumulate(
            into: &c, a, b, batch: batch, m: m, k: k, n: n, widths: widths, threads: threads,
            kernel: .fastest(widths, rows: m, depth: k, crossovers: crossovers))
        return c
    }

    /// The same with right operands that were prepared, `m` rows of each left one, in the ring they were prepared for or a
    /// narrower one.
    package static func multiply(
        _ a: [UInt64], _ b: RightMatrix, m: Int, ring: Int, threads: Int, crossovers: ProductCrossovers = .standard
    ) -> [UInt64] {
        precondition(m >= 0, "matrix sizes cannot be negative")
        var c = [UInt64](repeating: 0, count: b.batch * m * b.n)
        multiplyAccumulate(
            into: &c, a, b, m: m, ring: ring, threads: threads,
            kernel: .fastest(
                b.widths(ring: ring), rows: m, depth: b.k, isPrepared: true, crossovers: crossovers))
        return c
    }

    /// Adds products to `c` by a given kernel, which must be available and exact in the ring.
    public static func multiplyAccumulate(
        into c: inout [UInt64], _ a: [UInt64], _ b: [UInt64], batch: Int, m: Int, k: Int, n: Int,
        widths: ProductWidths = .words, threads: Int, kernel: RingKernel
    ) {
        precondition(
            a.count == batch * m * k && b.count == batch * k * n && c.count == batch * m * n,
            "matrix sizes must fit the elements")
        let products = RingProducts(batch: batch, m: m, k: k, n: n, widths: widths, kernel: kernel)
        a.withUnsafeBufferPointer { a in
            b.withUnsafeBufferPointer { b in
                c.withUnsafeMutableBufferPointer { c in
                    guard let a = a.baseAddress, let b = b.baseAddress, let c = c.baseAddress else { return }
                    products.add(a, .words(b), to: c, threads: threads)
                }
            }
        }
    }

    /// The same with right operands that were prepared.
    public static func multiplyAccumulate(
        into c: inout [UInt64], _ a: [UInt64], _ b: RightMatrix, m: Int, ring: Int, threads: Int, kernel: RingKernel
    ) {
        precondition(
            a.count == b.batch * m * b.k && c.count == b.batch * m * b.n, "matrix sizes must fit the elements")
        let products = RingProducts(batch: b.batch, m: m, k: b.k, n: b.n, widths: b.widths(ring: ring), kernel: kernel)
        a.withUnsafeBufferPointer { a in
            c.withUnsafeMutableBufferPointer { c in
                guard let a = a.baseAddress, let c = c.baseAddress else { return }
                products.add(a, .digits(b), to: c, threads: threads)
            }
        }
    }
}
