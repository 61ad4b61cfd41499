import SottoApproximation
import Testing

@Suite struct TabulatedFunctionTests {
    private static let cases: [(function: PiecewisePolynomial, exact: @Sendable (Double) -> Double)] = [
        (BuiltInFunctions.gelu, ExactFunctions.gelu), (BuiltInFunctions.geluNew, ExactFunctions.geluNew),
        (BuiltInFunctions.silu, ExactFunctions.silu),
    ]

    private func table(_ function: PiecewisePolynomial) throws -> TabulatedFunction {
        try #require(TabulatedFunction(function, tolerance: 6e-4))
    }

    /// Every input that can meet the window, and every outcome: a carry into the cell that is lost, and one into the digit.
    @Test(arguments: cases.indices) func everyInputMeetsTheBound(index: Int) throws {
        let (function, exact) = Self.cases[index]
        let table = try table(function)
        let unit = 1 / Double(1 << TabulatedFunction.inputScale)
        let result = 1 / Double(1 << TabulatedFunction.resultScale)
        let (cells, length) = (1 << table.indexBits, Int64(1) << Int64(table.cellBits))
        var (worst, largest) = (0.0, 0.0)
        for x in (table.start - length)..<(table.start + Int64(cells + 1) * length) {
            let value = exact(Double(x) * unit)
            let above = x - table.start
            for cell in [above >> Int64(table.cellBits), above >> Int64(table.cellBits) - 1] {
                let rest = above - cell * length
                guard cell >= 0, cell < cells else {
                    worst = max(worst, abs((cell < 0 ? 0 : Double(x) * unit) - value))
                    continue
                }
                let tail = cell >= cells / 2 ? Double(x) * unit : 0
                let exact = rest >> Int64(TabulatedFunction.droppedBits)
                for digit in [exact, exact - 1] where digit >= 0 && digit <= 2 * table.centre {
                    let line = Double(table.line(cell: Int(cell), digit: digit)) * result
                    largest = max(largest, abs(line))
                    worst = max(worst, abs(tail + line - value))
                }
            }
        }
        #expect(largest <= table.lineBound)
        #expect(worst <= function.errorBound + table.deviation + 1e-5)
        // With the truncation of the line.
        #expect(worst + 0x1p-14 < 1e-3)
        #expect(table.deviation <= 6e-4)
    }

    @Test(arguments: cases.indices) func windowsHoldAllKnots(index: Int) throws {
        let function = Self.cases[index].function
        let table = try table(function)
        let end = Double(-table.start) / Double(1 << TabulatedFunction.inputScale)
        for knot in function.knots { #expect(Double(knot.magnitude) / 32 <= end) }
        #expect(table.offsets.count == 1 << table.indexBits && table.slopes.count == table.offsets.count)
        #expect(table.indexBits == (index < 2 ? 8 : 10) && table.cellScale == 5)
    }

    /// A tolerance that longer cells meet has longer cells; one that none meets has no table.
    @Test func tolerancesDecideTheCells() throws {
        let coarse = try #require(TabulatedFunction(BuiltInFunctions.gelu, tolerance: 0.05))
        #expect(coarse.cellScale == 3 && coarse.deviation > 6e-4 && coarse.deviation <= 0.05)
        #expect(TabulatedFunction(BuiltInFunctions.gelu, tolerance: 1e-6) == nil)
    }

    @Test func otherTailsHaveNoTable() {
        for function in [
            BuiltInFunctions.exponential, BuiltInFunctions.reciprocal, BuiltInFunctions.inverseSquareRoot,
        ] {
            #expect(TabulatedFunction(function, tolerance: 1) == nil)
        }
    }
}
