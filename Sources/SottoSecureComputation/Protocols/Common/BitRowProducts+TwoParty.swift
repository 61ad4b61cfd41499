import SottoAlgebra
import SottoObliviousTransfer
import SottoPreprocessing

/// Random OTs are such correlations already: the client's bits are their choices, the server's numbers what pads differ by.
extension BitRowProducts: TwoPartyCorrelation {
    package var transfers: ByParty<Int> { ByParty(server: count, client: 0) }
    package func steps(_ encryption: PlanEncryption?) -> [ByParty<Int>] { [] }

    package func make(_ view: TwoPartyView) throws -> TwoPartyMaking {
        guard view.party == .server else {
            let made = try RandomRowProducts.receive(columns: columns, width: width, view.received, view.hash)
            return TwoPartyMaking {
                CorrelationShare(
                    masks: CorrelationMaterial(bits: [made.bits]),
                    products: CorrelationMaterial(tensors: [made.shares]))
            }
        }
        let made = try RandomRowProducts.send(columns: columns, width: width, view.sent, view.hash)
        return TwoPartyMaking {
            CorrelationShare(
                masks: CorrelationMaterial(tensors: [made.numbers]),
                products: CorrelationMaterial(tensors: [made.shares]))
        }
    }
}
