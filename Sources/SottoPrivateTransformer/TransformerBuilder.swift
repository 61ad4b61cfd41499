import SottoAlgebra
import SottoModel
import SottoSecureComputation

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

    /// Ring of products with weights that stay within a bound.
    func productWidth(_ bound: Double) -> Int {
        builder.width(holding: bound * Double(sign: .plus, exponent: format.productScale, significand: 1))
    }

    /// Ring of hidden states within a bound.
    func hiddenWidth(_ bound: Double) -> Int { Self.hiddenWidth(bound, builder) }

    static func hiddenWidth(_ bound: Double, _ builder: ProgramBuilder) -> Int {
        builder.width(
            holding: bound * Double(sign: .plus, exponent: NumericFormat().fractionBits, significand: 1))
    }

    /// A layer's declared bounds, and the rings that follow from them.
    func limits(_ layer: Int?) -> LayerLimits { LayerLimits(bounds: architecture.bounds, layer: layer) }

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
        let bound = limits(nil)[.residual]
        let width = hiddenWidth(bound)
        func declared(_ x: Secret) -> Secret { builder.declared(x, below: bound, as: Bounds.Place.residual.rawValue) }
        if pass.output == .blocks {
            return builder.scope("input") {
                builder.scope("hidden") {
                    declared(
                        builder.input(
                            ForwardPass.hidden, owner: .client, shape: [pass.new, architecture.width], scale: scale,
                            bound: bound))
                }
            }.narrowed(to: width)
        }
        return try builder.scope("embedding") {
            let shape = [pass.new, architecture.width]
            let tokens = try builder.scope("tokens") {
                let table = EmbeddingTable.cheapest(for: architecture, in: builder.target)
                let parts = try builder.rowTiles(rows: pass.new, elementsOfRow: table.elementsOfPosition) {
                    try table.lookUp(
                        $0, of: pass.new, width: width, bounds: (bound, limits(nil)[.weights]), in: builder)
                }
                return parts.count > 1 ? builder.concatenate(parts, shape: shape) : parts[0]
            }
            guard architecture.positions == .learned else { return declared(tokens) }
            return try builder.scope("positions") {
                let table = [architecture.context, architecture.width]
                return declared(
                    try builder.add(
                        tokens, serverTensor: ServerTensorName.positions, shape: table,
                        maps: [.slice(shape: table, axis: 0, range: pass.past..<pass.total)], bound: bound))
            }
        }
    }

    private func output(_ hidden: Secret) throws {
        guard pass.output != .blocks else {
            return try builder.scope("output") {
                try builder.scope("hidden") { try builder.open(hidden, as: ForwardPass.hidden, to: [.client]) }
            }
        }
        try builder.scope("head") {
            let bound = limits(nil)[.logits]
            let normed = try norm(hidden, architecture.finalNorm, width: productWidth(bound))
            let count = normed.shape[0] * architecture.vocabulary
            _ = try builder.rowTiles(rows: normed.shape[0], elementsOfRow: architecture.vocabulary) { rows in
                let logits = try builder.scope("projection") {
                    // The head itself has no bias, but LayerNorm's affine part leaves one.
                    try linear(
                        try builder.maskForServer(try builder.rows(rows, of: normed)), ServerTensorName.head,
                        outputs: architecture.vocabulary, bias: architecture.finalNorm == .layerNorm, bound: bound,
                        as: .logits)
                }
                try builder.scope("logits") {
                    try builder.open(
                        try rescaledForOpening(logits), as: ForwardPass.logits,
                        start: rows.lowerBound * architecture.vocabulary, of: count, to: [.client])
                }
            }
        }
    }

    /// From the product scale to that of activations, exactly where openings are asked to be.
    func rescaledForOpening(_ x: Secret) throws -> Secret {
        pass.exactOpenings ? try builder.exactlyRescaled(x, to: scale) : try builder.rescale(x, to: scale)
    }

    // MARK: Parts

    /// The normalised input of a matrix, or the input itself, in a ring of that width.
    func norm(_ x: Secret, _ norm: Architecture.Norm, width: Int) throws -> Secret {
        switch norm {
        case .none:
            return try builder.scope("extend") { try builder.resized(x, toWidth: width) }
        case .layerNorm:
            return try builder.scope("layernorm") {
                try builder.layerNorm(
                    x, rows: x.shape[0], columns: architecture.width, epsilon: architecture.layerNormEpsilon,
                    scale: scale, minimumWidth: width
                ).narrowed(to: width)
            }
        case .rmsNorm:
            return try builder.scope("rmsnorm") {
                try builder.rmsNorm(
                    x, rows: x.shape[0], columns: architecture.width, epsilon: architecture.layerNormEpsilon,
                    scale: scale, minimumWidth: width
                ).narrowed(to: width)
            }
        }
    }

    func hasBias(after norm: Architecture.Norm) -> Bool { architecture.hasBiases || norm == .layerNorm }

    /// `x·W + b` at the product scale in the ring of `x`, declared to stay within `bound`. There is a bias where the
    /// architecture has them, and where the affine part of a LayerNorm before it leaves one.
    func linear(
        _ x: ClientMaskedSecret, _ name: String, outputs: Int, bias: Bool, bound: Double, as place: Bounds.Place
    ) throws -> Secret {
        let (rows, inputs) = (x.shape[0], x.shape[1])
        let weight = ServerTensor(
            name: name, shape: [inputs, outputs], scale: format.weightFractionBits, width: x.width,
            bound: limits(nil)[.weights])
        let product = try builder.multiply(
            x, server: weight, shape: .matrix(batch: 1, m: rows, k: inputs, n: outputs),
            outputShape: [rows, outputs], bound: bound)
        let sum =
            bias
            ? try builder.add(
                product, serverTensor: ServerTensorName.bias(of: name), shape: [outputs],
                maps: Self.everyRow(rows, columns: outputs), bound: bound) : product
        return builder.declared(sum, below: bound, as: place.rawValue)
    }

    /// The sum of a branch and what it skips, `[rows, width]`, in a ring that holds the layer's hidden states.
    func residual(_ skip: Secret, _ branch: Secret, _ limits: LayerLimits) throws -> Secret {
        try builder.scope("residual") {
            let width = hiddenWidth(limits[.residual])
            let wide = skip.width < width ? try builder.resized(skip, toWidth: width) : skip
            return builder.declared(
                try builder.add(wide, branch), below: limits[.residual], as: Bounds.Place.residual.rawValue)
        }
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

/// The declared bounds of a layer, or of what is in none.
struct LayerLimits {
    let bounds: Bounds
    let layer: Int?

    subscript(place: Bounds.Place) -> Double { bounds.bound(place, layer: layer) }
}
