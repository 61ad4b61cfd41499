import SottoLatticeEncryption

/// Rings for a plan's products of matrices. Fewest bytes decide, keys included.
struct MatrixRings {
    /// For products with matrices of the server: one for all of them, or two, the smaller first, where those of a model's layers
    /// and those of its embedding, which has a narrower ring and many more entries, are better apart.
    let parameters: [LatticeParameters]
    /// For products in both directions, whose entries are any numbers of their ring; it may be the one of the others.
    let mutual: LatticeParameters?

    init(_ terms: [EncryptedTerms: Int]) throws {
        var (ofServer, both): ([MatrixProduct: Int], [MatrixProduct: Int]) = ([:], [:])
        for (term, count) in terms {
            for product in term.matrices { ofServer[product, default: 0] += count }
            for product in term.mutual { both[product, default: 0] += 2 * count }
        }
        let own = try Self.rings(ofServer)
        guard !both.isEmpty else {
            (parameters, mutual) = (own, nil)
            return
        }
        let ofBoth = try LatticeParameters.smallest(for: Self.ordered(both))
        guard !own.isEmpty,
            let shared = try? LatticeParameters.smallest(for: Self.ordered(ofServer.merging(both) { $0 + $1 }))
        else {
            (parameters, mutual) = (own, ofBoth)
            return
        }
        func bytes(_ rings: [LatticeParameters], _ mutual: LatticeParameters) throws -> Int {
            let keys = Set(rings + [mutual]).reduce(mutual.setupBytes) { $0 + $1.setupBytes }
            return try keys + Self.bytes(ofServer, rings) + Self.bytes(both, [mutual])
        }
        let isShared = try bytes([shared], shared) < bytes(own, ofBoth)
        (parameters, mutual) = isShared ? ([shared], shared) : (own, ofBoth)
    }

    private static func rings(_ counts: [MatrixProduct: Int]) throws -> [LatticeParameters] {
        let products = ordered(counts)
        guard !products.isEmpty else { return [] }
        let one = [try LatticeParameters.smallest(for: products)]
        let gaps = products.indices.dropFirst().map { (bits(products[$0]) - bits(products[$0 - 1]), $0) }
        guard let widest = gaps.max(by: { $0.0 < $1.0 }), widest.0 > least,
            let low = try? LatticeParameters.smallest(for: Array(products[..<widest.1])),
            let high = try? LatticeParameters.smallest(for: Array(products[widest.1...])), low != high
        else { return one }
        func total(_ rings: [LatticeParameters]) throws -> Int {
            let messages = try bytes(counts, rings)
            return rings.reduce(messages) { $0 + $1.setupBytes }
        }
        return try total([low, high]) < total(one) ? [low, high] : one
    }

    /// Bytes of both messages of all products, each in the first ring that holds it.
    private static func bytes(_ counts: [MatrixProduct: Int], _ rings: [LatticeParameters]) throws -> Int {
        try counts.reduce(0) { bytes, product in
            let encrypted = try first(product.key, rings)
            return bytes + product.value * (encrypted.requestBytes + encrypted.responseBytes)
        }
    }

    /// A product in the first ring that holds it.
    static func first(_ product: MatrixProduct, _ rings: [LatticeParameters]) throws -> EncryptedProduct {
        for parameters in rings.dropLast() {
            if let product = try? EncryptedProduct(product, parameters) { return product }
        }
        return try EncryptedProduct(product, rings.last!)
    }

    /// Both parties have to find the same.
    static func ordered(_ counts: [MatrixProduct: Int]) -> [MatrixProduct] {
        func order(_ product: MatrixProduct) -> [Int] {
            [bits(product), product.rows, product.inner, product.columns, product.width, product.magnitudeBits]
        }
        return counts.keys.sorted { order($0).lexicographicallyPrecedes(order($1)) }
    }

    /// Rings less apart are not worth keys of their own.
    private static let least = 8

    /// About what a product and its noise take of a modulus.
    private static func bits(_ product: MatrixProduct) -> Int {
        product.width + product.magnitudeBits + product.inner.trailingZeroBitCount
    }
}
