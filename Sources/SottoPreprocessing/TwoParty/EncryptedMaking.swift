import SottoAlgebra
import SottoLatticeEncryption
import SottoRandomness

/// What a party has of encrypted terms, words modulo `2^width`.
package struct EncryptedOperands: Sendable {
    /// The client's `rows x inner` and the server's `inner x columns`.
    package var matrices: [[UInt64]] = []
    /// The own `rows x inner`, and the own `inner x columns` for the other's.
    package var lefts: [[UInt64]] = []
    package var rights: [[UInt64]] = []
    package var elements: [UInt64] = []
    /// A number for each row, and the elements of all rows.
    package var rowNumbers: [UInt64] = []
    package var rowElements: [UInt64] = []
    /// `rows x columns`.
    package var dots: [UInt64] = []

    package init() {}
}

/// One party's progress with encrypted terms, or OTs for few elements: two exchanges, and then a share of each.
package final class EncryptedMaking {
    private let encryption: PartyEncryption?
    private let products: EncryptedProducts?
    private let few: FewProducts?
    private let view: TwoPartyView
    private let terms: EncryptedTerms
    private let operands: EncryptedOperands
    /// Of each matrix product, row-major.
    package private(set) var matrixShares: [[UInt64]] = []
    /// Of each mutual product of the own left matrix with the other's right one, and of the other's left with the own right.
    package private(set) var leftShares: [[UInt64]] = []
    package private(set) var rightShares: [[UInt64]] = []
    package private(set) var elementShare: [UInt64] = []
    private var sharesOfRows: [UInt64] = []
    private var sharesOfDots: [UInt64] = []
    private var requests: [[UInt8]] = []
    private var secrets: SeedStream

    package init(_ terms: EncryptedTerms, _ view: TwoPartyView, _ operands: EncryptedOperands) throws {
        precondition(
            operands.matrices.count == terms.matrices.count && operands.elements.count == terms.elements?.count ?? 0
                && operands.lefts.count == terms.mutual.count && operands.rights.count == terms.mutual.count)
        encryption = view.encryption
        secrets = view.secrets
        self.terms = terms
        self.view = view
        few = terms.few
        products = try terms.isEmpty || few != nil ? nil : encryption.map { try EncryptedProducts(terms, $0.plan) }
        var operands = operands
        if let rows = terms.rows, products?.rows == nil {
            let spread = Ring64().apply(.segmentBroadcast(rows.rows), to: operands.rowNumbers)
            operands.elements =
                view.party == .client ? spread + operands.rowElements : operands.rowElements + spread
        }
        if terms.dots != nil, products?.dots == nil { operands.elements = operands.dots }
        self.operands = operands
    }

    /// Of the server's rows with the client's numbers and the client's with the server's together.
    package var rowShare: [UInt64] {
        guard let rows = terms.rows, products?.rows == nil else { return sharesOfRows }
        let count = rows.rows.elementCount
        return Ring64().add(Array(elementShare[..<count]), Array(elementShare[count...]))
    }

    package var dotShare: [UInt64] {
        guard let dots = terms.dots, products?.dots == nil else { return sharesOfDots }
        return stride(from: 0, to: elementShare.count, by: dots.columns).map { start in
            elementShare[start..<start + dots.columns].reduce(0, &+)
        }
    }

    package var exchanges: [TwoPartyMaking.Exchange] {
        [
            TwoPartyMaking.Exchange(outgoing: { try self.request() }, incoming: { try self.take(requests: $0) }),
            TwoPartyMaking.Exchange(outgoing: { try self.respond() }, incoming: { try self.finish($0) }),
        ]
    }

    private func request() throws -> [UInt8] {
        if let few { return view.party == .client ? few.request(operands.elements, view) : [] }
        guard let products, let encryption else { return [] }
        var message: [UInt8] = []
        if encryption.party == .client {
            for (matrix, product) in zip(operands.matrices, products.matrices) {
                message += try encryption.requester(product.parameters).request(matrix, in: product, seeds: &secrets)
            }
            if let product = products.elements {
                message += try encryption.requester(product.parameters)
                    .request(operands.elements, in: product, seeds: &secrets)
            }
        }
        if let product = products.dots, encryption.party == products.dotParty {
            message += try encryption.requester(product.parameters)
                .request(operands.dots, in: product, seeds: &secrets)
        }
        for (matrix, product) in zip(operands.lefts, products.mutual) {
            message += try encryption.requester(product.parameters).request(matrix, in: product, seeds: &secrets)
        }
        if let product = products.rows {
            message += try encryption.requester(product.parameters)
                .request(operands.rowNumbers, in: product, seeds: &secrets)
        }
        return message
    }

    private func take(requests bytes: [UInt8]) throws {
        guard few == nil else {
            requests = [bytes]
            return
        }
        requests = try split(bytes) { $0.requestSizes(of: $1) }
    }

    private func respond() throws -> [UInt8] {
        if let few, view.party == .server {
            let answer = try few.respond(to: requests[0], operands.elements, view)
            elementShare = answer.share
            return answer.response
        }
        guard let products, let encryption else { return [] }
        var rest = requests[...]
        requests = []
        var message: [UInt8] = []
        if encryption.party == .server {
            for (matrix, product) in zip(operands.matrices, products.matrices) {
                let answer = try encryption.responder(product.parameters).respond(
                    to: rest.removeFirst(), product.product.centred(matrix), in: product, threads: view.threads,
                    seeds: &secrets)
                message += answer.response
                matrixShares.append(answer.share)
            }
            if let product = products.elements {
                let answer = try encryption.responder(product.parameters).respond(
                    to: rest.removeFirst(), operands.elements, in: product, seeds: &secrets)
                message += answer.response
                elementShare = answer.share
            }
        }
        if let product = products.dots, encryption.party != products.dotParty {
            let answer = try encryption.responder(product.parameters).respond(
                to: rest.removeFirst(), operands.dots, in: product, threads: view.threads, seeds: &secrets)
            message += answer.response
            sharesOfDots = answer.share
        }
        for (matrix, product) in zip(operands.rights, products.mutual) {
            let answer = try encryption.responder(product.parameters).respond(
                to: rest.removeFirst(), product.product.centred(matrix), in: product, threads: view.threads,
                seeds: &secrets)
            message += answer.response
            rightShares.append(answer.share)
        }
        if let product = products.rows {
            let answer = try encryption.responder(product.parameters).respond(
                to: rest.removeFirst(), operands.rowElements, in: product, threads: view.threads, seeds: &secrets)
            message += answer.response
            sharesOfRows = answer.share
        }
        return message
    }

    private func finish(_ bytes: [UInt8]) throws {
        if let few, view.party == .client {
            elementShare = try few.finish(bytes, operands.elements, view)
            return
        }
        var rest = try split(bytes) { $0.responseSizes(of: $1) }[...]
        guard let products, let encryption else { return }
        if encryption.party == .client {
            for product in products.matrices {
                matrixShares.append(
                    try encryption.requester(product.parameters).finish(rest.removeFirst(), in: product))
            }
            if let product = products.elements {
                elementShare = try encryption.requester(product.parameters).finish(rest.removeFirst(), in: product)
            }
        }
        if let product = products.dots, encryption.party == products.dotParty {
            sharesOfDots = try encryption.requester(product.parameters).finish(rest.removeFirst(), in: product)
        }
        for product in products.mutual {
            leftShares.append(try encryption.requester(product.parameters).finish(rest.removeFirst(), in: product))
        }
        if let product = products.rows {
            let share = try encryption.requester(product.parameters).finish(rest.removeFirst(), in: product)
            sharesOfRows = Ring64().add(sharesOfRows, share)
        }
    }

    /// The peer's message by products; nothing where there are none.
    private func split(_ bytes: [UInt8], _ sizes: (EncryptedProducts, Party) -> [Int]) throws -> [[UInt8]] {
        let sizes = products.flatMap { products in encryption.map { sizes(products, $0.party.peer) } } ?? []
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
