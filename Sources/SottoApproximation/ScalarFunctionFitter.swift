/// Makes a ``PiecewisePolynomial`` from an exact function.
///
/// Every interval gets the best polynomial in the sense of the largest error (Remez), on the interval as stochastic
/// truncation extends it. The error that truncating the input causes is taken from the tolerance first, so that what
/// is promised includes it. Coefficients are rounded from the highest power down, and the lower ones are fitted again
/// after each rounding.
///
/// Coefficients are multiples of a power of two far below the tolerance, and bounds have three digits, so that
/// the last bits of a platform's mathematical library do not show in the result.
public struct ScalarFunctionFitter: Sendable {
    /// What holds outside the fitted part.
    public enum Tail: Sendable, Hashable {
        /// Nothing: inputs outside the domain do not occur.
        case none
        case constant(Double)
        case linear(slope: Double, intercept: Double)
    }

    /// The error allowed at `x`, everything but the truncation of the result included.
    public enum Tolerance: Sendable, Hashable {
        case absolute(Double)
        /// `error * max(|exact(x)|, floor)`.
        case relative(Double, floor: Double)

        func allowed(at value: Double) -> Double {
            switch self {
            case .absolute(let error): error
            case .relative(let error, let floor): error * max(abs(value), floor)
            }
        }

        func scaled(by factor: Double) -> Tolerance {
            switch self {
            case .absolute(let error): .absolute(error * factor)
            case .relative(let error, let floor): .relative(error * factor, floor: floor)
            }
        }
    }

    /// Where the knots are.
    public enum Partition: Sendable, Hashable {
        /// As few knots as the tolerance allows, placed so that the largest error of all intervals is smallest.
        case fewest
        /// Given knots at the comparison scale; the tolerance only weighs the errors of an interval against each other.
        case knots([Int64])
    }

    /// The function to fit.
    public struct Specification: Sendable, Hashable {
        public var name: String
        /// The inputs over which the error is checked; ends at multiples of 2^-comparisonScale lose nothing.
        public var domain: ClosedRange<Double>
        /// The promised inputs; equal to the domain on a side without a tail.
        public var inputRange: ClosedRange<Double>
        public var left: Tail
        public var right: Tail
        public var tolerance: Tolerance
        public var partition: Partition

        public init(
            name: String, domain: ClosedRange<Double>, inputRange: ClosedRange<Double>, left: Tail = .none,
            right: Tail = .none, tolerance: Tolerance, partition: Partition = .fewest
        ) {
            self.name = name
            self.domain = domain
            self.inputRange = inputRange
            self.left = left
            self.right = right
            self.tolerance = tolerance
            self.partition = partition
        }
    }

    /// Fraction bits of the input that enters the polynomial.
    public var inputScale: Int
    /// Fraction bits at which the interval is decided.
    public var comparisonScale: Int
    /// Fraction bits of the result.
    public var resultScale: Int
    /// Degree of the polynomials, 0 to 3.
    public var degree: Int

    public init(inputScale: Int, comparisonScale: Int, resultScale: Int, degree: Int = 3) {
        self.inputScale = inputScale
        self.comparisonScale = comparisonScale
        self.resultScale = resultScale
        self.degree = degree
    }

    /// Fits a function and checks the result over every input of the domain.
    ///
    /// - Parameter exact: the function; it is called inside the domain only.
    /// - Throws: ``ScalarFunctionFitterError`` where the settings do not fit together or the tolerance cannot be met,
    ///   and ``PiecewisePolynomialError`` where the result would not be valid.
    public func fit(
        _ specification: Specification, exact: (Double) -> Double
    ) throws -> PiecewisePolynomial {
        try validate(specification)
        try requireFinite(exact, over: specification.domain)
        let pieces = try withoutActuallyEscaping(exact) { exact in
            let search = PartitionSearch(fitter: self, specification: specification, exact: exact)
            switch specification.partition {
            case .knots(let knots): return try search.pieces(knots: knots)
            case .fewest: return try search.fewestPieces()
            }
        }
        return try assemble(specification, pieces, exact: exact)
    }

    private func assemble(
        _ specification: Specification, _ pieces: FittedPieces, exact: (Double) -> Double
    ) throws -> PiecewisePolynomial {
        var floor: Double?
        if case .relative(_, let value) = specification.tolerance { floor = value }
        func make(_ error: Double, _ relativeError: Double?) throws -> PiecewisePolynomial {
            try PiecewisePolynomial(
                name: specification.name, inputScale: inputScale, comparisonScale: comparisonScale,
                resultScale: resultScale, knots: pieces.knots, origins: pieces.rows.map(\.origin),
                coefficients: pieces.rows.map(\.coefficients), inputRange: specification.inputRange,
                domain: specification.domain, errorBound: error, relativeErrorBound: relativeError,
                relativeErrorFloor: floor ?? 0)
        }
        let error = try make(0, nil).maximumError(against: exact)
        if specification.partition == .fewest { try require(specification.tolerance, of: error) }
        return try make(
            error.absolute.roundedUpToThreeDigits, floor == nil ? nil : error.relative.roundedUpToThreeDigits)
    }

    private func require(_ tolerance: Tolerance, of error: PiecewisePolynomial.MaximumError) throws {
        let (reached, wanted) =
            switch tolerance {
            case .absolute(let wanted): (error.absolute, wanted)
            case .relative(let wanted, _): (error.relative, wanted)
            }
        guard reached <= wanted else {
            throw ScalarFunctionFitterError.toleranceNotReached(reached: reached, wanted: wanted)
        }
    }
}

extension Double {
    /// The least number of three decimal digits at or above a positive number.
    var roundedUpToThreeDigits: Double {
        guard self > 0, isFinite else { return self }
        var exponent = 0
        var scaled = self
        while scaled >= 1000 { (scaled, exponent) = (scaled / 10, exponent + 1) }
        while scaled < 100 { (scaled, exponent) = (scaled * 10, exponent - 1) }
        let digits = Int((scaled * (1 - 1e-12)).rounded(.up))
        return Double("\(digits)e\(exponent)") ?? self
    }
}
