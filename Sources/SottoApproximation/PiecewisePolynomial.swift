/// A scalar nonlinear function as data: piecewise polynomials with integer coefficients and a checked error.
///
/// A protocol that can compare, select and multiply evaluates any such value, so that a new activation is a new
/// specification and not a new protocol. On a secret real input `x`:
///
/// 1. `xc` = `x` truncated to ``comparisonScale`` fraction bits; threshold bits `b_i = [xc >= knots[i]]`;
///    the interval is the number of ones among them.
/// 2. `xs` = `x` truncated to ``inputScale`` fraction bits; `v = xs - origins[interval]`.
/// 3. `y = sum_j coefficients[interval][j] * v^j`, in exact integer arithmetic modulo 2^64, at ``resultScale``
///    fraction bits.
///
/// Both truncations are stochastic: each gives the floor or the ceiling, and they may differ. An input within one unit
/// of ``comparisonScale`` below a knot may therefore fall on either side of it. Every bound in this type holds for all
/// outcomes. The truncation of `y` to the scale of the output comes later and is not part of ``errorBound``.
///
/// Piecewise polynomials found without looking at any secret are the common ground of NFGen (Fan et al., CCS 2022),
/// BOLT (Pang et al., IEEE S&P 2024) and FuseFSS (arXiv 2606.09551); the integer coefficients and the exhaustive check
/// under stochastic truncation are specific to this package.
public struct PiecewisePolynomial: Sendable, Hashable {
    /// The name in operation paths and error messages, for instance `gelu`.
    public let name: String
    /// Fraction bits of the input that enters the polynomial.
    public let inputScale: Int
    /// Fraction bits at which the interval is decided, at most ``inputScale``.
    public let comparisonScale: Int
    /// The n thresholds at ``comparisonScale``, strictly ascending.
    public let knots: [Int64]
    /// The n + 1 local origins at ``inputScale``.
    public let origins: [Int64]
    /// n + 1 rows of ``degree`` + 1 integers; `c_j` is at scale `resultScale - j * inputScale`.
    public let coefficients: [[Int64]]
    /// Fraction bits of the result before it is truncated to the scale of the output.
    public let resultScale: Int
    /// The real inputs that the caller promises; outside it the result is meaningless and may overflow.
    public let inputRange: ClosedRange<Double>
    /// Where the error was checked against the exact function over every input. Where ``inputRange`` is wider, the
    /// error outside does not exceed the one at the nearer end (the documentation of each function says why).
    public let domain: ClosedRange<Double>
    /// The largest `|y - exact(x)|` over the domain and all outcomes of both truncations.
    public let errorBound: Double
    /// The largest `|y - exact(x)| / max(|exact(x)|, relativeErrorFloor)`, where the function is judged relatively.
    public let relativeErrorBound: Double?
    /// See ``relativeErrorBound``.
    public let relativeErrorFloor: Double
    /// The largest `|y|` (real) for any input in ``inputRange`` and all outcomes of both truncations.
    public let outputBound: Double

    /// The largest power of `v`.
    public var degree: Int { coefficients[0].count - 1 }

    /// The largest promised `|x|`.
    public var inputBound: Double { max(abs(inputRange.lowerBound), abs(inputRange.upperBound)) }

    /// The highest degree a specification may have.
    public static let maximumDegree = 3

    /// `|y| * 2^resultScale` stays below 2 to this power, as certain truncation in the 64-bit ring requires.
    public static let resultBits = 62

    /// Makes a specification and derives ``outputBound``.
    ///
    /// - Throws: ``PiecewisePolynomialError`` for shapes that do not fit together, knots that do not ascend or lie
    ///   outside the input range, scales out of range, and results that could reach 2^62.
    public init(
        name: String, inputScale: Int, comparisonScale: Int, resultScale: Int, knots: [Int64], origins: [Int64],
        coefficients: [[Int64]], inputRange: ClosedRange<Double>, domain: ClosedRange<Double>, errorBound: Double,
        relativeErrorBound: Double? = nil, relativeErrorFloor: Double = 0
    ) throws {
        let unbounded = PiecewisePolynomial(
            trustedName: name, inputScale: inputScale, comparisonScale: comparisonScale, resultScale: resultScale,
            knots: knots, origins: origins, coefficients: coefficients, inputRange: inputRange, domain: domain,
            errorBound: errorBound, relativeErrorBound: relativeErrorBound, relativeErrorFloor: relativeErrorFloor,
            outputBound: .infinity)
        try unbounded.validate()
        self.init(
            trustedName: name, inputScale: inputScale, comparisonScale: comparisonScale, resultScale: resultScale,
            knots: knots, origins: origins, coefficients: coefficients, inputRange: inputRange, domain: domain,
            errorBound: errorBound, relativeErrorBound: relativeErrorBound, relativeErrorFloor: relativeErrorFloor,
            outputBound: try unbounded.largestOutput())
    }

    /// For the generated literals, which a test passes through the validating initialiser.
    init(
        trustedName name: String, inputScale: Int, comparisonScale: Int, resultScale: Int, knots: [Int64],
        origins: [Int64], coefficients: [[Int64]], inputRange: ClosedRange<Double>, domain: ClosedRange<Double>,
        errorBound: Double, relativeErrorBound: Double?, relativeErrorFloor: Double, outputBound: Double
    ) {
        self.name = name
        self.inputScale = inputScale
        self.comparisonScale = comparisonScale
        self.resultScale = resultScale
        self.knots = knots
        self.origins = origins
        self.coefficients = coefficients
        self.inputRange = inputRange
        self.domain = domain
        self.errorBound = errorBound
        self.relativeErrorBound = relativeErrorBound
        self.relativeErrorFloor = relativeErrorFloor
        self.outputBound = outputBound
    }

    /// The number of knots at or below the truncated input.
    ///
    /// - Parameter input: the input at ``comparisonScale``.
    public func interval(forComparisonInput input: Int64) -> Int {
        var low = 0
        var high = knots.count
        while low < high {
            let middle = (low + high) / 2
            if knots[middle] <= input { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The result at ``resultScale``, exact modulo 2^64.
    ///
    /// - Parameters:
    ///   - x: the input at ``inputScale``.
    ///   - interval: 0 ... n, as ``interval(forComparisonInput:)`` gives it.
    public func evaluate(x: Int64, interval: Int) -> Int64 {
        let v = x &- origins[interval]
        let row = coefficients[interval]
        var y: Int64 = 0
        var power = row.count
        while power > 0 {
            power -= 1
            y = y &* v &+ row[power]
        }
        return y
    }

    /// The inputs at ``inputScale`` that can meet an interval, for any real input in ``inputRange`` and any outcome of
    /// both truncations.
    package func inputs(reaching interval: Int) -> ClosedRange<Int64> {
        let unit = Double(sign: .plus, exponent: inputScale, significand: 1)
        var low = Int64((inputRange.lowerBound * unit).rounded(.down))
        var high = Int64((inputRange.upperBound * unit).rounded(.up))
        let shift = inputScale - comparisonScale
        if interval > 0 { low = max(low, (knots[interval - 1] - 1) << shift) }
        if interval < knots.count { high = min(high, knots[interval] << shift) }
        return low...high
    }
}
