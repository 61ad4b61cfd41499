import SottoApproximation
import SottoFunctionSecretSharing

// Scalar functions by spline gates.

extension FSSuite {
    /// An input in the ring that a function's gate opens it in, and what of the function it can meet.
    struct SplineInput {
        let x: Secret
        let droppedBits: Int
        let pieces: Range<Int>
        let knots: [Int64]
        let origins: [Int64]

        func gate(ring: Int, functions: [SplineFunction]) -> SplineGate {
            SplineGate(width: x.width, droppedBits: droppedBits, ring: ring, knots: knots, functions: functions)
        }
    }

    func splineInput(_ function: PiecewisePolynomial, _ x: Secret, in builder: ProgramBuilder) throws -> SplineInput {
        let shift = x.scale - function.inputScale
        let short = try builder.truncate(x, by: shift, toWidth: x.width - shift)
        let dropped = function.inputScale - function.comparisonScale
        // Values stay a cell away from the ring's ends.
        let bits = ProgramBuilder.bits(short.magnitude + scaled(1, by: dropped)) + builder.profile.signBits
        // Up to a cell more is met, see ``SplineGate``.
        let pieces = Self.pieces(function.knots, upTo: scaled(short.magnitude, by: -dropped) + 1)
        return SplineInput(
            x: short.narrowed(to: min(max(bits, dropped + 2), short.width)), droppedBits: dropped, pieces: pieces,
            knots: Array(function.knots[pieces.dropLast()]), origins: Array(function.origins[pieces]))
    }

    /// Bits in which a block of values holds all components of a key.
    private static let narrowRing = 32

    /// Lines and what is left of them by the same key, where both fit a narrow ring and the result has to be extended in any case:
    /// a node then has one block of values in place of two, and the key is a fifth shorter. Lines are exact, what is left is truncated.
    /// - Communication: that of the gate, and of two truncations in one round.
    package func evaluate(
        _ function: PiecewisePolynomial, at x: Secret, scale: Int, minimumWidth: Int, in builder: ProgramBuilder
    ) throws -> Secret? {
        let magnitude = scaled(function.outputBound, by: scale) + 1
        let whole = builder.width(holding: scaled(function.outputBound, by: function.resultScale))
        let width = max(minimumWidth, builder.width(holding: magnitude))
        guard builder.profile.hasNarrowRings, function.degree > 1, whole > Self.narrowRing,
            width > whole - (function.resultScale - scale), scale >= function.inputScale, function.resultScale > scale,
            let split = function.linearSplit(within: Self.narrowRing - builder.profile.conversionBits)
        else { return nil }
        let reach = scaled(x.magnitude, by: function.inputScale - x.scale) + 1
        let lineBound = split.lines.map { Double($0.slope.magnitude) * reach + Double($0.offset.magnitude) }.max()!
        let ring = ProgramBuilder.bits(max(lineBound, Double(split.bound))) + builder.profile.conversionBits
        guard ring <= Self.narrowRing else { return nil }
        let input = try splineInput(function, x, in: builder)
        let gate = input.gate(ring: ring, functions: split.functions(of: function, input.pieces))
        let parts = try evaluate(
            gate, at: input.x, [(function.inputScale, lineBound), (function.resultScale, Double(split.bound))],
            in: builder)
        let (lines, rest) = try builder.parallel(
            { try builder.refined(try builder.resized(parts[0], toWidth: width), toScale: scale) },
            { try builder.truncate(parts[1], by: function.resultScale - scale, toWidth: width) })
        return try builder.add(lines.narrowed(to: width), rest).promisedMagnitude(magnitude)
    }
}

extension LinearSplit {
    /// The lines and what is left, as polynomials of one degree.
    fileprivate func functions(of function: PiecewisePolynomial, _ pieces: Range<Int>) -> [SplineFunction] {
        let zeros = [Int64](repeating: 0, count: function.degree - 1)
        return [
            SplineFunction(rows: lines[pieces].map { [$0.offset, $0.slope] + zeros }),
            SplineFunction(origins: Array(function.origins[pieces]), rows: Array(rows[pieces])),
        ]
    }
}
