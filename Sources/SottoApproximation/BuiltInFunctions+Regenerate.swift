extension BuiltInFunctions {
    /// The Swift source of the stored literals, fitted again from the exact functions.
    ///
    /// - Throws: what the fitter throws.
    package static func regenerate() throws -> String { try source(of: entries, in: "BuiltInFunctions") }

    static func source(of entries: [Entry], in type: String) throws -> String {
        var source = """
            // Made by \(type).regenerate(); a test compares. Change the specifications instead.

            extension \(type) {
                /// Every stored function.
                public static var all: [PiecewisePolynomial] {
                    [\(entries.map(\.specification.name).joined(separator: ", "))]
                }

            """
        for entry in entries {
            let function = try entry.fit()
            source += "\n" + documentation(of: function, entry)
            source += "    public static let \(function.name) = \(literal(function))\n"
        }
        return source + "}\n"
    }

    private static func documentation(of function: PiecewisePolynomial, _ entry: Entry) -> String {
        var error = "absolute error at most \(function.errorBound)"
        if let relative = function.relativeErrorBound {
            let floor = function.relativeErrorFloor
            error = "error at most \(relative) of \(floor == 0 ? "the result" : "the result or of \(floor)")"
            error += floor == 0 ? "" : ", whichever is larger"
        }
        let size = "\(function.knots.count) knots, degree \(function.degree); \(error)."
        return (entry.documentation + [size]).map { "    /// \($0)\n" }.joined()
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
        values.map(grouped).joined(separator: ", ")
    }

    /// Seven digits and more in groups of three, as the formatter writes them.
    private static func grouped(_ value: Int64) -> String {
        let digits = String(value.magnitude)
        guard digits.count > 6 else { return String(value) }
        var result = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index).isMultiple(of: 3) { result += "_" }
            result.append(digit)
        }
        return (value < 0 ? "-" : "") + result
    }

    private static func wrapped(_ values: [Int64]) -> String {
        stride(from: 0, to: values.count, by: 8).map { start in
            "            \(list(values[start..<min(start + 8, values.count)])),"
        }.joined(separator: "\n")
    }
}
