import SottoAlgebra
import SottoObliviousTransfer
import SottoPreprocessing

extension CorrelatedOT: TwoPartyCorrelation {
    package var transfers: ByParty<Int> { ByParty(server: count, client: 0) }
    package func steps(_ encryption: PlanEncryption?) -> [ByParty<Int>] {
        [.only(.server, RingTransfer.bytes(count: count, width: width))]
    }

    /// The client's bits are the OTs' own choices.
    package func make(_ view: TwoPartyView) throws -> TwoPartyMaking {
        var product: [UInt64] = []
        let isServer = view.party == .server
        let own = isServer ? view.masks.bits[0] : view.received.choices
        let exchange = TwoPartyMaking.Exchange(
            outgoing: {
                guard isServer else { return [] }
                let (shares, message) = try RingTransfer.send(
                    Ring64().fromBits(own), width: width, view.sent, view.hash)
                product = shares
                return message
            },
            incoming: { bytes in
                guard !isServer else {
                    guard bytes.isEmpty else { throw PackingError.wrongByteCount(expected: 0, actual: bytes.count) }
                    return
                }
                product = try RingTransfer.receive(bytes, width: width, view.received, view.hash)
            })
        return TwoPartyMaking(exchanges: [exchange]) {
            CorrelationShare(
                masks: CorrelationMaterial(bits: [own]), products: CorrelationMaterial(tensors: [product]))
        }
    }
}
