import CSottoRingKernels

/// The kernels of the ring matrix product, each for an instruction set; all give the same result modulo the ring, bit for
/// bit.
public enum RingKernel: CaseIterable, Sendable {
    /// Products of words.
    case portable, avx2, avx512
    /// Products of 52 bits, for rings of at most as many.
    case ifma
    /// Sums of products of bytes: of four in an instruction (VNNI), of a tile of 16 x 64 with one of 64 x 16 (AMX).
    case portableLimbs, vnni, amx

    /// How a kernel is called: on words, or on matrices cut into limbs.
    enum Path {
        case words(sotto_gemm_path)
        case limbs(sotto_limb_path)
    }

    var path: Path {
        switch self {
        case .portable: .words(SOTTO_GEMM_PORTABLE)
        case .avx2: .words(SOTTO_GEMM_AVX2)
        case .avx512: .words(SOTTO_GEMM_AVX512)
        case .ifma: .words(SOTTO_GEMM_IFMA)
        case .portableLimbs: .limbs(SOTTO_LIMBS_PORTABLE)
        case .vnni: .limbs(SOTTO_LIMBS_VNNI)
        case .amx: .limbs(SOTTO_LIMBS_AMX)
        }
    }

    /// Whether this processor can run the kernel, and the operating system lets it.
    public var isAvailable: Bool {
        switch path {
        case .words(let path): sotto_gemm_available(path)
        case .limbs(let path): sotto_limbs_available(path)
        }
    }

    /// Whether the kernel's products are right in a ring.
    public func isExact(ring: Int) -> Bool { self != .ifma || ring <= 52 }

    /// The fastest kernel for products of words that this processor can run.
    public static func fastest(ring: Int) -> RingKernel {
        if ring <= 52, ifma.isAvailable { return .ifma }
        if avx512.isAvailable { return .avx512 }
        return avx2.isAvailable ? .avx2 : .portable
    }

    /// The fastest kernel that this processor can run for a product of so many rows and so much depth.
    ///
    /// - Parameter isPrepared: whether the right operand is cut into limbs already.
    public static func fastest(
        _ widths: ProductWidths, rows: Int, depth: Int, isPrepared: Bool = false
    ) -> RingKernel {
        if RingKernelThresholds.areTilesWorthwhile(widths, rows: rows, depth: depth, isPrepared: isPrepared),
            amx.isAvailable
        {
            return .amx
        }
        if RingKernelThresholds.isVectorOfBytesWorthwhile(
            widths, rows: rows, isPrepared: isPrepared, hasShortProducts: ifma.isAvailable), vnni.isAvailable
        {
            return .vnni
        }
        return fastest(ring: widths.ring)
    }
}

/// Where kernels are about equally fast, as `Comparisons thresholds` of `Benchmarks/` measures it (docs/benchmarks.md).
enum RingKernelThresholds {
    /// Cutting the right operand into limbs takes as long as reading it twice, so that products by words win with few rows,
    /// and sums of limbs are put together once for every 1024 steps of depth, so that they win with little depth.
    static func areTilesWorthwhile(_ widths: ProductWidths, rows: Int, depth: Int, isPrepared: Bool) -> Bool {
        if isPrepared { return true }
        return widths.ring > 52 ? rows >= 8 : rows >= 32 && depth >= 256
    }

    /// Putting a prepared operand back into words takes longer than multiplying it with few rows. With more, products of 52
    /// bits are faster; of the processors with VNNI only those without them take three micro-operations for one of words,
    /// as long as about 24 products of limbs.
    static func isVectorOfBytesWorthwhile(
        _ widths: ProductWidths, rows: Int, isPrepared: Bool, hasShortProducts: Bool
    ) -> Bool {
        if isPrepared, rows <= 4 { return true }
        return !hasShortProducts && rows > 4 && widths.limbProducts <= 24
    }
}
