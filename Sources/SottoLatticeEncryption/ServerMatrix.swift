/// The server's matrix in a product: its columns, cut into the layout's blocks, as polynomials.
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

    /// Values of `sum of W[first + j]·X^(blockInner - 1 - j)` modulo a prime, of one column.
    package func write(
        innerBlock: Int, column: Int, _ modulus: TransformModulus, into out: UnsafeMutablePointer<UInt64>
    ) {
        let columns = product.product.columns
        let range = product.layout.innerRange(innerBlock, product.product)
        let blockInner = product.layout.blockInner
        let terms = max(16, blockInner)
        entries.withUnsafeBufferPointer { entries in
            out.update(repeating: 0, count: terms)
            for (j, row) in range.enumerated() {
                out[blockInner - 1 - j] = Self.residue(entries[row * columns + column], modulus)
            }
            modulus.forward(out, terms: terms)
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

/// A matrix whose polynomials are kept, of ``EncryptedProduct/preparedBytes``: for one that enters many products, where
/// there is memory for it. Without, a product takes a transform of each polynomial for each block of rows again.
public struct PreparedMatrix: Sendable {
    package let product: EncryptedProduct
    /// Of every column the values of all inner blocks, modulo every prime.
    package let values: [UInt64]
}

/// A server's matrix as what requests are multiplied with: polynomials that are made when they are needed, or were before.
package enum MatrixColumns: Sendable {
    case entries(ServerMatrix)
    case prepared(PreparedMatrix)

    /// A column's product with a block of rows.
    /// - Parameter polynomials: memory for the residues of the column's blocks modulo one prime.
    package func product(
        column: Int, with rows: BlockCiphertexts, _ ring: ResidueRing, _ polynomials: UnsafeMutablePointer<UInt64>
    ) -> Ciphertext {
        let (degree, size) = (ring.degree, ring.primeCount * ring.degree)
        switch self {
        case .entries(let matrix):
            return rows.product(ring) { index in
                for block in 0..<rows.blocks {
                    matrix.write(
                        innerBlock: block, column: column, ring.basis[index], into: polynomials + block * degree)
                }
                return (UnsafePointer(polynomials), degree)
            }
        case .prepared(let matrix):
            return matrix.values.withUnsafeBufferPointer { values in
                rows.product(ring) { (values.baseAddress! + column * rows.blocks * size + $0 * degree, size) }
            }
        }
    }
}
