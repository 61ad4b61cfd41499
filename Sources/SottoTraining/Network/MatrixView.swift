/// A row-major matrix in memory: rows of `columns` elements, `stride` elements apart.
struct MatrixView {
    let pointer: UnsafeMutablePointer<Float>
    let rows: Int
    let columns: Int
    let stride: Int

    init(_ pointer: UnsafeMutablePointer<Float>, rows: Int, columns: Int, stride: Int? = nil) {
        self.pointer = pointer
        self.rows = rows
        self.columns = columns
        self.stride = stride ?? columns
    }

    /// Some adjacent columns.
    func columns(_ range: Range<Int>) -> MatrixView {
        MatrixView(pointer + range.lowerBound, rows: rows, columns: range.count, stride: stride)
    }

    /// Some adjacent rows.
    func rows(_ range: Range<Int>) -> MatrixView {
        MatrixView(pointer + range.lowerBound * stride, rows: range.count, columns: columns, stride: stride)
    }

    /// Whether a factor of a product is transposed.
    enum Orientation {
        case plain
        case transposed
    }
}
