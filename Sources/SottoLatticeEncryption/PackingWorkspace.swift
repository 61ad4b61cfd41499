/// Memory that key switches write over, made once for many of them.
package final class PackingWorkspace {
    /// Of each digit values modulo one prime.
    package let digits: UnsafeMutablePointer<UInt64>
    /// What key switches do not touch, for those who make what is packed.
    package let memory: UnsafeMutablePointer<UInt64>
    private let ofCoefficients: UnsafeMutablePointer<UInt64>
    private let ofProducts: UnsafeMutablePointer<UInt64>
    private let sizes: (coefficients: Int, products: Int)
    private let all: UnsafeMutableRawPointer

    package init(_ ring: ResidueRing, words: Int = 0) {
        let degree = ring.degree
        sizes = (ring.primeCount * degree, ring.basis.count * degree)
        let batch = KeySwitching.batch
        let digitWords = max(1, ring.parameters.digits.count) * degree
        let count = digitWords + batch * (sizes.coefficients + sizes.products) + words
        // Vectors that cross no line of a cache are read twice as fast.
        all = .allocate(byteCount: 8 * count, alignment: 64)
        digits = all.initializeMemory(as: UInt64.self, repeating: 0, count: count)
        ofCoefficients = digits + digitWords
        ofProducts = ofCoefficients + batch * sizes.coefficients
        memory = ofProducts + batch * sizes.products
    }

    deinit { all.deallocate() }

    /// Coefficients of a ciphertext's mask modulo the primes of `q`, for each of a batch.
    package func coefficients(_ item: Int) -> UnsafeMutablePointer<UInt64> {
        ofCoefficients + item * sizes.coefficients
    }

    /// Values modulo the basis, for each of a batch.
    package func products(_ item: Int) -> UnsafeMutablePointer<UInt64> { ofProducts + item * sizes.products }
}
