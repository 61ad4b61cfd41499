import SottoAlgebra
import SottoApproximation
import SottoFunctionSecretSharing
import SottoPreprocessing

/// Comparisons, rectifiers and scalar functions by function secret sharing: a value is opened once under a mask, in the
/// narrowest ring that its bound allows, and keys that are bound to the mask do the rest without another message (Boyle et
/// al., EUROCRYPT 2021, ePrint 2020/1392). In rings alone, with keys that a dealer makes.
///
/// Truncations and selections by bits are those of ``OTSuite``.
package struct FSSuite: ProtocolSuite {
    private let others = OTSuite(treeArity: 4)

    package init() {}

    package var name: String { "fss" }
    package var description: String { "fss" }
    package var tilesSteps: Bool { true }

    // MARK: Without gates

    /// - Communication: ``Truncation``.
    package func truncate(_ x: Secret, by shift: Int, toWidth width: Int, in builder: ProgramBuilder) throws -> Secret {
        try others.truncate(x, by: shift, toWidth: width, in: builder)
    }

    /// - Communication: ``Selection``.
    package func select(_ selection: SelectionRequest, in builder: ProgramBuilder) throws -> Secret {
        try others.select(selection, in: builder)
    }

    // MARK: Comparisons

    /// - Communication: `ceil(n·k/8)` bytes either way in 1 round, for `n` elements in a ring of `k` bits, whatever the
    ///   number of thresholds.
    package func compare(
        _ x: Secret, thresholds: [Int64], width: Int, in builder: ProgramBuilder
    ) throws -> SecretBits {
        let ascending = Array(Set(thresholds)).sorted()
        let gate = ThresholdGate(width: width, thresholds: ascending)
        let planes = thresholds.map { threshold in ascending.firstIndex(of: threshold)! }
        let parts = try gates(at: x.narrowed(to: width), in: builder) { masked, range in
            let slot = builder.newSlot(bits: thresholds.count * masked.count)
            try builder.emit(
                ThresholdEvaluation(
                    input: masked.slot, count: masked.count, gate: gate, planes: planes,
                    keys: keys(of: masked, droppedBits: 0, gate.keyFormat, in: builder), output: slot))
            return SecretBits.Part(slot: slot, range: range)
        }
        return SecretBits(parts: parts, planes: thresholds.count, count: x.count)
    }

    /// - Communication: that of one threshold.
    package func sign(_ x: Secret, width: Int, in builder: ProgramBuilder) throws -> SecretBits {
        try compare(x, thresholds: [0], width: width, in: builder)
    }

    package func rectifies(_ x: Secret, over domain: DomainProfile) -> Bool { domain.hasNarrowRings }

    /// Those of the input of ``QuadraticFunctions``: every bit is one of the opening and a level of keys.
    package var rectifierScale: Int? { 12 }

    /// - Communication: `ceil(n·k/8)` bytes either way in 1 round, where `k` bits hold the input.
    package func rectify(_ x: Secret, in builder: ProgramBuilder) throws -> Secret {
        let bits = ProgramBuilder.bits(x.magnitude) + builder.profile.signBits
        let short = x.narrowed(to: min(max(2, bits), x.width))
        let gate = SplineGate(
            width: short.width, ring: x.width, knots: [0], functions: [SplineFunction(rows: [[0, 0], [0, 1]])])
        return try evaluate(gate, at: short, scale: x.scale, magnitude: x.magnitude, in: builder)
    }

    // MARK: Functions

    /// The function's own polynomials, in the ring that its result asks for.
    /// - Communication: `ceil(n·k/8)` bytes either way in 1 round, where `k` bits hold the input at the function's scale.
    package func evaluate(
        _ function: PiecewisePolynomial, at x: Secret, width: Int, magnitude: Double, in builder: ProgramBuilder
    ) throws -> Secret {
        let input = try splineInput(function, x, in: builder)
        let gate = input.gate(
            ring: width,
            functions: [
                SplineFunction(origins: input.origins, rows: Array(function.coefficients[input.pieces]))
            ])
        return try evaluate(gate, at: input.x, scale: function.resultScale, magnitude: magnitude, in: builder)
    }

    package func preferred(_ function: PiecewisePolynomial) -> PiecewisePolynomial {
        QuadraticFunctions.form(of: function) ?? function
    }

    /// - Communication: `ceil(n·k/8)` bytes either way in 1 round, where `k` bits hold the input.
    package func evaluate(_ splines: SplineRequest, at x: Secret, in builder: ProgramBuilder) throws -> [Secret]? {
        let bits = ProgramBuilder.bits(x.magnitude) + builder.profile.signBits
        let short = x.narrowed(to: max(2, bits))
        let pieces = Self.pieces(splines.knots, upTo: x.magnitude)
        let gate = SplineGate(
            width: short.width, ring: splines.width, knots: Array(splines.knots[pieces.dropLast()]),
            functions: splines.functions.map { SplineFunction(rows: Array($0.rows[pieces])) },
            isMultiplied: splines.factor != nil)
        let results = splines.functions.map { ($0.scale, $0.magnitude) }
        guard let factor = splines.factor else { return try evaluate(gate, at: short, results, in: builder) }
        return try evaluate(gate, at: short, times: factor, results, in: builder)
    }

    package var extendsOpenings: Bool { true }

    /// The pieces that values up to a bound can meet; the knots between them are those from the first piece's on.
    static func pieces(_ knots: [Int64], upTo bound: Double) -> Range<Int> {
        let first = knots.count { Double($0) <= -bound }
        return first..<max(first, knots.count { Double($0) <= bound }) + 1
    }

    private func evaluate(
        _ gate: SplineGate, at x: Secret, scale: Int, magnitude: Double, in builder: ProgramBuilder
    ) throws -> Secret {
        try evaluate(gate, at: x, [(scale, magnitude)], in: builder)[0]
    }

    func evaluate(
        _ gate: SplineGate, at x: Secret, _ results: [(scale: Int, magnitude: Double)], in builder: ProgramBuilder
    ) throws -> [Secret] {
        let parts = try gates(at: x, in: builder) { masked, _ in
            let outputs = results.map { result in
                Secret(
                    slot: builder.newSlot(elements: masked.count), shape: [masked.count], scale: result.scale,
                    magnitude: result.magnitude, width: gate.ring)
            }
            try builder.emit(
                SplineEvaluation(
                    input: masked.slot, count: masked.count, gate: gate,
                    keys: keys(of: masked, droppedBits: gate.droppedBits, gate.keyFormat, in: builder),
                    outputs: outputs.map(\.slot)))
            return outputs
        }
        return try results.indices.map { index in try builder.joined(parts.map { $0[index] }, shape: x.shape) }
    }

    /// - Communication: `ceil(n·k/8) + ceil(n·K/8)` bytes either way in 1 round, for the bits of `x` and of the results' ring.
    private func evaluate(
        _ gate: SplineGate, at x: Secret, times factor: Secret, _ results: [(scale: Int, magnitude: Double)],
        in builder: ProgramBuilder
    ) throws -> [Secret] {
        let opened = try builder.openMasked([x, factor.narrowed(to: gate.ring)])
        let outputs = results.map { result in
            Secret(
                slot: builder.newSlot(elements: x.count), shape: x.shape, scale: result.scale + factor.scale,
                magnitude: result.magnitude, width: gate.ring)
        }
        try builder.emit(
            SplineEvaluation(
                input: opened[0].slot, factor: opened[1].slot, count: x.count, gate: gate,
                keys: builder.newCorrelation(
                    ComparisonKeys(
                        mask: opened[0].view, count: x.count, width: x.width, droppedBits: 0, format: gate.keyFormat,
                        payload: .multipliedPowers, factor: opened[1].view)), outputs: outputs.map(\.slot)))
        return outputs
    }

    /// Opens `x`, all tiles of it, and then evaluates gates tile by tile: keys are not waited with for a message.
    private func gates<Result>(
        at x: Secret, in builder: ProgramBuilder, _ gate: (MaskedSecret, Range<Int>) throws -> Result
    ) throws -> [Result] {
        let ranges = builder.tiling.ranges(count: x.count)
        let opened = try builder.tiles(ranges) { try builder.openMasked(try builder.elements($0, of: x)) }
        return try builder.tiles(Array(0..<ranges.count)) { try gate(opened[$0], ranges[$0]) }
    }

    private func keys(
        of x: MaskedSecret, droppedBits: Int, _ format: ComparisonFormat, in builder: ProgramBuilder
    ) -> CorrelationHandle<ComparisonKeys> {
        builder.newCorrelation(
            ComparisonKeys(mask: x.view, count: x.count, width: x.width, droppedBits: droppedBits, format: format))
    }

    // MARK: Exponentials

    package func hasExponential(of x: Secret, over domain: DomainProfile) -> Bool {
        x.scale == FixedPointExponential.inputScale && x.width > FixedPointExponential.windowBits
    }

    /// - Communication: `ceil(n·k/8)` bytes either way in 1 round, for `n` elements in a ring of `k` bits.
    package func exponential(
        _ x: Secret, scale: Int, minimumWidth: Int, in builder: ProgramBuilder
    ) throws -> Secret {
        let shift = FixedPointExponential.resultScale - scale
        // e^(1/16) and its errors.
        let bound = 1.065
        let width = max(minimumWidth, builder.width(holding: scaled(bound, by: scale) + 1))
        // Cells of a quarter.
        let gate = WindowGate(
            width: x.width, start: FixedPointExponential.start, windowBits: FixedPointExponential.windowBits,
            droppedBits: FixedPointExponential.inputScale - 2,
            ring: min(width + shift, builder.profile.maximumWidth))
        let parts = try gates(at: x, in: builder) { masked, _ in
            let value = Secret(
                slot: builder.newSlot(elements: masked.count), shape: [masked.count],
                scale: FixedPointExponential.resultScale,
                magnitude: scaled(bound, by: FixedPointExponential.resultScale), width: gate.ring)
            try builder.emit(
                ExponentialEvaluation(
                    input: masked.slot, count: masked.count, gate: gate,
                    keys: builder.newCorrelation(
                        ComparisonKeys(
                            mask: masked.view, count: masked.count, width: x.width, droppedBits: gate.droppedBits,
                            format: gate.keyFormat, payload: .exponentials)), output: value.slot))
            return value
        }
        let value = try builder.joined(parts, shape: x.shape)
        return try builder.truncate(value, by: shift, toWidth: gate.ring - shift)
    }

    // MARK: What it has no use for

    package var tableForm: FunctionTable.Form { .window }
    package func tabulates(_ table: FunctionTable, at x: Secret, over domain: DomainProfile) -> Bool { false }

    package func evaluate(
        _ table: FunctionTable, at x: Secret, width: Int, in builder: ProgramBuilder
    ) throws -> Secret {
        throw ProgramError.unsupported(path: builder.path("table"), reason: "a table by function secret sharing")
    }

    /// A key's, of 64 levels with powers up to the degree in 64 bits.
    package func correlationBytes(thresholds: Int, degree: Int, over domain: DomainProfile) -> Double {
        let format = ComparisonFormat(inputBits: 64, components: degree + 1, ring: 64, publicComponents: 1)
        return Double(format.keyBits) / 8 + 1
    }
}
