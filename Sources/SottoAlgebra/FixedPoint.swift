import CSottoRingKernels

/// Why a number was refused by the fixed-point encoder.
public enum FixedPointError: Error, Equatable, CustomStringConvertible {
    /// The value is not below the limit in magnitude. The description leaves the value out: it may be a secret.
    case outOfRange(value: Double, limit: Double)
    /// The value is infinite or not a number.
    case notFinite

    public var description: String {
        switch self {
        case .outOfRange(_, let limit):
            "a value is \(limit) or more in magnitude, which its fixed-point range cannot hold; "
                + "scale the values down or declare a larger bound"
        case .notFinite:
            "a value is infinite or not a number; check where the values come from"
        }
    }
}

/// Fixed-point numbers with `fractionBits` fractional bits: the integer `raw` stands for `raw / 2^fractionBits`.
public struct FixedPoint: Sendable, Hashable {
    /// The number of fractional bits, in `0...62`.
    public let fractionBits: Int

    public init(fractionBits: Int) {
        precondition((0...62).contains(fractionBits), "fixed point has 0 to 62 fractional bits")
        self.fractionBits = fractionBits
    }

    /// What an integer of one counts for: `2^-fractionBits`.
    public var unit: Double { Double(sign: .plus, exponent: -fractionBits, significand: 1) }

    /// The nearest fixed-point integer, ties to the even one.
    ///
    /// - Parameter magnitudeBits: in `1...63`; the result is below `2^magnitudeBits` in magnitude.
    /// - Throws: `FixedPointError` if the value is not finite or its integer is not below the limit.
    public func encode(_ value: Double, magnitudeBits: Int) throws(FixedPointError) -> Int64 {
        try encode([value], magnitudeBits: magnitudeBits)[0]
    }

    /// The nearest fixed-point integer of each value, as for one value.
    public func encode(_ values: [Double], magnitudeBits: Int) throws(FixedPointError) -> [Int64] {
        try encode(count: values.count, magnitudeBits: magnitudeBits) { values[$0] }
    }

    /// The nearest fixed-point integer of each value, as for one value.
    public func encode(_ values: [Float], magnitudeBits: Int) throws(FixedPointError) -> [Int64] {
        try encode(count: values.count, magnitudeBits: magnitudeBits) { Double(values[$0]) }
    }

    /// The number that `raw` stands for, rounded to double precision where `raw` needs more than 53 bits.
    public func decode(_ raw: Int64) -> Double { Double(raw) * unit }

    /// The numbers that the integers stand for.
    public func decode(_ raw: [Int64]) -> [Double] {
        let unit = unit
        return raw.map { Double($0) * unit }
    }

    /// Values may be secrets, so that every one is encoded and only then said whether all fit.
    @inline(__always)
    private func encode(
        count: Int, magnitudeBits: Int, _ value: (Int) -> Double
    ) throws(FixedPointError) -> [Int64] {
        precondition((1...63).contains(magnitudeBits), "a fixed-point magnitude has 1 to 63 bits")
        let scale = Double(sign: .plus, exponent: fractionBits, significand: 1)
        let limit = Double(sign: .plus, exponent: magnitudeBits, significand: 1)
        var outside: UInt64 = 0
        let encoded = [Int64](unsafeUninitializedCapacity: count) { out, initialized in
            for index in 0..<count { out[index] = sotto_fixed_point_encode(value(index), scale, limit, &outside) }
            initialized = count
        }
        for index in 0..<(outside == 0 ? 0 : count) {
            var isOutside: UInt64 = 0
            _ = sotto_fixed_point_encode(value(index), scale, limit, &isOutside)
            guard isOutside == 1 else { continue }
            throw value(index).isFinite ? .outOfRange(value: value(index), limit: limit / scale) : .notFinite
        }
        return encoded
    }
}
