import CSottoGMP
import CSottoRingKernels

/// Scratch limbs for products modulo a prime: a sum of products below `p·2^(64n)` and room for GMP.
final class LimbWorkspace {
    let n: Int
    let p: UnsafeMutablePointer<UInt>
    private let squaredRadix: UnsafeMutablePointer<UInt>
    private let negatedInverse: UInt
    /// `2n` limbs.
    private let sum: UnsafeMutablePointer<UInt>
    private let product: UnsafeMutablePointer<UInt>
    private let scratch: UnsafeMutablePointer<UInt>

    init(_ modulus: PrimeModulus) {
        n = modulus.limbCount
        negatedInverse = UInt(modulus.negatedInverse)
        let room = Int(__gmpn_sec_mul_itch(n, n))
        func allocate(_ limbs: [UInt64]) -> UnsafeMutablePointer<UInt> {
            let pointer = UnsafeMutablePointer<UInt>.allocate(capacity: limbs.count)
            for (index, limb) in limbs.enumerated() { pointer[index] = UInt(limb) }
            return pointer
        }
        p = allocate(modulus.limbs)
        squaredRadix = allocate(modulus.squaredRadix)
        sum = allocate([UInt64](repeating: 0, count: 2 * n))
        product = allocate([UInt64](repeating: 0, count: 2 * n))
        scratch = allocate([UInt64](repeating: 0, count: max(room, 1)))
    }

    deinit {
        for pointer in [p, squaredRadix, sum, product, scratch] { pointer.deallocate() }
    }

    /// `x + carry·2^(64n)` below `2p` comes below p.
    func bringBelow(_ x: UnsafeMutablePointer<UInt>, carry: UInt) {
        let borrow = __gmpn_sub_n(product, x, p, n)
        // Without a carry a borrow says that x was below p already.
        _ = __gmpn_cnd_sub_n(carry | (1 &- borrow), x, x, p, n)
    }

    func clearSum() { for index in 0..<(2 * n) { sum[index] = 0 } }

    func setProduct(_ x: UnsafePointer<UInt>, _ y: UnsafePointer<UInt>) {
        __gmpn_sec_mul(sum, x, n, y, n, scratch)
    }

    /// The upper half of the sum stays below p: both summands' are, so that the sum of them and a carry is below 2p.
    func addProduct(_ x: UnsafePointer<UInt>, _ y: UnsafePointer<UInt>) {
        __gmpn_sec_mul(product, x, n, y, n, scratch)
        let carry = __gmpn_add_n(sum, sum, product, 2 * n)
        bringBelow(sum + n, carry: carry)
    }

    /// The sum modulo p. Leaves the sum spoilt.
    func reduce(into output: UnsafeMutablePointer<UInt>) {
        montgomery(into: output)
        __gmpn_sec_mul(sum, output, n, squaredRadix, n, scratch)
        montgomery(into: output)
    }

    /// The sum divided by `2^(64n)` modulo p (Montgomery, Mathematics of Computation 1985): adds the multiple of p that
    /// clears the lower half.
    private func montgomery(into output: UnsafeMutablePointer<UInt>) {
        var carries: UInt64 = 0
        for index in 0..<n {
            let carry = __gmpn_addmul_1(sum + index, p, n, sum[index] &* negatedInverse)
            // The carry belongs to limb index + n, with that of the step before.
            let total = sotto_limb_add(UInt64(sum[index + n]), UInt64(carry), carries)
            sum[index + n] = UInt(total.low)
            carries = total.high
        }
        for index in 0..<n { output[index] = sum[n + index] }
        bringBelow(output, carry: UInt(carries))
    }
}
