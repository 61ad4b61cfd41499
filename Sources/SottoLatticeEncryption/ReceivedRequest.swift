import SottoAlgebra
import SottoRandomness

/// A request: 16 bytes of the masks' seed, then the residues of the bodies' used coefficients, block after block (rows
/// outermost) and in a block prime after prime, packed.
package struct ReceivedRequest {
    private let product: EncryptedProduct
    private let ring: ResidueRing
    private let seed: Seed
    private let residues: [UInt64]
    /// Values of the monomials that bodies and masks are multiplied by, modulo each prime.
    private let monomials: (body: [UInt64], mask: [UInt64])

    /// - Throws: `LatticeError` if the bytes are no request for this product.
    package init(_ bytes: [UInt8], _ product: EncryptedProduct, _ packing: CiphertextPacking) throws(LatticeError) {
        let ring = packing.ring
        self.product = product
        self.ring = ring
        residues = try Self.residues(bytes, product)
        seed = try drawing { () throws(RandomnessError) in try Seed(bytes: Array(bytes[..<16])) }
        let layout = product.layout
        // Packing multiplies by 2 at each level: what enters is divided by that, and of bodies multiplied by the special
        // primes. The blocks of the matrix are polynomials times X^(blockInner - 1).
        let isPacked = layout.packingLevels > 0
        func monomial(_ factor: (TransformModulus) -> UInt64) -> [UInt64] {
            ring.monomial(1 - layout.blockInner) { modulus in
                let inverse = PublicNumbers.inverse(UInt64(layout.blockColumns) % modulus.p, modulo: modulus.p)
                return PublicNumbers.product(inverse, factor(modulus), modulo: modulus.p)
            }
        }
        monomials = (monomial { isPacked ? packing.switching.specialProduct($0) : 1 }, monomial { _ in 1 })
    }

    /// The residues of a request's bodies.
    /// - Throws: `LatticeError` if the bytes are no request for this product.
    private static func residues(_ bytes: [UInt8], _ product: EncryptedProduct) throws(LatticeError) -> [UInt64] {
        guard bytes.count == product.requestBytes else {
            throw .wrongByteCount(expected: product.requestBytes, actual: bytes.count)
        }
        let (layout, shape, parameters) = (product.layout, product.product, product.parameters)
        let residues = try WidePacking.unpackWords(
            bytes[16...], count: product.residueCount, width: parameters.primeBits)
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
        return residues
    }

    /// Whether the bytes are a request for a product, for who keeps them.
    /// - Throws: `LatticeError` if they are not.
    package static func check(_ bytes: [UInt8], _ product: EncryptedProduct) throws(LatticeError) {
        _ = try residues(bytes, product)
    }

    /// The ciphertexts of a block of rows, as packing takes them.
    package func ciphertexts(rowBlock: Int) throws(LatticeError) -> BlockCiphertexts {
        let (layout, shape) = (product.layout, product.product)
        let blocks = layout.innerBlocks(shape)
        var ciphertexts = BlockCiphertexts(blocks: blocks, terms: layout.blockTerms, ring)
        let rows = layout.rowRange(rowBlock, shape).count
        var start = layout.rowRange(rowBlock, shape).lowerBound * shape.inner * ring.primeCount
        for block in 0..<blocks {
            let columns = layout.innerRange(block, shape).count
            var ciphertext = Ciphertext.zero(ring)
            ring.update(&ciphertext.body) { _, body, index in
                let source = start + index * rows * columns
                for row in 0..<rows {
                    for column in 0..<columns {
                        body[row * layout.blockInner + column] = residues[source + row * columns + column]
                    }
                }
            }
            start += rows * columns * ring.primeCount
            ring.forward(&ciphertext.body)
            ciphertext.mask = try ring.expand(seed, domain: UInt64(rowBlock * blocks + block), count: ring.primeCount)
            ring.multiply(&ciphertext.body, by: monomials.body)
            ring.multiply(&ciphertext.mask, by: monomials.mask)
            ciphertexts.write(ciphertext, block: block)
        }
        return ciphertexts
    }
}
