import CSottoRingKernels

/// The ways to a matrix product in a field; all give the same elements.
public enum FieldMatrixKernel: CaseIterable, Sendable {
    /// One product of elements after the other, modulo any prime.
    case elements
    /// Modulo primes just below a power of two of 120 to 128 bits: by limbs of 52 bits, and by bytes.
    case ifma, portableLimbs, vnni, amx

    /// Whether this processor can run the kernel, and the operating system lets it.
    public var isAvailable: Bool {
        switch self {
        case .elements: true
        case .ifma: sotto_field_gemm_available()
        case .portableLimbs, .vnni, .amx: limbPath.map { sotto_limbs_available($0) } ?? false
        }
    }

    var limbPath: sotto_limb_path? {
        switch self {
        case .elements, .ifma: nil
        case .portableLimbs: SOTTO_LIMBS_PORTABLE
        case .vnni: SOTTO_LIMBS_VNNI
        case .amx: SOTTO_LIMBS_AMX
        }
    }

    /// The fastest kernel that this processor can run for a product of so many rows and so much depth, modulo a prime just
    /// below a power of two.
    ///
    /// Sums of limbs of 52 bits are put together in the time of a dozen products of elements, of bytes in that of a hundred,
    /// so that those win with little depth (`Comparisons thresholds`, docs/benchmarks.md).
    static func fastest(rows: Int, depth: Int) -> FieldMatrixKernel {
        guard depth >= 16 else { return .elements }
        if depth >= 256, rows * depth >= 768, amx.isAvailable { return .amx }
        if ifma.isAvailable { return .ifma }
        return depth >= 64 && vnni.isAvailable ? .vnni : .elements
    }
}

extension PrimeField {
    /// `batch` products `[m, k] * [k, n]` by a given kernel, which must be available and know the prime.
    public func matrixProduct(
        _ x: [UInt64], _ y: [UInt64], batch: Int, m: Int, k: Int, n: Int, threads: Int, kernel choice: FieldMatrixKernel
    ) -> [UInt64] {
        let product = FieldMatrixProduct(kernel: kernel, limbs: limbs, m: m, k: k, n: n)
        return product.multiply(x, y, batch: batch, threads: threads, by: choice)
    }
}
