extension BuiltInFunctions {
    /// The Swift source of the stored literals, fitted again from the exact functions.
    ///
    /// - Throws: what the fitter throws.
    public static func regenerate() throws -> String {
        var source = """
            // Made by BuiltInFunctions.regenerate(); a test compares. Change the specifications instead.

            extension BuiltInFunctions {
                /// Every stored function.
                public static var all: [PiecewisePolynomial] {
                    [\(entries.map(\.specification.name).joined(separator: ", "))]
                }

            """
        for entry in entries {
            let function = try entry.fit()
            source += "\n    \(documentation(of: function))\n    public static let \(function.name) = "
            source += literal(function) + "\n"
        }
        return source + "}\n"
    }

    private static func documentation(of function: PiecewisePolynomial) -> String {
        let knots = "\(function.knots.count) knots, degree \(function.degree)"
        guard let relative = function.relativeErrorBound else {
            return "/// \(knots), absolute error at most \(function.errorBound)."
        }
        let reference = function.relativeErrorFloor == 0 ? "" : " of max(|y|, \(function.relativeErrorFloor))"
        return "/// \(knots), relative error at most \(relative)\(reference)."
    }

    private static func literal(_ function: PiecewisePolynomial) -> String {
        let rows = function.coefficients.map { "            [\(list($0))]," }.joined(separator: "\n")
        return """
            PiecewisePolynomial(
                    trustedName: "\(function.name)", inputScale: \(function.inputScale), \
            comparisonScale: \(function.comparisonScale), resultScale: \(function.resultScale),
                    knots: [
            \(wrapped(function.knots))
                    ],
                    origins: [
            \(wrapped(function.origins))
                    ],
                    coefficients: [
            \(rows)
                    ],
                    inputRange: \(range(function.inputRange)), domain: \(range(function.domain)),
                    errorBound: \(function.errorBound), \
            relativeErrorBound: \(function.relativeErrorBound.map { "\($0)" } ?? "nil"),
                    relativeErrorFloor: \(function.relativeErrorFloor), outputBound: \(function.outputBound))
            """
    }

    private static func range(_ range: ClosedRange<Double>) -> String {
        "\(range.lowerBound)...\(range.upperBound)"
    }

    private static func list(_ values: some Sequence<Int64>) -> String {
        values.map(String.init).joined(separator: ", ")
    }

    private static func wrapped(_ values: [Int64]) -> String {
        stride(from: 0, to: values.count, by: 8).map { start in
            "            \(list(values[start..<min(start + 8, values.count)])),"
        }.joined(separator: "\n")
    }
}
