import SottoAlgebra
import SottoLatticeEncryption
import SottoObliviousTransfer

/// Products of one party's numbers with the other's, of which both get shares: matrices one by one, in one direction or in
/// both, vectors element by element, rows with a number each, and rows with rows. What a product of two shared masks comes apart into.
package struct EncryptedTerms: Sendable, Hashable {
    /// Of the client with matrices of the server.
    package let matrices: [MatrixProduct]
    /// Of either party with matrices of the other: each is made twice, so that both work at the same time.
    package let mutual: [MatrixProduct]
    package let elements: ElementProduct?
    /// Of either party's rows with the other's numbers.
    package let rows: RowProduct?
    /// Of either party's rows with the other's.
    package let dots: RowDots?

    package static let none = EncryptedTerms()

    package init(
        matrices: [MatrixProduct] = [], mutual: [MatrixProduct] = [], elements: ElementProduct? = nil,
        rows: RowProduct? = nil, dots: RowDots? = nil
    ) {
        self.matrices = matrices
        self.mutual = mutual
        self.elements = elements
        self.rows = rows
        self.dots = dots
    }

    /// Products of elements alone; none for no elements.
    package init(elements count: Int, width: Int) {
        guard count > 0 else {
            self = .none
            return
        }
        do {
            self.init(elements: try ElementProduct(count: count, width: width))
        } catch {
            preconditionFailure("no tensor has more elements than an encrypted product: \(error)")
        }
    }

    package var isEmpty: Bool { self == .none }

    /// The same with rows or dot products as products of elements: of the server's rows with the client's numbers and of the
    /// client's with the server's, or of all that dot products add up.
    func made(asRows: Bool, asDots: Bool) -> EncryptedTerms {
        if let rows, !asRows { return EncryptedTerms(elements: 2 * rows.rows.elementCount, width: rows.width) }
        if let dots, !asDots { return EncryptedTerms(elements: dots.rows * dots.columns, width: dots.width) }
        return self
    }

    /// The same with every size rounded up to a power of two; as they are where there are no products so large.
    var rounded: EncryptedTerms {
        let rounded = try? EncryptedTerms(
            matrices: matrices.map { try $0.rounded }, mutual: mutual.map { try $0.rounded },
            elements: elements.map { try ElementProduct(count: $0.count.roundedToPower, width: $0.width) },
            rows: rows.map {
                let longest = $0.rows.longest.roundedToPower
                return try RowProduct(
                    Segments(rows: $0.rows.rowCount.roundedToPower, columns: longest), width: $0.width)
            },
            dots: dots.map {
                try RowDots(rows: $0.rows.roundedToPower, columns: $0.columns.roundedToPower, width: $0.width)
            })
        return rounded ?? self
    }

    // MARK: Few elements

    /// Products of elements that are so few that OTs take fewer bytes than a ciphertext; nil where encryption does not.
    var few: FewProducts? {
        let elements = made(asRows: false, asDots: false).elements
        return elements.flatMap { FewProducts(count: $0.count, width: $0.width) }
    }

    /// Correlated OTs that they take, by sender.
    package var transfers: ByParty<Int> { few?.transfers ?? .zero }

    /// Both parties' requests, then their responses.
    package func steps(_ encryption: PlanEncryption?) -> [ByParty<Int>] {
        if let few { return few.steps }
        guard let encryption, !isEmpty, let products = try? EncryptedProducts(self, encryption) else {
            return [.zero, .zero]
        }
        return [
            ByParty { products.requestSizes(of: $0).reduce(0, +) },
            ByParty { products.responseSizes(of: $0).reduce(0, +) },
        ]
    }
}

extension MatrixProduct {
    fileprivate var rounded: MatrixProduct {
        get throws(LatticeError) {
            try MatrixProduct(
                rows: rows.roundedToPower, inner: inner.roundedToPower, columns: columns.roundedToPower, width: width,
                magnitudeBits: magnitudeBits)
        }
    }
}

extension Int {
    /// The least power of two that is not below; for positive numbers.
    var roundedToPower: Int { 1 << (Int.bitWidth - (self - 1).leadingZeroBitCount) }
}

/// Encrypted terms under a plan's parameters. Messages have matrices, elements, dot products, what is mutual and rows, in this
/// order, as far as they are the sender's.
struct EncryptedProducts {
    let matrices: [EncryptedProduct]
    let mutual: [EncryptedProduct]
    let elements: EncryptedElementProduct?
    let dots: EncryptedRowDots?
    let rows: EncryptedRowProduct?
    /// Who encrypts rows for dot products.
    let dotParty: Party

    init(_ terms: EncryptedTerms, _ encryption: PlanEncryption) throws {
        let terms = terms.made(asRows: encryption.keepsRows, asDots: encryption.keepsDots)
        matrices = try terms.matrices.map { try encryption.product($0) }
        mutual = try terms.mutual.map { try EncryptedProduct($0, encryption.mutual!) }
        elements = try terms.elements.map { try EncryptedElementProduct($0, encryption.elements!) }
        dots = try terms.dots.map { try EncryptedRowDots($0, encryption.rows!) }
        dotParty = encryption.dotParty
        rows = try terms.rows.map { try EncryptedRowProduct($0, encryption.rows!) }
    }

    func requestSizes(of party: Party) -> [Int] {
        let clients = matrices.map(\.requestBytes) + [elements?.requestBytes].compactMap { $0 }
        return (party == .client ? clients : []) + (party == dotParty ? [dots?.requestBytes].compactMap { $0 } : [])
            + mutual.map(\.requestBytes) + [rows?.requestBytes].compactMap { $0 }
    }

    func responseSizes(of party: Party) -> [Int] {
        let servers = matrices.map(\.responseBytes) + [elements?.responseBytes].compactMap { $0 }
        return (party == .server ? servers : []) + (party != dotParty ? [dots?.responseBytes].compactMap { $0 } : [])
            + mutual.map(\.responseBytes)
            + [rows?.responseBytes].compactMap { $0 }
    }
}
