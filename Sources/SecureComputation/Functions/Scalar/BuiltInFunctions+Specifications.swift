#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#endif

/// The scalar functions that come with the package, as stored literals; ``regenerate()`` makes them again.
public enum BuiltInFunctions {
    /// A function, the fitter's settings for it and what it stands for.
    public struct Entry: Sendable {
        public let fitter: ScalarFunctionFitter
        public let specification: ScalarFunctionFitter.Specification
        public let exact: @Sendable (Double) -> Double

        /// Fits the function.
        public func fit() throws -> PiecewisePolynomial { try fitter.fit(specification, exact: exact) }
    }

    /// `x * Phi(x)` with the normal distribution function `Phi`.
    public static func exactGELU(_ x: Double) -> Double { 0.5 * x * erfc(-x / 2.0.squareRoot()) }

    /// The form with tanh that GPT-2 uses.
    public static func exactGELUNew(_ x: Double) -> Double {
        // 0.5 * (1 + tanh(z)) as a logistic function keeps its precision for negative x.
        let z = (2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)
        return x / (1 + exp(-2 * z))
    }

    /// What the literals are made from.
    public static var entries: [Entry] {
        [
            Entry(
                fitter: .init(inputScale: 13, comparisonScale: 5, resultScale: 49),
                specification: .init(
                    name: "gelu", domain: -8...8, inputRange: -4096...4096, left: .constant(0),
                    right: .linear(slope: 1, intercept: 0), tolerance: .absolute(3e-4)),
                exact: exactGELU),
            Entry(
                fitter: .init(inputScale: 13, comparisonScale: 5, resultScale: 49),
                specification: .init(
                    name: "geluNew", domain: -8...8, inputRange: -4096...4096, left: .constant(0),
                    right: .linear(slope: 1, intercept: 0), tolerance: .absolute(3e-4)),
                exact: exactGELUNew),
            Entry(
                fitter: .init(inputScale: 14, comparisonScale: 5, resultScale: 60),
                specification: .init(
                    name: "exponential", domain: -24...0.0625, inputRange: -8192...0.0625, left: .constant(0),
                    tolerance: .relative(2e-4, floor: 1.0 / 1024)),
                exact: { exp($0) }),
            Entry(
                fitter: .init(inputScale: 17, comparisonScale: 8, resultScale: 60),
                specification: .init(
                    name: "reciprocal", domain: 0.99609375...2.00390625, inputRange: 0.99609375...2.00390625,
                    tolerance: .relative(3e-5, floor: 0)),
                exact: { 1 / $0 }),
            Entry(
                fitter: .init(inputScale: 17, comparisonScale: 8, resultScale: 60),
                specification: .init(
                    name: "inverseSquareRoot", domain: 0.99609375...4.00390625, inputRange: 0.99609375...4.00390625,
                    tolerance: .relative(3e-5, floor: 0)),
                exact: { 1 / $0.squareRoot() }),
        ]
    }
}
