import SottoAlgebra
import SottoApproximation
import SottoPreprocessing

/// Comparisons by millionaires' trees over OT and bit triples, selections by powers of a mask, truncations by one correlated
/// OT, in any ring or prime field; in rings tables, exponentials, rectifiers and signs of their own.
package struct OTSuite: ProtocolSuite {
    /// How rings get at the bits of a value that a table, an exponential or a rectifier needs.
    package enum BitMethod: Sendable {
        /// Look-ups at a value that is opened once under a mask, whose digits' indicators are dealt: fewest bytes and rounds
        /// with a dealer, who alone makes these correlations today.
        case maskedDigits
        /// Circuits on the shares' bits, by triples and selections that are nothing but random OTs: fewest bytes without a
        /// dealer.
        case circuits
    }

    /// Children of a node of the comparison's tree.
    package let treeArity: Int
    package let bitMethod: BitMethod

    /// - Precondition: an arity from 2 to 8.
    package init(treeArity: Int, bitMethod: BitMethod = .maskedDigits) {
        precondition((2...8).contains(treeArity))
        self.treeArity = treeArity
        self.bitMethod = bitMethod
    }

    package var name: String { "ot" }
    package var description: String {
        "ot with trees of arity \(treeArity)" + (bitMethod == .circuits ? " and circuits" : "")
    }

    package var tableForm: FunctionTable.Form {
        switch bitMethod {
        case .maskedDigits: .window
        case .circuits: .remainder
        }
    }

    /// - Communication: ``Truncation``.
    package func truncate(_ x: Secret, by shift: Int, toWidth width: Int, in builder: ProgramBuilder) throws -> Secret {
        let profile = builder.profile
        let isLocal = profile.hasNarrowRings && width <= x.width - shift
        let correlation =
            isLocal
            ? nil
            : builder.newCorrelation(
                CorrelatedOT(
                    count: x.count, width: profile.wrapWidth(shift: shift, fromWidth: x.width, toWidth: width)))
        let output = Secret(
            slot: builder.newSlot(elements: x.count), shape: x.shape, scale: x.scale - shift,
            magnitude: scaled(x.magnitude, by: -shift) + Double(profile.truncationError(shift: shift)), width: width)
        try builder.emit(
            Truncation(
                input: x.slot, count: x.count, shift: shift, fromWidth: x.width, toWidth: width,
                correlation: correlation, offset: profile.truncationOffset(width: x.width), output: output.slot))
        return output
    }

    /// - Communication: ``Comparison``.
    package func compare(
        _ x: Secret, thresholds: [Int64], width: Int, in builder: ProgramBuilder
    ) throws -> SecretBits {
        let tree = MillionairesTree(bits: builder.profile.comparisonBits(width: width), arity: treeArity)
        let leaves = builder.newCorrelation(
            MillionairesLeaves(count: x.count, bits: tree.bits, thresholds: thresholds.count))
        let groups = tree.levels.map { level in
            level.filter { !$0.isPassedOn }.map { group in
                builder.newCorrelation(
                    BitProducts(
                        count: x.count, copies: thresholds.count, planes: group.planeCount, subsets: group.subsets))
            }
        }
        let slot = builder.newSlot(bits: thresholds.count * x.count)
        try builder.emit(
            Comparison(
                input: x.slot, count: x.count, width: width, bits: tree.bits, thresholds: thresholds,
                arity: treeArity, leafCorrelation: leaves, groupCorrelations: groups, output: slot))
        return SecretBits(
            parts: [SecretBits.Part(slot: slot, range: 0..<x.count)], planes: thresholds.count, count: x.count)
    }

    /// - Communication: ``Comparison`` with one threshold, or that of ``signCircuit(width:)``.
    package func sign(_ x: Secret, width: Int, in builder: ProgramBuilder) throws -> SecretBits {
        guard bitMethod == .circuits, builder.profile.hasNarrowRings else {
            return try compare(x, thresholds: [0], width: width, in: builder)
        }
        return try evaluate(Self.signCircuit(width: width), of: x, magnitudeBits: width - 1, in: builder)
    }

    /// - Communication: ``Selection``.
    package func select(_ selection: SelectionRequest, in builder: ProgramBuilder) throws -> Secret {
        let bits = selection.bits
        let correlation = builder.newCorrelation(
            SelectionCorrelation(
                count: bits.count, thresholds: selection.table.thresholds, degree: selection.table.degree,
                isMasked: selection.x != nil, width: selection.width))
        let output = Secret(
            slot: builder.newSlot(elements: bits.count), shape: selection.shape, scale: selection.scale,
            magnitude: selection.magnitude, width: selection.width)
        try builder.emit(
            Selection(
                bits: bits.parts[0].slot, input: selection.x?.slot, count: bits.count, width: selection.width,
                table: selection.table, origins: selection.origins, correlation: correlation, output: output.slot))
        return output
    }

    /// One packed comparison with all knots at the coarse scale, next to it the conversion of the input to the polynomial's
    /// scale, then one selection.
    /// - Communication: that of ``Comparison`` with `n` knots on the bits that the input's bound needs at the comparison
    ///   scale, of one ``Truncation`` and of one ``Selection`` with origins; rounds `max(compare, 1) + 2`.
    package func evaluate(
        _ function: PiecewisePolynomial, at x: Secret, width: Int, magnitude: Double, in builder: ProgramBuilder
    ) throws -> Secret {
        let (bits, input) = try builder.parallel(
            {
                let (operand, knots) = try comparable(x, function, builder)
                return try builder.compare(
                    operand, thresholds: knots, nonNegative: function.inputRange.lowerBound >= 0)
            },
            { try builder.truncate(x, by: x.scale - function.inputScale, toWidth: width) })
        return try builder.select(
            bits, SelectionTable(rows: function.coefficients), of: input, origins: function.origins,
            scale: function.resultScale, magnitude: magnitude)
    }

    /// `x` and the function's knots at one scale: in a ring `x` at that of the knots, by a local truncation; in a field,
    /// where a comparison costs the same at every scale and a truncation costs a round, the knots at that of `x`.
    private func comparable(
        _ x: Secret, _ function: PiecewisePolynomial, _ builder: ProgramBuilder
    ) throws -> (Secret, [Int64]) {
        let shift = x.scale - function.comparisonScale
        guard shift > 0 else { return (x, function.knots) }
        guard builder.profile.hasNarrowRings else {
            let largest = function.knots.map(\.magnitude).max() ?? 0
            try builder.checkHeadroom(scaled(Double(largest), by: shift), width: x.width, "compare")
            return (x, function.knots.map { $0 << Int64(shift) })
        }
        return (try builder.truncate(x, by: shift, toWidth: x.width - shift), function.knots)
    }

    package var tilesSteps: Bool { false }
    package var rectifierScale: Int? { nil }

    package func preferred(_ function: PiecewisePolynomial) -> PiecewisePolynomial { function }

    package func evaluate(
        _ function: PiecewisePolynomial, at x: Secret, scale: Int, minimumWidth: Int, in builder: ProgramBuilder
    ) throws -> Secret? {
        nil
    }

    package func evaluate(_ splines: SplineRequest, at x: Secret, in builder: ProgramBuilder) throws -> [Secret]? {
        nil
    }

    package var extendsOpenings: Bool { false }

    /// The larger of comparison's and selection's.
    package func correlationBytes(thresholds: Int, degree: Int, over domain: DomainProfile) -> Double {
        let width = domain.maximumWidth
        let powers = SelectionCorrelation.powerCount(thresholds: thresholds, degree: degree, count: 1) * width
        let leaves = thresholds * MillionairesLeaves.productCount(bits: width)
        return Double(max(powers, leaves)) / 8 + 1
    }
}
