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
    /// Whether either party has keys for ``rows``, or the client alone.
    package let areRowKeysMutual: Bool

    /// Nil where there is nothing to encrypt.
    ///
    /// - Throws: `LatticeError.noParameters` where no encryption holds the products.
    package init?(for terms: [EncryptedTerms]) throws {
        let products = Set(terms.flatMap(\.matrices))
        let vectors = Set(terms.compactMap(\.elements))
        var (rows, dots): ([RowProduct: Int], [RowDots: Int]) = ([:], [:])
        for term in terms {
            if let product = term.rows { rows[product, default: 0] += 2 }
            if let product = term.dots { dots[product, default: 0] += 1 }
        }
        func order(_ product: MatrixProduct) -> [Int] {
            [product.rows, product.inner, product.columns, product.width, product.magnitudeBits]
        }
        // Both parties have to find the same.
        matrices =
            products.isEmpty
            ? nil
            : try LatticeParameters.smallest(
                for: products.sorted { order($0).lexicographicallyPrecedes(order($1)) })
        elements =
            vectors.isEmpty
            ? nil
            : try LatticeParameters.smallest(
                for: [], elements: vectors.sorted { ($0.count, $0.width) < ($1.count, $1.width) })
        self.rows = rows.isEmpty && dots.isEmpty ? nil : try LatticeParameters.smallest(rows: rows, dots: dots)
        areRowKeysMutual = !rows.isEmpty
        if matrices == nil, elements == nil, self.rows == nil { return nil }
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
