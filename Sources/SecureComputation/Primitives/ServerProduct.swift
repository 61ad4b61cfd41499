import Algebra
import Preprocessing

/// The client sends its share minus a one-time mask `R`, so that the server holds `X - R`. It may enter several
/// products with matrices of the server.
/// - Communication: `ceil(n·k/8)` bytes from the client to the server in 1 round.
struct ClientMasking: Primitive {
    let input: Int
    let count: Int
    let width: Int
    let mask: Int
    let output: Int

    var label: String { "mask" }
    var inputs: [Int] { [input] }
    var outputs: [Int] { [output] }
    var rounds: [DeclaredRound] {
        [DeclaredRound(server: 0, client: WireSize.bytes(count: count, width: width))]
    }
    var correlations: [Int] { [mask] }

    func evaluate(_ state: PlaintextState) throws {
        let values = try state.values(input)
        state.check(values, magnitudeBits: width - 1)
        state.set(output, values)
    }

    func run<Domain: ShareDomain>(_ state: PartyState<Domain>) throws -> [Exchange] {
        let domain = state.domain
        let share = try state.elements(input)
        let mask = try state.takeElements(mask)
        return [
            Exchange(
                outgoing: { state.isServer ? [] : domain.pack(domain.subtract(share, mask), width: width) },
                incoming: { bytes in
                    guard state.isServer else { return state.set(output, .serverOperand(nil)) }
                    let masked = try domain.unpack(bytes, count: count, width: width)
                    state.set(output, .serverOperand(domain.add(share, masked)))
                })
        ]
    }
}

/// The product with a tensor `W` of the server: the server holds `(X - R)·W` plus its share of `R·W`, the client its
/// own share of `R·W`, both from the plan.
/// - Communication: none.
struct ServerProduct: Primitive {
    let input: Int
    let name: String
    let weightCount: Int
    let maps: [LinearMap]
    let shape: ProductShape
    let correlation: Int
    let output: Int

    var label: String { "multiply" }
    var inputs: [Int] { [input] }
    var outputs: [Int] { [output] }
    var correlations: [Int] { [correlation] }
    var flops: Int { shape.flops }

    func evaluate(_ state: PlaintextState) throws {
        let weight = state.domain.apply(maps, to: state.domain.encode(try state.tensor(name, count: weightCount)))
        state.set(
            output, state.product(try state.values(input), state.domain.decode(weight, width: 64), shape: shape))
    }

    func run<Domain: ShareDomain>(_ state: PartyState<Domain>) throws -> [Exchange] {
        let domain = state.domain
        var share = try state.takeElements(correlation)
        if let operand = try state.serverOperand(input) {
            let weight = domain.apply(maps, to: try state.tensor(name, count: weightCount))
            share = domain.add(share, domain.product(operand, weight, shape: shape, threads: state.threads))
        }
        state.set(output, .elements(share))
        return []
    }
}

/// A tensor of the server that enters products: its name, shape, scale, and the width of its mask.
public struct ServerTensor: Sendable, Hashable {
    public let name: String
    public let shape: [Int]
    public let scale: Int
    public let width: Int

    public init(name: String, shape: [Int], scale: Int, width: Int) {
        self.name = name
        self.shape = shape
        self.scale = scale
        self.width = width
    }
}

extension ProgramBuilder {
    public func maskForServer(_ x: Secret) -> ClientMaskedSecret {
        let mask = newCorrelation(.clientMask(count: x.count, width: x.width))
        let output = ClientMaskedSecret(
            slot: newSlot(), view: MaskView(mask: mask), shape: x.shape, scale: x.scale, width: x.width)
        emit(ClientMasking(input: x.slot, count: x.count, width: x.width, mask: mask, output: output.slot))
        return output
    }

    /// The product of `x` with a tensor of the server, seen through `maps`, at the sum of the scales. The result is
    /// promised to stay within `bound` (real units) and lives in the ring of `x`, which must hold it.
    public func multiply(
        _ x: ClientMaskedSecret, server tensor: ServerTensor, maps: [LinearMap] = [], shape: ProductShape,
        outputShape: [Int], bound: Double
    ) throws -> Secret {
        let weightCount = try count(of: tensor.shape, through: maps, label: "multiply")
        guard x.count == shape.leftCount, weightCount == shape.rightCount,
            outputShape.reduce(1, *) == shape.outputCount
        else {
            throw ProgramError.shape(
                path: path("multiply"), expected: "\(shape) to \(outputShape)",
                got: "\(x.shape) and \(weightCount) elements of \(tensor.name)")
        }
        let scale = x.scale + tensor.scale
        let magnitude = scaled(bound, by: scale)
        let tensorWidth = profile.resolved(tensor.width)
        guard x.width <= tensorWidth else {
            throw ProgramError.headroom(
                path: path("multiply"), needed: Self.bits(magnitude) + profile.signBits, available: tensorWidth)
        }
        try checkHeadroom(magnitude, width: x.width, "multiply")
        let weight = try declareWeight(tensor.name, shape: tensor.shape, width: tensor.width)
        declare(InputDeclaration(name: tensor.name, owner: .server, shape: tensor.shape))
        let correlation = newCorrelation(
            .serverProduct(
                mask: x.view, weight: WeightView(weight: weight, maps: maps), shape: shape, width: x.width))
        let output = Secret(
            slot: newSlot(), shape: outputShape, scale: scale, magnitude: magnitude, width: x.width)
        emit(
            ServerProduct(
                input: x.slot, name: tensor.name, weightCount: tensor.shape.reduce(1, *), maps: maps, shape: shape,
                correlation: correlation, output: output.slot))
        return output
    }
}
