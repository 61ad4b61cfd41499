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
    public static func fastest(ring: Int) -> RingKernel { fastest(ring: ring, has: \.isAvailable) }

    private static func fastest(ring: Int, has isAvailable: (RingKernel) -> Bool) -> RingKernel {
        [.ifma, .avx512, .avx2].first { $0.isExact(ring: ring) && isAvailable($0) } ?? .portable
    }

    /// The fastest kernel that this processor can run for a product of so many rows and so much depth.
    ///
    /// - Parameters:
    ///   - isPrepared: whether the right operand is cut into limbs already.
    ///   - crossovers: choose among kernels that are available and exact, whatever they are.
    public static func fastest(
        _ widths: ProductWidths, rows: Int, depth: Int, isPrepared: Bool = false,
        crossovers: ProductCrossovers = .standard
    ) -> RingKernel {
        fastest(
            widths, rows: rows, depth: depth, isPrepared: isPrepared, crossovers: crossovers, has: \.isAvailable)
    }

    /// The same on a processor with other kernels.
    package static func fastest(
        _ widths: ProductWidths, rows: Int, depth: Int, isPrepared: Bool, crossovers: ProductCrossovers,
        has isAvailable: (RingKernel) -> Bool
    ) -> RingKernel {
        let crossovers = crossovers.ring
        if isAvailable(.amx), crossovers.takesTiles(widths, rows: rows, depth: depth, isPrepared: isPrepared) {
            return .amx
        }
        if isAvailable(.vnni),
            crossovers.takesBytes(
                widths, rows: rows, isPrepared: isPrepared, hasShortProducts: isAvailable(.ifma))
        {
            return .vnni
        }
        return fastest(ring: widths.ring, has: isAvailable)
    }
}

extension ProductCrossovers.Ring {
    fileprivate func takesTiles(_ widths: ProductWidths, rows: Int, depth: Int, isPrepared: Bool) -> Bool {
        if isPrepared { return tilesOfPrepared.isReached(by: rows) }
        return (widths.ring > 52 ? tilesOverWords : tilesOverShortWords).isReached(rows: rows, depth: depth)
    }

    /// But for few rows of a prepared operand, products of 52 bits are faster; of the processors with VNNI only those without
    /// them take three micro-operations for one of words, as long as about 24 products of limbs.
    fileprivate func takesBytes(
        _ widths: ProductWidths, rows: Int, isPrepared: Bool, hasShortProducts: Bool
    ) -> Bool {
        if isPrepared, !wordsOfPrepared.isReached(by: rows) { return true }
        return !hasShortProducts && bytesOverWords.isReached(by: rows) && widths.limbProducts <= 24
    }
}
