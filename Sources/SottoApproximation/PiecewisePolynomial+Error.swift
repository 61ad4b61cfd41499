extension PiecewisePolynomial {
    /// The largest error found by a sweep over inputs.
    public struct MaximumError: Sendable, Hashable {
        /// The largest `|y - exact(x)|`.
        public var absolute: Double = 0
        /// The largest `|y - exact(x)| / max(|exact(x)|, relativeErrorFloor)`.
        public var relative: Double = 0
        /// The input at which the absolute error is largest.
        public var absoluteWorstInput: Double = 0
        /// The input at which the relative error is largest.
        public var relativeWorstInput: Double = 0

        mutating func record(_ error: Double, exact: Double, floor: Double, input: Double) {
            if error > absolute || error.isNaN {
                absolute = error
                absoluteWorstInput = input
            }
            let ratio = error == 0 ? 0 : error / max(abs(exact), floor)
            if ratio > relative || ratio.isNaN {
                relative = ratio
                relativeWorstInput = input
            }
        }
    }

    /// The error over every fixed-point input of the domain, for each of the four outcomes of the two truncations.
    ///
    /// - Parameters:
    ///   - exact: the function that this one stands for.
    ///   - inputFractionBits: fraction bits of the input, from 0 to 30. Where there are no more than a truncation keeps,
    ///     that truncation is exact.
    /// - Throws: ``PiecewisePolynomialError/scaleOutOfRange(_:value:allowed:)`` for other numbers of bits, and
    ///   ``PiecewisePolynomialError/inputRangeTooWide`` where the domain does not fit 62 bits with them.
    /// - Complexity: O(number of inputs); a domain of length 16 at 16 bits takes about 0.1 s.
    public func maximumError(against exact: (Double) -> Double, inputFractionBits: Int) throws -> MaximumError {
        guard (0...30).contains(inputFractionBits) else {
            throw PiecewisePolynomialError.scaleOutOfRange(.input, value: inputFractionBits, allowed: 0...30)
        }
        let unit = Double(sign: .plus, exponent: inputFractionBits, significand: 1)
        guard max(abs(domain.lowerBound), abs(domain.upperBound)) * unit < 0x1p62 else {
            throw PiecewisePolynomialError.inputRangeTooWide
        }
        let first = Int64((domain.lowerBound * unit).rounded(.up))
        let last = Int64((domain.upperBound * unit).rounded(.down))
        var largest = MaximumError()
        guard first <= last else { return largest }
        for raw in first...last {
            let x = Double(raw) / unit
            let value = exact(x)
            for comparison in truncations(of: raw, from: inputFractionBits, to: comparisonScale) {
                let interval = interval(forComparisonInput: comparison)
                for truncated in truncations(of: raw, from: inputFractionBits, to: inputScale) {
                    let error = abs(realValue(x: truncated, interval: interval) - value)
                    largest.record(error, exact: value, floor: relativeErrorFloor, input: x)
                }
            }
        }
        return largest
    }

    /// The error over every real input of the domain, hence for inputs of any precision.
    ///
    /// All inputs between two neighbours at ``inputScale`` have the same outcomes of the truncations, so that each such
    /// cell is judged by the exact values at its two ends: the supremum wherever `exact` is monotone inside the cell,
    /// and short of it by at most `|exact''| / 8` times the unit squared elsewhere. Ends of the domain that are no
    /// multiples of the unit count as rounded inwards.
    public func maximumError(against exact: (Double) -> Double) -> MaximumError {
        let unit = Double(sign: .plus, exponent: inputScale, significand: 1)
        let first = Int64((domain.lowerBound * unit).rounded(.up))
        let last = Int64((domain.upperBound * unit).rounded(.down))
        let shift = inputScale - comparisonScale
        var largest = MaximumError()
        guard first < last else { return largest }
        var lower = exact(Double(first) / unit)
        for cell in first..<last {
            let upper = exact(Double(cell + 1) / unit)
            for comparison in [cell >> shift, (cell >> shift) + 1] {
                let interval = interval(forComparisonInput: comparison)
                for truncated in [cell, cell + 1] {
                    let y = realValue(x: truncated, interval: interval)
                    largest.record(
                        abs(y - lower), exact: lower, floor: relativeErrorFloor, input: Double(cell) / unit)
                    largest.record(
                        abs(y - upper), exact: upper, floor: relativeErrorFloor, input: Double(cell + 1) / unit)
                }
            }
            lower = upper
        }
        return largest
    }

    /// The result as a real number, before the truncation to the scale of the output.
    package func realValue(x: Int64, interval: Int) -> Double {
        Double(evaluate(x: x, interval: interval)) / Double(sign: .plus, exponent: resultScale, significand: 1)
    }

    /// The floor and the ceiling of an input at a smaller scale; the exact value, once, where the scale is not smaller.
    private func truncations(of raw: Int64, from scale: Int, to target: Int) -> ClosedRange<Int64> {
        guard scale > target else {
            let exact = raw << (target - scale)
            return exact...exact
        }
        let floor = raw >> (scale - target)
        return floor...(floor << (scale - target) == raw ? floor : floor + 1)
    }
}
