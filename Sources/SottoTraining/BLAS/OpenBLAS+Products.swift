extension OpenBLAS {
    /// `target = scale·a·b + keep·target`, either factor transposed if so said.
    func multiply(
        _ a: MatrixView, _ aOrientation: MatrixView.Orientation, _ b: MatrixView,
        _ bOrientation: MatrixView.Orientation, into target: MatrixView, scale: Float = 1, keep: Float = 0
    ) {
        let inner = aOrientation == .plain ? a.columns : a.rows
        assert(target.rows == (aOrientation == .plain ? a.rows : a.columns))
        assert(target.columns == (bOrientation == .plain ? b.columns : b.rows))
        assert(inner == (bOrientation == .plain ? b.rows : b.columns))
        functions.sgemm(
            OpenBLASFunctions.rowMajor, aOrientation.flag, bOrientation.flag, Int32(target.rows),
            Int32(target.columns), Int32(inner), scale, a.pointer, Int32(a.stride), b.pointer, Int32(b.stride), keep,
            target.pointer, Int32(target.stride))
    }

    /// The product of a matrix, transposed if so said, with a vector of as many elements as it then has columns.
    func product(_ matrix: MatrixView, _ orientation: MatrixView.Orientation, _ x: [Float]) -> [Float] {
        assert(x.count == (orientation == .plain ? matrix.columns : matrix.rows))
        var y = [Float](repeating: 0, count: orientation == .plain ? matrix.rows : matrix.columns)
        functions.sgemv(
            OpenBLASFunctions.rowMajor, orientation.flag, Int32(matrix.rows), Int32(matrix.columns), 1, matrix.pointer,
            Int32(matrix.stride), x, 1, 0, &y, 1)
        return y
    }

    /// The inner product of two vectors of `count` elements.
    func innerProduct(_ count: Int, _ x: UnsafePointer<Float>, _ y: UnsafePointer<Float>) -> Float {
        functions.sdot(Int32(count), x, 1, y, 1)
    }

    /// `c += a·b` in single precision, for row-major matrices `a` [m, k], `b` [k, n] and `c` [m, n], on this thread.
    /// - Precondition: the counts are those of the shapes.
    public func multiplyAccumulate(into c: inout [Float], _ a: [Float], _ b: [Float], m: Int, k: Int, n: Int) {
        precondition(a.count == m * k && b.count == k * n && c.count == m * n, "the shapes are not those of the arrays")
        functions.sgemm(
            OpenBLASFunctions.rowMajor, OpenBLASFunctions.plain, OpenBLASFunctions.plain, Int32(m), Int32(n), Int32(k),
            1, a, Int32(max(k, 1)), b, Int32(max(n, 1)), 1, &c, Int32(max(n, 1)))
    }
}

extension MatrixView.Orientation {
    fileprivate var flag: Int32 { self == .plain ? OpenBLASFunctions.plain : OpenBLASFunctions.transposed }
}
