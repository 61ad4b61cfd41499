import SottoAlgebra
import SottoApproximation

/// A function of a secret `x = d + r` whose difference `d` to a mask `r` is open, of the form `P(d) + Q(d)·F(r)`: what a
/// bit can be multiplied with in one round.
package enum MaskFunction: Sendable, Hashable, CanonicallyEncodable {
    /// 1.
    case one
    /// `x` itself.
    case value
    /// The sum of a digit of `d - start` and of the same digit of `r`, without what carries over, minus `centre`.
    case digit(MaskDigit, width: Int, start: Int64, centre: Int64)
    /// `e^x` at ``FixedPointExponential/resultScale``, for an `x` in the window and the given carry of its index.
    case exponential(carry: Bool)

    /// Whether there is a `P`, or an `F` that is not a share at hand.
    var hasPublicPart: Bool { if case .exponential = self { false } else { true } }
    var hasSecretPart: Bool { self != .one }
    var dealsSecretPart: Bool { hasSecretPart && self != .value }

    /// `P`, of a `d` in the ring of a width; nil for zero.
    func publicPart(_ d: [UInt64]) -> [UInt64]? {
        switch self {
        case .one: [UInt64](repeating: 1, count: d.count)
        case .value: d
        case .digit(let digit, let width, let start, let centre):
            d.map {
                digit.of(($0 &- UInt64(bitPattern: start)) & Ring64.mask(width)) &- UInt64(bitPattern: centre)
            }
        case .exponential: nil
        }
    }

    /// `Q`; nil for one.
    func factor(_ d: [UInt64]) -> [UInt64]? {
        guard case .exponential(let carry) = self else { return nil }
        let start = UInt64(bitPattern: FixedPointExponential.start)
        return FixedPointExponential.publicFactor(d.map { $0 &- start }, carry: carry)
    }

    /// `F`, of a mask in the ring of a width.
    package func secretPart(_ r: [UInt64]) -> [UInt64] {
        switch self {
        case .one, .value: r
        case .digit(let digit, let width, _, _): r.map { digit.of($0 & Ring64.mask(width)) }
        case .exponential(let carry): FixedPointExponential.secretFactor(r, carry: carry)
        }
    }

    package func encode(into encoder: inout CanonicalEncoder) {
        switch self {
        case .one: encoder.append(0)
        case .value: encoder.append(1)
        case .digit(let digit, let width, let start, let centre):
            encoder.append([2, width])
            encoder.append(digit)
            encoder.append([start, centre])
        case .exponential(let carry): encoder.append([3, carry ? 1 : 0])
        }
    }
}

/// A bit times a function times a power of two.
package struct MaskedTerm: Sendable, Hashable, CanonicallyEncodable {
    /// Index of the function.
    package let function: Int
    package let exponent: Int

    package init(function: Int, exponent: Int) {
        self.function = function
        self.exponent = exponent
    }

    package func encode(into encoder: inout CanonicalEncoder) { encoder.append([function, exponent]) }
}
