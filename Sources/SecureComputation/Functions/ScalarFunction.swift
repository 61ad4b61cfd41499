import Algebra
import SottoApproximation

extension ProgramBuilder {
    /// Any scalar function given as piecewise polynomials: one packed comparison with all knots at the coarse scale, next
    /// to it the conversion of the input to the polynomial's scale, then one selection.
    ///
    /// Where the input's bound is beyond the function's input range, the function is continued by its tails. The error is
    /// the specification's bound; the result is at the specification's result scale, to be rescaled by the caller (one unit
    /// more).
    /// - Throws: ``ProgramError/beyondFunction(path:bound:limit:)`` where it has no such tails.
    /// - Communication: that of ``Comparison`` with `n` knots on the bits that the input's bound needs at the comparison
    ///   scale, of one ``Truncation`` and of one ``Selection`` with origins; rounds `max(compare, 1) + 2`.
    public func evaluate(_ function: PiecewisePolynomial, at x: Secret) throws -> Secret {
        let reach = scaled(x.magnitude, by: -x.scale)
        guard let function = function.reaching(reach) else {
            throw ProgramError.beyondFunction(path: path(function.name), bound: reach, limit: function.largestReach)
        }
        // The polynomial reads its input at its own scale; a coarser one gets there without rounding.
        let x = try refined(x, toScale: function.inputScale)
        let magnitude = scaled(function.outputBound, by: function.resultScale)
        let width = try checkWidth(width(holding: magnitude), "select")
        let (bits, input) = try parallel(
            {
                let (operand, knots) = try comparable(x, function)
                return try compare(operand, thresholds: knots, nonNegative: function.inputRange.lowerBound >= 0)
            },
            { try truncate(x, by: x.scale - function.inputScale, toWidth: width) })
        return try select(
            bits, SelectionTable(rows: function.coefficients), of: input, origins: function.origins,
            scale: function.resultScale, magnitude: magnitude)
    }

    /// `x` and the function's knots at one scale: in a ring `x` at that of the knots, by a local truncation; in a field,
    /// where a comparison costs the same at every scale and a truncation costs a round, the knots at that of `x`.
    private func comparable(_ x: Secret, _ function: PiecewisePolynomial) throws -> (Secret, [Int64]) {
        let shift = x.scale - function.comparisonScale
        guard shift > 0 else { return (x, function.knots) }
        guard profile.hasNarrowRings else {
            let largest = function.knots.map(\.magnitude).max() ?? 0
            try checkHeadroom(scaled(Double(largest), by: shift), width: x.width, "compare")
            return (x, function.knots.map { $0 << Int64(shift) })
        }
        return (try truncate(x, by: shift, toWidth: x.width - shift), function.knots)
    }

    /// ReLU, exact: the sign, and a selection in the narrowest ring that holds the input.
    /// - Communication: that of ``Comparison`` with one threshold and of ``Selection`` with one bit.
    public func relu(_ x: Secret) throws -> Secret {
        let narrow = x.narrowed(to: min(x.width, width(holding: x.magnitude)))
        return try select(try compare(narrow, thresholds: [0]), narrow)
    }
}
