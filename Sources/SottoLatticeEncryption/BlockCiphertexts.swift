/// The ciphertexts of a block of rows, as values, in the order in which products with columns read them.
package struct BlockCiphertexts: Sendable {
    package let blocks: Int
    private let terms: Int
    private let ring: ResidueRing
    /// Of every prime and every run of `terms` values what all blocks have there, body and mask.
    private var values: [UInt64]

    /// - Parameter terms: coefficients of a column's polynomial in a block, a power of two from 8.
    package init(blocks: Int, terms: Int, _ ring: ResidueRing) {
        self.blocks = blocks
        self.terms = terms
        self.ring = ring
        let stride = TransformModulus.columnsStride(terms: terms)
        values = [UInt64](repeating: 0, count: ring.primeCount * (ring.degree / terms) * blocks * stride)
    }

    private var primeSize: Int { values.count / ring.primeCount }

    package mutating func write(_ ciphertext: Ciphertext, block: Int) {
        let stride = TransformModulus.columnsStride(terms: terms)
        for index in 0..<ring.primeCount {
            for run in 0..<(ring.degree / terms) {
                let source = index * ring.degree + run * terms
                let target = index * primeSize + (run * blocks + block) * stride
                for i in 0..<terms {
                    values[target + i] = ciphertext.body[source + i]
                    values[target + terms + i] = ciphertext.mask[source + i]
                }
            }
        }
    }

    /// The sums of products with the polynomials of up to ``TransformModulus/columnCount`` columns.
    ///
    /// - Parameters:
    ///   - memory: words to write over, as many as ``memory``.
    ///   - write: adds to zeros the residues of column c in block b and at coefficient j, at `(b·terms + j)·8 + c`.
    package func products(
        columns count: Int, _ memory: UnsafeMutablePointer<UInt64>,
        write: (TransformModulus, UnsafeMutablePointer<UInt64>) -> Void
    ) -> [Ciphertext] {
        let lanes = TransformModulus.columnCount
        let size = blocks * terms * lanes
        // What columns that are not there give is of no use.
        let (scratch, unused) = (memory + size, repeatElement(memory + 2 * size, count: lanes - count))
        return Ciphertext.writing(count, ring) { targets in
            for index in 0..<ring.primeCount {
                let offset = index * ring.degree
                memory.update(repeating: 0, count: size)
                write(ring.basis[index], memory)
                values.withUnsafeBufferPointer { values in
                    ring.basis[index].columns(
                        terms: terms, blocks: blocks, memory, values.baseAddress! + index * primeSize, scratch,
                        into: (targets.map { $0.body + offset } + unused, targets.map { $0.mask + offset } + unused))
                }
            }
        }
    }

    /// Words that products write over.
    package static func memory(blocks: Int, terms: Int, degree: Int) -> Int {
        2 * blocks * terms * TransformModulus.columnCount + degree
    }
}
