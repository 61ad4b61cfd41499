import SottoAlgebra
import SottoApproximation
import SottoPreprocessing

extension OTSuite {
    package func hasExponential(of x: Secret, over domain: DomainProfile) -> Bool {
        switch bitMethod {
        case .maskedDigits: Self.exponentialWindow(x, in: domain) != nil
        case .circuits: Self.hasExponentialCircuit(of: x, in: domain)
        }
    }

    /// `e^x` from one opening `d = x - r`: a public number `e^d` times a shared one `e^r`, up to a constant that the carry of
    /// the sum decides; zero below the window of ``FixedPointExponential`` (with private shares in place of both: Kelkar et
    /// al., USENIX Security 2022).
    /// - Communication: with `n` elements of `k` bits: `ceil(k·n/8)`, then `ceil(5n/8)`, then `ceil(2n/8)` bytes either way in
    ///   3 rounds; by circuits ``exponentialByCircuit(_:scale:in:)``.
    package func exponential(
        _ x: Secret, scale: Int, minimumWidth: Int, in builder: ProgramBuilder
    ) throws -> Secret {
        guard bitMethod == .maskedDigits else { return try exponentialByCircuit(x, scale: scale, in: builder) }
        guard let window = Self.exponentialWindow(x, in: builder.profile) else {
            throw ProgramError.unsupported(path: builder.path("exponential"), reason: "a window for \(x.width) bits")
        }
        let masked = try builder.openMasked(x)
        let (factors, _) = try lookUp(masked, window, WindowFactor.ofPlace, [], in: builder)
        let place = try combine(
            factors,
            [
                [
                    BitSums.Sum(terms: WindowFactor.insideCarry, constant: false),
                    BitSums.Sum(terms: WindowFactor.insidePlain, constant: false),
                ]
            ], in: builder)
        let shift = FixedPointExponential.resultScale - scale
        // e^(1/16) and its errors.
        let bound = 1.065
        let width = builder.width(holding: scaled(bound, by: scale) + 1)
        let product = try sum(
            place[0], masked, [.exponential(carry: true), .exponential(carry: false)],
            [MaskedTerm(function: 0, exponent: 0), MaskedTerm(function: 1, exponent: 0)], constants: [0, 0],
            scale: FixedPointExponential.resultScale,
            magnitude: scaled(bound, by: FixedPointExponential.resultScale), width: width + shift, in: builder)
        return try builder.truncate(product, by: shift, toWidth: width)
    }

    /// Cells of a quarter, of which only the carry of the index is asked; nil where the ring of `x` has no room, or is a
    /// field.
    package static func exponentialWindow(_ x: Secret, in profile: DomainProfile) -> MaskedWindow? {
        guard profile.hasNarrowRings, x.scale == FixedPointExponential.inputScale else { return nil }
        let cellBits = FixedPointExponential.inputScale - 2
        return MaskedWindow(
            width: x.width, start: FixedPointExponential.start, cellBits: cellBits,
            indexBits: FixedPointExponential.windowBits - cellBits)
    }
}
