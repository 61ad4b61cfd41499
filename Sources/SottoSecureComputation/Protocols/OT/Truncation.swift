import SottoAlgebra
import SottoPreprocessing

/// Division by `2^shift` together with a change of ring, from width `k` to width `k'`; truncation when the ring stays,
/// extension when the shift is zero.
///
/// The sum of both shares, the first rounded down and the second up, is within one unit of the quotient, up to a
/// multiple of `2^(k-shift)` where the shares wrap. When `k' <= k - shift` that multiple vanishes and the operation is
/// local. Otherwise the value is offset by `2^(k-2)`, so that its sign is known; then the shares wrap exactly when one
/// of their top bits is set, and the product of the two bits, from one correlated OT on random bits, corrects them
/// (SirNN, Rathee et al., S&P 2021; Cheetah, Huang et al., USENIX Security 2022, section 5.1.1).
///
/// In a field of `k`-bit elements the offset is `2^(k-3)`: a value between 0 and p/2 has shares that wrap exactly when
/// one of them is above p/2, and each wrap is worth `p / 2^shift`, rounded. There is no local case.
///
/// Range: `|x| < 2^(k-2)` (raw), in a field `2^(k-3)`. The error is below 1 unit in the last place with certainty; it
/// depends on the shares and is zero on average. In a field it is at most 1 unit where p is within one of a multiple of
/// `2^shift`, else at most 2. Beyond the range the result is wrong by a multiple of `2^(k-shift)`, or of `p / 2^shift`.
/// - Communication: `ceil(n/8)` bytes either way in 1 round; nothing when `k' <= k - shift` in a ring.
struct Truncation: Primitive {
    let input: Int
    let count: Int
    let shift: Int
    let fromWidth: Int
    let toWidth: Int
    let correlation: CorrelationHandle<CorrelatedOT>?
    /// What makes the value's sign known, as an exponent of two.
    let offset: Int
    let output: Int

    var label: String { shift == 0 ? "extend" : "truncate" }
    var inputs: [Int] { [input] }
    var outputs: [Int] { [output] }
    var rounds: [ByParty<Int>] { correlation == nil ? [] : [.both(WireSize.bytes(count: count, width: 1))] }
    var correlationStages: [[Int]] { correlation.map { [[$0.index]] } ?? [] }
    var flops: Int { 0 }
    var work: LocalWork { LocalWork(kernel: correlation == nil ? "shift" : "truncate", elements: count) }

    func encodeParameters(into encoder: inout CanonicalEncoder) {
        encoder.append([count, shift, fromWidth, toWidth, offset])
    }

    func evaluate(_ state: PlaintextState) throws {
        let values = try state.values(input)
        state.check(values, magnitudeBits: correlation == nil ? fromWidth - 1 : fromWidth - 2)
        state.set(output, values.map { $0 >> Int64(shift) })
    }

    func run<Domain: ShareDomain>(_ state: PartyState<Domain>) throws -> [Exchange] {
        let domain = state.domain
        let conversions = try state.shareConversions()
        let share = try state.elements(input)
        guard let correlation else {
            state.set(
                output, .elements(conversions.shiftShare(share, party: state.party, by: shift, width: fromWidth)))
            return []
        }
        let shifted = state.isServer ? domain.add(share, powerOfTwo: offset, isNegative: false) : share
        let random = try state.take(correlation)
        let mask = random.masks.bits[0]
        let top = conversions.topBits(shifted, width: fromWidth)
        let difference = top ^ mask
        return [
            Exchange(
                outgoing: { difference.bytes },
                incoming: { bytes in
                    let peer = try BitVector(count: count, bytes: bytes)
                    let both = conversions.privateBitProduct(
                        party: state.party, own: top, ownMask: mask, difference0: state.isServer ? difference : peer,
                        difference1: state.isServer ? peer : difference, maskProduct: random.products.tensors[0])
                    // The wraps are b0 + b1 - b0·b1.
                    let wraps = domain.subtract(domain.fromBits(top), both)
                    let quotient = conversions.subtractWraps(
                        wraps,
                        from: conversions.shiftShare(shifted, party: state.party, by: shift, width: fromWidth),
                        shift: shift, width: fromWidth)
                    state.set(
                        output,
                        .elements(
                            state.isServer
                                ? domain.add(quotient, powerOfTwo: offset - shift, isNegative: true) : quotient))
                })
        ]
    }
}

/// Correlated OT on random bits: the server holds `a`, the client `c`, both hold shares of `a·c` modulo `2^width`.
package struct CorrelatedOT: Correlation {
    package let count: Int
    package let width: Int

    package init(count: Int, width: Int) {
        self.count = count
        self.width = width
    }

    package func masks(of party: Party) -> CorrelationFields { .vectors(1, bits: count) }
    package var products: CorrelationFields { .tensor(count: count, width: width) }
    package var corrected: Corrected { .shares(of: .server) }

    package func products<Domain: ShareDomain>(
        of masks: ByParty<CorrelationMaterial<Domain.Elements>>, _ dealer: borrowing DealerView<Domain>
    ) throws -> CorrelationMaterial<Domain.Elements> {
        CorrelationMaterial(tensors: [dealer.domain.fromBits(masks.server.bits[0] & masks.client.bits[0])])
    }

    package func share<Domain: ShareDomain>(
        from given: CorrelationMaterial<Domain.Elements>, at party: Party, _ view: borrowing PartyView<Domain>
    ) throws -> CorrelationMaterial<Domain.Elements> {
        given
    }

    package func encode(into encoder: inout CanonicalEncoder) {
        encoder.append("correlated OT")
        encoder.append([count, width])
    }
}
