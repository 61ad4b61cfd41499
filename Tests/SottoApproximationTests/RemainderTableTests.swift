import SottoApproximation
import Testing

@Suite struct RemainderTableTests {
    private static let cases: [(function: PiecewisePolynomial, exact: @Sendable (Double) -> Double)] = [
        (BuiltInFunctions.gelu, ExactFunctions.gelu), (BuiltInFunctions.geluNew, ExactFunctions.geluNew),
        (BuiltInFunctions.silu, ExactFunctions.silu),
    ]

    private func table(_ function: PiecewisePolynomial) throws -> RemainderTable {
        try #require(RemainderTable(function, tolerance: 7e-4))
    }

    /// Every input in the window and beside it, and every rounding of it.
    @Test(arguments: cases.indices) func everyInputMeetsTheBound(index: Int) throws {
        let (function, exact) = Self.cases[index]
        let table = try table(function)
        let result = 1 / Double(1 << RemainderTable.resultScale)
        let (cells, cellBits) = (1 << table.indexBits, Int64(table.cellBits))
        let end = Int64(cells + 2) << (cellBits + 4)
        var (worst, largest) = (0.0, 0.0)
        for x in -end..<end {
            let value = exact(Double(x) / 65536)
            // Both that the shares of a shifted value may add up to.
            for coarse in [x >> 4, (x + 15) >> 4] {
                let isNegative = coarse < 0
                let magnitude = isNegative ? -coarse - 1 : coarse
                let cell = Int(magnitude >> cellBits)
                let digit = magnitude & (1 << cellBits - 1)
                // Of a negative input the slope turns: the digit is that of the input itself.
                let inner = cell < cells ? cell : nil
                let line =
                    isNegative
                    ? negativeLine(table, cell: inner, digit: coarse & (1 << cellBits - 1))
                    : table.line(cell: inner, digit: digit)
                largest = max(largest, abs(Double(line) * result))
                let kept = isNegative ? 0 : Double(x) / 65536
                worst = max(worst, abs(kept - Double(line) * result - value))
            }
        }
        #expect(largest <= table.lineBound)
        #expect(worst <= function.errorBound + table.deviation + 1e-5)
        // With the truncation of the line.
        #expect(worst + 0x1p-14 < 1e-3, "\(worst)")
        #expect(table.deviation <= 7e-4)
    }

    /// With every bit of the slope turned.
    private func negativeLine(_ table: RemainderTable, cell: Int?, digit: Int64) -> Int64 {
        let slope = Int64(cell.map { table.slopes[$0] } ?? table.outerSlope)
        let turned = 2 * (slope ^ table.slopeCentre) - table.slopeCentre
        let offset = Int64(cell.map { table.offsets[$0] } ?? 0)
        return offset << Int64(RemainderTable.resultScale - RemainderTable.offsetScale)
            + turned * (digit - 1 << Int64(table.cellBits - 1))
    }

    @Test(arguments: cases.indices) func windowsHoldAllKnots(index: Int) throws {
        let function = Self.cases[index].function
        let table = try table(function)
        let end = Double(1 << table.indexBits) / Double(1 << table.cellScale)
        for knot in function.knots { #expect(Double(knot.magnitude) / 32 <= end) }
        #expect(table.offsets.count == 1 << table.indexBits && table.slopes.count == table.offsets.count)
        #expect(table.offsets.allSatisfy { $0 >> UInt64(table.offsetBits) == 0 })
        #expect(table.slopes.allSatisfy { $0 >> UInt64(table.slopeBits) == 0 })
        #expect(table.cellScale == 4 && table.indexBits == (index < 2 ? 6 : 8))
    }

    /// A tolerance that longer cells meet has longer cells; one that none meets has no table.
    @Test func tolerancesDecideTheCells() throws {
        let coarse = try #require(RemainderTable(BuiltInFunctions.gelu, tolerance: 0.05))
        #expect(coarse.cellScale == 3 && coarse.deviation > 7e-4 && coarse.deviation <= 0.05)
        #expect(RemainderTable(BuiltInFunctions.gelu, tolerance: 1e-6) == nil)
    }

    @Test func otherTailsHaveNoTable() {
        for function in [
            BuiltInFunctions.exponential, BuiltInFunctions.reciprocal, BuiltInFunctions.inverseSquareRoot,
        ] {
            #expect(RemainderTable(function, tolerance: 1) == nil)
        }
    }
}
