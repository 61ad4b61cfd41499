import SottoAlgebra
import SottoPreprocessing

/// A public linear map of one tensor: slices, transposes, sums over rows, broadcasts.
/// - Communication: none.
struct MapTensor: LocalPrimitive {
    let input: Int
    let map: LinearMap
    let output: Int

    var label: String { "map" }
    var inputs: [Int] { [input] }
    var outputs: [Int] { [output] }
    var flops: Int { 0 }
    var work: LocalWork { LocalWork(kernel: map.kernel, elements: map.inputCount + map.outputCount) }

    func encodeParameters(into encoder: inout CanonicalEncoder) { encoder.append(map) }

    func evaluate(_ state: PlaintextState) throws {
        let x = state.domain.encode(try state.values(input))
        state.set(output, state.domain.decode(state.domain.apply(map, to: x), width: 64))
    }

    func run<Domain: ShareDomain>(_ state: PartyState<Domain>) throws -> [Exchange] {
        state.set(output, .elements(state.domain.apply(map, to: try state.elements(input))))
        return []
    }
}

/// `sum_i factor_i · x_i + constant` with public integers; party 0 adds the constant.
/// - Communication: none.
struct Combine: LocalPrimitive {
    struct Term: Sendable {
        let slot: Int
        let factor: Int64
    }
    let terms: [Term]
    let constant: Int64
    let count: Int
    let output: Int

    var label: String { "combine" }
    var inputs: [Int] { terms.map(\.slot) }
    var outputs: [Int] { [output] }
    var flops: Int { 0 }
    /// Each multiple, each sum, and the constant's.
    var work: LocalWork {
        let multiples = terms.count { $0.factor != 1 }
        return LocalWork(
            kernel: label, elements: count * (2 * multiples + 3 * (terms.count - 1) + (constant == 0 ? 0 : 2)))
    }

    func encodeParameters(into encoder: inout CanonicalEncoder) {
        encoder.append(terms.map(\.factor))
        encoder.append(constant)
        encoder.append(count)
    }

    func evaluate(_ state: PlaintextState) throws {
        let sum = combine(try terms.map { state.domain.encode(try state.values($0.slot)) }, state.domain, constant)
        state.set(output, state.domain.decode(sum, width: 64))
    }

    func run<Domain: ShareDomain>(_ state: PartyState<Domain>) throws -> [Exchange] {
        let tensors = try terms.map { try state.elements($0.slot) }
        state.set(output, .elements(combine(tensors, state.domain, state.isServer ? constant : 0)))
        return []
    }

    private func combine<Domain: ShareDomain>(
        _ tensors: [Domain.Elements], _ domain: Domain, _ constant: Int64
    ) -> Domain.Elements {
        var sum: Domain.Elements?
        for (term, x) in zip(terms, tensors) {
            let scaled = term.factor == 1 ? x : domain.scale(x, by: term.factor)
            sum = sum.map { domain.add($0, scaled) } ?? scaled
        }
        return constant == 0 ? sum! : domain.add(sum!, constant: constant)
    }
}

/// Tensors one after the other.
/// - Communication: none.
struct Concatenate: LocalPrimitive {
    let inputs: [Int]
    let count: Int
    let output: Int

    var label: String { "concatenate" }
    var outputs: [Int] { [output] }
    var flops: Int { 0 }
    var work: LocalWork { LocalWork(kernel: label, elements: count) }

    func encodeParameters(into encoder: inout CanonicalEncoder) { encoder.append(count) }

    func evaluate(_ state: PlaintextState) throws {
        state.set(output, Array(try inputs.map { try state.values($0) }.joined()))
    }

    func run<Domain: ShareDomain>(_ state: PartyState<Domain>) throws -> [Exchange] {
        state.set(output, .elements(state.domain.concatenate(try inputs.map { try state.elements($0) })))
        return []
    }
}

extension ProgramBuilder {
    public func map(_ x: Secret, _ map: LinearMap, shape: [Int]) throws -> Secret {
        try checkMap(map, inputCount: x.count, shape: shape)
        let magnitude = x.magnitude * Double(map.terms)
        try checkLinear(magnitude, width: x.width, "map")
        let output = Secret(
            slot: newSlot(elements: map.outputCount), shape: shape, scale: x.scale, magnitude: magnitude, width: x.width
        )
        emit(MapTensor(input: x.slot, map: map, output: output.slot))
        return output
    }

    func checkMap(_ map: LinearMap, inputCount: Int, shape: [Int]) throws {
        try checkMap(map, inputCount: inputCount, label: "map")
        guard map.outputCount == shape.reduce(1, *) else {
            throw ProgramError.shape(
                path: path("map"), expected: "\(map.inputCount) to \(map.outputCount) elements",
                got: "\(inputCount) to \(shape)")
        }
    }

    private func checkMap(_ map: LinearMap, inputCount: Int, label: String) throws {
        guard map.isWellFormed else {
            throw ProgramError.shape(path: path(label), expected: "a map within its shape", got: "\(map)")
        }
        guard map.inputCount == inputCount else {
            throw ProgramError.shape(
                path: path(label), expected: "\(map.inputCount) elements for its map", got: "\(inputCount)")
        }
    }

    /// Elements of a tensor of `shape` behind `maps`, each of which must fit the one before.
    func count(of shape: [Int], through maps: [LinearMap], label: String) throws -> Int {
        try maps.reduce(shape.reduce(1, *)) { count, map in
            try checkMap(map, inputCount: count, label: label)
            return map.outputCount
        }
    }

    /// `sum_i factor_i · x_i + constant`, all of one shape and scale; `constant` is a raw integer at that scale.
    public func combine(_ terms: [(Secret, Int64)], constant: Int64 = 0) throws -> Secret {
        let first = terms[0].0
        guard terms.allSatisfy({ $0.0.count == first.count && $0.0.scale == first.scale }) else {
            throw ProgramError.shape(
                path: path("combine"), expected: "\(first.shape) at scale \(first.scale)",
                got: terms.map { "\($0.0.shape) at scale \($0.0.scale)" }.joined(separator: ", "))
        }
        let magnitude = terms.reduce(constant.magnitude.asDouble) { $0 + $1.0.magnitude * $1.1.magnitude.asDouble }
        let width = terms.map(\.0.width).min()!
        try checkLinear(magnitude, width: width, "combine")
        let output = Secret(
            slot: newSlot(elements: first.count), shape: first.shape, scale: first.scale, magnitude: magnitude,
            width: width)
        emit(
            Combine(
                terms: terms.map { Combine.Term(slot: $0.0.slot, factor: $0.1) }, constant: constant,
                count: output.count, output: output.slot))
        return output
    }

    public func add(_ x: Secret, _ y: Secret) throws -> Secret { try combine([(x, 1), (y, 1)]) }

    public func subtract(_ x: Secret, _ y: Secret) throws -> Secret { try combine([(x, 1), (y, -1)]) }

    /// The same value with more fraction bits; its ring grows by as many.
    public func refined(_ x: Secret, toScale scale: Int) throws -> Secret {
        let shift = scale - x.scale
        guard shift > 0 else { return x }
        let width = profile.hasNarrowRings ? min(profile.maximumWidth, x.width + shift) : x.width
        let magnitude = scaled(x.magnitude, by: shift)
        try checkLinear(magnitude, width: width, "combine")
        let output = Secret(
            slot: newSlot(elements: x.count), shape: x.shape, scale: scale, magnitude: magnitude, width: width)
        emit(
            Combine(
                terms: [.init(slot: x.slot, factor: 1 << Int64(shift))], constant: 0, count: output.count,
                output: output.slot))
        return output
    }

    public func concatenate(_ parts: [Secret], shape: [Int]) -> Secret {
        let output = Secret(
            slot: newSlot(elements: parts.reduce(0) { $0 + $1.count }), shape: shape, scale: parts[0].scale,
            magnitude: parts.map(\.magnitude).max()!,
            width: parts.map(\.width).min()!)
        emit(Concatenate(inputs: parts.map(\.slot), count: output.count, output: output.slot))
        return output
    }
}

extension UInt64 {
    fileprivate var asDouble: Double { Double(self) }
}
