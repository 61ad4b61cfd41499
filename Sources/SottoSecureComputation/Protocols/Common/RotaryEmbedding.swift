import SottoAlgebra

/// Rotary position embedding of heads (Su et al., RoFormer): in every head of `[positions, heads, headWidth]`, elements `i`
/// and `i + headWidth/2` are a point of the plane, and it is turned by the angle of its position and of `i`.
///
/// The coefficients are public, so each party turns its own share. They depend on the position counted from the start of
/// the sequence, and add their fraction bits to those of the value.
/// - Communication: none.
struct RotaryEmbedding: LocalPrimitive {
    let input: Int
    let heads: Int
    let angles: RotaryAngles
    let output: Int

    var label: String { "rotate" }
    var inputs: [Int] { [input] }
    var outputs: [Int] { [output] }
    /// Four multiplications and two additions for each pair.
    var flops: Int { 3 * angles.positions * heads * angles.headWidth }
    /// The values, read and written, and the coefficients.
    var work: LocalWork {
        LocalWork(kernel: label, elements: angles.positions * angles.headWidth * (2 * heads + 1))
    }

    func encodeParameters(into encoder: inout CanonicalEncoder) {
        encoder.append(heads)
        encoder.append(angles.theta)
        encoder.append([angles.headWidth, angles.firstPosition, angles.positions, angles.scale])
    }

    func evaluate(_ state: PlaintextState) throws {
        let x = state.domain.encode(try state.values(input))
        state.set(output, state.domain.decode(rotate(x, state.domain), width: 64))
    }

    func run<Domain: ShareDomain>(_ state: PartyState<Domain>) throws -> [Exchange] {
        state.set(output, .elements(rotate(try state.elements(input), state.domain)))
        return []
    }

    private func rotate<Domain: ShareDomain>(_ x: Domain.Elements, _ domain: Domain) -> Domain.Elements {
        let (positions, half) = (angles.positions, angles.headWidth / 2)
        let shape = [positions * heads, 2, half]
        let points = positions * heads * half
        let everyHead: [LinearMap] = [
            .segmentBroadcast(Segments(rows: positions * half, columns: heads)),
            .permute(shape: [positions, half, heads], order: [0, 2, 1]),
        ]
        func product(_ x: Domain.Elements, _ y: Domain.Elements) -> Domain.Elements {
            domain.product(x, y, shape: .elementwise(count: points), threads: 1)
        }
        let (cosines, sines) = angles.coefficients()
        let cosine = everyHead.reduce(domain.encode(cosines)) { domain.apply($1, to: $0) }
        let sine = everyHead.reduce(domain.encode(sines)) { domain.apply($1, to: $0) }
        let first = domain.apply(.slice(shape: shape, axis: 1, range: 0..<1), to: x)
        let second = domain.apply(.slice(shape: shape, axis: 1, range: 1..<2), to: x)
        let turned = domain.concatenate([
            domain.subtract(product(first, cosine), product(second, sine)),
            domain.add(product(second, cosine), product(first, sine)),
        ])
        return domain.apply(.permute(shape: [2, positions * heads, half], order: [1, 0, 2]), to: turned)
    }
}

extension ProgramBuilder {
    /// Rotary position embedding of `[positions, heads·headWidth]` with frequencies `theta^(-2i/headWidth)`, the first row
    /// at `firstPosition`. The result has `coefficientScale` more fraction bits, stays within `bound` (real units) and
    /// lives in the ring of `x`, which must hold it.
    /// - Returns: error at most `2^-coefficientScale` of the sum of both magnitudes of a pair.
    public func rotate(
        _ x: Secret, heads: Int, theta: Double, firstPosition: Int, coefficientScale: Int, bound: Double
    ) throws -> Secret {
        guard x.shape.count == 2, heads > 0, x.shape[1].isMultiple(of: 2 * heads), firstPosition >= 0,
            theta >= 1, theta.isFinite
        else {
            throw ProgramError.shape(
                path: path("rotate"), expected: "positions of \(heads) heads of even width and a base of at least 1",
                got: "\(x.shape) and \(theta)")
        }
        let magnitude = min(
            2 * scaled(x.magnitude, by: coefficientScale), scaled(bound, by: x.scale + coefficientScale))
        try checkHeadroom(magnitude, width: x.width, "rotate")
        let angles = RotaryAngles(
            theta: theta, headWidth: x.shape[1] / heads, firstPosition: firstPosition, positions: x.shape[0],
            scale: coefficientScale)
        let output = Secret(
            slot: newSlot(elements: x.count), shape: x.shape, scale: x.scale + coefficientScale, magnitude: magnitude,
            width: x.width)
        emit(RotaryEmbedding(input: x.slot, heads: heads, angles: angles, output: output.slot))
        return output
    }
}
