import SottoAlgebra

extension Ring64 {
    package func evaluateSelection(
        _ table: SelectionTable, party: Party, openedBits: [BitVector], opened: [UInt64]?, maskShare: [UInt64]?,
        powerShares: [UInt64], count: Int
    ) -> [UInt64] {
        let degree = table.degree
        let zero = [UInt64](repeating: 0, count: degree == 0 ? count : 0)
        var state = SelectionState(count: count, degree: degree)
        (opened ?? zero).withUnsafeBufferPointer { opened in
            powerShares.withUnsafeBufferPointer { powers in
                let rows = table.rows.map { $0.map { UInt64(bitPattern: $0) } }
                state.addPublicPolynomial(rows[0], opened: opened)
                for i in 0..<table.thresholds {
                    let difference = Swift.zip(rows[i + 1], rows[i]).map { $0 &- $1 }
                    let first = (max(0, degree - 1) + i * (degree + 1)) * count
                    state.addSelected(
                        difference, bits: openedBits[i], opened: opened,
                        powers: UnsafeBufferPointer(rebasing: powers[first..<(first + (degree + 1) * count)]))
                }
                state.finish(party: party, maskShare: maskShare, powers: powers)
            }
        }
        return state.result
    }
}

/// Accumulates a party's share of a selection: `result`, and the public Taylor coefficients `taylor` at the opened
/// difference of the polynomial that the opened bits select, which still have to meet the shares of the mask's powers.
private struct SelectionState {
    let count: Int
    let degree: Int
    var result: [UInt64]
    var taylor: [UInt64]

    init(count: Int, degree: Int) {
        self.count = count
        self.degree = degree
        result = [UInt64](repeating: 0, count: count)
        taylor = [UInt64](repeating: 0, count: count * (degree + 1))
    }

    /// Coefficients of `P(d + t)` in `t`.
    @inline(__always)
    private static func shifted(
        _ c: (UInt64, UInt64, UInt64, UInt64), _ d: UInt64
    ) -> (UInt64, UInt64, UInt64, UInt64) {
        let t3 = c.3
        let u2 = c.2 &+ d &* t3
        let u1 = c.1 &+ d &* u2
        let t0 = c.0 &+ d &* u1
        let v2 = u2 &+ d &* t3
        let t1 = u1 &+ d &* v2
        let t2 = v2 &+ d &* t3
        return (t0, t1, t2, t3)
    }

    private static func padded(_ c: [UInt64]) -> (UInt64, UInt64, UInt64, UInt64) {
        (c[0], c.count > 1 ? c[1] : 0, c.count > 2 ? c[2] : 0, c.count > 3 ? c[3] : 0)
    }

    mutating func addPublicPolynomial(_ c: [UInt64], opened: UnsafeBufferPointer<UInt64>) {
        let (count, degree) = (count, degree)
        let c = Self.padded(c)
        taylor.withUnsafeMutableBufferPointer { taylor in
            for e in 0..<count {
                let t = Self.shifted(c, opened[e])
                taylor[e] = t.0
                if degree > 0 { taylor[count + e] = t.1 }
                if degree > 1 { taylor[2 * count + e] = t.2 }
                if degree > 2 { taylor[3 * count + e] = t.3 }
            }
        }
    }

    /// Adds `b·Q(v)` for `b = bit ^ r`: where the opened bit is set, `Q` moves to the public part and `r·Q` is
    /// subtracted, elsewhere `r·Q` is added.
    mutating func addSelected(
        _ q: [UInt64], bits: BitVector, opened: UnsafeBufferPointer<UInt64>, powers: UnsafeBufferPointer<UInt64>
    ) {
        let (count, degree) = (count, degree)
        let q = Self.padded(q)
        bits.words.withUnsafeBufferPointer { words in
            taylor.withUnsafeMutableBufferPointer { taylor in
                result.withUnsafeMutableBufferPointer { result in
                    for e in 0..<count {
                        let set: UInt64 = 0 &- ((words[e >> 6] >> UInt64(e & 63)) & 1)
                        let t = Self.shifted(q, opened[e])
                        var sum = t.0 &* powers[e]
                        taylor[e] &+= t.0 & set
                        if degree > 0 {
                            sum &+= t.1 &* powers[count + e]
                            taylor[count + e] &+= t.1 & set
                        }
                        if degree > 1 {
                            sum &+= t.2 &* powers[2 * count + e]
                            taylor[2 * count + e] &+= t.2 & set
                        }
                        if degree > 2 {
                            sum &+= t.3 &* powers[3 * count + e]
                            taylor[3 * count + e] &+= t.3 & set
                        }
                        result[e] &+= (sum ^ set) &- set
                    }
                }
            }
        }
    }

    mutating func finish(party: Party, maskShare: [UInt64]?, powers: UnsafeBufferPointer<UInt64>) {
        let (count, degree) = (count, degree)
        for e in 0..<count {
            var value = result[e] &+ (party == .server ? taylor[e] : 0)
            if degree > 0, let maskShare { value &+= taylor[count + e] &* maskShare[e] }
            if degree > 1 { value &+= taylor[2 * count + e] &* powers[e] }
            if degree > 2 { value &+= taylor[3 * count + e] &* powers[count + e] }
            result[e] = value
        }
    }
}
