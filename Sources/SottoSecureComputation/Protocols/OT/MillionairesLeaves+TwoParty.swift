import SottoAlgebra
import SottoPreprocessing

extension MillionairesLeaves: TwoPartyCorrelation {
    /// On each bit of the client's the server's bits of the leaf, and on the product of both one more.
    private var monomials: PrivateMonomials {
        let pairs = bits / 2
        var terms = (0..<bits).map { bit in
            bit == 2 * pairs ? thresholds : (bit.isMultiple(of: 2) ? 3 : 2) * thresholds
        }
        terms += [Int](repeating: thresholds, count: pairs)
        return PrivateMonomials(
            bits: bits, longer: (0..<pairs).map { [2 * $0, 2 * $0 + 1] }, terms: terms, count: count)
    }

    package var transfers: ByParty<Int> { monomials.transfers }
    package func steps(_ encryption: PlanEncryption?) -> [ByParty<Int>] { monomials.steps }

    package func make(_ view: TwoPartyView) throws -> TwoPartyMaking {
        let monomials = monomials
        let alpha = view.masks.bits.grouped(by: bits)
        let masks = view.party == .server ? view.masks.bits : monomials.clientBits(view)
        return monomials.make(
            view, planes: { planes(of: $0, alpha) },
            finish: { shares in
                CorrelationShare(
                    masks: CorrelationMaterial(bits: masks),
                    products: CorrelationMaterial(bits: (0..<thresholds).flatMap { products(of: $0, shares) }))
            })
    }

    /// What a monomial is multiplied with, threshold by threshold.
    private func planes(of monomial: Int, _ alpha: [[BitVector]]) -> [BitVector] {
        let leaf = monomial < bits ? monomial / 2 : monomial - bits
        return alpha.flatMap { alpha -> [BitVector] in
            let low = alpha[2 * leaf]
            guard 2 * leaf + 1 < bits else { return [low] }
            let high = alpha[2 * leaf + 1]
            if monomial >= bits { return [low] }
            return monomial.isMultiple(of: 2) ? [high, low, high & low] : [high, low]
        }
    }

    /// In the order of ``products(of:_:)``.
    private func products(of threshold: Int, _ shares: [[BitVector]]) -> [BitVector] {
        (0..<(bits + 1) / 2).flatMap { leaf -> [BitVector] in
            guard 2 * leaf + 1 < bits else { return [shares[2 * leaf][threshold]] }
            let (onLow, onHigh) = (shares[2 * leaf].grouped(by: 3), shares[2 * leaf + 1].grouped(by: 2))
            let (low, high) = (onLow[threshold], onHigh[threshold])
            return [high[0], low[0], high[1], low[1], low[2], shares[bits + leaf][threshold]]
        }
    }
}
