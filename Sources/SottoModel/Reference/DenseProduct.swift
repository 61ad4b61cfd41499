/// Matrix products in single precision for the plaintext reference.
///
/// A panel of 8 columns is packed once, then 4 rows at a time run down it, so that the inner loop is 4 vector
/// multiply-adds on registers. Partial sums of 256 terms are added up separately, which keeps the rounding error
/// near that of a blocked BLAS.
enum DenseProduct {
    private static let panel = 8
    private static let depth = 256

    /// `x·weight + bias`: x [rows, inner], weight [inner, columns], the result [rows, columns].
    static func product(_ x: [Float], rows: Int, weight: [Float], inner: Int, bias: [Float]?) -> [Float] {
        let columns = weight.count / inner
        return product(x, rows: rows, inner: inner, columns: columns, bias: bias) { panel, column, width in
            weight.withUnsafeBytes { weight in
                for k in 0..<inner {
                    let offset = 4 * (k * columns + column)
                    if width == Self.panel {
                        panel[k] = weight.loadUnaligned(fromByteOffset: offset, as: SIMD8<Float>.self)
                    } else {
                        for j in 0..<width {
                            panel[k][j] = weight.loadUnaligned(fromByteOffset: offset + 4 * j, as: Float.self)
                        }
                    }
                }
            }
        }
    }

    /// `x·weightᵀ`: x [rows, inner], weight [columns, inner], the result [rows, columns].
    static func transposedProduct(_ x: [Float], rows: Int, weight: [Float], inner: Int) -> [Float] {
        product(x, rows: rows, inner: inner, columns: weight.count / inner, bias: nil) { panel, column, width in
            weight.withUnsafeBufferPointer { weight in
                for j in 0..<width {
                    for k in 0..<inner { panel[k][j] = weight[(column + j) * inner + k] }
                }
            }
        }
    }

    private static func product(
        _ x: [Float], rows: Int, inner: Int, columns: Int, bias: [Float]?,
        pack: (_ panel: UnsafeMutableBufferPointer<SIMD8<Float>>, _ column: Int, _ width: Int) -> Void
    ) -> [Float] {
        var result = [Float](repeating: 0, count: rows * columns)
        var packed = [SIMD8<Float>](repeating: .zero, count: inner)
        for column in stride(from: 0, to: columns, by: panel) {
            let width = min(panel, columns - column)
            packed.withUnsafeMutableBufferPointer { pack($0, column, width) }
            var start = SIMD8<Float>.zero
            if let bias {
                for j in 0..<width { start[j] = bias[column + j] }
            }
            x.withUnsafeBufferPointer { x in
                packed.withUnsafeBufferPointer { packed in
                    result.withUnsafeMutableBufferPointer { result in
                        for row in stride(from: 0, to: rows, by: 4) {
                            let sums = fourRows(x, row: row, rows: rows, panel: packed)
                            for offset in 0..<min(4, rows - row) {
                                let sum = sums[offset] + start
                                store(sum, width: width, to: result, at: (row + offset) * columns + column)
                            }
                        }
                    }
                }
            }
        }
        return result
    }

    private static func store(
        _ sum: SIMD8<Float>, width: Int, to result: UnsafeMutableBufferPointer<Float>, at index: Int
    ) {
        if width == panel {
            UnsafeMutableRawBufferPointer(result).storeBytes(
                of: sum, toByteOffset: 4 * index, as: SIMD8<Float>.self)
        } else {
            for j in 0..<width { result[index + j] = sum[j] }
        }
    }

    /// The inner product of two vectors of `count` elements.
    static func innerProduct(
        _ x: UnsafeRawBufferPointer, at xStart: Int, _ y: UnsafeRawBufferPointer, at yStart: Int, count: Int
    ) -> Float {
        var lanes = SIMD8<Float>.zero
        let whole = count / panel * panel
        for k in stride(from: 0, to: whole, by: panel) {
            lanes +=
                x.loadUnaligned(fromByteOffset: 4 * (xStart + k), as: SIMD8<Float>.self)
                * y.loadUnaligned(fromByteOffset: 4 * (yStart + k), as: SIMD8<Float>.self)
        }
        var sum = lanes.sum()
        for k in whole..<count {
            sum +=
                x.loadUnaligned(fromByteOffset: 4 * (xStart + k), as: Float.self)
                * y.loadUnaligned(fromByteOffset: 4 * (yStart + k), as: Float.self)
        }
        return sum
    }

    /// Four rows of x times a panel; rows past the last repeat it.
    private static func fourRows(
        _ x: UnsafeBufferPointer<Float>, row: Int, rows: Int, panel: UnsafeBufferPointer<SIMD8<Float>>
    ) -> FourSums {
        let inner = panel.count
        let base0 = row * inner
        let base1 = min(row + 1, rows - 1) * inner
        let base2 = min(row + 2, rows - 1) * inner
        let base3 = min(row + 3, rows - 1) * inner
        var total = FourSums()
        for begin in stride(from: 0, to: inner, by: depth) {
            var partial = FourSums()
            for k in begin..<min(begin + depth, inner) {
                let column = panel[k]
                partial.row0 += x[base0 + k] * column
                partial.row1 += x[base1 + k] * column
                partial.row2 += x[base2 + k] * column
                partial.row3 += x[base3 + k] * column
            }
            total.row0 += partial.row0
            total.row1 += partial.row1
            total.row2 += partial.row2
            total.row3 += partial.row3
        }
        return total
    }

    private struct FourSums {
        var row0 = SIMD8<Float>.zero
        var row1 = SIMD8<Float>.zero
        var row2 = SIMD8<Float>.zero
        var row3 = SIMD8<Float>.zero

        subscript(index: Int) -> SIMD8<Float> {
            switch index {
            case 0: row0
            case 1: row1
            case 2: row2
            default: row3
            }
        }
    }
}
