import SottoAlgebra
import SottoPreprocessing
import SottoRandomness

/// A tensor that one party holds in the clear enters the program: the other party's share is a public pseudorandom
/// tensor, the owner's is the rest.
///
/// The sharing hides nothing, and needs not: the owner knows the value, and shares leave a party only under a fresh
/// mask. The public tensor, which costs no message, is there because truncation rounds to either side with the right
/// probability only on shares that are uniform.
/// - Communication: none.
struct Input: LocalPrimitive {
    let name: String
    let owner: Party
    /// Of the whole tensor.
    let count: Int
    /// The elements that enter here.
    let range: Range<Int>
    let width: Int
    let output: Int

    var label: String { "input" }
    var inputs: [Int] { [] }
    var outputs: [Int] { [output] }
    var flops: Int { 0 }
    var work: LocalWork { LocalWork(kernel: label, elements: range.count) }

    func encodeParameters(into encoder: inout CanonicalEncoder) {
        encoder.append(name)
        encoder.append(owner)
        encoder.append([count, range.lowerBound, range.upperBound, width])
    }

    func evaluate(_ state: PlaintextState) throws {
        state.set(output, try state.tensor(name, count: count, range: range))
    }

    func run<Domain: ShareDomain>(_ state: PartyState<Domain>) throws -> [Exchange] {
        let seed = try Seed(bytes: [UInt8](repeating: 0, count: Seed.byteCount))
        var generator = try PseudorandomGenerator(seed: seed, domain: UInt64(output))
        let dither = try state.domain.uniform(count: range.count, width: width, from: &generator)
        guard state.party == owner else {
            state.set(output, .elements(dither))
            return []
        }
        let own = try state.tensor(name, count: count, range: range)
        state.set(output, .elements(state.domain.subtract(own, dither)))
        return []
    }
}

/// A tensor of which both parties already hold shares, such as the keys and values of earlier positions.
/// - Communication: none.
struct SharedInput: LocalPrimitive {
    let name: String
    let count: Int
    let width: Int
    let output: Int

    var label: String { "input" }
    var inputs: [Int] { [] }
    var outputs: [Int] { [output] }
    var flops: Int { 0 }
    var work: LocalWork { LocalWork(kernel: label, elements: count) }

    func encodeParameters(into encoder: inout CanonicalEncoder) {
        encoder.append(name)
        encoder.append([count, width])
    }

    func evaluate(_ state: PlaintextState) throws { state.set(output, try state.tensor(name, count: count)) }

    func run<Domain: ShareDomain>(_ state: PartyState<Domain>) throws -> [Exchange] {
        state.set(output, .elements(try state.share(name, count: count, width: width)))
        return []
    }
}

/// Adds a constant of the server to a secret: the server adds it to its share.
/// - Communication: none.
struct AddServerTensor: LocalPrimitive {
    let input: Int
    let name: String
    let shape: [Int]
    /// From the declared tensor to the secret's shape.
    let maps: [LinearMap]
    let output: Int

    var label: String { "add" }
    var inputs: [Int] { [input] }
    var outputs: [Int] { [output] }
    var flops: Int { 0 }
    /// The tensor through its maps, and the sum.
    var work: LocalWork {
        let count = shape.reduce(1, *)
        let mapped = maps.reduce(count) { $0 + $1.inputCount + $1.outputCount }
        return LocalWork(kernel: label, elements: mapped + 3 * (maps.last?.outputCount ?? count))
    }

    func encodeParameters(into encoder: inout CanonicalEncoder) {
        encoder.append(name)
        encoder.append(shape)
        encoder.append(maps)
    }

    func evaluate(_ state: PlaintextState) throws {
        let tensor = state.domain.apply(
            maps, to: state.domain.encode(try state.tensor(name, count: shape.reduce(1, *))))
        state.set(
            output,
            state.domain.decode(state.domain.add(state.domain.encode(try state.values(input)), tensor), width: 64))
    }

    func run<Domain: ShareDomain>(_ state: PartyState<Domain>) throws -> [Exchange] {
        var share = try state.elements(input)
        if state.isServer {
            let tensor = try state.tensor(name, count: shape.reduce(1, *))
            share = state.domain.add(share, state.domain.apply(maps, to: tensor))
        }
        state.set(output, .elements(share))
        return []
    }
}

extension ProgramBuilder {
    /// A tensor that `owner` holds in the clear, of magnitude at most `bound` (real units).
    public func input(
        _ name: String, owner: Party, shape: [Int], scale: Int, bound: Double
    ) -> Secret {
        input(name, owner: owner, shape: shape, rows: 0..<(shape.first ?? 1), scale: scale, bound: bound)
    }

    /// Some rows of it, `[rows, ...]`.
    public func input(
        _ name: String, owner: Party, shape: [Int], rows: Range<Int>, scale: Int, bound: Double
    ) -> Secret {
        declare(InputDeclaration(name: name, owner: owner, shape: shape))
        let columns = shape.dropFirst().reduce(1, *)
        let range = (rows.lowerBound * columns)..<(rows.upperBound * columns)
        let output = Secret(
            slot: newSlot(elements: range.count), shape: shape.isEmpty ? [] : [rows.count] + shape.dropFirst(),
            scale: scale, magnitude: scaled(bound, by: scale), width: profile.maximumWidth)
        emit(
            Input(
                name: name, owner: owner, count: shape.reduce(1, *), range: range, width: output.width,
                output: output.slot))
        return output
    }

    /// A tensor that both parties hold shares of, in a ring of `width` bits or in the field.
    public func sharedInput(_ name: String, shape: [Int], scale: Int, bound: Double, width: Int) -> Secret {
        let output = Secret(
            slot: newSlot(elements: shape.reduce(1, *)), shape: shape, scale: scale,
            magnitude: scaled(bound, by: scale), width: profile.resolved(width))
        emit(SharedInput(name: name, count: output.count, width: output.width, output: output.slot))
        return output
    }

    /// `x` plus a tensor of the server, given at the scale of `x` and bounded by `bound` (real units); `maps` lead from
    /// the tensor's own `shape` to that of `x`.
    public func add(
        _ x: Secret, serverTensor name: String, shape: [Int], maps: [LinearMap] = [], bound: Double
    ) throws -> Secret {
        declare(InputDeclaration(name: name, owner: .server, shape: shape))
        let count = try count(of: shape, through: maps, label: "add")
        guard count == x.count else {
            throw ProgramError.shape(path: path("add"), expected: "\(x.count) elements", got: "\(count)")
        }
        let magnitude = x.magnitude + scaled(bound, by: x.scale)
        try checkLinear(magnitude, width: x.width, "add")
        let output = Secret(
            slot: newSlot(elements: x.count), shape: x.shape, scale: x.scale, magnitude: magnitude, width: x.width)
        emit(AddServerTensor(input: x.slot, name: name, shape: shape, maps: maps, output: output.slot))
        return output
    }
}
