import Foundation
import SottoApproximation
import Testing

@Suite struct ExponentialTableTests {
    /// Every input from 1/16 down to below the table, and every rounding of it.
    @Test(arguments: [16, 22, 24]) func everyInputMeetsTheBound(scale: Int) {
        let table = ExponentialTable(scale: scale)
        let product = 1 / Double(1 << table.productScale)
        let shift = Int64(FixedPointExponential.inputScale - ExponentialTable.inputScale)
        let unit = 1 / Double(1 << scale)
        // Expected of at the end: an expectation in each step would take longer than the step.
        var (largest, worst) = (0.0, 0.0)
        for x in Int64(-17 << 16)...Int64(1 << 12) {
            let value = exp(Double(x) / 65536)
            let opposite = ExponentialTable.start - x
            for coarse in [opposite >> shift, opposite >> shift + 1, opposite >> shift - 1] {
                // Never below zero, where it would count as far beyond the table.
                guard coarse >= 0 else {
                    Issue.record("\(x) gives \(coarse)")
                    return
                }
                // Within a unit of the quotient.
                guard abs(Double(coarse) - Double(opposite) / Double(1 << shift)) < 1 else { continue }
                let cell = Int(coarse >> Int64(ExponentialTable.cellBits))
                guard cell < table.values.count else {
                    largest = max(largest, value)
                    continue
                }
                let found = table.product(cell: cell, digit: coarse & (1 << Int64(ExponentialTable.cellBits) - 1))
                let error = abs(Double(found) * product - value)
                worst = max(worst, error / (ExponentialTable.relativeErrorBound * value + unit))
            }
        }
        #expect(largest < ExponentialTable.tailBound)
        #expect(worst <= 1)
    }

    @Test func valuesFitTheirBits() {
        for scale in [5, 16, 22, 24] {
            let table = ExponentialTable(scale: scale)
            #expect(table.values.count == 1 << ExponentialTable.indexBits)
            #expect(table.values.allSatisfy { $0 >> UInt64(table.valueBits) == 0 })
            #expect(table.valueBits == scale + 1)
        }
    }
}
