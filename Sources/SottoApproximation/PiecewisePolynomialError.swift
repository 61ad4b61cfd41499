/// Why a piecewise polynomial was refused.
public enum PiecewisePolynomialError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The scales of a specification.
    public enum Scale: String, Sendable {
        case input, comparison, result
    }

    case scaleOutOfRange(Scale, value: Int, allowed: ClosedRange<Int>)
    case wrongNumberOfOrigins(Int, intervals: Int)
    case wrongNumberOfRows(Int, intervals: Int)
    case wrongDegree(Int, maximum: Int)
    case raggedCoefficients(row: Int, count: Int, expected: Int)
    case resultScaleTooSmall(Int, needed: Int)
    case originTooLarge(index: Int)
    case inputRangeTooWide
    case domainOutsideInputRange
    case invalidErrorBound
    case knotsNotAscending(index: Int)
    case knotOutsideInputRange(index: Int)
    case overflow(interval: Int)

    public var description: String {
        switch self {
        case .scaleOutOfRange(let scale, let value, let allowed):
            "The \(scale.rawValue) scale is \(value); choose one from \(allowed.lowerBound) to \(allowed.upperBound)."
        case .wrongNumberOfOrigins(let count, let intervals):
            "There are \(count) origins for \(intervals) intervals; give one for each interval."
        case .wrongNumberOfRows(let count, let intervals):
            "There are \(count) rows of coefficients for \(intervals) intervals; give one for each interval."
        case .wrongDegree(let degree, let maximum):
            "The polynomials have degree \(degree); choose one from 0 to \(maximum)."
        case .raggedCoefficients(let row, let count, let expected):
            "Row \(row) has \(count) coefficients and row 0 has \(expected); fill the shorter one with zeros."
        case .resultScaleTooSmall(let scale, let needed):
            "The result scale is \(scale); degree times input scale needs at least \(needed)."
        case .originTooLarge(let index):
            "Origin \(index) is 2^61 or more; choose one inside the input range."
        case .inputRangeTooWide:
            "The input range is not finite or reaches 2^61 at the input scale; narrow it."
        case .domainOutsideInputRange:
            "The domain reaches outside the input range; narrow the domain or widen the range."
        case .invalidErrorBound:
            "An error bound is negative or not finite; give the checked error."
        case .knotsNotAscending(let index):
            "Knot \(index) is not above the knot before it; sort the knots and remove duplicates."
        case .knotOutsideInputRange(let index):
            "Knot \(index) lies outside the input range; remove it and its interval."
        case .overflow(let interval):
            "The result reaches 2^62 in interval \(interval) for a promised input; "
                + "lower the result scale or narrow the input range."
        }
    }
}
