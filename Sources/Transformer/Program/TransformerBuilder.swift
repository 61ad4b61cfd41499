import Algebra
import SecureComputation

/// Writes a forward pass with the builder's functions. All hidden states have shape `[rows, width]`.
struct TransformerBuilder {
    let pass: ForwardPass
    let builder: ProgramBuilder
    let format = NumericFormat()

    init(_ pass: ForwardPass, _ builder: ProgramBuilder) {
        self.pass = pass
        self.builder = builder
    }

    var architecture: Architecture { pass.architecture }
    private var scale: Int { format.fractionBits }
    private var bound: Double { format.activationBound }

    /// Ring of products with weights, and with a bit to spare for differences of attention scores.
    var productWidth: Int { builder.width(holding: bound * Double(1 << Int64(format.productScale))) }
    var scoreWidth: Int { productWidth + (builder.profile.hasNarrowRings ? 1 : 0) }

    func build() throws {
        var hidden = try input()
        for (index, layer) in architecture.layers.enumerated() {
            let isLast = index == architecture.layers.count - 1
            hidden = try builder.scope("layer.\(index)") {
                // Only the last position goes on where only its logits are wanted.
                let attended = try builder.scope("attention") {
                    try attention(hidden, layer, index, lastOnly: isLast && pass.output == .last)
                }
                return try builder.scope("ffn") { try feedForward(attended, layer, index) }
            }
        }
        try output(hidden)
    }

    // MARK: Ends

    private func input() throws -> Secret {
        let width = builder.width(holding: bound * Double(1 << Int64(scale)))
        if pass.output == .blocks {
            return builder.scope("input") {
                builder.scope("hidden") {
                    builder.input(
                        ForwardPass.hidden, owner: .client, shape: [pass.new, architecture.width], scale: scale,
                        bound: bound)
                }
            }.narrowed(to: width)
        }
        return try builder.scope("embedding") {
            let shape = [pass.new, architecture.width]
            let tokens = try builder.scope("tokens") {
                let oneHot = builder.input(
                    ForwardPass.tokens, owner: .client, shape: [pass.new, architecture.vocabulary], scale: 0, bound: 1)
                let table = ServerTensor(
                    name: ServerTensorName.embedding, shape: [architecture.vocabulary, architecture.width],
                    scale: scale, width: width)
                return try builder.multiply(
                    builder.maskForServer(oneHot.narrowed(to: width)), server: table,
                    shape: .matrix(batch: 1, m: pass.new, k: architecture.vocabulary, n: architecture.width),
                    outputShape: shape, bound: bound)
            }
            guard architecture.positions == .learned else { return tokens }
            return try builder.scope("positions") {
                let table = [architecture.context, architecture.width]
                return try builder.add(
                    tokens, serverTensor: ServerTensorName.positions, shape: table,
                    maps: [.slice(shape: table, axis: 0, range: pass.past..<pass.total)], bound: bound)
            }.promised(below: bound)
        }
    }

    private func output(_ hidden: Secret) throws {
        guard pass.output != .blocks else {
            return try builder.scope("output") {
                try builder.scope("hidden") { try builder.open(hidden, as: ForwardPass.hidden, to: [.client]) }
            }
        }
        try builder.scope("head") {
            let normed = try norm(hidden, architecture.finalNorm)
            let logits = try builder.scope("projection") {
                // The head itself has no bias, but LayerNorm's affine part leaves one.
                try linear(
                    builder.maskForServer(normed), ServerTensorName.head, outputs: architecture.vocabulary,
                    bias: architecture.finalNorm == .layerNorm)
            }
            try builder.scope("logits") {
                try builder.open(
                    try builder.rescale(logits, to: scale), as: ForwardPass.logits, to: [.client])
            }
        }
    }

    // MARK: Parts

    /// The normalised input of a matrix, or the input itself, in the ring of products.
    func norm(_ x: Secret, _ norm: Architecture.Norm) throws -> Secret {
        switch norm {
        case .none:
            return try builder.scope("extend") { try builder.resized(x, toWidth: productWidth) }
        case .layerNorm:
            return try builder.scope("layernorm") {
                try builder.layerNorm(
                    x, rows: x.shape[0], columns: architecture.width, epsilon: architecture.layerNormEpsilon,
                    scale: scale, minimumWidth: productWidth
                ).narrowed(to: productWidth)
            }
        case .rmsNorm:
            return try builder.scope("rmsnorm") {
                try builder.rmsNorm(
                    x, rows: x.shape[0], columns: architecture.width, epsilon: architecture.layerNormEpsilon,
                    scale: scale, minimumWidth: productWidth
                ).narrowed(to: productWidth)
            }
        }
    }

    /// `x·W + b` at the product scale in the ring of products. There is a bias where the architecture has them, and
    /// where the affine part of a LayerNorm before it leaves one.
    func linear(_ x: Secret, _ name: String, outputs: Int, after norm: Architecture.Norm = .none) throws -> Secret {
        try linear(builder.maskForServer(x), name, outputs: outputs, bias: hasBias(after: norm))
    }

    func hasBias(after norm: Architecture.Norm) -> Bool { architecture.hasBiases || norm == .layerNorm }

    func linear(_ x: ClientMaskedSecret, _ name: String, outputs: Int, bias: Bool) throws -> Secret {
        let (rows, inputs) = (x.shape[0], x.shape[1])
        let weight = ServerTensor(
            name: name, shape: [inputs, outputs], scale: format.weightFractionBits, width: productWidth)
        let product = try builder.multiply(
            x, server: weight, shape: .matrix(batch: 1, m: rows, k: inputs, n: outputs),
            outputShape: [rows, outputs], bound: bound)
        guard bias else { return product }
        return try builder.add(
            product, serverTensor: ServerTensorName.bias(of: name), shape: [outputs],
            maps: Self.everyRow(rows, columns: outputs), bound: bound
        ).promised(below: bound)
    }

    /// A vector `[columns]` as `[rows, columns]`.
    private static func everyRow(_ rows: Int, columns: Int) -> [LinearMap] {
        rows == 1
            ? []
            : [
                .segmentBroadcast(Segments(rows: columns, columns: rows)),
                .permute(shape: [columns, rows], order: [1, 0]),
            ]
    }
}
