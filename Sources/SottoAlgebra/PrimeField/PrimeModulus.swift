import CSottoGMP

/// An odd prime, as limbs of 64 bits with the least significant first, and what reductions modulo it need.
public struct PrimeModulus: Sendable, Hashable, CustomStringConvertible {
    /// The prime.
    public let limbs: [UInt64]
    /// Its bit length: what an element takes on the wire.
    public let bits: Int
    /// `c = 2^bits - p` where p has 120 to 128 bits and c at most half as many less eight, else nil.
    let fold: UInt64?
    /// `-p^-1` modulo `2^64`.
    let negatedInverse: UInt64
    /// `2^(128·limbs)` modulo p: what turns two Montgomery reductions into one plain one.
    let squaredRadix: [UInt64]
    /// The prime in decimal.
    public let description: String

    /// `2^127 - 1`: close to 128 bits, the cheapest to reduce by, and -1 modulo every power of two that values are divided
    /// by, so that truncation errs by one unit at most.
    public static let standardBits = 127
    /// Values are divided by powers of two up to this one.
    package static let largestShift = 48
    /// Bit lengths that programs have room in.
    public static let bitLengths = 80...4096

    public var limbCount: Int { limbs.count }

    /// Reads a prime in decimal, or in hexadecimal after `0x`.
    /// - Throws: ``PrimeModulusError`` if it is no number, no odd prime, or too short or long.
    public init(_ text: String) throws(PrimeModulusError) {
        let isHexadecimal = text.hasPrefix("0x") || text.hasPrefix("0X")
        let digits = isHexadecimal ? text.dropFirst(2) : text[...]
        // GMP would skip spaces and take signs.
        guard !digits.isEmpty, digits.count <= 2048,
            digits.allSatisfy({ $0.isASCII && (isHexadecimal ? $0.isHexDigit : $0.isNumber) })
        else { throw .notANumber }
        let value = Integer()
        guard __gmpz_set_str(value.pointer, String(digits), isHexadecimal ? 16 : 10) == 0 else { throw .notANumber }
        try self.init(value)
    }

    /// The largest prime of a bit length that is 1 or -1 modulo `2^largestShift`, so that truncation errs by one unit at
    /// most.
    /// - Throws: ``PrimeModulusError/bitLength(_:)``.
    public init(bits: Int = standardBits) throws(PrimeModulusError) {
        guard Self.bitLengths.contains(bits) else { throw .bitLength(bits) }
        let candidate = Integer()
        let (top, step) = (Integer(), Integer())
        __gmpz_setbit(top.pointer, UInt(bits))
        __gmpz_setbit(step.pointer, UInt(Self.largestShift))
        while true {
            // Downward from 2^bits: -1 above +1 of every multiple.
            __gmpz_sub_ui(candidate.pointer, top.pointer, 1)
            if candidate.isPrime { break }
            __gmpz_sub(top.pointer, top.pointer, step.pointer)
            __gmpz_add_ui(candidate.pointer, top.pointer, 1)
            if candidate.isPrime { break }
        }
        try self.init(candidate)
    }

    private init(_ value: Integer) throws(PrimeModulusError) {
        let bits = __gmpz_sizeinbase(value.pointer, 2)
        guard Self.bitLengths.contains(bits) else { throw .bitLength(bits) }
        guard __gmpz_tstbit(value.pointer, 0) == 1, value.isPrime else { throw .notAnOddPrime }
        self.bits = bits
        let count = (bits + 63) / 64
        limbs = value.limbs(count)
        description = value.decimal
        let difference = Integer()
        __gmpz_setbit(difference.pointer, UInt(bits))
        __gmpz_sub(difference.pointer, difference.pointer, value.pointer)
        let foldBits = __gmpz_sizeinbase(difference.pointer, 2)
        fold = (120...128).contains(bits) && foldBits <= bits / 2 - 8 ? difference.limbs(1)[0] : nil
        // Newton's iteration doubles the correct bits, of which an odd number is its own inverse's lowest three.
        var inverse = limbs[0]
        for _ in 0..<5 { inverse = inverse &* (2 &- limbs[0] &* inverse) }
        negatedInverse = 0 &- inverse
        let square = Integer()
        __gmpz_setbit(square.pointer, UInt(128 * count))
        __gmpz_tdiv_r(square.pointer, square.pointer, value.pointer)
        squaredRadix = square.limbs(count)
    }

    /// `p / 2^shift`, rounded to the nearest integer.
    package func quotient(byPowerOfTwo shift: Int) -> [UInt64] {
        var result = [UInt64](repeating: 0, count: limbCount)
        let (words, rest) = (shift / 64, UInt64(shift % 64))
        for index in 0..<(limbCount - min(words, limbCount)) {
            let low = limbs[index + words]
            let high = index + words + 1 < limbCount ? limbs[index + words + 1] : 0
            result[index] = rest == 0 ? low : low >> rest | high << (64 - rest)
        }
        guard shift > 0, shift <= bits else { return result }
        var carry = limbs[(shift - 1) / 64] >> UInt64((shift - 1) % 64) & 1
        for index in result.indices {
            let (sum, overflow) = result[index].addingReportingOverflow(carry)
            result[index] = sum
            carry = overflow ? 1 : 0
        }
        return result
    }

    /// The largest error of a truncation by `2^shift`, in units: 1 where p is within one of a multiple, else 2.
    package func truncationError(byPowerOfTwo shift: Int) -> Int {
        let mask: UInt64 = shift >= 64 ? .max : (1 << UInt64(shift)) - 1
        let rest = limbs[0] & mask
        return shift < 64 && (rest == 1 || rest == mask) ? 1 : 2
    }
}

/// A number that cannot be a field's modulus.
public enum PrimeModulusError: Error, Equatable, Sendable, CustomStringConvertible {
    case notANumber
    case notAnOddPrime
    case bitLength(Int)

    public var description: String {
        let lengths = PrimeModulus.bitLengths
        return switch self {
        case .notANumber: "A prime is written in decimal, or in hexadecimal after 0x; give only digits."
        case .notAnOddPrime: "The modulus is no odd prime; give one, or only its bit length."
        case .bitLength(let bits):
            "A prime of \(bits) bits is not supported; choose \(lengths.lowerBound) to \(lengths.upperBound) bits."
        }
    }
}

/// One of GMP's integers; for set-up only, never for elements.
private final class Integer {
    let pointer: UnsafeMutablePointer<__mpz_struct>

    init() {
        pointer = .allocate(capacity: 1)
        __gmpz_init(pointer)
    }

    deinit {
        __gmpz_clear(pointer)
        pointer.deallocate()
    }

    /// Certainly composite numbers are told; others are prime but for a chance below 4^-40.
    var isPrime: Bool { __gmpz_probab_prime_p(pointer, 40) > 0 }

    var decimal: String {
        var text = [CChar](repeating: 0, count: __gmpz_sizeinbase(pointer, 10) + 2)
        return text.withUnsafeMutableBufferPointer { buffer in
            __gmpz_get_str(buffer.baseAddress, 10, pointer)
            return String(cString: buffer.baseAddress!)
        }
    }

    /// The lowest limbs.
    func limbs(_ count: Int) -> [UInt64] {
        (0..<count).map { UInt64(__gmpz_getlimbn(pointer, $0)) }
    }
}
