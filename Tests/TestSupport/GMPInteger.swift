import CSottoGMP
import SottoAlgebra

/// An integer of GMP: the reference for arithmetic modulo primes.
public final class GMPInteger {
    private let pointer: UnsafeMutablePointer<__mpz_struct>

    public init(_ value: Int64 = 0) {
        pointer = .allocate(capacity: 1)
        __gmpz_init_set_si(pointer, Int(value))
    }

    /// Limbs, the least significant first.
    public convenience init(_ limbs: some Sequence<UInt64>) {
        self.init()
        let limbs = Array(limbs)
        limbs.withUnsafeBytes { __gmpz_import(pointer, limbs.count, -1, 8, 0, 0, $0.baseAddress) }
    }

    deinit {
        __gmpz_clear(pointer)
        pointer.deallocate()
    }

    public static func + (x: GMPInteger, y: GMPInteger) -> GMPInteger { combined(x, y) { __gmpz_add($0, $1, $2) } }
    public static func - (x: GMPInteger, y: GMPInteger) -> GMPInteger { combined(x, y) { __gmpz_sub($0, $1, $2) } }
    public static func * (x: GMPInteger, y: GMPInteger) -> GMPInteger { combined(x, y) { __gmpz_mul($0, $1, $2) } }
    /// The remainder in `0..<y`.
    public static func % (x: GMPInteger, y: GMPInteger) -> GMPInteger { combined(x, y) { __gmpz_mod($0, $1, $2) } }
    public static func < (x: GMPInteger, y: GMPInteger) -> Bool { __gmpz_cmp(x.pointer, y.pointer) < 0 }
    public static func == (x: GMPInteger, y: GMPInteger) -> Bool { __gmpz_cmp(x.pointer, y.pointer) == 0 }

    /// `floor(x / 2^shift)`
    public static func >> (x: GMPInteger, shift: Int) -> GMPInteger {
        let result = GMPInteger()
        __gmpz_fdiv_q_2exp(result.pointer, x.pointer, UInt(shift))
        return result
    }

    public static func powerOfTwo(_ exponent: Int) -> GMPInteger {
        let result = GMPInteger()
        __gmpz_setbit(result.pointer, UInt(exponent))
        return result
    }

    public var isOdd: Bool { __gmpz_tstbit(pointer, 0) == 1 }
    public var isPrime: Bool { __gmpz_probab_prime_p(pointer, 30) > 0 }
    public func bit(_ index: Int) -> Bool { __gmpz_tstbit(pointer, UInt(index)) == 1 }

    /// Of a number that is not negative.
    public func limbs(_ count: Int) -> [UInt64] { (0..<count).map { UInt64(__gmpz_getlimbn(pointer, $0)) } }

    private static func combined(
        _ x: GMPInteger, _ y: GMPInteger,
        _ body: (
            UnsafeMutablePointer<__mpz_struct>, UnsafeMutablePointer<__mpz_struct>, UnsafeMutablePointer<__mpz_struct>
        ) -> Void
    ) -> GMPInteger {
        let result = GMPInteger()
        body(result.pointer, x.pointer, y.pointer)
        return result
    }
}

extension PrimeField {
    public var p: GMPInteger { GMPInteger(modulus.limbs) }

    /// The elements as integers below p.
    public func integers(_ x: [UInt64]) -> [GMPInteger] {
        (0..<count(x)).map { GMPInteger(slice(x, $0..<($0 + 1))) }
    }

    /// Elements from integers of any sign.
    public func elements(_ x: [GMPInteger]) -> [UInt64] { x.flatMap { ($0 % p).limbs(modulus.limbCount) } }
}
