#if os(macOS)
    import CSottoOpenBLAS
#else
    import CSottoLibraryLoader
#endif

/// The functions of OpenBLAS that training uses, with the types of its `cblas.h` where integers have 32 bits.
struct OpenBLASFunctions: Sendable {
    /// Order, both transpositions, m, n, k, alpha, a, its row length, b, its, beta, c, its.
    typealias MatrixProduct =
        @convention(c) @Sendable (
            Int32, Int32, Int32, Int32, Int32, Int32, Float, UnsafePointer<Float>?, Int32, UnsafePointer<Float>?, Int32,
            Float, UnsafeMutablePointer<Float>?, Int32
        ) -> Void
    /// Order, transposition, m, n, alpha, a, its row length, x, its step, beta, y, its.
    typealias VectorProduct =
        @convention(c) @Sendable (
            Int32, Int32, Int32, Int32, Float, UnsafePointer<Float>?, Int32, UnsafePointer<Float>?, Int32, Float,
            UnsafeMutablePointer<Float>?, Int32
        ) -> Void
    /// n, x, its step, y, its.
    typealias InnerProduct =
        @convention(c) @Sendable (Int32, UnsafePointer<Float>?, Int32, UnsafePointer<Float>?, Int32) -> Float
    typealias SetThreads = @convention(c) @Sendable (Int32) -> Void
    typealias Text = @convention(c) @Sendable () -> UnsafePointer<CChar>?

    let sgemm: MatrixProduct
    let sgemv: VectorProduct
    let sdot: InnerProduct
    let setThreads: SetThreads
    let coreName: Text
    let configuration: Text

    /// Values of the enumerations of `cblas.h`.
    static let rowMajor: Int32 = 101
    static let plain: Int32 = 111
    static let transposed: Int32 = 112

    #if os(macOS)
        /// Those of the linked library.
        init() {
            sgemm = { order, a, b, m, n, k, alpha, aStart, aLength, bStart, bLength, beta, c, cLength in
                cblas_sgemm(
                    CBLAS_ORDER(UInt32(order)), CBLAS_TRANSPOSE(UInt32(a)), CBLAS_TRANSPOSE(UInt32(b)), m, n, k, alpha,
                    aStart, aLength, bStart, bLength, beta, c, cLength)
            }
            sgemv = { order, a, m, n, alpha, aStart, aLength, x, xStep, beta, y, yStep in
                cblas_sgemv(
                    CBLAS_ORDER(UInt32(order)), CBLAS_TRANSPOSE(UInt32(a)), m, n, alpha, aStart, aLength, x, xStep,
                    beta, y, yStep)
            }
            sdot = { cblas_sdot($0, $1, $2, $3, $4) }
            setThreads = { openblas_set_num_threads($0) }
            coreName = { UnsafePointer(openblas_get_corename()) }
            configuration = { UnsafePointer(openblas_get_config()) }
        }
    #else
        /// Those of a loaded library.
        /// - Parameters:
        ///   - library: stays loaded as long as the functions are used.
        ///   - name: of its file, for errors.
        /// - Throws: ``OpenBLASError/missingFunction(library:function:)``.
        init(of library: UnsafeMutableRawPointer, named name: String) throws(OpenBLASError) {
            func function<Function>(_ function: String) throws(OpenBLASError) -> Function {
                guard let address = sotto_library_symbol(library, function) else {
                    throw .missingFunction(library: name, function: function)
                }
                return unsafeBitCast(address, to: Function.self)
            }
            sgemm = try function("cblas_sgemm")
            sgemv = try function("cblas_sgemv")
            sdot = try function("cblas_sdot")
            setThreads = try function("openblas_set_num_threads")
            coreName = try function("openblas_get_corename")
            configuration = try function("openblas_get_config")
        }
    #endif
}
