/// Why a function could not be fitted.
public enum ScalarFunctionFitterError: Error, Equatable, Sendable, CustomStringConvertible {
    case invalidScales
    case invalidDomain
    case missingTail
    case invalidTail
    case invalidTolerance
    case invalidKnots
    case notFinite(at: Double)
    case toleranceUnreachable(near: Double)
    case toleranceNotReached(reached: Double, wanted: Double)

    public var description: String {
        switch self {
        case .invalidScales:
            "The scales do not fit together; use 0 <= comparison <= input <= 30, 0 <= degree <= 3 "
                + "and degree * input <= result <= 61."
        case .invalidDomain:
            "The domain is empty or not finite or has over 2^26 inputs; narrow it or lower the input scale."
        case .missingTail:
            "The input range is not the domain on a side without a tail; give a tail or the domain's end."
        case .invalidTail:
            "A tail has a slope at degree 0, is not finite or reaches 2^62 at the result scale; change it."
        case .invalidTolerance:
            "The tolerance is not positive and finite, or its floor is negative; change it."
        case .invalidKnots:
            "The knots do not ascend strictly inside the domain or there is none for a tail; correct them."
        case .notFinite(let input):
            "The exact function is not finite at \(input); leave that input out of the domain."
        case .toleranceUnreachable(let input):
            "No polynomial on an interval near \(input) meets the tolerance; raise it or one of the scales."
        case .toleranceNotReached(let reached, let wanted):
            "The fitted function reaches an error of \(reached) instead of \(wanted); raise the tolerance."
        }
    }
}
