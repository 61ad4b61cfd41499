import Foundation

/// The scalar functions that come with the package: stored literals, and the specifications that they are made from.
///
/// The stored error bounds hold for real inputs, hence for fixed-point inputs of any precision, and include everything
/// but the truncation of the result to the scale of the output.
public enum BuiltInFunctions {
    /// A function, the fitter's settings for it and what it stands for.
    public struct Entry: Sendable {
        /// Lines for the stored literal.
        let documentation: [String]
        public let fitter: ScalarFunctionFitter
        public let specification: ScalarFunctionFitter.Specification
        public let exact: @Sendable (Double) -> Double

        /// Fits the function.
        public func fit() throws -> PiecewisePolynomial { try fitter.fit(specification, exact: exact) }
    }

    /// What the literals are made from.
    public static var entries: [Entry] {
        [geluEntry, geluNewEntry, siluEntry, exponentialEntry, reciprocalEntry, rootEntry]
    }

    private static var geluEntry: Entry {
        Entry(
            documentation: [
                "`x * Phi(x)`. Outside [-8, 8] the tails 0 and x miss it by less than 1e-14; what remains on the right",
                "is the truncation of the input.",
            ],
            fitter: .init(inputScale: 13, comparisonScale: 5, resultScale: 49),
            specification: .init(
                name: "gelu", domain: -8...8, inputRange: -4096...4096, left: .constant(0),
                right: .linear(slope: 1, intercept: 0), tolerance: .absolute(3e-4)),
            exact: ExactFunctions.gelu)
    }

    private static var geluNewEntry: Entry {
        Entry(
            documentation: [
                "GELU in the form with tanh. Outside [-8, 8] the tails 0 and x miss it by less than 1e-14; what remains",
                "on the right is the truncation of the input.",
            ],
            fitter: .init(inputScale: 13, comparisonScale: 5, resultScale: 49),
            specification: .init(
                name: "geluNew", domain: -8...8, inputRange: -4096...4096, left: .constant(0),
                right: .linear(slope: 1, intercept: 0), tolerance: .absolute(3e-4)),
            exact: ExactFunctions.geluNew)
    }

    private static var siluEntry: Entry {
        Entry(
            documentation: [
                "`x / (1 + e^-x)`. Outside [-12, 12] the tails 0 and x miss it by less than 8e-5; the rest on the right",
                "is the truncation of the input.",
            ],
            fitter: .init(inputScale: 13, comparisonScale: 5, resultScale: 49),
            specification: .init(
                name: "silu", domain: -12...12, inputRange: -4096...4096, left: .constant(0),
                right: .linear(slope: 1, intercept: 0), tolerance: .absolute(3e-4)),
            exact: ExactFunctions.silu)
    }

    private static var exponentialEntry: Entry {
        Entry(
            documentation: [
                "`e^x` for x up to 2^-4, as softmax needs it after an approximate maximum is subtracted. Left of -24 the",
                "tail 0 misses it by less than 4e-11.",
            ],
            fitter: .init(inputScale: 14, comparisonScale: 5, resultScale: 60),
            specification: .init(
                name: "exponential", domain: -24...0.0625, inputRange: -8192...0.0625, left: .constant(0),
                tolerance: .relative(2e-4, floor: 1.0 / 1024)),
            exact: { exp($0) })
    }

    private static var reciprocalEntry: Entry {
        let range = 1 - 0x1p-8...2 + 0x1p-8
        return Entry(
            documentation: ["`1 / x` after a range reduction to [1, 2], and 2^-8 beyond on both sides."],
            fitter: .init(inputScale: 17, comparisonScale: 6, resultScale: 60),
            specification: .init(
                name: "reciprocal", domain: range, inputRange: range, tolerance: .relative(3e-5, floor: 0)),
            exact: { 1 / $0 })
    }

    private static var rootEntry: Entry {
        let range = 1 - 0x1p-8...4 + 0x1p-8
        return Entry(
            documentation: ["`1 / sqrt(x)` after a range reduction to [1, 4], and 2^-8 beyond on both sides."],
            fitter: .init(inputScale: 16, comparisonScale: 5, resultScale: 60),
            specification: .init(
                name: "inverseSquareRoot", domain: range, inputRange: range, tolerance: .relative(3e-5, floor: 0)),
            exact: { 1 / $0.squareRoot() })
    }
}
