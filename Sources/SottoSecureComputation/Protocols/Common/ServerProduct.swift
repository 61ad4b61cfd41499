import SottoAlgebra
import SottoPreprocessing

/// The client sends its share minus a one-time mask `R`, so that the server holds `X - R`. It may enter several
/// products with matrices of the server.
/// - Communication: `ceil(n·k/8)` bytes from the client to the server in 1 round.
struct ClientMasking: Primitive {
    let input: Int
    let count: Int
    let width: Int
    let mask: CorrelationHandle<ClientMask>
    let output: Int

    var label: String { "mask" }
    var inputs: [Int] { [input] }
    var outputs: [Int] { [output] }
    var rounds: [ByParty<Int>] { [.only(.client, WireSize.bytes(count: count, width: width))] }
    var correlationStages: [[Int]] { [[mask.index]] }
    var flops: Int { 0 }
    var work: LocalWork { LocalWork(kernel: label, elements: count) }

    func encodeParameters(into encoder: inout CanonicalEncoder) { encoder.append([count, width]) }

    func evaluate(_ state: PlaintextState) throws {
        let values = try state.values(input)
        state.check(values, magnitudeBits: width - 1)
        state.set(output, values)
    }

    func run<Domain: ShareDomain>(_ state: PartyState<Domain>) throws -> [Exchange] {
        let domain = state.domain
        let share = try state.elements(input)
        let mask = try state.take(mask).masks.tensors.first
        return [
            Exchange(
                outgoing: { mask.map { domain.pack(domain.subtract(share, $0), width: width) } ?? [] },
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
    let widths: ProductWidths
    /// Whether the product is one of several with the same weight.
    let isTile: Bool
    let correlation: CorrelationHandle<ServerProductCorrelation>
    let output: Int

    var label: String { "multiply" }
    var inputs: [Int] { [input] }
    var outputs: [Int] { [output] }
    var rounds: [ByParty<Int>] { [] }
    var correlationStages: [[Int]] { [[correlation.index]] }
    var flops: Int { shape.flops }
    /// The tensor through its maps, the product, and a sum.
    var work: LocalWork {
        let mapped = maps.reduce(weightCount) { $0 + $1.inputCount + $1.outputCount }
        return LocalWork(
            kernel: "multiply \(shape.kernel) of the server",
            elements: mapped + shape.elements + 3 * shape.outputCount)
    }

    fileprivate var weight: ServerOperand {
        ServerOperand(name: name, count: weightCount, maps: maps, shape: shape, widths: widths)
    }

    func encodeParameters(into encoder: inout CanonicalEncoder) {
        encoder.append(name)
        encoder.append(weightCount)
        encoder.append(maps)
        encoder.append(shape)
        encoder.append(isTile)
    }

    func evaluate(_ state: PlaintextState) throws {
        let weight = state.domain.apply(maps, to: state.domain.encode(try state.tensor(name, count: weightCount)))
        state.set(
            output, state.product(try state.values(input), state.domain.decode(weight, width: 64), shape: shape))
    }

    func run<Domain: ShareDomain>(_ state: PartyState<Domain>) throws -> [Exchange] {
        let domain = state.domain
        var share = try state.take(correlation).products.tensors[0]
        if let operand = try state.serverOperand(input) {
            share = domain.add(
                share, try state.product(operand, weight: weight, shape: shape, isTile: isTile))
        }
        state.set(output, .elements(share))
        return []
    }
}

/// A tensor of the server that enters products: its name, shape, scale, the width of its mask, and, where it is declared, a
/// bound of its magnitude in real units.
public struct ServerTensor: Sendable, Hashable {
    public let name: String
    public let shape: [Int]
    public let scale: Int
    public let width: Int
    public let bound: Double?

    /// - Parameter bound: nil for any tensor. Products by encryption are shorter with one; a run whose tensor is beyond it stops.
    public init(name: String, shape: [Int], scale: Int, width: Int, bound: Double? = nil) {
        self.name = name
        self.shape = shape
        self.scale = scale
        self.width = width
        self.bound = bound
    }

    /// Entries are integers of magnitude at most `2^magnitudeBits`; nil where nothing is declared.
    package var magnitudeBits: Int? {
        bound.map { bound in
            let magnitude = scaled(bound, by: scale)
            return max(0, Int(magnitude.exponent) + (magnitude.significand > 1 ? 1 : 0))
        }
    }
}

extension Program {
    /// The tensors of the server that products of matrices read, once each.
    package var serverOperands: Set<ServerOperand> {
        Set(
            instructions.compactMap { instruction in
                guard let product = instruction.primitive as? ServerProduct, case .matrix = product.shape else {
                    return nil
                }
                return product.weight
            })
    }
}

extension ProgramBuilder {
    /// `x` minus a mask of the client's; a large tensor in tiles of whole rows.
    public func maskForServer(_ x: Secret) throws -> ClientMaskedSecret {
        let rows = x.shape.first ?? 1
        let columns = rows > 0 ? x.count / rows : 0
        let ranges = tiling.rowRanges(rows: rows, elementsOfRow: columns).map {
            ($0.lowerBound * columns)..<($0.upperBound * columns)
        }
        let parts = try tiles(ranges) { range -> ClientMaskedSecret.Part in
            let part = try elements(range, of: x)
            let mask = newCorrelation(ClientMask(count: part.count, width: x.width))
            let slot = newSlot(elements: part.count)
            try emit(ClientMasking(input: part.slot, count: part.count, width: x.width, mask: mask, output: slot))
            return ClientMaskedSecret.Part(slot: slot, view: MaskView(mask), range: range)
        }
        return ClientMaskedSecret(parts: parts, shape: x.shape, scale: x.scale, width: x.width)
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
        let magnitude = scaled(bound, by: x.scale + tensor.scale)
        let tensorWidth = profile.resolved(tensor.width)
        guard x.width <= tensorWidth else {
            throw ProgramError.headroom(
                path: path("multiply"), needed: Self.bits(magnitude) + profile.signBits, available: tensorWidth)
        }
        try checkHeadroom(magnitude, width: x.width, "multiply")
        let weight = try declareWeight(
            tensor.name, shape: tensor.shape, width: tensor.width, magnitudeBits: tensor.magnitudeBits)
        declare(InputDeclaration(name: tensor.name, owner: .server, shape: tensor.shape))
        let products = try branches(x.parts, areTiles: true) { part in
            let factor = try factor(part, of: x, shape, maps)
            return try product(
                part, tensor, weight, factor.maps, factor.shape, isTile: x.parts.count > 1, scale: x.scale,
                magnitude: magnitude, width: x.width)
        }
        return try joined(products, shape: outputShape)
    }

    /// The product's shape and the weight's maps for a part of the left operand.
    private func factor(
        _ part: ClientMaskedSecret.Part, of x: ClientMaskedSecret, _ shape: ProductShape, _ maps: [LinearMap]
    ) throws -> (shape: ProductShape, maps: [LinearMap]) {
        guard x.parts.count > 1 else { return (shape, maps) }
        switch shape {
        case .elementwise(let count):
            return (
                .elementwise(count: part.range.count),
                maps + [.slice(shape: [count], axis: 0, range: part.range)]
            )
        case .matrix(1, _, let k, let n) where part.range.count.isMultiple(of: k):
            return (.matrix(batch: 1, m: part.range.count / k, k: k, n: n), maps)
        default:
            throw ProgramError.unsupported(
                path: path("multiply"), reason: "a product of the shape \(shape) is too large for one piece")
        }
    }

    private func product(
        _ part: ClientMaskedSecret.Part, _ tensor: ServerTensor, _ weight: Int, _ maps: [LinearMap],
        _ shape: ProductShape, isTile: Bool, scale: Int, magnitude: Double, width: Int
    ) throws -> Secret {
        let magnitudeBits = tensor.magnitudeBits.map { bits in
            // What maps add up.
            maps.reduce(bits) { $0 + (Int.bitWidth - ($1.terms - 1).leadingZeroBitCount) }
        }
        let correlation = newCorrelation(
            ServerProductCorrelation(
                mask: part.view, weight: WeightView(weight: weight, maps: maps), shape: shape, width: width,
                magnitudeBits: magnitudeBits))
        let output = Secret(
            slot: newSlot(elements: shape.outputCount), shape: [shape.outputCount], scale: scale + tensor.scale,
            magnitude: magnitude, width: width)
        try emit(
            ServerProduct(
                input: part.slot, name: tensor.name, weightCount: tensor.shape.reduce(1, *), maps: maps, shape: shape,
                widths: ProductWidths(
                    // With a dealer a run takes any weights, those beyond their bound too.
                    ring: width, rightMagnitudeBits: target.usesDealer ? nil : magnitudeBits),
                isTile: isTile, correlation: correlation, output: output.slot))
        return output
    }
}
