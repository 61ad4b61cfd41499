import SottoAlgebra
import SottoLatticeEncryption

/// Rings and keys of a plan's encrypted products, for each kind of them its own: parameters are those with the fewest bytes.
package struct PlanEncryption: Hashable, Sendable {
    /// Under the client's keys, the smaller first.
    package let matrices: [LatticeParameters]
    /// Of products of either party with matrices of the other, under the keys of the former.
    package let mutual: LatticeParameters?
    package let elements: LatticeParameters?
    /// Of products of rows with a number each, under the keys of the party with the numbers, and of dot products of rows.
    package let rows: LatticeParameters?
    /// Whether products of rows with numbers, and dot products, are made as such, which takes larger rings and keys than
    /// products of elements do: the way that has the fewest bytes for the whole plan.
    package let keepsRows: Bool
    package let keepsDots: Bool
    /// Whether either party has keys for ``rows``, or the client alone.
    package let areRowKeysMutual: Bool
    /// Matrices of the server that the client has from the session's setup, where the plan uses any.
    let weights: EncryptedWeights?

    /// Who encrypts rows for dot products. The server where it has keys for them, because then it is the client that answers:
    /// the server has the products with its matrices to answer for.
    var dotParty: Party { areRowKeysMutual ? .server : .client }

    /// Nil where there is nothing to encrypt.
    ///
    /// All sizes are rounded up to powers of two, of which what is proved holds for smaller ones: plans of about the same
    /// size have the same parameters, and the runs of a session the same keys.
    /// - Parameters:
    ///   - terms: of what both parties ask each other for.
    ///   - weights: what the client has for other products.
    /// - Throws: `LatticeError.noParameters` where no encryption holds the products.
    package init?(for terms: [EncryptedTerms], weights: EncryptedWeights? = nil) throws {
        var counts = terms.filter { !$0.isEmpty && $0.few == nil }
            .reduce(into: [EncryptedTerms: Int]()) { $0[$1.rounded, default: 0] += 1 }
        counts = counts.mapValues(\.roundedToPower)
        guard !counts.isEmpty || weights != nil else { return nil }
        let matrices = try MatrixRings(counts)
        let hasRows = counts.keys.contains { $0.rows != nil }
        let hasDots = counts.keys.contains { $0.dots != nil }
        var best: (PlanEncryption, bytes: Int)?
        for (rows, dots) in [(true, true), (true, false), (false, true), (false, false)] {
            guard rows || hasRows, dots || hasDots else { continue }
            // Where there are no rings for rows, elements are left.
            let isLast = !(rows && hasRows || dots && hasDots)
            func candidate() throws -> PlanEncryption {
                try PlanEncryption(counts, matrices, keepsRows: rows, keepsDots: dots, weights)
            }
            guard let candidate = isLast ? try candidate() : try? candidate() else { continue }
            // Where there is no choice there is nothing to compare.
            let bytes = hasRows || hasDots ? try candidate.bytes(counts) : 0
            if best == nil || bytes < best!.bytes { best = (candidate, bytes) }
        }
        self = best!.0
    }

    private init(
        _ counts: [EncryptedTerms: Int], _ matrices: MatrixRings, keepsRows: Bool, keepsDots: Bool,
        _ weights: EncryptedWeights?
    ) throws {
        self.weights = weights
        self.matrices = matrices.parameters
        mutual = matrices.mutual
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

    /// Bytes of keys and messages, without those of matrices.
    private func bytes(_ counts: [EncryptedTerms: Int]) throws -> Int {
        try counts.reduce(keyBytes().total) { sum, term in
            guard term.key.matrices.isEmpty, term.key.mutual.isEmpty, term.value > 0 else { return sum }
            let products = try EncryptedProducts(term.key, self)
            return sum
                + Party.allCases.reduce(0) { bytes, party in
                    (products.requestSizes(of: party) + products.responseSizes(of: party))
                        .reduce(bytes) { $0 + term.value * $1 }
                }
        }
    }

    /// A product with a matrix of the server in the smallest ring that holds it.
    package func product(_ product: MatrixProduct) throws -> EncryptedProduct {
        try MatrixRings.first(product, matrices)
    }

    /// How the client answers for a product with a matrix that it has; nil where it asks for the product.
    package func answer(_ use: ServerMatrixProduct?) -> EncryptedProduct? { use.flatMap { weights?.answer($0) } }

    /// What a party has keys for, each once, in the order in which they are sent.
    package func keys(of party: Party) -> [LatticeParameters] {
        let all =
            switch party {
            case .client: matrices + [mutual, elements, rows]
            case .server: [mutual, areRowKeysMutual ? rows : nil, weights?.parameters]
            }
        return all.compactMap { $0 }.reduce(into: []) { keys, own in
            if !keys.contains(own) { keys.append(own) }
        }
    }

    /// Those that a session does not have yet.
    func missingKeys(of party: Party, _ memory: PreprocessingMemory) -> [LatticeParameters] {
        keys(of: party).filter { !memory.keys[party].contains($0) }
    }

    /// Bytes of missing keys by sender.
    package func keyBytes(_ memory: PreprocessingMemory = PreprocessingMemory()) -> ByParty<Int> {
        ByParty { missingKeys(of: $0, memory).reduce(0) { $0 + $1.setupBytes } }
    }

    /// Notes that both parties have the plan's keys.
    package func keep(in memory: inout PreprocessingMemory) {
        for party in Party.allCases { memory.keys[party].formUnion(keys(of: party)) }
    }
}

/// A party's keys, and what it has of the peer's.
package struct PartyEncryption: Sendable {
    package let plan: PlanEncryption
    package let party: Party
    /// Those of the plan among them.
    private let own: [ProductClient]
    private let peer: [ProductServer]
    /// The client's.
    private let weights: KeptWeights?

    init(
        _ plan: PlanEncryption, _ party: Party, own: [ProductClient], peer: [ProductServer], weights: KeptWeights?
    ) {
        self.plan = plan
        self.party = party
        self.own = own
        self.peer = peer
        self.weights = weights
    }

    /// The request of a product with a matrix that the client has.
    func request(_ use: ServerMatrixProduct) -> [UInt8] {
        guard let request = weights?[use] else { preconditionFailure("the client has what its plan says") }
        return request
    }

    /// - Throws: `LatticeError` if the bytes are none of such keys.
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
