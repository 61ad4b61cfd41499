import CSottoRingKernels

/// Arithmetic modulo `p = 2^bits - c` of 120 to 128 bits on machine integers of 128 bits: a product is folded twice,
/// `h·2^bits + l = h·c + l`, and brought below p by one masked subtraction.
///
/// What is done to single elements is C's (`CConstantTime.h`), where it stays a straight line of instructions: from a
/// borrow in Swift the compiler may make a branch.
struct TwoLimbKernel: FieldKernel {
    let modulus: sotto_fold_modulus

    init?(_ modulus: PrimeModulus) {
        guard let fold = modulus.fold else { return nil }
        self.modulus = sotto_fold_modulus(
            p0: modulus.limbs[0], p1: modulus.limbs[1], c: fold, bits: UInt64(modulus.bits))
    }

    func add(_ x: [UInt64], _ y: [UInt64]) -> [UInt64] { map(x, y, sotto_field2_add) }

    func subtract(_ x: [UInt64], _ y: [UInt64]) -> [UInt64] { map(x, y, sotto_field2_subtract) }

    func multiply(_ x: [UInt64], _ y: [UInt64]) -> [UInt64] { map(x, y, sotto_field2_multiply) }

    func scale(_ x: [UInt64], by y: [UInt64]) -> [UInt64] {
        let factor = sotto_limbs2(low: y[0], high: y[1])
        return map(x, x) { x, _, modulus in sotto_field2_multiply(x, factor, modulus) }
    }

    func dots(
        _ x: UnsafePointer<UInt64>, _ y: UnsafePointer<UInt64>, k: Int, rows: Int, columns: Int, paired: Bool,
        into output: UnsafeMutablePointer<UInt64>
    ) {
        withUnsafePointer(to: modulus) { modulus in
            for row in 0..<rows {
                let left = x + 2 &* k &* row
                if paired {
                    Self.store(Self.dot(left, y + 2 &* k &* row, k, modulus), output, row)
                } else {
                    for column in 0..<columns {
                        let value = Self.dot(left, y + 2 &* k &* column, k, modulus)
                        Self.store(value, output, row &* columns &+ column)
                    }
                }
            }
        }
    }

    /// Columns of partial products are added up apart, each in 128 bits, and reduced once.
    @inline(__always)
    private static func dot(
        _ x: UnsafePointer<UInt64>, _ y: UnsafePointer<UInt64>, _ k: Int, _ modulus: UnsafePointer<sotto_fold_modulus>
    ) -> sotto_limbs2 {
        var (s0, s1, s2, s3): (UInt128, UInt128, UInt128, UInt128) = (0, 0, 0, 0)
        for index in 0..<k {
            let (x0, x1) = (x[2 &* index], x[2 &* index &+ 1])
            let (y0, y1) = (y[2 &* index], y[2 &* index &+ 1])
            let p00 = x0.multipliedFullWidth(by: y0)
            let p01 = x0.multipliedFullWidth(by: y1)
            let p10 = x1.multipliedFullWidth(by: y0)
            let p11 = x1.multipliedFullWidth(by: y1)
            s0 &+= UInt128(p00.low)
            s1 &+= UInt128(p00.high) &+ UInt128(p01.low) &+ UInt128(p10.low)
            s2 &+= UInt128(p01.high) &+ UInt128(p10.high) &+ UInt128(p11.low)
            s3 &+= UInt128(p11.high)
        }
        s1 &+= s0 &>> 64
        s2 &+= s1 &>> 64
        s3 &+= s2 &>> 64
        let low = sotto_limbs2(low: UInt64(truncatingIfNeeded: s0), high: UInt64(truncatingIfNeeded: s1))
        let middle = sotto_limbs2(low: UInt64(truncatingIfNeeded: s2), high: UInt64(truncatingIfNeeded: s3))
        let top = sotto_limbs2(low: UInt64(truncatingIfNeeded: s3 &>> 64), high: 0)
        return sotto_field2_reduce(sotto_field2_reduce(top, middle, modulus), low, modulus)
    }

    // MARK: Arrays

    @inline(__always)
    private static func load(_ x: UnsafePointer<UInt64>, _ index: Int) -> sotto_limbs2 {
        sotto_limbs2(low: x[2 &* index], high: x[2 &* index &+ 1])
    }

    @inline(__always)
    private static func store(_ value: sotto_limbs2, _ out: UnsafeMutablePointer<UInt64>, _ index: Int) {
        out[2 &* index] = value.low
        out[2 &* index &+ 1] = value.high
    }

    @inline(__always)
    private func map(
        _ x: [UInt64], _ y: [UInt64],
        _ body: (sotto_limbs2, sotto_limbs2, UnsafePointer<sotto_fold_modulus>) -> sotto_limbs2
    ) -> [UInt64] {
        precondition(x.count == y.count)
        return [UInt64](unsafeUninitializedCapacity: x.count) { out, initialized in
            initialized = x.count
            guard let out = out.baseAddress, !x.isEmpty else { return }
            withUnsafePointer(to: modulus) { modulus in
                x.withUnsafeBufferPointer { left in
                    y.withUnsafeBufferPointer { right in
                        for index in 0..<(left.count / 2) {
                            let value = body(
                                Self.load(left.baseAddress!, index), Self.load(right.baseAddress!, index), modulus)
                            Self.store(value, out, index)
                        }
                    }
                }
            }
        }
    }
}
