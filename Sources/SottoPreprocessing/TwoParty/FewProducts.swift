import SottoAlgebra
import SottoObliviousTransfer

/// Products of a few numbers of the client with numbers of the server, element by element, by correlated OTs (Gilboa, CRYPTO
/// 1999): a ciphertext has room for thousands, and costs as much for one.
/// - Communication: ``GilboaProduct``, the client's choices and then the server's differences.
struct FewProducts: Sendable, Hashable {
    let count: Int
    private let product: GilboaProduct

    /// Nil for none, and where encryption takes about as many bytes.
    init?(count: Int, width: Int) {
        guard count > 0, count <= Self.most else { return nil }
        self.count = count
        product = GilboaProduct(bits: width, width: width)
        // A request and a response of the smallest ring, for the bits of a product and its mask: about 3/4 of a byte each.
        guard 4 * (product.choiceBytes(count) + product.bytes(count)) <= 3 * 8192 * (2 * width + 41) else { return nil }
    }

    /// More are never few; keeps sizes within integers.
    private static let most = 1 << 20

    var transfers: ByParty<Int> { ByParty(server: product.transfers(count), client: 0) }

    var steps: [ByParty<Int>] {
        [.only(.client, product.choiceBytes(count)), .only(.server, product.bytes(count))]
    }

    /// What the client says.
    func request(_ numbers: [UInt64], _ view: TwoPartyView) -> [UInt8] {
        product.choose(numbers, received(view)).bytes
    }

    /// The server's share and message.
    func respond(
        to request: [UInt8], _ numbers: [UInt64], _ view: TwoPartyView
    ) throws -> (share: [UInt64], response: [UInt8]) {
        let transfers = view.sent[view.sent.count - product.transfers(count)..<view.sent.count]
        let flips = try BitVector(count: transfers.count, bytes: request)
        let answer = try product.send(numbers, transfers, flips: flips, view.hash)
        return (answer.shares, answer.message)
    }

    /// The client's share.
    func finish(_ response: [UInt8], _ numbers: [UInt64], _ view: TwoPartyView) throws -> [UInt64] {
        try product.receive(response, numbers: numbers, received(view), view.hash)
    }

    /// The last of the correlation's.
    private func received(_ view: TwoPartyView) -> ReceivedTransfers {
        view.received[view.received.count - product.transfers(count)..<view.received.count]
    }
}
