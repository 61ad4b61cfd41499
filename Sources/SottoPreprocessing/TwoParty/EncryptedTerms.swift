import SottoAlgebra
import SottoLatticeEncryption
import SottoRandomness

/// Products of the client's numbers with the server's, of which both get shares: matrices one by one, and vectors element by
/// element. What a product of two shared masks comes apart into.
package struct EncryptedTerms: Sendable, Hashable {
    package let matrices: [MatrixProduct]
    package let elements: ElementProduct?

    package static let none = EncryptedTerms(matrices: [], elements: nil)

    package init(matrices: [MatrixProduct], elements: ElementProduct?) {
        self.matrices = matrices
        self.elements = elements
    }

    /// Products of elements alone; none for no elements.
    package init(elements count: Int, width: Int) {
        guard count > 0 else {
            self = .none
            return
        }
        do {
            self.init(matrices: [], elements: try ElementProduct(count: count, width: width))
        } catch {
            preconditionFailure("no tensor has more elements than an encrypted product: \(error)")
        }
    }

    package var isEmpty: Bool { matrices.isEmpty && elements == nil }

    /// The encryption that holds all of them, or nil for none.
    static func parameters(for terms: [EncryptedTerms]) throws -> LatticeParameters? {
        let matrices = Set(terms.flatMap(\.matrices))
        let elements = Set(terms.compactMap(\.elements))
        guard !matrices.isEmpty || !elements.isEmpty else { return nil }
        func order(_ product: MatrixProduct) -> [Int] {
            [product.rows, product.inner, product.columns, product.width, product.magnitudeBits]
        }
        // Both parties have to find the same.
        return try LatticeParameters.smallest(
            for: matrices.sorted { order($0).lexicographicallyPrecedes(order($1)) },
            elements: elements.sorted { ($0.count, $0.width) < ($1.count, $1.width) })
    }

    /// The client's requests, then the server's responses.
    package func steps(_ encryption: LatticeParameters?) -> [ByParty<Int>] {
        guard let encryption, !isEmpty else { return [.zero, .zero] }
        let products = matrices.compactMap { try? EncryptedProduct($0, encryption) }
        let element = elements.flatMap { try? EncryptedElementProduct($0, encryption) }
        return [
            .only(.client, products.reduce(element?.requestBytes ?? 0) { $0 + $1.requestBytes }),
            .only(.server, products.reduce(element?.responseBytes ?? 0) { $0 + $1.responseBytes }),
        ]
    }
}

/// A party's part of the encryption: the client's keys, or what the server has of them.
package enum PartyEncryption: Sendable {
    case client(ProductClient)
    case server(ProductServer)
}

/// One party's progress with encrypted terms: two exchanges, and then a share of each.
package final class EncryptedMaking {
    private let terms: EncryptedTerms
    private let encryption: PartyEncryption?
    private let matrices: [[UInt64]]
    private let elements: [UInt64]
    /// Of each matrix product, row-major.
    package private(set) var matrixShares: [[UInt64]] = []
    package private(set) var elementShare: [UInt64] = []
    private var requests: [[UInt8]] = []
    private var secrets: SeedStream

    /// - Parameters:
    ///   - matrices: the party's, the client's `rows x inner` and the server's `inner x columns`, words modulo `2^width`.
    ///   - elements: its vector.
    package init(_ terms: EncryptedTerms, _ view: TwoPartyView, matrices: [[UInt64]], elements: [UInt64]) {
        precondition(matrices.count == terms.matrices.count && elements.count == terms.elements?.count ?? 0)
        self.terms = terms
        encryption = view.encryption
        secrets = view.secrets
        self.matrices = matrices
        self.elements = elements
    }

    package var exchanges: [TwoPartyMaking.Exchange] {
        [
            TwoPartyMaking.Exchange(outgoing: { try self.request() }, incoming: { try self.take(requests: $0) }),
            TwoPartyMaking.Exchange(outgoing: { try self.respond() }, incoming: { try self.finish($0) }),
        ]
    }

    private func products(_ parameters: LatticeParameters) throws -> (
        matrices: [EncryptedProduct], elements: EncryptedElementProduct?
    ) {
        (
            try terms.matrices.map { try EncryptedProduct($0, parameters) },
            try terms.elements.map { try EncryptedElementProduct($0, parameters) }
        )
    }

    private func request() throws -> [UInt8] {
        guard case .client(let client) = encryption, !terms.isEmpty else { return [] }
        let products = try products(client.parameters)
        var message: [UInt8] = []
        for (matrix, product) in zip(matrices, products.matrices) {
            message += try client.request(matrix, in: product, seeds: &secrets)
        }
        if let product = products.elements { message += try client.request(elements, in: product, seeds: &secrets) }
        return message
    }

    private func take(requests bytes: [UInt8]) throws {
        guard case .server(let server) = encryption, !terms.isEmpty else { return try Self.expectNothing(bytes) }
        let products = try products(server.parameters)
        let sizes = products.matrices.map(\.requestBytes) + (products.elements.map { [$0.requestBytes] } ?? [])
        requests = try Self.split(bytes, sizes)
    }

    private func respond() throws -> [UInt8] {
        guard case .server(let server) = encryption, !terms.isEmpty else { return [] }
        let products = try products(server.parameters)
        var message: [UInt8] = []
        for (index, product) in products.matrices.enumerated() {
            let (response, share) = try server.respond(
                to: requests[index], product.product.centred(matrices[index]), in: product,
                seeds: &secrets)
            message += response
            matrixShares.append(share)
        }
        if let product = products.elements {
            let (response, share) = try server.respond(
                to: requests[products.matrices.count], elements, in: product, seeds: &secrets)
            message += response
            elementShare = share
        }
        requests = []
        return message
    }

    private func finish(_ bytes: [UInt8]) throws {
        guard case .client(let client) = encryption, !terms.isEmpty else { return try Self.expectNothing(bytes) }
        let products = try products(client.parameters)
        let sizes = products.matrices.map(\.responseBytes) + (products.elements.map { [$0.responseBytes] } ?? [])
        let responses = try Self.split(bytes, sizes)
        matrixShares = try zip(responses, products.matrices).map { try client.finish($0, in: $1) }
        if let product = products.elements {
            elementShare = try client.finish(responses[products.matrices.count], in: product)
        }
    }

    private static func expectNothing(_ bytes: [UInt8]) throws { _ = try split(bytes, []) }

    private static func split(_ bytes: [UInt8], _ sizes: [Int]) throws -> [[UInt8]] {
        let expected = sizes.reduce(0, +)
        guard bytes.count == expected else {
            throw PackingError.wrongByteCount(expected: expected, actual: bytes.count)
        }
        var start = 0
        return sizes.map { size in
            defer { start += size }
            return Array(bytes[start..<start + size])
        }
    }
}
