import CSottoRingKernels
import SottoAlgebra

extension PrimeField {
    package func evaluateSelection(
        _ table: SelectionTable, party: Party, openedBits: [BitVector], opened: [UInt64]?, maskShare: [UInt64]?,
        powerShares: [UInt64], count: Int
    ) -> [UInt64] {
        let degree = table.degree
        let opened = opened ?? zeros(count)
        var taylor = shifted(table.rows[0].map { encode([$0]) }, by: opened, count)
        var result = zeros(count)
        func block(_ index: Int) -> [UInt64] { slice(powerShares, (index * count)..<((index + 1) * count)) }
        for threshold in 0..<table.thresholds {
            let difference = zip(table.rows[threshold + 1], table.rows[threshold]).map {
                kernel.subtract(encode([$0]), encode([$1]))
            }
            let terms = shifted(difference, by: opened, count)
            let first = max(0, degree - 1) + threshold * (degree + 1)
            var sum = zeros(count)
            for power in 0...degree {
                // Where the opened bit is set, the polynomial moves to the public part and r times it is subtracted.
                taylor[power] = kernel.add(taylor[power], selected(terms[power], where: openedBits[threshold]))
                sum = kernel.add(sum, kernel.multiply(terms[power], block(first + power)))
            }
            result = kernel.add(result, negated(sum, where: openedBits[threshold]))
        }
        if party == .server { result = kernel.add(result, taylor[0]) }
        if degree > 0, let maskShare { result = kernel.add(result, kernel.multiply(taylor[1], maskShare)) }
        for power in 2..<max(degree + 1, 2) {
            result = kernel.add(result, kernel.multiply(taylor[power], block(power - 2)))
        }
        return result
    }

    /// Coefficients of `P(d + t)` in `t`, for the same public `P` and every `d`.
    private func shifted(_ coefficients: [[UInt64]], by d: [UInt64], _ count: Int) -> [[UInt64]] {
        var terms = coefficients.map { repeated($0, count) }
        // Horner's scheme over and over: each pass leaves one more coefficient done.
        for done in 0..<terms.count {
            for power in stride(from: terms.count - 2, through: done, by: -1) {
                terms[power] = kernel.add(terms[power], kernel.multiply(d, terms[power + 1]))
            }
        }
        return terms
    }
}
