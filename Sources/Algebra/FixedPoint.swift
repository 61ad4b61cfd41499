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
        try encode(value, Scaling(fractionBits: fractionBits, magnitudeBits: magnitudeBits))
    }

    /// The nearest fixed-point integer of each value, as for one value.
    public func encode(_ values: [Double], magnitudeBits: Int) throws(FixedPointError) -> [Int64] {
        let scaling = Scaling(fractionBits: fractionBits, magnitudeBits: magnitudeBits)
        return try values.map { value throws(FixedPointError) in try encode(value, scaling) }
    }

    /// The nearest fixed-point integer of each value, as for one value.
    public func encode(_ values: [Float], magnitudeBits: Int) throws(FixedPointError) -> [Int64] {
        let scaling = Scaling(fractionBits: fractionBits, magnitudeBits: magnitudeBits)
        return try values.map { value throws(FixedPointError) in try encode(Double(value), scaling) }
    }

    /// The number that `raw` stands for, rounded to double precision where `raw` needs more than 53 bits.
    public func decode(_ raw: Int64) -> Double { Double(raw) * unit }

    /// The numbers that the integers stand for.
    public func decode(_ raw: [Int64]) -> [Double] {
        let unit = unit
        return raw.map { Double($0) * unit }
    }

    private struct Scaling {
        let scale: Double
        let limit: Double

        init(fractionBits: Int, magnitudeBits: Int) {
            precondition((1...63).contains(magnitudeBits), "a fixed-point magnitude has 1 to 63 bits")
            scale = Double(sign: .plus, exponent: fractionBits, significand: 1)
            limit = Double(sign: .plus, exponent: magnitudeBits, significand: 1)
        }
    }

    @inline(__always)
    private func encode(_ value: Double, _ scaling: Scaling) throws(FixedPointError) -> Int64 {
        let raw = (value * scaling.scale).rounded(.toNearestOrEven)
        // A value that is no number fails the comparison too, and a scaled overflow is infinite.
        guard abs(raw) < scaling.limit else {
            throw value.isFinite ? .outOfRange(value: value, limit: scaling.limit / scaling.scale) : .notFinite
        }
        return Int64(raw)
    }
}
