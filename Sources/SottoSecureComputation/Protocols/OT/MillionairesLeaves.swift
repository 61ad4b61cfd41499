import SottoAlgebra
import SottoPreprocessing

/// For every 2-bit leaf of a millionaires' tree: masks of either party's private bits, and XOR shares of their products (a
/// 1-of-4 OT of the products). The client's operand is the same for all `thresholds`.
///
/// With masks `α1 α0` of the server's bits and `β1 β0` of the client's, the products of a leaf are, in this order,
/// `α1β1, α1β0, α0β1, α0β0, α1α0β0, α0β1β0`; an odd number of bits leaves a 1-bit leaf on top, which has `α0β0` only.
package struct MillionairesLeaves: Correlation {
    package let count: Int
    package let bits: Int
    package let thresholds: Int

    package static let productsOfPair = 6

    package init(count: Int, bits: Int, thresholds: Int) {
        self.count = count
        self.bits = bits
        self.thresholds = thresholds
    }

    /// Of all leaves.
    package var productsOfThreshold: Int { Self.productCount(bits: bits) }

    package static func productCount(bits: Int) -> Int { bits / 2 * productsOfPair + bits % 2 }

    /// `masks[threshold][bit]`, at the client of one threshold only.
    package func masks(of party: Party) -> CorrelationFields {
        .vectors(bits * (party == .server ? thresholds : 1), bits: count)
    }

    /// `products[threshold][product]`
    package var products: CorrelationFields { .vectors(thresholds * productsOfThreshold, bits: count) }
    package var corrected: Corrected { .shares(of: .server) }

    package func products<Domain: ShareDomain>(
        of masks: ByParty<CorrelationMaterial<Domain.Elements>>, _ dealer: borrowing DealerView<Domain>
    ) throws -> CorrelationMaterial<Domain.Elements> {
        let beta = masks.client.bits
        return CorrelationMaterial(
            bits: masks.server.bits.grouped(by: bits).flatMap { Self.products(of: $0, beta) })
    }

    /// All leaves' products of one threshold.
    package static func products(of alpha: [BitVector], _ beta: [BitVector]) -> [BitVector] {
        var products: [BitVector] = []
        products.reserveCapacity(productCount(bits: alpha.count))
        for low in stride(from: 0, to: alpha.count, by: 2) {
            let (a0, b0) = (alpha[low], beta[low])
            guard low + 1 < alpha.count else {
                products.append(a0 & b0)
                break
            }
            let (a1, b1) = (alpha[low + 1], beta[low + 1])
            products += [a1 & b1, a1 & b0, a0 & b1, a0 & b0, a1 & a0 & b0, a0 & b1 & b0]
        }
        return products
    }

    package func share<Domain: ShareDomain>(
        from given: CorrelationMaterial<Domain.Elements>, at party: Party, _ view: borrowing PartyView<Domain>
    ) throws -> CorrelationMaterial<Domain.Elements> {
        given
    }

    package func encode(into encoder: inout CanonicalEncoder) {
        encoder.append("millionaires' leaves")
        encoder.append([count, bits, thresholds])
    }
}
