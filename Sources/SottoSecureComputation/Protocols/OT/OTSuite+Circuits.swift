import SottoAlgebra
import SottoApproximation
import SottoTransport

// Signs, tables and exponentials by circuits on the bits of both shares.

extension OTSuite {
    /// Whether a value of so many bits is not negative.
    /// - Communication: with `m = width - 1` carries, `2m` bits, and about `6(m - 1)` in `ceil(log2(m))` rounds more.
    static func signCircuit(width: Int) -> BinaryCircuit {
        var builder = BinaryCircuitBuilder(width: width, carries: Array(0..<width - 1))
        let carry = width > 1 ? [builder.carryOut(of: width - 1)] : []
        let positive = builder.sum([builder.bit(width - 1)] + carry, constant: true)
        return builder.finish([positive])
    }

    func rectifyByCircuit(_ x: Secret, in builder: ProgramBuilder) throws -> Secret {
        let sign = try sign(x, width: x.width, in: builder)
        return try sum(
            sign, [(x, 0)], [SelectedTerm(plane: 0, number: 0)], like: x, scale: x.scale, magnitude: x.magnitude,
            width: x.width, in: builder)
    }

    // MARK: Tables

    /// Whether `x` has the bits of a cell, and not more than fit a circuit's rounds.
    static func hasCircuit(of table: RemainderTable, at x: Secret, in profile: DomainProfile) -> Bool {
        guard profile.hasNarrowRings, x.scale == FunctionTable.inputScale else { return false }
        let width = widthOfRemainder(x)
        return width > table.cellBits + table.indexBits
            && remainderCircuit(table, width: width).rounds <= FrameTag.roundLimit
    }

    /// Bits of `x` at the table's scale, the sign included.
    private static func widthOfRemainder(_ x: Secret) -> Int {
        let shift = x.scale - RemainderTable.inputScale
        return ProgramBuilder.bits(scaled(x.magnitude, by: -shift) + 1) + 1
    }

    /// A remainder's line from the bits of its cell, and `max(x, 0)` from the sign.
    /// - Communication: that of ``remainderCircuit(_:width:)`` on the bits of `x` at the table's scale; of a
    ///   ``SelectedSum`` for the digit below the cell and one for the line, next to one for `max(x, 0)`; of a truncation and
    ///   an extension.
    func evaluate(
        _ table: RemainderTable, at x: Secret, width: Int, in builder: ProgramBuilder
    ) throws -> Secret {
        let shift = x.scale - RemainderTable.inputScale
        let coarse = try builder.truncate(x, by: shift, toWidth: x.width - shift)
        let short = coarse.narrowed(to: Self.widthOfRemainder(x))
        let planes = RemainderPlanes(table)
        let bits = try evaluate(
            Self.remainderCircuit(table, width: short.width), of: short, magnitudeBits: short.width - 1, in: builder)
        let (kept, line) = try builder.parallel(
            {
                try sum(
                    bits, [(x, 1)], [SelectedTerm(plane: RemainderPlanes.sign, number: 0, isNegative: true)], like: x,
                    scale: x.scale, magnitude: x.magnitude, width: x.width, in: builder)
            },
            {
                let line = try builder.step("line") { try self.line(table, planes, bits, short, in: builder) }
                return try builder.truncate(line, by: line.scale - x.scale, toWidth: x.width)
            })
        return try builder.resized(try builder.subtract(kept, line), toWidth: width)
    }

    private func line(
        _ table: RemainderTable, _ planes: RemainderPlanes, _ bits: SecretBits, _ short: Secret,
        in builder: ProgramBuilder
    ) throws -> Secret {
        let magnitude = scaled(table.lineBound, by: RemainderTable.resultScale) + 1
        let width = builder.width(holding: magnitude)
        let low = Secret(
            slot: builder.newSlot(elements: short.count), shape: short.shape, scale: short.scale,
            magnitude: scaled(1, by: table.cellBits + 1), width: width)
        builder.emit(LowDigit(input: short.slot, count: short.count, bits: table.cellBits, output: low.slot))
        let digit = try sum(
            bits, [(low, 1)],
            [SelectedTerm(plane: RemainderPlanes.carry, exponent: table.cellBits, isNegative: true)],
            constant: -(1 << Int64(table.cellBits - 1)), like: short, scale: short.scale,
            magnitude: scaled(1, by: table.cellBits - 1), width: width, in: builder)
        return try sum(
            bits, [(digit, -table.slopeCentre)], planes.terms, like: short, scale: RemainderTable.resultScale,
            magnitude: magnitude, width: width, in: builder)
    }

    /// The sign of a number of so many bits, the carry into its cell, and the bits of the slope and the offset there.
    static func remainderCircuit(_ table: RemainderTable, width: Int) -> BinaryCircuit {
        let (cellBits, indexBits) = (table.cellBits, table.indexBits)
        var builder = BinaryCircuitBuilder(width: width, carries: Array(0..<width - 1))
        let carries = builder.carries(of: width - 1)
        let bits = builder.sumBits(carries)
        let sign = bits[width - 1]
        let magnitude = bits[cellBits..<width - 1].map { builder.sum([$0, sign]) }
        let cells = builder.indicators(Array(magnitude.prefix(indexBits)), inHalves: indexBits > 7)
        let slopes = builder.lookUp(table.slopes.map { $0 ^ table.outerSlope }, bits: table.slopeBits, cells)
        let offsets = builder.lookUp(table.offsets, bits: table.offsetBits, cells)
        let above = magnitude.dropFirst(indexBits).map { builder.not($0) }
        let inside = builder.all(above).map { builder.products($0, slopes + offsets) } ?? slopes + offsets
        let turned = inside.prefix(table.slopeBits).enumerated().map { bit, wire in
            builder.sum([wire, sign], constant: table.outerSlope >> UInt64(bit) & 1 == 1)
        }
        return builder.finish([sign, carries[cellBits - 1]] + turned + inside.dropFirst(table.slopeBits))
    }

    // MARK: Exponentials

    /// Whether `x` has the bits of a cell, and not more than fit a circuit's rounds.
    static func hasExponentialCircuit(of x: Secret, in profile: DomainProfile) -> Bool {
        guard profile.hasNarrowRings, x.scale == FixedPointExponential.inputScale else { return false }
        let width = widthOfExponential(x)
        return width <= x.width - (x.scale - ExponentialTable.inputScale)
            && exponentialCircuit(ExponentialTable(scale: 24), width: width).rounds <= FrameTag.roundLimit
    }

    /// Bits of what is looked up at the table's scale, which is not negative.
    private static func widthOfExponential(_ x: Secret) -> Int {
        let shift = x.scale - ExponentialTable.inputScale
        let magnitude = scaled(x.magnitude + Double(ExponentialTable.start), by: -shift) + 1
        return max(ProgramBuilder.bits(magnitude), ExponentialTable.cellBits + ExponentialTable.indexBits)
    }

    /// `e^x` as ``ExponentialTable`` has it.
    /// - Communication: that of ``exponentialCircuit(_:width:)`` on the bits of `x` at the table's scale, of a
    ///   ``SelectedSum`` for the value but its lowest bits and one for the product.
    func exponentialByCircuit(_ x: Secret, scale: Int, in builder: ProgramBuilder) throws -> Secret {
        let table = ExponentialTable(scale: scale)
        let opposite = try builder.combine([(x, -1)], constant: ExponentialTable.start)
        let shift = x.scale - ExponentialTable.inputScale
        let coarse = try builder.truncate(opposite, by: shift, toWidth: opposite.width - shift)
        let short = coarse.narrowed(to: Self.widthOfExponential(x))
        let bits = try evaluate(
            Self.exponentialCircuit(table, width: short.width), of: short, magnitudeBits: nil, in: builder)
        // e^(1/16), the line and its errors.
        let bound = 1.1
        let drop = table.productScale - scale
        let width = builder.width(holding: scaled(bound, by: scale) + 1) + drop
        let dropped = ExponentialTable.droppedBits
        let high = try sum(
            bits, [], (dropped..<table.valueBits).map { SelectedTerm(plane: $0, exponent: $0 - dropped) }, like: x,
            scale: scale - dropped, magnitude: scaled(bound, by: scale - dropped), width: width, in: builder)
        let low = (0..<dropped).map {
            SelectedTerm(plane: $0, exponent: $0 + ExponentialTable.inputScale - dropped)
        }
        let digits = (0..<ExponentialTable.cellBits).map {
            SelectedTerm(plane: table.valueBits + $0, number: 0, exponent: $0)
        }
        let product = try sum(
            bits, [(high, ExponentialTable.base)], low + digits, like: x, scale: table.productScale,
            magnitude: scaled(bound, by: table.productScale), width: width, in: builder)
        return try builder.truncate(product, by: drop, toWidth: width - drop)
    }

    /// The bits of the value of the cell that a number of so many bits lies in, then those of the digit's complement.
    static func exponentialCircuit(_ table: ExponentialTable, width: Int) -> BinaryCircuit {
        var builder = BinaryCircuitBuilder(width: width, carries: Array(0..<width - 1))
        let bits = builder.sumBits(builder.carries(of: width - 1))
        let (cellBits, indexBits) = (ExponentialTable.cellBits, ExponentialTable.indexBits)
        let cells = builder.indicators(Array(bits[cellBits..<cellBits + indexBits]))
        let values = builder.lookUp(table.values, bits: table.valueBits, cells)
        let above = bits.dropFirst(cellBits + indexBits).map { builder.not($0) }
        let inside = builder.all(above).map { builder.products($0, values) } ?? values
        let digit = bits.prefix(cellBits).map { builder.not($0) }
        return builder.finish(inside + digit)
    }
}

/// The planes that the circuit of a remainder gives, and what its line is a sum of.
private struct RemainderPlanes {
    static let sign = 0
    static let carry = 1
    let terms: [SelectedTerm]

    init(_ table: RemainderTable) {
        let offsetShift = RemainderTable.resultScale - RemainderTable.offsetScale
        terms =
            (0..<table.slopeBits).map { SelectedTerm(plane: 2 + $0, number: 0, exponent: $0 + 1) }
            + (0..<table.offsetBits).map {
                SelectedTerm(plane: 2 + table.slopeBits + $0, exponent: $0 + offsetShift)
            }
    }
}
