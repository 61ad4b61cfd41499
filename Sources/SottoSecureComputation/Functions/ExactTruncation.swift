import SottoAlgebra

extension ProgramBuilder {
    /// `floor(x / 2^shift)` with nothing in it of the shares: `x` at the scale of the output, as an opening should find it.
    ///
    /// A truncation rounds as the shares have it. What it left of `x`, `r = x - 2^shift·q`, is between `-2^shift` and
    /// `2^shift` in a ring, in a field at most `e·2^shift` in magnitude for the prime's `e` of 1 or 2 units. So the number of
    /// thresholds `j·2^shift` that it has passed, `j` from `1 - e` on, less `e`, corrects `q` to the floor.
    /// - Communication: that of ``rescale(_:to:minimumWidth:)``, of one comparison of `shift + 1` bits with 1 threshold
    ///   (in a field of the field's bits with `2e`) and of one selection of their bits.
    public func exactlyRescaled(_ x: Secret, to scale: Int, minimumWidth: Int = 0) throws -> Secret {
        try tiled(x) { try exactlyRescaledTile($0, to: scale, minimumWidth: minimumWidth) }
    }

    private func exactlyRescaledTile(_ x: Secret, to scale: Int, minimumWidth: Int) throws -> Secret {
        let shift = x.scale - scale
        let quotient = try rescale(x, to: scale, minimumWidth: minimumWidth)
        guard shift > 0 else { return quotient }
        return try step("exact") {
            let error = profile.truncationError(shift: shift)
            let unit = scaled(1, by: shift)
            let rest = try subtract(
                x, try times(quotient, powerOfTwo: shift, scale: x.scale, width: x.width)
            ).promisedMagnitude(Double(error) * unit)
            let last = profile.hasNarrowRings ? error - 1 : error
            let thresholds = ((1 - error)...last).map { Int64($0) << Int64(shift) }
            let passed = try arithmetic(try compare(rest, thresholds: thresholds), width: quotient.width)
            let count = Secret(
                slot: passed.slot, shape: quotient.shape, scale: scale, magnitude: passed.magnitude, width: passed.width
            )
            return try combine([(quotient, 1), (count, 1)], constant: Int64(-error))
                .promisedMagnitude(quotient.magnitude)
        }
    }

    /// The integers of `x` times a power of two, at another scale, modulo `2^width`, where they may wrap.
    private func times(_ x: Secret, powerOfTwo shift: Int, scale: Int, width: Int) throws -> Secret {
        let output = Secret(
            slot: newSlot(elements: x.count), shape: x.shape, scale: scale, magnitude: scaled(x.magnitude, by: shift),
            width: profile.hasNarrowRings ? min(width, x.width + shift) : x.width)
        emit(
            Combine(
                terms: [.init(slot: x.slot, factor: 1 << Int64(shift))], constant: 0, count: output.count,
                output: output.slot))
        return output
    }
}
