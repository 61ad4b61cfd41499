import SottoAlgebra

/// The representative of `value` modulo `2^width` in `-2^(width-1) ..< 2^(width-1)`.
func reduced(_ value: Int64, width: Int) -> Int64 {
    (value &<< Int64(64 - width)) &>> Int64(64 - width)
}

/// The largest magnitude that a program may promise in a ring of `width` bits.
func largestMagnitude(width: Int) -> Double {
    let end = Double(sign: .plus, exponent: width - 1, significand: 1)
    return width < 50 ? end - 1 : end.nextDown
}

/// Naive products modulo 2^64.
func product(_ x: [Int64], _ y: [Int64], _ shape: ProductShape) -> [Int64] {
    switch shape {
    case .elementwise(let count):
        return (0..<count).map { x[$0] &* y[$0] }
    case .matrix(let batch, let m, let k, let n):
        var out = [Int64](repeating: 0, count: batch * m * n)
        for b in 0..<batch {
            for row in 0..<m {
                for column in 0..<n {
                    for i in 0..<k {
                        out[(b * m + row) * n + column] &+=
                            x[(b * m + row) * k + i] &* y[(b * k + i) * n + column]
                    }
                }
            }
        }
        return out
    case .rowDots(let rows, let columns):
        return (0..<rows).map { row in
            (0..<columns).reduce(0) { $0 &+ x[row * columns + $1] &* y[row * columns + $1] }
        }
    }
}
