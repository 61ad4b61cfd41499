import SottoAlgebra
import SottoApproximation

/// The protocols of nonlinear operations.
///
/// The builder has checked headroom and bounds and chosen the narrowest ring when it asks; a suite emits instructions. What
/// it promises of values is as said here, whatever the protocol.
package protocol ProtocolSuite: Sendable, CustomStringConvertible {
    /// As reports and the command line name it; `description` tells its parameters too.
    var name: String { get }

    /// Whether it tiles an operation step by step, and is to be given all elements: where what it holds between two messages is
    /// next to nothing and what it holds after them, such as keys, more than a window of whole tiles has.
    var tilesSteps: Bool { get }

    /// `x` divided by `2^shift`, into a ring of `width` bits, up to ``DomainProfile/truncationError(shift:)`` units. In a
    /// ring whose width shrinks by the shift nothing has to be sent.
    func truncate(_ x: Secret, by shift: Int, toWidth width: Int, in builder: ProgramBuilder) throws -> Secret
    /// `[x >= t]` for every threshold, exact for values whose difference to each fits `width` bits.
    func compare(_ x: Secret, thresholds: [Int64], width: Int, in builder: ProgramBuilder) throws -> SecretBits
    /// `[x >= 0]`, exact for values that fit `width` bits.
    func sign(_ x: Secret, width: Int, in builder: ProgramBuilder) throws -> SecretBits
    /// The polynomial of `table` that the bits select, at `x` minus the selected origin, or without `x` the selected
    /// constant; of the given shape, scale and magnitude, in a ring of `width` bits.
    func select(_ selection: SelectionRequest, in builder: ProgramBuilder) throws -> Secret
    /// A scalar function at `x`, whose scale is at least the function's, at the function's result scale in a ring of
    /// `width` bits.
    func evaluate(
        _ function: PiecewisePolynomial, at x: Secret, width: Int, magnitude: Double, in builder: ProgramBuilder
    ) throws -> Secret

    /// The same at another scale in a ring of at least `minimumWidth` bits, within one unit of that scale, where it has a way for
    /// less than a change of scale and ring afterwards; nil elsewhere.
    func evaluate(
        _ function: PiecewisePolynomial, at x: Secret, scale: Int, minimumWidth: Int, in builder: ProgramBuilder
    ) throws -> Secret?

    /// In which form it takes tables.
    var tableForm: FunctionTable.Form { get }
    /// Whether it evaluates that table at `x` for less than the function's polynomials.
    func tabulates(_ table: FunctionTable, at x: Secret, over domain: DomainProfile) -> Bool
    /// A table at `x`, at the scale of `x` in a ring of `width` bits; asked only where it says that it does.
    func evaluate(_ table: FunctionTable, at x: Secret, width: Int, in builder: ProgramBuilder) throws -> Secret
    /// Whether it has an exponential of `x` of its own.
    func hasExponential(of x: Secret, over domain: DomainProfile) -> Bool
    /// `e^x` for `x` up to 1/16, zero far below, at a scale in the narrowest ring, or where that costs less than an extension in
    /// one of `minimumWidth` bits; asked only where it says that it has it.
    func exponential(_ x: Secret, scale: Int, minimumWidth: Int, in builder: ProgramBuilder) throws -> Secret

    /// Whether it has a rectifier of `x` for less than a sign and a selection.
    func rectifies(_ x: Secret, over domain: DomainProfile) -> Bool
    /// `x` where it is not negative, else zero; asked only where it says that it does. Exact.
    func rectify(_ x: Secret, in builder: ProgramBuilder) throws -> Secret

    /// Fraction bits that activations keep where it rectifies them; nil for all, where those cost next to nothing.
    var rectifierScale: Int? { get }

    /// The form of a scalar function that it evaluates for least.
    func preferred(_ function: PiecewisePolynomial) -> PiecewisePolynomial
    /// Piecewise polynomials of one value; nil where each is better evaluated by itself.
    func evaluate(_ splines: SplineRequest, at x: Secret, in builder: ProgramBuilder) throws -> [Secret]?
    /// Whether products of an opened value may be in a wider ring than that which it was opened in.
    var extendsOpenings: Bool { get }

    /// Upper bound of the bytes that an element's largest correlation takes on the wire where a function of so many
    /// thresholds and such a degree is evaluated: for limits that are checked before a program is built.
    func correlationBytes(thresholds: Int, degree: Int, over domain: DomainProfile) -> Double
}

/// A scalar function as a table, in the form that a suite takes.
package enum FunctionTable: Sendable {
    case window(TabulatedFunction)
    case remainder(RemainderTable)

    package enum Form: Sendable, Hashable {
        /// Lines about zero.
        case window
        /// `max(x, 0)` minus lines of what is left.
        case remainder

        /// How far a table may be from the polynomials that it is made of.
        package var tolerance: Double {
            switch self {
            case .window: 6e-4
            case .remainder: 7e-4
            }
        }
    }

    /// Fraction bits of the input and the result.
    package static let inputScale = TabulatedFunction.inputScale

    /// - Returns: nil where the form has none within its tolerance.
    init?(_ function: PiecewisePolynomial, as form: Form) {
        let table: FunctionTable? =
            switch form {
            case .window: TabulatedFunction(function, tolerance: form.tolerance).map { .window($0) }
            case .remainder: RemainderTable(function, tolerance: form.tolerance).map { .remainder($0) }
            }
        guard let table else { return nil }
        self = table
    }

    /// The largest magnitude of a line.
    package var lineBound: Double {
        switch self {
        case .window(let table): table.lineBound
        case .remainder(let table): table.lineBound
        }
    }
}

/// Several piecewise polynomials with the same knots.
package struct SplineRequest: Sendable {
    /// One of them, exact.
    package struct Function: Sendable {
        /// By piece, the coefficients for `x` as an integer.
        package let rows: [[Int64]]
        package let scale: Int
        package let magnitude: Double
    }

    /// The pieces' first inputs but that of the first, at the scale of `x`.
    package let knots: [Int64]
    package let functions: [Function]
    /// Of the results' ring.
    package let width: Int
    /// What the functions are multiplied by; an element for each of the input. Their magnitudes are those of the products.
    package var factor: Secret?
}

/// What a suite is asked to select.
package struct SelectionRequest: Sendable {
    /// As many planes as the table has thresholds.
    package let bits: SecretBits
    package let table: SelectionTable
    /// nil where the polynomials are constants.
    package let x: Secret?
    /// By interval; empty for none.
    package let origins: [Int64]
    package let shape: [Int]
    package let scale: Int
    package let magnitude: Double
    package let width: Int
}
