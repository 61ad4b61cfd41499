import SottoSecureComputation
import Testing

@Suite struct CoarseInverseRootTests {
    @Test(arguments: [22, 24, 26, 34], [1.0, 0.5, 0.70710678])
    func linesAreNearTheInverseRoot(resultScale: Int, factor: Double) {
        let function = CoarseInverseRoot(times: factor, resultScale: resultScale)
        #expect(zip(function.knots, function.knots.dropFirst()).allSatisfy(<))
        #expect(function.rows.count == function.knots.count + 1)
        let unit = Double(sign: .plus, exponent: CoarseInverseRoot.inputScale, significand: 1)
        let result = Double(sign: .plus, exponent: resultScale, significand: 1)
        var worst = 0.0
        for x in Int64(unit)...Int64(4 * unit) {
            let row = function.rows[function.knots.count { $0 <= x }]
            let exact = factor / (Double(x) / unit).squareRoot()
            worst = max(worst, abs(Double(row[0] + row[1] * x) / result / exact - 1))
        }
        // Slopes have few bits at the coarsest scale.
        #expect(worst < (resultScale < 26 ? 1e-4 : 6e-5))
    }
}
