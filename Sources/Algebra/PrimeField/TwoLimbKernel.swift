/// Arithmetic modulo `p = 2^bits - c` of 120 to 128 bits on machine integers of 128 bits: a product is folded twice,
/// `h·2^bits + l = h·c + l`, and brought below p by one masked subtraction.
struct TwoLimbKernel: FieldKernel {
    private let p: UInt128
    private let c: UInt64
    private let bits: UInt128
    private let mask: UInt128

    init?(_ modulus: PrimeModulus) {
        guard let fold = modulus.fold else { return nil }
        p = UInt128(modulus.limbs[1]) << 64 | UInt128(modulus.limbs[0])
        c = fold
        bits = UInt128(modulus.bits)
        mask = p &+ UInt128(fold) &- 1
    }

    func add(_ x: [UInt64], _ y: [UInt64]) -> [UInt64] {
        map(x, y) { x, y in
            let (sum, carry) = x.addingReportingOverflow(y)
            return below(sum, carry: carry)
        }
    }

    func subtract(_ x: [UInt64], _ y: [UInt64]) -> [UInt64] {
        map(x, y) { x, y in
            let (difference, borrow) = x.subtractingReportingOverflow(y)
            let again: UInt128 = 0 &- (borrow ? 1 : 0)
            return difference &+ (p & again)
        }
    }

    func multiply(_ x: [UInt64], _ y: [UInt64]) -> [UInt64] { map(x, y) { product($0, $1) } }

    func scale(_ x: [UInt64], by y: [UInt64]) -> [UInt64] {
        let factor = UInt128(y[1]) << 64 | UInt128(y[0])
        return map(x, x) { x, _ in product(x, factor) }
    }

    func dots(
        _ x: UnsafePointer<UInt64>, _ y: UnsafePointer<UInt64>, k: Int, rows: Int, columns: Int, paired: Bool,
        into output: UnsafeMutablePointer<UInt64>
    ) {
        for row in 0..<rows {
            let left = x + 2 &* k &* row
            if paired {
                Self.store(dot(left, y + 2 &* k &* row, k), output, row)
            } else {
                for column in 0..<columns {
                    Self.store(dot(left, y + 2 &* k &* column, k), output, row &* columns &+ column)
                }
            }
        }
    }

    // MARK: Single elements

    /// `x` or `x - p`, the one below p, for `x + (carry)·2^128 < 2p`.
    @inline(__always)
    private func below(_ x: UInt128, carry: Bool) -> UInt128 {
        let (difference, borrow) = x.subtractingReportingOverflow(p)
        let keep: UInt128 = 0 &- (carry || !borrow ? 1 : 0)
        return (difference & keep) | (x & ~keep)
    }

    @inline(__always)
    private func product(_ x: UInt128, _ y: UInt128) -> UInt128 {
        let (high, low) = x.multipliedFullWidth(by: y)
        return reduce(high, low)
    }

    /// `high·2^128 + low` modulo p, for `high < 2^bits`.
    @inline(__always)
    private func reduce(_ high: UInt128, _ low: UInt128) -> UInt128 {
        // h < 2^128, so that h·c has at most 184 bits.
        let h = (high &<< (128 &- bits)) | (bits == 128 ? 0 : low &>> bits)
        let bottom = UInt64(truncatingIfNeeded: h).multipliedFullWidth(by: c)
        let top = UInt64(truncatingIfNeeded: h &>> 64).multipliedFullWidth(by: c)
        let middle = UInt128(top.low) &+ UInt128(bottom.high)
        let foldedLow = (middle &<< 64) | UInt128(bottom.low)
        let foldedHigh = UInt128(top.high) &+ (middle &>> 64)
        let (l1, carry) = (low & mask).addingReportingOverflow(foldedLow)
        let h1 = foldedHigh &+ (carry ? 1 : 0)
        // The second fold adds at most c·c·2^(128 - bits) < 2^(bits - 8) to a number below 2^bits.
        let h2 = (h1 &<< (128 &- bits)) | (bits == 128 ? 0 : l1 &>> bits)
        let (l2, carry2) = (l1 & mask).addingReportingOverflow(h2 &* UInt128(c))
        return below(l2, carry: carry2)
    }

    /// Columns of partial products are added up apart, each in 128 bits, and reduced once.
    @inline(__always)
    private func dot(_ x: UnsafePointer<UInt64>, _ y: UnsafePointer<UInt64>, _ k: Int) -> UInt128 {
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
        let low = (s1 &<< 64) | (s0 & UInt128(UInt64.max))
        let middle = (s3 &<< 64) | (s2 & UInt128(UInt64.max))
        return reduce(reduce(s3 &>> 64, middle), low)
    }

    // MARK: Arrays

    @inline(__always)
    private static func load(_ x: UnsafePointer<UInt64>, _ index: Int) -> UInt128 {
        UInt128(x[2 &* index &+ 1]) &<< 64 | UInt128(x[2 &* index])
    }

    @inline(__always)
    private static func store(_ value: UInt128, _ out: UnsafeMutablePointer<UInt64>, _ index: Int) {
        out[2 &* index] = UInt64(truncatingIfNeeded: value)
        out[2 &* index &+ 1] = UInt64(truncatingIfNeeded: value &>> 64)
    }

    @inline(__always)
    private func map(_ x: [UInt64], _ y: [UInt64], _ body: (UInt128, UInt128) -> UInt128) -> [UInt64] {
        precondition(x.count == y.count)
        return [UInt64](unsafeUninitializedCapacity: x.count) { out, initialized in
            initialized = x.count
            guard let out = out.baseAddress, !x.isEmpty else { return }
            x.withUnsafeBufferPointer { left in
                y.withUnsafeBufferPointer { right in
                    for index in 0..<(left.count / 2) {
                        let value = body(
                            Self.load(left.baseAddress!, index), Self.load(right.baseAddress!, index))
                        Self.store(value, out, index)
                    }
                }
            }
        }
    }
}
