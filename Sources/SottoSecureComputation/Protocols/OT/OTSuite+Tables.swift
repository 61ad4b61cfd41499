import SottoAlgebra
import SottoApproximation
import SottoPreprocessing

extension OTSuite {
    package func tabulates(_ table: FunctionTable, at x: Secret, over domain: DomainProfile) -> Bool {
        switch table {
        case .window(let table): Self.window(of: table, at: x, in: domain) != nil
        case .remainder(let table): Self.hasCircuit(of: table, at: x, in: domain)
        }
    }

    /// - Communication: as the form has it.
    package func evaluate(
        _ table: FunctionTable, at x: Secret, width: Int, in builder: ProgramBuilder
    ) throws -> Secret {
        switch table {
        case .window(let table): try evaluate(table, at: x, width: width, in: builder)
        case .remainder(let table): try evaluate(table, at: x, width: width, in: builder)
        }
    }

    /// A function's lines by cell. One opening of `x` serves the look-up of the cell, the line's slope and the tail.
    /// - Communication: with `n` elements of `k` bits, `b` bits of a line and `h` of its value: `ceil(k·n/8)`, then
    ///   `ceil(9n/8) + ceil(b·n/8)`, then `ceil(n/8) + ceil(n/8) + ceil(h·n/8)`, then `2·ceil(n/8)` bytes either way in 4
    ///   rounds.
    private func evaluate(
        _ table: TabulatedFunction, at x: Secret, width: Int, in builder: ProgramBuilder
    ) throws -> Secret {
        guard let window = Self.window(of: table, at: x, in: builder.profile) else {
            throw ProgramError.unsupported(path: builder.path(table.name), reason: "a table for \(x.width) bits")
        }
        let lines = LineBits(table)
        let masked = try builder.openMasked(x)
        let (factors, cells) = try lookUp(masked, window, WindowFactor.allCases.count, lines.planes, in: builder)
        let (place, line) = try builder.parallel(
            {
                try combine(
                    factors,
                    [
                        [BitSums.Sum(terms: WindowFactor.inside, constant: false)],
                        [BitSums.Sum(terms: WindowFactor.notUpper, constant: true)],
                    ], in: builder)
            },
            { try self.line(lines, cells!, masked, window, in: builder) })
        let (kept, tail) = try builder.parallel(
            {
                let kept = try builder.step("line") { try builder.select(place[0], line) }
                return try builder.refined(
                    try builder.resized(kept, toWidth: width - lines.shift), toScale: TabulatedFunction.inputScale)
            },
            {
                let tail = try sum(
                    place[1], masked, [.value], [MaskedTerm(function: 0, exponent: 0)], constants: [0],
                    scale: x.scale, magnitude: x.magnitude, width: x.width, in: builder)
                return try builder.resized(tail, toWidth: width)
            })
        return try builder.add(tail, kept)
    }

    /// Where a table's cells lie in the ring of `x`; nil where that has no room for them, or is a field.
    package static func window(
        of table: TabulatedFunction, at x: Secret, in profile: DomainProfile
    ) -> MaskedWindow? {
        guard profile.hasNarrowRings, x.scale == TabulatedFunction.inputScale else { return nil }
        return MaskedWindow(
            width: x.width, start: table.start, cellBits: table.cellBits, indexBits: table.indexBits)
    }

    /// The line of the selected cell, with as many fraction bits as its selection and extension should see.
    private func line(
        _ lines: LineBits, _ cells: SecretBits, _ masked: MaskedSecret, _ window: MaskedWindow,
        in builder: ProgramBuilder
    ) throws -> Secret {
        let table = lines.table
        let dropped = TabulatedFunction.droppedBits
        let digit = MaskFunction.digit(
            MaskDigit(low: dropped, bits: window.cellBits - dropped), width: window.width, start: window.start,
            centre: table.centre)
        let bound = scaled(table.lineBound, by: LineBits.keptScale) + 1
        let shift = TabulatedFunction.resultScale - LineBits.keptScale
        let width = builder.width(holding: bound)
        let line = try sum(
            cells, masked, [.one, digit], lines.terms, constants: lines.constants,
            scale: TabulatedFunction.resultScale, magnitude: scaled(table.lineBound, by: TabulatedFunction.resultScale),
            width: width + shift, in: builder)
        return try builder.truncate(line, by: shift, toWidth: width)
    }

    // MARK: Primitives

    func lookUp(
        _ x: MaskedSecret, _ window: MaskedWindow, _ factors: Int, _ tables: [[UInt64]], in builder: ProgramBuilder
    ) throws -> (factors: SecretBits, tables: SecretBits?) {
        let correlation = builder.newCorrelation(
            MaskIndicators(mask: x.view, count: x.count, width: window.width, digits: window.digits))
        func bits(_ planes: Int) -> SecretBits {
            SecretBits(
                parts: [SecretBits.Part(slot: builder.newSlot(bits: planes * x.count), range: 0..<x.count)],
                planes: planes, count: x.count)
        }
        let (found, cells) = (bits(factors), tables.isEmpty ? nil : bits(tables.count))
        try builder.emit(
            WindowLookup(
                input: x.slot, count: x.count, window: window, factors: factors, tables: tables,
                correlation: correlation, factorOutput: found.parts[0].slot, tableOutput: cells?.parts[0].slot))
        return (found, cells)
    }

    /// One result for every list of sums, with a plane for each.
    func combine(
        _ bits: SecretBits, _ sums: [[BitSums.Sum]], in builder: ProgramBuilder
    ) throws -> [SecretBits] {
        let correlation = builder.newCorrelation(BitSums.correlation(sums, count: bits.count))
        let results = sums.map { planes in
            SecretBits(
                parts: [
                    SecretBits.Part(slot: builder.newSlot(bits: planes.count * bits.count), range: 0..<bits.count)
                ], planes: planes.count, count: bits.count)
        }
        try builder.emit(
            BitSums(
                input: bits.parts[0].slot, count: bits.count, sums: sums, correlation: correlation,
                outputs: results.map { $0.parts[0].slot }))
        return results
    }

    func sum(
        _ bits: SecretBits, _ x: MaskedSecret, _ functions: [MaskFunction], _ terms: [MaskedTerm],
        constants: [Int64], scale: Int, magnitude: Double, width: Int, in builder: ProgramBuilder
    ) throws -> Secret {
        let correlation = builder.newCorrelation(
            MaskedSumCorrelation(mask: x.view, count: x.count, width: width, functions: functions, terms: terms))
        let output = Secret(
            slot: builder.newSlot(elements: x.count), shape: x.shape, scale: scale, magnitude: magnitude, width: width)
        try builder.emit(
            MaskedSum(
                bits: bits.parts[0].slot, input: x.slot, count: x.count, width: width, functions: functions,
                terms: terms, constants: constants, correlation: correlation, output: output.slot))
        return output
    }
}

/// A table's lines as bits: offsets and slopes above their least values.
private struct LineBits {
    let table: TabulatedFunction
    /// By bit: a bit for every cell.
    let planes: [[UInt64]]
    /// Of ones and of the digit.
    let terms: [MaskedTerm]
    let constants: [Int64]

    /// Fraction bits of a line's value when it is selected.
    static let keptScale = 14
    /// What those are short of the input's.
    var shift: Int { TabulatedFunction.inputScale - Self.keptScale }

    init(_ table: TabulatedFunction) {
        self.table = table
        let (offset, slope) = (table.offsets.min() ?? 0, table.slopes.min() ?? 0)
        let offsetShift = TabulatedFunction.resultScale - TabulatedFunction.offsetScale
        let offsets = Self.planes(table.offsets.map { UInt64($0 - offset) })
        let slopes = Self.planes(table.slopes.map { UInt64($0 - slope) })
        planes = offsets + slopes
        terms =
            offsets.indices.map { MaskedTerm(function: 0, exponent: $0 + offsetShift) }
            + slopes.indices.map { MaskedTerm(function: 1, exponent: $0) }
        constants = [offset << Int64(offsetShift), slope]
    }

    private static func planes(_ values: [UInt64]) -> [[UInt64]] {
        let bits = 64 - (values.max() ?? 0).leadingZeroBitCount
        return (0..<bits).map { bit in
            var plane = [UInt64](repeating: 0, count: BitVector.wordCount(values.count))
            for (cell, value) in values.enumerated() {
                plane[cell >> 6] |= (value >> UInt64(bit) & 1) << UInt64(cell & 63)
            }
            return plane
        }
    }
}
