import SottoAlgebra
import SottoObliviousTransfer
import SottoRandomness

/// A correlation that two parties can make by themselves, over rings modulo powers of two: from correlated OTs of both
/// directions, in a few steps in which both send at the same time.
///
/// The conforming type says beside itself what that takes, as it says what a dealer computes. The share that comes out has
/// the layout of a dealer's: nothing that uses a correlation knows who made it.
package protocol TwoPartyCorrelation: Correlation {
    /// Correlated OTs by sender.
    var transfers: ByParty<Int> { get }
    /// Products of numbers of either party with the other's, by encryption.
    var encrypted: EncryptedTerms { get }
    /// The product with a matrix of the server that this is, of which the client may have the matrix already; nil for others.
    var serverMatrix: ServerMatrixProduct? { get }
    /// Bytes of each step by sender, without those of the correlated OTs.
    /// - Parameter encryption: of the plan; nil where none of its correlations has encrypted terms.
    func steps(_ encryption: PlanEncryption?) -> [ByParty<Int>]
    /// A party's part: as many exchanges as steps, each of exactly the declared bytes.
    func make(_ view: TwoPartyView) throws -> TwoPartyMaking
}

/// A party's progress with one correlation.
package struct TwoPartyMaking {
    package struct Exchange {
        package let outgoing: () throws -> [UInt8]
        package let incoming: ([UInt8]) throws -> Void

        package init(outgoing: @escaping () throws -> [UInt8], incoming: @escaping ([UInt8]) throws -> Void) {
            self.outgoing = outgoing
            self.incoming = incoming
        }
    }

    package let exchanges: [Exchange]
    /// After the last exchange.
    package let share: () throws -> CorrelationShare<[UInt64]>

    package init(exchanges: [Exchange] = [], share: @escaping () throws -> CorrelationShare<[UInt64]>) {
        self.exchanges = exchanges
        self.share = share
    }
}

/// What a party brings to one correlation: its own random bits and numbers, and OTs that no other correlation has.
package struct TwoPartyView {
    package let party: Party
    package let plan: CorrelationPlan
    /// What the party has drawn of the correlation.
    package let masks: CorrelationMaterial<[UInt64]>
    /// As many as ``TwoPartyCorrelation/transfers`` of this party.
    package let sent: SentTransfers
    /// As many as those of the other.
    package let received: ReceivedTransfers
    package let hash: TweakableHash
    package let encryption: PartyEncryption?
    /// That share local work.
    package let threads: Int
    /// Of what encryption draws.
    let secrets: SeedStream
    let expansion: SeedExpansion<Ring64>
    /// The server's weights by index; empty at the client.
    let weights: [[UInt64]]

    /// With the crossovers of this party's matrix products.
    package var ring: Ring64 { expansion.domain }

    /// A weight of the server through its maps; at the server.
    /// - Throws: ``PreprocessingError/missingWeight(name:)``.
    package func weight(_ view: WeightView) throws -> [UInt64] {
        guard weights.indices.contains(view.weight) else {
            throw PreprocessingError.missingWeight(name: plan.weights[view.weight].name)
        }
        return expansion.domain.apply(view.maps, to: weights[view.weight])
    }

    /// What this party has drawn of a mask, through its maps; at the client a client's mask itself.
    package func mask<Mask: MaskCorrelation>(_ view: MaskView<Mask>) throws -> [UInt64] {
        let ring = expansion.domain
        return ring.apply(
            view.maps,
            to: ring.concatenate(
                try view.masks.map { mask in
                    let material = try expansion.masks(plan.correlations[mask], index: mask)
                    guard let elements = material.tensors.first else { throw PreprocessingError.otherPlan(index: mask) }
                    return elements
                }))
    }
}

extension MaskCorrelation where Self: TwoPartyCorrelation {
    package var transfers: ByParty<Int> { .zero }
    package func steps(_ encryption: PlanEncryption?) -> [ByParty<Int>] { [] }

    package func make(_ view: TwoPartyView) throws -> TwoPartyMaking {
        TwoPartyMaking { CorrelationShare(masks: view.masks, products: CorrelationMaterial()) }
    }
}

extension TwoPartyCorrelation {
    package var encrypted: EncryptedTerms { .none }
    package var serverMatrix: ServerMatrixProduct? { nil }
}
