import Foundation

/// Activations of ``BuiltInFunctions`` as polynomials of degree 2 of a coarser input, for protocols whose keys are longer with
/// the degree and with the bits of the result, and that pay nothing for a knot but time.
public enum QuadraticFunctions {
    /// What the literals are made from.
    public static var entries: [BuiltInFunctions.Entry] {
        [
            entry("gelu", "`x * Phi(x)`", -8...8, ExactFunctions.gelu),
            entry("geluNew", "GELU in the form with tanh", -8...8, ExactFunctions.geluNew),
            // So that what lines leave of it is below 2^30, see ``LinearSplit``.
            entry("silu", "`x / (1 + e^-x)`", -12...12, resultScale: 31, tolerance: 7.5e-4, ExactFunctions.silu),
        ]
    }

    /// The quadratic form of one of ``BuiltInFunctions``; nil where there is none.
    package static func form(of function: PiecewisePolynomial) -> PiecewisePolynomial? {
        guard BuiltInFunctions.all.contains(function) else { return nil }
        return all.first { $0.name == function.name }
    }

    /// The Swift source of the stored literals, fitted again from the exact functions.
    ///
    /// - Throws: what the fitter throws.
    package static func regenerate() throws -> String {
        try BuiltInFunctions.source(of: entries, in: "QuadraticFunctions")
    }

    private static func entry(
        _ name: String, _ formula: String, _ domain: ClosedRange<Double>, resultScale: Int = 32,
        tolerance: Double = 7e-4, _ exact: @escaping @Sendable (Double) -> Double
    ) -> BuiltInFunctions.Entry {
        BuiltInFunctions.Entry(
            documentation: ["\(formula), with the tails 0 and x outside \([domain.lowerBound, domain.upperBound])."],
            fitter: .init(inputScale: 12, comparisonScale: 4, resultScale: resultScale, degree: 2),
            specification: .init(
                name: name, domain: domain, inputRange: -4096...4096, left: .constant(0),
                right: .linear(slope: 1, intercept: 0), tolerance: .absolute(tolerance)),
            exact: exact)
    }
}
