import SottoAlgebra
import SottoRandomness

/// A request: 16 bytes of the masks' seed, then the residues of the bodies' used coefficients, block after block (rows
/// outermost) and in a block prime after prime, packed.
package struct ReceivedRequest {
    private let product: EncryptedProduct
    private let ring: ResidueRing
    private let seed: Seed
    private let residues: [UInt64]
    /// Values of the monomial that every ciphertext is multiplied by, modulo each prime.
    private let monomial: [UInt64]

    /// - Throws: `LatticeError` if the bytes are no request for this product.
    package init(_ bytes: [UInt8], _ product: EncryptedProduct, _ ring: ResidueRing) throws(LatticeError) {
        guard bytes.count == product.requestBytes else {
            throw .wrongByteCount(expected: product.requestBytes, actual: bytes.count)
        }
        self.product = product
        self.ring = ring
        seed = try drawing { () throws(RandomnessError) in try Seed(bytes: Array(bytes[..<16])) }
        let parameters = ring.parameters
        residues = try WidePacking.unpackWords(
            bytes[16...], count: product.residueCount, width: parameters.primeBits)
        let (layout, shape) = (product.layout, product.product)
        // Packing multiplies by 2 at each level: what enters is divided by that. The blocks of the matrix are polynomials
        // times X^(blockInner - 1).
        monomial = ring.monomial(1 - layout.blockInner) { modulus in
            PublicNumbers.inverse(UInt64(layout.blockColumns) % modulus.p, modulo: modulus.p)
        }
        var start = 0
        for rowBlock in 0..<layout.rowBlocks(shape) {
            for innerBlock in 0..<layout.innerBlocks(shape) {
                let size = layout.rowRange(rowBlock, shape).count * layout.innerRange(innerBlock, shape).count
                for prime in parameters.primes {
                    for index in start..<(start + size) where residues[index] >= prime { throw .residueOutOfRange }
                    start += size
                }
            }
        }
    }

    /// The ciphertexts of a block of rows, each times the monomial.
    package func ciphertexts(rowBlock: Int) throws(LatticeError) -> BlockCiphertexts {
        let (layout, shape) = (product.layout, product.product)
        let blocks = layout.innerBlocks(shape)
        var (bodies, masks): ([UInt64], [UInt64]) = ([], [])
        let rows = layout.rowRange(rowBlock, shape).count
        var start = layout.rowRange(rowBlock, shape).lowerBound * shape.inner * ring.primeCount
        for block in 0..<blocks {
            let columns = layout.innerRange(block, shape).count
            var body = [UInt64](repeating: 0, count: ring.primeCount * ring.degree)
            ring.update(&body) { _, body, index in
                let source = start + index * rows * columns
                for row in 0..<rows {
                    for column in 0..<columns {
                        body[row * layout.blockInner + column] = residues[source + row * columns + column]
                    }
                }
            }
            start += rows * columns * ring.primeCount
            ring.forward(&body)
            let mask = try ring.expand(seed, domain: UInt64(rowBlock * blocks + block), count: ring.primeCount)
            bodies += ring.product(body, monomial)
            masks += ring.product(mask, monomial)
        }
        return BlockCiphertexts(blocks: blocks, bodies: bodies, masks: masks)
    }
}

/// The ciphertexts of a block of rows, as values.
package struct BlockCiphertexts: Sendable {
    package let blocks: Int
    package let bodies: [UInt64]
    package let masks: [UInt64]

    /// The sum of products with the polynomials of a column.
    ///
    /// One prime comes after the other, so that a column's values modulo it are still in a cache.
    /// - Parameter values: the first block's values modulo the prime of an index, and how far apart blocks are.
    package func product(
        _ ring: ResidueRing, _ values: (_ index: Int) -> (first: UnsafePointer<UInt64>, stride: Int)
    ) -> Ciphertext {
        var product = Ciphertext.zero(ring)
        for index in 0..<ring.primeCount {
            let column = values(index)
            writeProduct(bodies, column, ring, index, into: &product.body)
            writeProduct(masks, column, ring, index, into: &product.mask)
        }
        return product
    }

    private func writeProduct(
        _ x: [UInt64], _ column: (first: UnsafePointer<UInt64>, stride: Int), _ ring: ResidueRing, _ index: Int,
        into out: inout [UInt64]
    ) {
        let (offset, stride) = (index * ring.degree, ring.primeCount * ring.degree)
        x.withUnsafeBufferPointer { x in
            out.withUnsafeMutableBufferPointer { out in
                ring.basis[index].dot(
                    terms: blocks, x.baseAddress! + offset, stride: stride, column.first, stride: column.stride,
                    into: out.baseAddress! + offset)
            }
        }
    }
}
