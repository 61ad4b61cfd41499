import CSottoOpenBLAS

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

        fileprivate var flag: CBLAS_TRANSPOSE { self == .plain ? CblasNoTrans : CblasTrans }
    }

    /// `self = scale·a·b + keep·self`, either factor transposed if so said.
    func multiply(
        _ a: MatrixView, _ aOrientation: Orientation = .plain, _ b: MatrixView, _ bOrientation: Orientation = .plain,
        scale: Float = 1, keep: Float = 0
    ) {
        let inner = aOrientation == .plain ? a.columns : a.rows
        assert(rows == (aOrientation == .plain ? a.rows : a.columns))
        assert(columns == (bOrientation == .plain ? b.columns : b.rows))
        assert(inner == (bOrientation == .plain ? b.rows : b.columns))
        cblas_sgemm(
            CblasRowMajor, aOrientation.flag, bOrientation.flag, Int32(rows), Int32(columns), Int32(inner), scale,
            a.pointer, Int32(a.stride), b.pointer, Int32(b.stride), keep, pointer, Int32(stride))
    }
}

/// Lets BLAS use the calling thread only: training has threads of its own, and results must not depend on BLAS's.
func useOneThreadInBLAS() { openblas_set_num_threads(1) }
