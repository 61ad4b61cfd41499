import SottoAlgebra
import SottoApproximation

// Scalar functions in the cheapest way that the suite has over the domain.

extension ProgramBuilder {
    /// A scalar function at a scale: by a table where it has the tails of ReLU and the suite tables over the domain, else by
    /// its polynomials.
    ///
    /// The error of a table is the function's bound, the table's deviation of at most ``FunctionTable/Form/tolerance``, and
    /// 2^-13;
    /// that of polynomials the function's bound and one unit of the scale.
    /// - Throws: as ``evaluate(_:at:)``.
    /// - Communication: that of the suite.
    public func evaluate(
        _ function: PiecewisePolynomial, at x: Secret, scale: Int, minimumWidth: Int = 0
    ) throws -> Secret {
        guard case (let table, let short)? = try tabulated(function, at: x) else {
            let (function, x) = try atItsScale(suite.preferred(function), x)
            if let value = try suite.evaluate(function, at: x, scale: scale, minimumWidth: minimumWidth, in: self) {
                return value
            }
            return try rescale(try evaluate(function, at: x), to: scale, minimumWidth: minimumWidth)
        }
        let magnitude = short.magnitude + scaled(table.lineBound, by: short.scale) + 1
        let room = scaled(magnitude, by: max(0, scale - short.scale))
        let width = try checkWidth(max(minimumWidth, width(holding: room)), function.name)
        let value = try tiledBySuite(short) { try suite.evaluate(table, at: $0, width: width, in: self) }
        let result = value.promisedMagnitude(magnitude)
        return scale > result.scale
            ? try refined(result, toScale: scale).narrowed(to: width)
            : try rescale(result, to: scale, minimumWidth: minimumWidth)
    }

    /// `e^x` for `x` up to 1/16 at a scale of at most 24.
    ///
    /// Error at most 1.75e-4 of the result or of 1/1024, whichever is larger, where a suite has circuits 4e-4, and one unit
    /// of the scale.
    /// - Communication: that of the suite; and of an extension.
    public func exponential(_ x: Secret, scale: Int, minimumWidth: Int = 0) throws -> Secret {
        let short = try resizedToMagnitude(x, atScale: FixedPointExponential.inputScale)
        guard suite.hasExponential(of: short, over: profile), scale <= 24 else {
            let polynomials = BuiltInFunctions.exponential
            return try rescale(try evaluate(polynomials, at: short), to: scale, minimumWidth: minimumWidth)
        }
        return try tiledBySuite(short) { x in
            let value = try suite.exponential(x, scale: scale, minimumWidth: minimumWidth, in: self)
            return try resized(value, toWidth: max(value.width, minimumWidth))
        }
    }

    /// The table and the input that it takes; nil where polynomials are to be evaluated.
    private func tabulated(
        _ function: PiecewisePolynomial, at x: Secret
    ) throws -> (FunctionTable, Secret)? {
        guard profile.hasNarrowRings, let table = table(of: function) else { return nil }
        let short = try resizedToMagnitude(x, atScale: FunctionTable.inputScale)
        return suite.tabulates(table, at: short, over: profile) ? (table, short) : nil
    }

    /// `x` at that scale in the narrowest ring that converts it.
    private func resizedToMagnitude(_ x: Secret, atScale scale: Int) throws -> Secret {
        guard profile.hasNarrowRings else { return x }
        let scaled = x.scale > scale ? try rescale(x, to: scale) : try refined(x, toScale: scale)
        return scaled.narrowed(to: width(holding: scaled.magnitude))
    }

    private func table(of function: PiecewisePolynomial) -> FunctionTable? {
        let key = TableKey(function: function, form: suite.tableForm)
        if let known = tables[key] { return known }
        let table = FunctionTable(function, as: key.form)
        tables[key] = .some(table)
        return table
    }
}

/// A function in the form of a suite.
struct TableKey: Hashable {
    let function: PiecewisePolynomial
    let form: FunctionTable.Form
}
