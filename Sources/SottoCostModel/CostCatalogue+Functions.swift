import SottoAlgebra
import SottoApproximation
import SottoSecureComputation

extension CostCatalogue {
    /// Fraction bits and the largest magnitude of what functions take and give.
    static let scale = 16
    static let bound = 4095.0

    /// `[count]` or `[rows, columns]` in the ring that `room` times the bound needs.
    private static func argument(
        _ builder: ProgramBuilder, shape: [Int], bound: Double = bound, room: Double = 1
    ) -> Secret {
        let width = builder.width(holding: Double(sign: .plus, exponent: scale, significand: room) * bound)
        return builder.input("x", owner: .client, shape: shape, scale: scale, bound: bound).narrowed(to: width)
    }

    private static func interval(_ lower: Double, _ upper: Double) -> String {
        "on [" + [lower, upper].map { $0 == $0.rounded() ? "\(Int($0))" : "\($0)" }.joined(separator: ", ") + "]"
    }

    // MARK: Elements

    package static let elementFunctions: [Entry] =
        [
            Entry("relu", interval(-bound, bound)) { b, n in _ = try b.relu(argument(b, shape: [n])) }
        ] + BuiltInFunctions.all.map(polynomial) + [reciprocal(from: 1, to: 128)]

    /// A stored function alone, on its own range.
    private static func polynomial(_ function: PiecewisePolynomial) -> Entry {
        Entry(function.name, interval(function.inputRange.lowerBound, function.inputRange.upperBound)) { b, n in
            let x = argument(b, shape: [n], bound: function.inputBound)
            _ =
                function.name == BuiltInFunctions.exponential.name
                ? try b.exponential(x, scale: scale) : try b.evaluate(function, at: x, scale: scale)
        }
    }

    private static func reciprocal(from minimum: Double, to maximum: Double) -> Entry {
        Entry("reciprocal by range reduction", interval(minimum, maximum)) { b, n in
            _ = try b.reciprocal(argument(b, shape: [n], bound: maximum), minimum: minimum, scale: scale)
        }
    }

    // MARK: Rows

    package static let rowFunctions: [Entry] =
        [16, 128, 512].flatMap { columns in
            [
                rows("maximum", columns) { b, x, rows in _ = try b.maximum(x, rows: rows) },
                rows("softmax", columns) { b, x, rows in _ = try b.softmax(x, rows: rows, scale: scale) },
            ]
        }
        + normWidths.map { columns in
            rows("layernorm", columns) { b, x, rows in
                _ = try b.layerNorm(x, rows: rows.rowCount, columns: columns, epsilon: epsilon, scale: scale)
            }
        }
        + normWidths.map { columns in
            rows("rmsnorm", columns) { b, x, rows in
                _ = try b.rmsNorm(x, rows: rows.rowCount, columns: columns, epsilon: epsilon, scale: scale)
            }
        }

    private static let normWidths = [128, 768, 1600, 4096]

    /// What norms add to the variance.
    private static let epsilon = 1e-5

    private static func rows(
        _ name: String, _ columns: Int, _ write: @escaping @Sendable (ProgramBuilder, Secret, Segments) throws -> Void
    ) -> Entry {
        Entry(name, "of \(columns)") { b, n in
            // Differences of two elements of a row need a bit more than the elements.
            try write(b, argument(b, shape: [n, columns], room: 2), Segments(rows: n, columns: columns))
        }
    }
}
