import Foundation
import SottoAlgebra
import SottoModel
import SottoSecureComputation
import Synchronization

/// The server's tensors of a forward pass, in fixed point: weights with everything folded into them that is linear.
///
/// The affine part of a norm goes into the next matrix, `1/sqrt(headWidth)` into queries (rotary embedding, which follows,
/// is linear), `1/alpha` into the FFN's last matrix, and beta and the skip connection into a fused FFN without a norm.
public final class PreparedWeights: TensorSource {
    private let weights: ModelWeights
    private let format = NumericFormat()
    private let cache = Mutex(Cache())
    private let keepsMatrices: Bool

    /// Encoded tensors. Weights at 16 fraction bits nearly always fit 32 bits; biases, at the scale of products, do not, and
    /// are small.
    private struct Cache {
        var short: [String: [Int32]] = [:]
        var long: [String: [Int64]] = [:]
        /// What products read. Where an operand holds all of a matrix, the matrix is not kept beside it.
        var operands: [ServerOperand: KeptOperand] = [:]
        var wholes: [String: ServerOperand] = [:]
    }

    private struct KeptOperand {
        let value: any Sendable
        /// The tensor's integers again.
        let integers: @Sendable () -> [Int64]
    }

    /// Models up to this many weights stay encoded in memory; larger ones are encoded when asked for.
    static let cachedWeights = 1 << 28

    public init(_ weights: ModelWeights) {
        self.weights = weights
        keepsMatrices = weights.architecture.weightShapes.reduce(0) { $0 + $1.shape.reduce(1, *) } <= Self.cachedWeights
    }

    /// Encodes ahead what a program will ask for and what then stays in memory, so that the first run need not wait for it.
    /// - Throws: ``PreparedWeightsError``, as ``check(for:)`` does for what is encoded.
    public func prepare(for program: Program) throws {
        for input in program.inputs where input.owner == .server && (keepsMatrices || input.name.hasSuffix("/bias")) {
            try check(input.name, for: program)
        }
        try prepareOperands(of: program)
    }

    /// Encodes every weight of the server in a program once, and keeps none of it that would not stay anyway.
    /// - Throws: ``PreparedWeightsError`` for the first one that fixed point cannot hold, or that is beyond its declared bound in
    ///   a program whose products rely on it.
    public func check(for program: Program) throws {
        for input in program.inputs where input.owner == .server { try check(input.name, for: program) }
        try prepareOperands(of: program)
    }

    private func prepareOperands(of program: Program) throws {
        func prepare<Domain: ShareDomain>(in domain: Domain) throws {
            for operand in program.serverOperands { _ = try rightOperand(operand, in: domain) }
        }
        try prepare(in: program.profile.domain())
    }

    /// All entries are looked at, whatever they are. Products rely on the power of two above the bound.
    private func check(_ name: String, for program: Program) throws {
        let entries = try tensor(name)
        guard !program.target.usesDealer, let bits = program.weightMagnitudeBits(name) else { return }
        let largest = entries.reduce(UInt64(0)) { max($0, $1.magnitude) }
        guard largest > 1 << UInt64(bits) else { return }
        throw PreparedWeightsError.beyondBound(
            tensor: ServerTensorName.stored(name, of: weights), bound: weights.architecture.bounds.bound(.weights))
    }

    public func tensor(_ name: String) throws -> [Int64] {
        if let known = cache.withLock({ $0.long[name] }) { return known }
        if let known = cache.withLock({ $0.short[name] }) { return known.map(Int64.init) }
        if let known = cache.withLock({ cache in cache.wholes[name].flatMap { cache.operands[$0] } }) {
            return known.integers()
        }
        guard let (values, scale) = try values(name) else { throw InterpreterError.missingInput(name: name) }
        let bits = format.weightMagnitudeBits + scale - format.fractionBits
        let encoded: [Int64]
        do {
            encoded = try FixedPoint(fractionBits: scale).encode(values, magnitudeBits: bits)
        } catch {
            throw PreparedWeightsError.outOfRange(
                tensor: ServerTensorName.stored(name, of: weights), reason: "\(error)")
        }
        let isBias = scale > format.weightFractionBits
        guard isBias || keepsMatrices else { return encoded }
        if !isBias, encoded.allSatisfy({ Int32(exactly: $0) != nil }) {
            let short = encoded.map { Int32(truncatingIfNeeded: $0) }
            cache.withLock { $0.short[name] = short }
        } else {
            cache.withLock { $0.long[name] = encoded }
        }
        return encoded
    }

    /// Kept for as long as the weights, in a form that products read without a copy, for models whose matrices stay in memory.
    ///
    /// - Complexity: Memory as the domain's operands say: in a ring a byte for every eight bits of the ring, or of the declared
    ///   bound, instead of the four of an encoded matrix.
    public func rightOperand<Domain: ShareDomain>(
        _ operand: ServerOperand, in domain: Domain
    ) throws -> Domain.RightOperand? {
        guard keepsMatrices, domain.preparesRightOperands else { return nil }
        if let known = cache.withLock({ $0.operands[operand] })?.value as? Domain.RightOperand { return known }
        let integers: [Int64]
        do {
            integers = try tensor(operand.name, count: operand.count, range: 0..<operand.count)
        } catch InterpreterError.missingInput {
            return nil
        }
        let value = try operand.prepared(domain.encode(integers), in: domain)
        let ring = operand.widths.ring
        let largest = integers.reduce(UInt64(0)) { max($0, $1.magnitude) }
        let isWhole = operand.maps.isEmpty && largest < 1 << UInt64(min(ring, 64) - 1)
        cache.withLock { cache in
            cache.operands[operand] = KeptOperand(value: value) {
                domain.decode(domain.elements(of: value), width: ring)
            }
            guard isWhole else { return }
            cache.wholes[operand.name] = operand
            (cache.short[operand.name], cache.long[operand.name]) = (nil, nil)
        }
        return value
    }

    /// Real values of a tensor and the scale to encode it at.
    private func values(_ name: String) throws -> ([Double], Int)? {
        let parts = name.split(separator: "/", maxSplits: 1).map(String.init)
        if let tokensOfRow = EmbeddingTable.tokensOfRow(tensor: name) {
            return (embedding(tokensOfRow: tokensOfRow), format.weightFractionBits)
        }
        switch name {
        case ServerTensorName.positions:
            return weights.positionEmbedding.map { ($0.values.map(Double.init), format.fractionBits) }
        case ServerTensorName.head:
            return (head.matrix, format.weightFractionBits)
        case ServerTensorName.bias(of: ServerTensorName.head):
            return (head.bias, format.productScale)
        default:
            guard parts.count == 2, parts[0].hasPrefix("layer."), let index = Int(parts[0].dropFirst(6)),
                weights.layers.indices.contains(index)
            else { return nil }
            return layerValues(parts[1], PreparedLayer(weights, index))
        }
    }

    /// The embeddings of all tokens, with zeros up to a whole row.
    private func embedding(tokensOfRow: Int) -> [Double] {
        let (vocabulary, width) = (weights.architecture.vocabulary, weights.architecture.width)
        let table = EmbeddingTable(vocabulary: vocabulary, width: width, tokensOfRow: tokensOfRow)
        var values: [Double] = []
        values.reserveCapacity(table.rows * table.columns)
        values.append(contentsOf: weights.tokenEmbedding.values.lazy.map(Double.init))
        values.append(contentsOf: repeatElement(0, count: table.rows * table.columns - values.count))
        return values
    }

    private func layerValues(_ name: String, _ layer: PreparedLayer) -> ([Double], Int)? {
        let isBias = name.hasSuffix("/bias")
        func pick(_ linear: PreparedLinear) -> ([Double], Int) {
            isBias ? (linear.bias, format.productScale) : (linear.matrix, format.weightFractionBits)
        }
        switch isBias ? String(name.dropLast(5)) : name {
        case "attention/qkv": return pick(layer.queryKeyValue)
        case "attention/output": return pick(PreparedLinear(layer.weights.attention.output))
        case "attention/inverse-temperature":
            return layer.weights.attention.temperature.map {
                ($0.values.map { 1 / Double($0) }, format.weightFractionBits)
            }
        case "ffn/input": return layer.feedForwardInput.map(pick)
        case "ffn/output": return layer.feedForwardOutput.map(pick)
        case "ffn/fused": return layer.fused.map(pick)
        case "ffn/beta": return layer.weights.scale.map { ([Double($0.beta)], format.weightFractionBits) }
        default: return nil
        }
    }

    /// The transposed `[width, vocabulary]` head, with the final norm's affine part.
    private var head: PreparedLinear {
        let head = weights.head
        let (rows, columns) = (head.shape[1], head.shape[0])
        var matrix = [Double](repeating: 0, count: head.count)
        for column in 0..<columns {
            for row in 0..<rows { matrix[row * columns + column] = Double(head.values[column * rows + row]) }
        }
        return PreparedLinear(matrix: matrix, bias: [Double](repeating: 0, count: columns), inputs: rows)
            .absorbing(weights.finalNorm)
    }
}

/// A weight that fixed point cannot hold.
public enum PreparedWeightsError: Error, Equatable, Sendable, CustomStringConvertible {
    /// - Parameter tensor: as the model's files call it, with what was folded into it.
    case outOfRange(tensor: String, reason: String)
    /// - Parameter bound: of all matrices, in real units.
    case beyondBound(tensor: String, bound: Double)

    public var description: String {
        switch self {
        case .outOfRange(let tensor, let reason):
            "The tensor \(tensor) does not fit the fixed-point format: \(reason)"
        case .beyondBound(let tensor, let bound):
            "The tensor \(tensor) has entries beyond \(bound), the declared bound of weights; declare a larger one as "
                + "bounds.weights, with --edit bounds.weights=NUMBER or in the model's config.json"
        }
    }
}

/// `x·matrix + bias` with a matrix `[inputs, outputs]`.
private struct PreparedLinear {
    var matrix: [Double]
    var bias: [Double]
    let inputs: Int
    var outputs: Int { bias.count }

    init(_ linear: ModelWeights.Linear) {
        let (inputs, outputs) = (linear.weight.shape[0], linear.weight.shape[1])
        self.init(
            matrix: linear.weight.values.map(Double.init),
            bias: linear.bias?.values.map(Double.init) ?? [Double](repeating: 0, count: outputs), inputs: inputs)
    }

    init(matrix: [Double], bias: [Double], inputs: Int) {
        self.matrix = matrix
        self.bias = bias
        self.inputs = inputs
    }

    /// The matrix after a norm's affine part: `diag(gamma)·W` and `b + beta·W`.
    func absorbing(_ norm: ModelWeights.Norm?) -> PreparedLinear {
        guard let norm else { return self }
        var result = self
        for row in 0..<inputs {
            let (gamma, beta) = (Double(norm.gamma.values[row]), Double(norm.beta?.values[row] ?? 0))
            for column in 0..<outputs {
                let weight = matrix[row * outputs + column]
                result.bias[column] += beta * weight
                result.matrix[row * outputs + column] = gamma * weight
            }
        }
        return result
    }

    func scaled(by factor: Double) -> PreparedLinear {
        PreparedLinear(matrix: matrix.map { $0 * factor }, bias: bias.map { $0 * factor }, inputs: inputs)
    }

    func addingDiagonal(_ value: Double) -> PreparedLinear {
        var result = self
        for row in 0..<inputs { result.matrix[row * outputs + row] += value }
        return result
    }
}

private struct PreparedLayer {
    let weights: ModelWeights.Layer
    let architecture: Architecture.Layer
    let headWidth: Int
    let width: Int

    init(_ model: ModelWeights, _ index: Int) {
        weights = model.layers[index]
        architecture = model.architecture.layers[index]
        headWidth = model.architecture.headWidth
        width = model.architecture.width
    }

    var queryKeyValue: PreparedLinear {
        var linear = PreparedLinear(weights.attention.queryKeyValue).absorbing(weights.norm1)
        let factor = 1 / Double(headWidth).squareRoot()
        for row in 0..<width {
            for column in 0..<width { linear.matrix[row * linear.outputs + column] *= factor }
        }
        for column in 0..<width { linear.bias[column] *= factor }
        return linear
    }

    private var inverseAlpha: Double { weights.scale.map { 1 / Double($0.alpha) } ?? 1 }

    var feedForwardInput: PreparedLinear? {
        guard case .pair(let input, _) = weights.feedForward else { return nil }
        return PreparedLinear(input).absorbing(weights.norm2)
    }

    var feedForwardOutput: PreparedLinear? {
        guard case .pair(_, let output) = weights.feedForward else { return nil }
        return PreparedLinear(output).scaled(by: inverseAlpha)
    }

    var fused: PreparedLinear? {
        guard case .fused(let linear) = weights.feedForward else { return nil }
        let scaled = PreparedLinear(linear).scaled(by: inverseAlpha).absorbing(weights.norm2)
        return architecture.absorbsSkip ? scaled.addingDiagonal(weights.scale.map { Double($0.beta) } ?? 1) : scaled
    }
}
