import SottoAlgebra
import SottoLatticeEncryption
import SottoRandomness

/// A product `R·W` with a matrix that the client has under the server's encryption: the client answers with `R^T`, and both
/// parties have shares of `W^T·R^T`.
///
/// - Communication: ``EncryptedProduct/responseBytes`` from the client.
package final class ClientSideProduct {
    private let use: ServerMatrixProduct
    private let product: EncryptedProduct
    private let encryption: PartyEncryption
    private let threads: Int
    private var secrets: SeedStream
    /// The client's R, `rows x inner`.
    private let mask: [UInt64]
    private var transposedShare: [UInt64] = []

    /// Nil where the client does not have the matrix.
    /// - Parameter mask: R, not asked for at the server.
    package init?(
        _ use: ServerMatrixProduct?, _ view: TwoPartyView, mask: () throws -> [UInt64]
    ) throws {
        guard let use, let encryption = view.encryption, let product = encryption.plan.answer(use) else { return nil }
        self.use = use
        self.product = product
        self.encryption = encryption
        threads = view.threads
        secrets = view.secrets
        self.mask = view.party == .client ? try mask() : []
    }

    /// Bytes of its only step by sender; nil where the client does not have the matrix.
    package static func steps(_ use: ServerMatrixProduct?, _ encryption: PlanEncryption?) -> [ByParty<Int>]? {
        encryption?.answer(use).map { [.only(.client, $0.responseBytes)] }
    }

    package var exchanges: [TwoPartyMaking.Exchange] {
        [TwoPartyMaking.Exchange(outgoing: { try self.respond() }, incoming: { try self.finish($0) })]
    }

    /// Of `R·W`, row-major.
    package var share: [UInt64] {
        let (rows, columns) = (use.product.rows, use.product.columns)
        return Ring64().apply(.permute(shape: [columns, rows], order: [1, 0]), to: transposedShare)
    }

    private func respond() throws -> [UInt8] {
        guard encryption.party == .client else { return [] }
        let (rows, inner) = (use.product.rows, use.product.inner)
        let transposed = Ring64().apply(.permute(shape: [rows, inner], order: [1, 0]), to: mask)
        let answer = try encryption.responder(product.parameters).respond(
            to: encryption.request(use), product.product.centred(transposed), in: product, threads: threads,
            seeds: &secrets)
        transposedShare = answer.share
        return answer.response
    }

    private func finish(_ bytes: [UInt8]) throws {
        guard encryption.party == .server else { return }
        transposedShare = try encryption.requester(product.parameters).finish(bytes, in: product)
    }
}
