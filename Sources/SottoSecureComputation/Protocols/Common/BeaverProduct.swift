import SottoAlgebra
import SottoPreprocessing

/// Opens the differences of secrets to fresh one-time masks, several at once (Beaver, CRYPTO 1991). Every mask is used
/// here and nowhere else; its opened difference may enter several products.
/// - Communication: `sum_i ceil(n_i·k_i/8)` bytes either way in 1 round, for secrets of `n_i` elements of `k_i` bits.
struct MaskedOpening: Primitive {
    struct Operand: Sendable {
        let input: Int
        let count: Int
        let width: Int
        let mask: CorrelationHandle<RingMask>
        let output: Int

        var bytes: Int { WireSize.bytes(count: count, width: width) }
    }
    let operands: [Operand]

    var label: String { "open-masked" }
    var inputs: [Int] { operands.map(\.input) }
    var outputs: [Int] { operands.map(\.output) }
    var rounds: [ByParty<Int>] { [.both(operands.reduce(0) { $0 + $1.bytes })] }
    var correlationStages: [[Int]] { [operands.map(\.mask.index)] }
    var flops: Int { 0 }
    var work: LocalWork { LocalWork(kernel: label, elements: operands.reduce(0) { $0 + $1.count }) }

    func encodeParameters(into encoder: inout CanonicalEncoder) {
        for operand in operands { encoder.append([operand.count, operand.width]) }
    }

    func evaluate(_ state: PlaintextState) throws {
        for operand in operands {
            let values = try state.values(operand.input)
            state.check(values, magnitudeBits: operand.width - 1)
            state.set(operand.output, values)
        }
    }

    func run<Domain: ShareDomain>(_ state: PartyState<Domain>) throws -> [Exchange] {
        let domain = state.domain
        let masks = try operands.map { try state.take($0.mask).masks.tensors[0] }
        let differences = try zip(operands, masks).map { domain.subtract(try state.elements($0.input), $1) }
        return [
            Exchange(
                outgoing: {
                    var payload: [UInt8] = []
                    payload.reserveCapacity(operands.reduce(0) { $0 + $1.bytes })
                    for (operand, difference) in zip(operands, differences) {
                        payload += domain.pack(difference, width: operand.width)
                    }
                    return payload
                },
                incoming: { bytes in
                    var start = 0
                    for (index, operand) in operands.enumerated() {
                        let part = Array(bytes[start..<(start + operand.bytes)])
                        start += operand.bytes
                        let peer = try domain.unpack(part, count: operand.count, width: operand.width)
                        state.set(
                            operand.output,
                            .masked(difference: domain.add(differences[index], peer), mask: masks[index]))
                    }
                })
        ]
    }
}

/// A public linear map of an opened difference and, alike, of the mask.
/// - Communication: none.
struct MapMasked: LocalPrimitive {
    let input: Int
    let map: LinearMap
    let output: Int

    var label: String { "map" }
    var inputs: [Int] { [input] }
    var outputs: [Int] { [output] }
    var flops: Int { 0 }
    var work: LocalWork { LocalWork(kernel: map.kernel, elements: 2 * (map.inputCount + map.outputCount)) }

    func encodeParameters(into encoder: inout CanonicalEncoder) { encoder.append(map) }

    func evaluate(_ state: PlaintextState) throws {
        let x = state.domain.encode(try state.values(input))
        state.set(output, state.domain.decode(state.domain.apply(map, to: x), width: 64))
    }

    func run<Domain: ShareDomain>(_ state: PartyState<Domain>) throws -> [Exchange] {
        let (difference, mask) = try state.masked(input)
        state.set(
            output,
            .masked(difference: state.domain.apply(map, to: difference), mask: state.domain.apply(map, to: mask)))
        return []
    }
}

/// Opened differences one after the other, and the masks alike.
/// - Communication: none.
struct ConcatenateMasked: LocalPrimitive {
    let inputs: [Int]
    let count: Int
    let output: Int

    var label: String { "concatenate" }
    var outputs: [Int] { [output] }
    var flops: Int { 0 }
    var work: LocalWork { LocalWork(kernel: label, elements: 2 * count) }

    func encodeParameters(into encoder: inout CanonicalEncoder) { encoder.append(count) }

    func evaluate(_ state: PlaintextState) throws {
        state.set(output, Array(try inputs.map { try state.values($0) }.joined()))
    }

    func run<Domain: ShareDomain>(_ state: PartyState<Domain>) throws -> [Exchange] {
        let parts = try inputs.map { try state.masked($0) }
        state.set(
            output,
            .masked(
                difference: state.domain.concatenate(parts.map(\.difference)),
                mask: state.domain.concatenate(parts.map(\.mask))))
        return []
    }
}

/// The product of two masked secrets: with opened `d = x - a`, `e = y - b` and shares of `a`, `b`, `a·b` the parties
/// hold `d·e + d·b + a·e + a·b`.
/// - Communication: none.
struct BeaverProduct: Primitive {
    let left: Int
    let right: Int
    let shape: ProductShape
    /// Of the product's ring.
    let width: Int
    let correlation: CorrelationHandle<BeaverProductCorrelation>
    let output: Int

    var label: String { "multiply" }
    var inputs: [Int] { [left, right] }
    var outputs: [Int] { [output] }
    var rounds: [ByParty<Int>] { [] }
    var correlationStages: [[Int]] { [[correlation.index]] }
    var flops: Int { shape.flops }
    /// Two products, the sum of the right factors, and two sums of products.
    var work: LocalWork {
        LocalWork(
            kernel: "multiply \(shape.kernel)",
            elements: 2 * shape.elements + 3 * shape.rightCount + 6 * shape.outputCount)
    }

    func encodeParameters(into encoder: inout CanonicalEncoder) { encoder.append(shape) }

    func evaluate(_ state: PlaintextState) throws {
        state.set(output, state.product(try state.values(left), try state.values(right), shape: shape))
    }

    func run<Domain: ShareDomain>(_ state: PartyState<Domain>) throws -> [Exchange] {
        let domain = state.domain
        let (d, a) = try state.masked(left)
        let (e, b) = try state.masked(right)
        let maskProduct = try state.take(correlation).products.tensors[0]
        let widths = ProductWidths(ring: width)
        let withMask = domain.product(
            d, state.isServer ? domain.add(b, e) : b, shape: shape, widths: widths, threads: state.threads)
        let ofMask = domain.product(a, e, shape: shape, widths: widths, threads: state.threads)
        state.set(output, .elements(domain.add(domain.add(withMask, ofMask), maskProduct)))
        return []
    }
}

extension ProgramBuilder {
    /// Opens the differences of `secrets` to fresh masks, in one round; large ones in tiles, each under a mask of its own.
    public func openMasked(_ secrets: [Secret]) throws -> [MaskedSecret] {
        try openMasked(secrets, kept: secrets.map { _ in nil })
    }

    /// - Parameter kept: by secret the elements of a kept tensor that it is, if it is any.
    func openMasked(_ secrets: [Secret], kept: [KeptElements?]) throws -> [MaskedSecret] {
        for x in secrets { try checkHeadroom(x.magnitude, width: x.width, "open-masked") }
        let ranges = secrets.map { tiling.rowRanges(rows: $0.count, elementsOfRow: 1) }
        let tiles = ranges.map(\.count).max() ?? 1
        guard tiles > 1 else { return try openMaskedPieces(secrets, kept) }
        let opened = try branches(Array(0..<tiles), areTiles: true) { tile -> [(secret: Int, piece: MaskedSecret)] in
            let members = secrets.indices.filter { tile < ranges[$0].count }
            let pieces = try openMaskedPieces(
                try members.map { try elements(ranges[$0][tile], of: secrets[$0]) },
                members.map { kept[$0]?.part(ranges[$0][tile]) })
            return Array(zip(members, pieces))
        }
        return secrets.indices.map { index in
            joinedMasked(opened.joined().filter { $0.secret == index }.map(\.piece), as: secrets[index])
        }
    }

    private func openMaskedPieces(_ secrets: [Secret], _ kept: [KeptElements?]) throws -> [MaskedSecret] {
        var operands: [MaskedOpening.Operand] = []
        let masked = zip(secrets, kept).map { x, kept in
            let mask = newCorrelation(RingMask(count: x.count, width: x.width, kept: kept))
            let output = MaskedSecret(
                slot: newSlot(elements: 2 * x.count), view: MaskView(mask), shape: x.shape, scale: x.scale,
                magnitude: x.magnitude, width: x.width)
            operands.append(.init(input: x.slot, count: x.count, width: x.width, mask: mask, output: output.slot))
            return output
        }
        try emit(MaskedOpening(operands: operands))
        return masked
    }

    func joinedMasked(_ pieces: [MaskedSecret], as x: Secret) -> MaskedSecret {
        let view = MaskView(concatenating: pieces.map(\.view))
        let slot = pieces.count == 1 ? pieces[0].slot : newSlot(elements: 2 * x.count)
        if pieces.count > 1 {
            emit(ConcatenateMasked(inputs: pieces.map(\.slot), count: x.count, output: slot))
        }
        return MaskedSecret(
            slot: slot, view: view, shape: x.shape, scale: x.scale, magnitude: x.magnitude, width: x.width)
    }

    public func openMasked(_ x: Secret) throws -> MaskedSecret { try openMasked([x])[0] }

    public func map(_ x: MaskedSecret, _ map: LinearMap, shape: [Int]) throws -> MaskedSecret {
        try checkMap(map, inputCount: x.count, shape: shape)
        let magnitude = x.magnitude * Double(map.terms)
        try checkLinear(magnitude, width: x.width, "map")
        let output = MaskedSecret(
            slot: newSlot(elements: 2 * map.outputCount), view: x.view.through(map), shape: shape, scale: x.scale,
            magnitude: magnitude, width: x.width)
        emit(MapMasked(input: x.slot, map: map, output: output.slot))
        return output
    }

    /// The product of two masked secrets, at the sum of their scales, in the narrower of their rings. Where the program
    /// knows a tighter bound of the product than that of its factors it promises `bound` (real units).
    public func multiply(
        _ x: MaskedSecret, _ y: MaskedSecret, shape: ProductShape, outputShape: [Int], bound: Double? = nil
    ) throws -> Secret {
        guard x.count == shape.leftCount, y.count == shape.rightCount, outputShape.reduce(1, *) == shape.outputCount
        else {
            throw ProgramError.shape(
                path: path("multiply"), expected: "\(shape) to \(outputShape)", got: "\(x.shape) and \(y.shape)")
        }
        let scale = x.scale + y.scale
        let width = min(x.width, y.width)
        var magnitude = x.magnitude * y.magnitude * Double(shape.terms)
        if let bound { magnitude = min(magnitude, scaled(bound, by: scale)) }
        try checkHeadroom(magnitude, width: width, "multiply")
        let tiles = shape.tiles(tiling)
        guard tiles.count > 1 else {
            return try product(x, y, shape, outputShape, scale: scale, magnitude: magnitude, width: width)
        }
        let products = try branches(tiles, areTiles: true) { tile in
            try product(
                try elements(tile.left, of: x), try elements(tile.right, of: y), tile.shape,
                [tile.shape.outputCount], scale: scale, magnitude: magnitude, width: width)
        }
        return try joined(products, shape: outputShape)
    }

    private func product(
        _ x: MaskedSecret, _ y: MaskedSecret, _ shape: ProductShape, _ outputShape: [Int], scale: Int,
        magnitude: Double, width: Int
    ) throws -> Secret {
        let correlation = newCorrelation(
            BeaverProductCorrelation(left: x.view, right: y.view, shape: shape, width: width))
        let output = Secret(
            slot: newSlot(elements: shape.outputCount), shape: outputShape, scale: scale, magnitude: magnitude,
            width: width)
        try emit(
            BeaverProduct(
                left: x.slot, right: y.slot, shape: shape, width: width, correlation: correlation,
                output: output.slot))
        return output
    }

    private func elements(_ range: Range<Int>, of x: MaskedSecret) throws -> MaskedSecret {
        guard range.count < x.count else { return x }
        return try map(x, .slice(shape: [x.count], axis: 0, range: range), shape: [range.count])
    }

    /// Element by element, opening both factors.
    public func multiply(_ x: Secret, _ y: Secret, bound: Double? = nil) throws -> Secret {
        let masked = try openMasked([x, y])
        return try multiply(
            masked[0], masked[1], shape: .elementwise(count: x.count), outputShape: x.shape, bound: bound)
    }
}
