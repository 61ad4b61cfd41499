import SottoAlgebra

/// How large products of integers get, in floating point, so that the plaintext interpreter notices what 64 bits cannot
/// hold.
extension ProductShape {
    /// No element of the product is larger; a pass over both operands.
    func largestProduct(_ x: [Int64], _ y: [Int64]) -> Double {
        guard case .matrix(let batch, let m, let k, let n) = self else { return largestExactProduct(x, y) }
        return (0..<batch).reduce(0) { largest, item in
            let rows = x[(item * m * k)..<((item + 1) * m * k)]
            let operand = Double(rows.reduce(UInt64(0)) { max($0, $1.magnitude) })
            var sums = [Double](repeating: 0, count: n)
            y.withUnsafeBufferPointer { y in
                for row in 0..<k {
                    let start = (item * k + row) * n
                    for column in 0..<n { sums[column] += abs(Double(y[start + column])) }
                }
            }
            return max(largest, operand * (sums.max() ?? 0))
        }
    }

    /// The largest element of the product, up to rounding.
    func largestExactProduct(_ x: [Int64], _ y: [Int64]) -> Double {
        switch self {
        case .elementwise:
            return zip(x, y).reduce(0) { max($0, abs(Double($1.0) * Double($1.1))) }
        case .rowDots(let rows, let columns):
            return (0..<rows).reduce(0) { largest, row in
                let range = (row * columns)..<((row + 1) * columns)
                return max(largest, abs(range.reduce(0.0) { $0 + Double(x[$1]) * Double(y[$1]) }))
            }
        case .matrix(let batch, let m, let k, let n):
            var largest = 0.0
            var sums = [Double](repeating: 0, count: n)
            for row in 0..<(batch * m) {
                let item = row / m
                for column in 0..<n { sums[column] = 0 }
                for inner in 0..<k {
                    let factor = Double(x[row * k + inner])
                    let start = (item * k + inner) * n
                    for column in 0..<n { sums[column] += factor * Double(y[start + column]) }
                }
                largest = sums.reduce(largest) { max($0, abs($1)) }
            }
            return largest
        }
    }
}
