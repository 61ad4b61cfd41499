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
    package static func fastest(
        rows: Int, depth: Int, crossovers: ProductCrossovers = .standard,
        has isAvailable: (FieldMatrixKernel) -> Bool = \.isAvailable
    ) -> FieldMatrixKernel {
        let crossovers = crossovers.field
        if isAvailable(.amx), crossovers.tilesDepth.isReached(by: depth),
            crossovers.tilesTerms.isReached(by: rows * depth)
        {
            return .amx
        }
        if isAvailable(.ifma) { return crossovers.limbsOverElements.isReached(by: depth) ? .ifma : .elements }
        return isAvailable(.vnni) && crossovers.bytesOverElements.isReached(by: depth) ? .vnni : .elements
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
