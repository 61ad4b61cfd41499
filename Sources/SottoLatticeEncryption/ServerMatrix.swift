/// The server's matrix in a product: its columns, cut into the layout's blocks, are polynomials.
package struct ServerMatrix: Sendable {
    private let product: EncryptedProduct
    private let entries: [UInt64]

    /// - Parameter entries: `inner x columns` integers in two's complement; bits above `width` count unless the matrix is
    ///   declared modulo the ring, so that callers pass centred residues.
    /// - Throws: `LatticeError.wrongElementCount`, `.magnitudeExceeded`.
    package init(_ entries: [UInt64], _ product: EncryptedProduct) throws(LatticeError) {
        let shape = product.product
        guard entries.count == shape.inner * shape.columns else {
            throw .wrongElementCount(expected: shape.inner * shape.columns, actual: entries.count)
        }
        // All entries are looked at, whatever they are: only whether one is too large can be told from outside.
        let limit: UInt64 = 1 << UInt64(shape.magnitudeBits)
        var isOutside: UInt64 = 0
        for entry in entries {
            let sign = UInt64(bitPattern: Int64(bitPattern: entry) >> 63)
            let magnitude = (entry ^ sign) &- sign
            isOutside |= limit.subtractingReportingOverflow(magnitude).overflow ? 1 : 0
        }
        guard isOutside == 0 else { throw .magnitudeExceeded(bits: shape.magnitudeBits) }
        self.product = product
        self.entries = entries
    }

    /// The products of columns with a block of rows.
    package func products(
        columns chosen: [Int], with rows: BlockCiphertexts, _ memory: UnsafeMutablePointer<UInt64>
    ) -> [Ciphertext] {
        let (layout, shape) = (product.layout, product.product)
        let (terms, lanes) = (layout.blockTerms, TransformModulus.columnCount)
        return rows.products(columns: chosen.count, memory) { modulus, coefficients in
            entries.withUnsafeBufferPointer { entries in
                for block in 0..<rows.blocks {
                    // Of a column `sum of W[first + j]·X^(blockInner - 1 - j)`.
                    var target = coefficients + (block * terms + layout.blockInner - 1) * lanes
                    for row in layout.innerRange(block, shape) {
                        let source = entries.baseAddress! + row * shape.columns
                        for (lane, column) in chosen.enumerated() {
                            target[lane] = Self.residue(source[column], modulus)
                        }
                        target -= lanes
                    }
                }
            }
        }
    }

    /// The residue of a word in two's complement.
    @inline(__always)
    private static func residue(_ entry: UInt64, _ modulus: TransformModulus) -> UInt64 {
        let sign = UInt64(bitPattern: Int64(bitPattern: entry) >> 63)
        let magnitude = modulus.reduce((entry ^ sign) &- sign)
        return modulus.below((magnitude ^ sign) &- sign &+ (modulus.p & sign))
    }
}
