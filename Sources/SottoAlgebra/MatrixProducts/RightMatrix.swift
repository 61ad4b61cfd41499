import CSottoRingKernels

/// The right operands of a batch of ring products, `[batch, k, n]`, cut into signed digits once for many products.
///
/// - Complexity: Memory of one byte for each digit of an entry, ``ProductWidths/rightLimbs`` of them (half of a word's for 26
///   bits of magnitude, six bytes for any of 46 bits), with `k` rounded up to a multiple of 64 and `n` to one of 16.
public struct RightMatrix: Sendable {
    public let batch: Int
    public let k: Int
    public let n: Int
    public let widths: ProductWidths
    let digits: LimbMemory
    /// Of one product's operand.
    let stride: Int

    /// - Parameter words: `[batch, k, n]`, as declared by `widths`.
    public init(_ words: [UInt64], batch: Int, k: Int, n: Int, widths: ProductWidths) {
        precondition(batch >= 0 && k >= 0 && n >= 0, "matrix sizes cannot be negative")
        precondition(words.count == batch * k * n, "matrix sizes must fit the elements")
        precondition(widths.ring <= 64, "a ring has at most 64 bits")
        (self.batch, self.k, self.n, self.widths) = (batch, k, n, widths)
        let limbs = widths.rightLimbs
        let panel = sotto_limbs_packed_bytes(Int(SOTTO_LIMB_SIDE), k, limbs)
        stride = sotto_limbs_packed_bytes(n, k, limbs)
        digits = LimbMemory(count: batch * stride)
        let path = RingKernel.packingPath
        words.withUnsafeBufferPointer { words in
            guard let words = words.baseAddress else { return }
            for index in 0..<batch {
                // Some columns at a time: what is written then stays within the cache.
                for column in Swift.stride(from: 0, to: n, by: ProductParts.columnMultiple) {
                    sotto_limbs_pack_right(
                        path, k, min(ProductParts.columnMultiple, n - column), 1, limbs, SOTTO_DIGITS_MODULAR,
                        words + index * k * n + column, n,
                        digits.bytes + index * stride + column / Int(SOTTO_LIMB_SIDE) * panel)
                }
            }
        }
    }

    /// The widths of a product in a ring that is not wider than the operand's.
    func widths(ring: Int) -> ProductWidths {
        precondition(ring <= widths.ring, "an operand has no digits for wider rings")
        return ProductWidths(ring: ring, rightMagnitudeBits: widths.rightMagnitudeBits)
    }

    /// The bytes that it takes.
    public var memoryBytes: Int { digits.count }

    /// The words again: those with a declared magnitude as they were, others modulo the ring.
    public var words: [UInt64] {
        let path = RingKernel.packingPath
        return [UInt64](unsafeUninitializedCapacity: batch * k * n) { out, initialized in
            initialized = batch * k * n
            guard let out = out.baseAddress, initialized > 0 else { return }
            for index in 0..<batch {
                sotto_limbs_unpack_right(
                    path, k, n, widths.rightLimbs, digits.bytes + index * stride, 0, k, out + index * k * n, n)
            }
        }
    }

    /// The digits from a column on, which is a multiple of 16.
    func columns(of product: Int, from column: Int) -> UnsafePointer<UInt8> {
        let panel = sotto_limbs_packed_bytes(Int(SOTTO_LIMB_SIDE), k, widths.rightLimbs)
        return UnsafePointer(digits.bytes + product * stride + column / Int(SOTTO_LIMB_SIDE) * panel)
    }
}

extension RingKernel {
    /// What cuts matrices into limbs and puts them together.
    static var packingPath: sotto_limb_path {
        sotto_limbs_available(SOTTO_LIMBS_VNNI) ? SOTTO_LIMBS_VNNI : SOTTO_LIMBS_PORTABLE
    }
}
