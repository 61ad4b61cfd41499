import SottoRandomness

/// Piecewise polynomials of a value `x` that was opened under a mask: with `d = x - a` modulo `2^width` public, one key of a
/// distributed comparison function with the payload `(1, a, a², ...)` gives shares of any polynomial of the degree on any
/// pieces, and nothing is sent (spline gates: Boyle et al., EUROCRYPT 2021, ePrint 2020/1392, section 5; payloads of powers
/// of the mask, and pieces that are chosen after the key was made, as here).
///
/// A piece of `x` is an interval of the mask modulo `2^width`, cut in two where `x` wraps. The key sees the mask without its
/// lowest `droppedBits`: which piece is taken is then decided for `x` rounded down to a multiple of `2^droppedBits`, or
/// up, and the polynomial is that of `x` itself.
///
/// `x` is signed, in `-2^(width-1)..<2^(width-1)`; where bits are dropped it must stay a cell of `2^droppedBits` away from
/// both ends.
public struct SplineGate: Sendable, Hashable {
    let circle: KnotCircle
    /// Results are modulo `2^ring`.
    public let ring: Int
    public let functions: [SplineFunction]
    /// Whether functions are multiplied by another secret, which is opened under a mask in the results' ring: `(1, a, ...)` is then
    /// followed by the same times that mask.
    public let isMultiplied: Bool

    /// - Parameters:
    ///   - width: of the ring that `x` is opened in, 2 to 64 bits.
    ///   - knots: the pieces' first inputs but that of the first, as multiples of `2^droppedBits`, ascending.
    /// - Precondition: knots ascend within the width, and every function has a row for each piece, all of one degree.
    public init(
        width: Int, droppedBits: Int = 0, ring: Int, knots: [Int64], functions: [SplineFunction],
        isMultiplied: Bool = false
    ) {
        circle = KnotCircle(width: width, droppedBits: droppedBits, knots: knots)
        precondition((1...64).contains(ring))
        precondition(!functions.isEmpty && functions.allSatisfy { $0.rows.count == knots.count + 1 })
        precondition(functions.allSatisfy { $0.degree == functions[0].degree })
        self.ring = ring
        self.functions = functions
        self.isMultiplied = isMultiplied
    }

    public var width: Int { circle.width }
    public var droppedBits: Int { circle.droppedBits }
    public var knots: [Int64] { circle.knots }
    public var degree: Int { functions[0].degree }
    /// Points at which a key is evaluated: the knots', and where `x` wraps.
    public var pointsOfKey: Int { circle.points }
    /// Which of them lie close together.
    public var clusters: PointClusters { circle.clusters }

    public var keyFormat: ComparisonFormat {
        ComparisonFormat(
            inputBits: circle.cellBits, components: (isMultiplied ? 2 : 1) * (degree + 1), ring: ring,
            publicComponents: 1)
    }
}

/// A function's polynomials by piece.
public struct SplineFunction: Sendable, Hashable {
    /// By piece, the polynomials are of `x` minus it.
    public let origins: [Int64]
    /// By piece, coefficients from the constant's on.
    public let rows: [[Int64]]

    public var degree: Int { rows[0].count - 1 }

    /// - Parameter origins: by piece; empty for none.
    /// - Precondition: rows of one length, 2 to 4.
    public init(origins: [Int64] = [], rows: [[Int64]]) {
        precondition(!rows.isEmpty && (2...4).contains(rows[0].count) && rows.allSatisfy { $0.count == rows[0].count })
        precondition(origins.isEmpty || origins.count == rows.count)
        self.origins = origins.isEmpty ? [Int64](repeating: 0, count: rows.count) : origins
        self.rows = rows
    }
}
