import SottoAlgebra
import SottoPreprocessing

extension OTSuite {
    package func rectifies(_ x: Secret, over domain: DomainProfile) -> Bool {
        domain.hasNarrowRings && (bitMethod == .circuits || DigitChain(width: x.width) != nil)
    }

    /// `x` where it is not negative, else zero: one opening of `x` serves its sign and the choice, or a circuit says the sign.
    /// - Communication: by circuits that of ``signCircuit(width:)`` and of a ``SelectedSum`` of one number. Else with `n` elements of `k` bits in `m` digits: `ceil(k·n/8)`, then `ceil((2m-2)·n/8)`, then
    ///   `ceil(n/8)` bytes either way in 3 rounds.
    package func rectify(_ x: Secret, in builder: ProgramBuilder) throws -> Secret {
        guard bitMethod == .maskedDigits else { return try rectifyByCircuit(x, in: builder) }
        guard let chain = DigitChain(width: x.width) else {
            throw ProgramError.unsupported(path: builder.path("rectify"), reason: "a ring of \(x.width) bits")
        }
        let masked = try builder.openMasked(x)
        let correlation = builder.newCorrelation(
            MaskIndicators(mask: masked.view, count: x.count, width: x.width, digits: chain.digits))
        let factors = SecretBits(
            parts: [SecretBits.Part(slot: builder.newSlot(bits: chain.factors * x.count), range: 0..<x.count)],
            planes: chain.factors, count: x.count)
        try builder.emit(
            SignLookup(
                input: masked.slot, count: x.count, width: x.width, chain: chain, correlation: correlation,
                output: factors.parts[0].slot))
        let kept = try combine(factors, [[BitSums.Sum(terms: chain.negative, constant: true)]], in: builder)
        return try sum(
            kept[0], masked, [.value], [MaskedTerm(function: 0, exponent: 0)], constants: [0], scale: x.scale,
            magnitude: x.magnitude, width: x.width, in: builder)
    }
}
