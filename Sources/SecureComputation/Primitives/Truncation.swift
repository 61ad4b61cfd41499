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
    let correlation: Int?
    let output: Int

    /// In a ring only.
    static func isLocal(shift: Int, fromWidth: Int, toWidth: Int) -> Bool { toWidth <= fromWidth - shift }

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
        let offset = domain.truncationOffset(width: fromWidth)
        let shifted = state.isServer ? domain.add(share, powerOfTwo: offset, isNegative: false) : share
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
                    // The wraps are b0 + b1 - b0·b1.
                    let wraps = domain.subtract(domain.fromBits(top), both)
                    let quotient = domain.subtractWraps(
                        wraps, from: domain.shiftShare(shifted, party: party, by: shift, width: fromWidth),
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

extension ProgramBuilder {
    /// `x` divided by `2^shift` in a ring of `width` bits. The scale goes down by `shift`.
    public func truncate(_ x: Secret, by shift: Int, toWidth width: Int) throws -> Secret {
        let label = shift == 0 ? "extend" : "truncate"
        let width = try checkWidth(width, label)
        let isLocal =
            profile.hasNarrowRings && Truncation.isLocal(shift: shift, fromWidth: x.width, toWidth: width)
        guard shift >= 0, width > 0 else {
            throw ProgramError.unsupported(path: path(label), reason: "a shift by \(shift) into \(width) bits")
        }
        if shift == 0 && !profile.hasNarrowRings { return x }
        let free = isLocal ? profile.signBits : profile.conversionBits
        try checkHeadroom(x.magnitude, width: x.width, free: free, label)
        guard shift <= x.width - profile.conversionBits else {
            throw ProgramError.headroom(path: path(label), needed: shift + profile.conversionBits, available: x.width)
        }
        if shift == 0 && isLocal { return x.narrowed(to: width) }
        let correlation: Int? =
            isLocal
            ? nil
            : newCorrelation(
                .correlatedOT(
                    count: x.count, width: profile.wrapWidth(shift: shift, fromWidth: x.width, toWidth: width)))
        let error = Double(profile.prime?.truncationError(byPowerOfTwo: shift) ?? 1)
        let output = Secret(
            slot: newSlot(), shape: x.shape, scale: x.scale - shift,
            magnitude: scaled(x.magnitude, by: -shift) + error, width: width)
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
        return try truncate(x, by: shift, toWidth: needed <= local ? local : needed)
    }

    /// `x` in a ring of exactly `width` bits.
    public func resized(_ x: Secret, toWidth width: Int) throws -> Secret {
        guard profile.hasNarrowRings else { return x }
        return width <= x.width ? x.narrowed(to: width) : try truncate(x, by: 0, toWidth: width)
    }
}
