import Algebra
import Preprocessing

/// Division by `2^shift` together with a change of ring, from width `k` to width `k'`; truncation when the ring stays,
/// extension when the shift is zero.
///
/// The sum of both shares, the first rounded down and the second up, is within one unit of the quotient, up to a
/// multiple of `2^(k-shift)` where the shares wrap. When `k' <= k - shift` that multiple vanishes and the operation is
/// local. Otherwise the value is offset by `2^(k-2)`, so that its sign is known; then the shares wrap exactly when one
/// of their top bits is set, and the product of the two bits, from one correlated OT on random bits, corrects them
/// (SirNN, Rathee et al., S&P 2021; Cheetah, Huang et al., USENIX Security 2022, section 5.1.1).
///
/// Range: `|x| < 2^(k-2)` (raw). The error is below 1 unit in the last place with certainty; it depends on the shares
/// and is zero on average. Beyond the range the result is wrong by a multiple of `2^(k-shift)`.
/// - Communication: `ceil(n/8)` bytes either way in 1 round; nothing when `k' <= k - shift`.
struct Truncation: Primitive {
    let input: Int
    let count: Int
    let shift: Int
    let fromWidth: Int
    let toWidth: Int
    let correlation: Int?
    let output: Int

    static func isLocal(shift: Int, fromWidth: Int, toWidth: Int) -> Bool { toWidth <= fromWidth - shift }

    /// Width in which the number of wraps matters.
    static func wrapWidth(shift: Int, fromWidth: Int, toWidth: Int) -> Int { toWidth - (fromWidth - shift) }

    var label: String { shift == 0 ? "extend" : "truncate" }
    var inputs: [Int] { [input] }
    var outputs: [Int] { [output] }
    var rounds: [DeclaredRound] {
        correlation == nil ? [] : [.both(WireSize.bytes(count: count, width: 1))]
    }
    var correlations: [Int] { correlation.map { [$0] } ?? [] }

    func evaluate(_ state: PlaintextState) throws {
        let values = try state.values(input)
        state.check(values, magnitudeBits: correlation == nil ? fromWidth - 1 : fromWidth - 2)
        state.set(output, values.map { $0 >> Int64(shift) })
    }

    func run<Domain: ShareDomain>(_ state: PartyState<Domain>) throws -> [Exchange] {
        let domain = state.domain
        let party = state.party.rawValue
        let share = try state.elements(input)
        guard let correlation else {
            state.set(output, .elements(domain.shiftShare(share, party: party, by: shift, width: fromWidth)))
            return []
        }
        let offset = Int64(1) << Int64(fromWidth - 2)
        let shifted = state.isServer ? domain.add(share, constant: offset) : share
        guard case .correlatedOT(let mask, let maskProduct) = try state.take(correlation) else {
            throw PreprocessingError.wrongKind(index: correlation)
        }
        let top = domain.topBits(shifted, width: fromWidth)
        let difference = top ^ mask
        return [
            Exchange(
                outgoing: { difference.bytes },
                incoming: { bytes in
                    let peer = try BitVector(count: count, bytes: bytes)
                    let both = domain.privateBitProduct(
                        party: party, own: top, ownMask: mask, difference0: state.isServer ? difference : peer,
                        difference1: state.isServer ? peer : difference, maskProduct: maskProduct)
                    // The wraps are b0 + b1 - b0·b1, each worth 2^(k - shift).
                    let wraps = domain.subtract(domain.fromBits(top), both)
                    let quotient = domain.shiftShare(shifted, party: party, by: shift, width: fromWidth)
                    let unit = Int64(bitPattern: 1 << UInt64(fromWidth - shift))
                    var result =
                        fromWidth - shift >= 64 ? quotient : domain.subtract(quotient, domain.scale(wraps, by: unit))
                    if state.isServer { result = domain.add(result, constant: -(offset >> Int64(shift))) }
                    state.set(output, .elements(result))
                })
        ]
    }
}

extension ProgramBuilder {
    /// `x` divided by `2^shift` in a ring of `width` bits. The scale goes down by `shift`.
    public func truncate(_ x: Secret, by shift: Int, toWidth width: Int) throws -> Secret {
        let label = shift == 0 ? "extend" : "truncate"
        let isLocal = Truncation.isLocal(shift: shift, fromWidth: x.width, toWidth: width)
        let width = try checkWidth(width, label)
        let needed = Self.bits(x.magnitude) + (isLocal ? 1 : 2)
        guard needed <= x.width, shift < x.width - 1 else {
            throw ProgramError.headroom(path: path(label), needed: needed, available: x.width)
        }
        if shift == 0 && isLocal { return x.narrowed(to: width) }
        let correlation: Int? =
            isLocal
            ? nil
            : newCorrelation(
                .correlatedOT(
                    count: x.count, width: Truncation.wrapWidth(shift: shift, fromWidth: x.width, toWidth: width)))
        let output = Secret(
            slot: newSlot(), shape: x.shape, scale: x.scale - shift,
            magnitude: scaled(x.magnitude, by: -shift) + 1, width: width)
        emit(
            Truncation(
                input: x.slot, count: x.count, shift: shift, fromWidth: x.width, toWidth: width,
                correlation: correlation, output: output.slot))
        return output
    }

    /// `x` at a smaller scale, in a ring at least as wide as needed: local where the narrower ring holds it.
    public func rescale(_ x: Secret, to scale: Int, minimumWidth: Int = 0) throws -> Secret {
        let shift = x.scale - scale
        let needed = max(minimumWidth, width(holding: scaled(x.magnitude, by: -shift) + 1))
        let local = x.width - shift
        return try truncate(
            x, by: shift, toWidth: profile.hasNarrowRings ? (needed <= local ? local : needed) : x.width)
    }

    /// `x` in a ring of exactly `width` bits.
    public func resized(_ x: Secret, toWidth width: Int) throws -> Secret {
        guard profile.hasNarrowRings else { return x }
        return width <= x.width ? x.narrowed(to: width) : try truncate(x, by: 0, toWidth: width)
    }
}
