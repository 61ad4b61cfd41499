import SottoAlgebra
import SottoLatticeEncryption

/// Rings and keys of a plan's encrypted products, for each kind of them its own: parameters are those with the fewest bytes.
package struct PlanEncryption: Hashable, Sendable {
    /// Under the client's keys.
    package let matrices: LatticeParameters?
    package let elements: LatticeParameters?
    /// Of products of rows with a number each, under the keys of the party with the numbers, and of dot products of rows,
    /// under the client's.
    package let rows: LatticeParameters?
    /// Whether products of rows with numbers, and dot products, are made as such, which takes larger rings and keys than
    /// products of elements do: the way that has the fewest bytes for the whole plan.
    package let keepsRows: Bool
    package let keepsDots: Bool
    /// Whether either party has keys for ``rows``, or the client alone.
    package let areRowKeysMutual: Bool

    /// Nil where there is nothing to encrypt.
    ///
    /// - Throws: `LatticeError.noParameters` where no encryption holds the products.
    package init?(for terms: [EncryptedTerms]) throws {
        let counts = terms.reduce(into: [EncryptedTerms: Int]()) { $0[$1, default: 0] += $1.isEmpty ? 0 : 1 }
        guard counts.values.contains(where: { $0 > 0 }) else { return nil }
        let matrices = try Self.matrixParameters(counts)
        let hasRows = counts.keys.contains { $0.rows != nil }
        let hasDots = counts.keys.contains { $0.dots != nil }
        var best: (PlanEncryption, bytes: Int)?
        for (rows, dots) in [(true, true), (true, false), (false, true), (false, false)] {
            guard rows || hasRows, dots || hasDots else { continue }
            // Where there are no rings for rows, elements are left.
            let isLast = !(rows && hasRows || dots && hasDots)
            func candidate() throws -> PlanEncryption {
                try PlanEncryption(counts, matrices, keepsRows: rows, keepsDots: dots)
            }
            guard let candidate = isLast ? try candidate() : try? candidate() else { continue }
            // Where there is no choice there is nothing to compare.
            let bytes = hasRows || hasDots ? try candidate.bytes(counts) : 0
            if best == nil || bytes < best!.bytes { best = (candidate, bytes) }
        }
        self = best!.0
    }

    private init(
        _ counts: [EncryptedTerms: Int], _ matrices: LatticeParameters?, keepsRows: Bool, keepsDots: Bool
    ) throws {
        self.matrices = matrices
        self.keepsRows = keepsRows
        self.keepsDots = keepsDots
        var vectors: Set<ElementProduct> = []
        var (rows, dots): ([RowProduct: Int], [RowDots: Int]) = ([:], [:])
        for (term, count) in counts {
            let made = term.made(asRows: keepsRows, asDots: keepsDots)
            if let product = made.elements { vectors.insert(product) }
            if let product = made.rows { rows[product, default: 0] += 2 * count }
            if let product = made.dots { dots[product, default: 0] += count }
        }
        // Both parties have to find the same.
        elements =
            vectors.isEmpty
            ? nil
            : try LatticeParameters.smallest(
                for: [], elements: vectors.sorted { ($0.count, $0.width) < ($1.count, $1.width) })
        self.rows = rows.isEmpty && dots.isEmpty ? nil : try LatticeParameters.smallest(rows: rows, dots: dots)
        areRowKeysMutual = !rows.isEmpty
    }

    private static func matrixParameters(_ counts: [EncryptedTerms: Int]) throws -> LatticeParameters? {
        let products = Set(counts.keys.flatMap(\.matrices))
        func order(_ product: MatrixProduct) -> [Int] {
            [product.rows, product.inner, product.columns, product.width, product.magnitudeBits]
        }
        guard !products.isEmpty else { return nil }
        return try LatticeParameters.smallest(
            for: products.sorted { order($0).lexicographicallyPrecedes(order($1)) })
    }

    /// Bytes of keys and messages, without those of matrices.
    private func bytes(_ counts: [EncryptedTerms: Int]) throws -> Int {
        try counts.reduce(keyBytes.total) { sum, term in
            guard term.key.matrices.isEmpty, term.value > 0 else { return sum }
            let products = try EncryptedProducts(term.key, self)
            return sum
                + Party.allCases.reduce(0) { bytes, party in
                    (products.requestSizes(of: party) + products.responseSizes(of: party))
                        .reduce(bytes) { $0 + term.value * $1 }
                }
        }
    }

    /// What a party has keys for, in the order in which they are sent.
    package func keys(of party: Party) -> [LatticeParameters] {
        switch party {
        case .client: [matrices, elements, rows].compactMap { $0 }
        case .server: areRowKeysMutual ? [rows!] : []
        }
    }

    /// Bytes of the keys by sender.
    package var keyBytes: ByParty<Int> { ByParty { keys(of: $0).reduce(0) { $0 + $1.setupBytes } } }
}

/// A party's keys, and what it has of the peer's.
package struct PartyEncryption: Sendable {
    package let plan: PlanEncryption
    package let party: Party
    /// In the order of ``PlanEncryption/keys(of:)``.
    private let own: [ProductClient]
    private let peer: [ProductServer]

    init(_ plan: PlanEncryption, _ party: Party, own: [ProductClient], peer: [ProductServer]) {
        self.plan = plan
        self.party = party
        self.own = own
        self.peer = peer
    }

    /// - Throws: `LatticeError` if the bytes are none of the peer's keys.
    static func peer(_ bytes: [UInt8], _ parameters: [LatticeParameters]) throws -> [ProductServer] {
        var rest = bytes[...]
        return try parameters.map { parameters in
            let setup = Array(rest.prefix(parameters.setupBytes))
            rest = rest.dropFirst(parameters.setupBytes)
            return try ProductServer(parameters, setup: setup)
        }
    }

    /// What encrypts this party's part of products under given parameters.
    func requester(_ parameters: LatticeParameters) -> ProductClient {
        guard let keys = own.first(where: { $0.parameters == parameters }) else {
            preconditionFailure("a party has the keys of its requests")
        }
        return keys
    }

    /// What answers the peer's requests under given parameters.
    func responder(_ parameters: LatticeParameters) -> ProductServer {
        guard let keys = peer.first(where: { $0.parameters == parameters }) else {
            preconditionFailure("a party has what it needs of the peer's keys")
        }
        return keys
    }
}
