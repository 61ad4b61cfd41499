import SottoApproximation

/// A repeatable generator (SplitMix64), so that a failure can be run again.
struct ScalarInputGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

/// The fields of a specification, to spoil one at a time. As it stands: |x| on [-4, 4], exact but for truncation.
struct Fields {
    var name = "absolute value"
    var inputScale = 8
    var comparisonScale = 4
    var resultScale = 20
    var knots: [Int64] = [0]
    var origins: [Int64] = [0, 0]
    var coefficients: [[Int64]] = [[0, -4096], [0, 4096]]
    var inputRange: ClosedRange<Double> = -4...4
    var domain: ClosedRange<Double> = -4...4
    var errorBound = 0.13
    var relativeErrorBound: Double?
    var relativeErrorFloor = 0.0

    func make() throws -> PiecewisePolynomial {
        try PiecewisePolynomial(
            name: name, inputScale: inputScale, comparisonScale: comparisonScale, resultScale: resultScale,
            knots: knots, origins: origins, coefficients: coefficients, inputRange: inputRange, domain: domain,
            errorBound: errorBound, relativeErrorBound: relativeErrorBound, relativeErrorFloor: relativeErrorFloor)
    }
}

extension Fields {
    init(_ function: PiecewisePolynomial) {
        name = function.name
        inputScale = function.inputScale
        comparisonScale = function.comparisonScale
        resultScale = function.resultScale
        knots = function.knots
        origins = function.origins
        coefficients = function.coefficients
        inputRange = function.inputRange
        domain = function.domain
        errorBound = function.errorBound
        relativeErrorBound = function.relativeErrorBound
        relativeErrorFloor = function.relativeErrorFloor
    }
}

/// `sum_j c_j v^j` over the integers, power by power: nothing in common with the evaluation under test.
func exactSum(_ coefficients: [Int64], _ v: Int64) -> Int128 {
    var sum: Int128 = 0
    for (power, c) in coefficients.enumerated() where c != 0 {
        sum += (0..<power).reduce(Int128(c)) { product, _ in product * Int128(v) }
    }
    return sum
}
