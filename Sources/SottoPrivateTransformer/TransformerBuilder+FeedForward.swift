import SottoAlgebra
import SottoApproximation
import SottoModel
import SottoSecureComputation

extension TransformerBuilder {
    private var scale: Int { format.fractionBits }

    /// `beta·x + (1/alpha)·FFN(norm(x))`. What is linear goes into matrices: 1/alpha always, beta and the skip
    /// connection where the FFN is one matrix without a norm.
    func feedForward(_ x: Secret, _ layer: Architecture.Layer, _ index: Int) throws -> Secret {
        let limits = limits(index)
        let normed = try norm(x, layer.norm2, width: maskedWidth(layer, limits))
        let masked = try builder.scope(layer.feedForward.fused ? "fused" : "input") {
            try builder.maskForServer(normed)
        }
        let transformed = try self.transformed(masked, layer, index)
        guard !layer.absorbsSkip else { return transformed }
        let skip = layer.feedForward.scaled ? try scaledSkip(x, masked, layer, index) : x
        return try residual(skip, transformed, limits)
    }

    /// Ring of what enters the FFN's first matrix and, where the skip connection is scaled and takes it too, of that.
    private func maskedWidth(_ layer: Architecture.Layer, _ limits: LayerLimits) -> Int {
        let outer = productWidth(limits[.residual])
        guard !layer.feedForward.fused else { return outer }
        let inner = productWidth(limits[.feedForward])
        return layer.feedForward.scaled && layer.norm2 == .none ? max(inner, outer) : inner
    }

    private func transformed(_ x: ClientMaskedSecret, _ layer: Architecture.Layer, _ index: Int) throws -> Secret {
        let limits = limits(index)
        let residual = limits[.residual]
        if layer.feedForward.fused {
            return try builder.scope("fused") {
                try rescaled(
                    try linear(
                        x, ServerTensorName.fused(index), outputs: architecture.width,
                        bias: hasBias(after: layer.norm2), bound: residual, as: .residual), of: index)
            }
        }
        let inner = try builder.scope("input") {
            try linear(
                x, ServerTensorName.feedForwardInput(index), outputs: architecture.feedForwardInputWidth(layer),
                bias: hasBias(after: layer.norm2), bound: limits[.feedForward], as: .feedForward)
        }
        let width = productWidth(residual)
        let activated =
            layer.feedForward.gated
            ? try gated(inner, layer.activation, limits, width: width)
            : try activation(inner, layer.activation, width: width)
        return try builder.scope("output") {
            try rescaled(
                try linear(
                    try builder.maskForServer(activated), ServerTensorName.feedForwardOutput(index),
                    outputs: architecture.width, bias: architecture.hasBiases, bound: residual, as: .residual),
                of: index)
        }
    }

    /// The FFN's output at the scale of activations; the last one is opened where hidden states are.
    private func rescaled(_ x: Secret, of layer: Int) throws -> Secret {
        let isOpened = pass.output == .blocks && layer == architecture.layers.count - 1
        return isOpened ? try rescaledForOpening(x) : try builder.rescale(x, to: scale)
    }

    /// `act(gate) ⊙ up` of the two halves of every row: both factors are opened under masks at once, and their product is
    /// truncated once.
    private func gated(
        _ x: Secret, _ activation: Architecture.Activation, _ limits: LayerLimits, width: Int
    ) throws -> Secret {
        let (rows, columns) = (x.shape[0], architecture.feedForwardWidth)
        func half(_ range: Range<Int>) throws -> Secret {
            try builder.map(x, .slice(shape: x.shape, axis: 1, range: range), shape: [rows, columns])
        }
        let (gate, up) = try builder.scope("gate") { (try half(0..<columns), try half(columns..<(2 * columns))) }
        return try builder.tiledBySuite([gate, up]) { halves in
            try gatedTile(halves[0], halves[1], activation, limits, width: width)
        }
    }

    private func gatedTile(
        _ gate: Secret, _ up: Secret, _ activation: Architecture.Activation, _ limits: LayerLimits, width: Int
    ) throws -> Secret {
        let factorWidth = productWidth(limits[.gate])
        // The second factor is truncated while the activation is under way.
        let factors = try builder.parallel(
            { try self.activation(gate, activation, width: factorWidth) },
            {
                try builder.scope("gate") {
                    try builder.rescale(up, to: scale, minimumWidth: factorWidth).narrowed(to: factorWidth)
                }
            })
        return try builder.scope("gate") {
            let opened = try builder.openMasked([factors.0, factors.1])
            let product = builder.declared(
                try builder.multiply(
                    opened[0], opened[1], shape: .elementwise(count: up.count), outputShape: up.shape,
                    bound: limits[.gate]), below: limits[.gate], as: Bounds.Place.gate.rawValue)
            return try builder.rescale(product, to: scale, minimumWidth: width).narrowed(to: width)
        }
    }

    /// From the product scale to activations in a ring of that width.
    private func activation(_ x: Secret, _ activation: Architecture.Activation, width: Int) throws -> Secret {
        func smooth(_ name: String, _ function: PiecewisePolynomial) throws -> Secret {
            try builder.scope(name) {
                try builder.tiledBySuite(x) { x in
                    try builder.evaluate(
                        function, at: try builder.rescale(x, to: scale), scale: scale, minimumWidth: width
                    ).narrowed(to: width)
                }
            }
        }
        switch activation {
        case .identity:
            return try builder.scope("identity") {
                try builder.rescale(x, to: scale, minimumWidth: width).narrowed(to: width)
            }
        case .relu:
            return try builder.scope("relu") {
                try builder.tiledBySuite(x) { x in
                    try builder.relu(x, scale: scale, minimumWidth: width).narrowed(to: width)
                }
            }
        case .gelu: return try smooth("gelu", BuiltInFunctions.gelu)
        case .geluNew: return try smooth("gelu", BuiltInFunctions.geluNew)
        case .silu: return try smooth("silu", BuiltInFunctions.silu)
        }
    }

    /// `beta·x` for the server's beta; `x` itself may already be masked for the server.
    private func scaledSkip(
        _ x: Secret, _ masked: ClientMaskedSecret, _ layer: Architecture.Layer, _ index: Int
    ) throws -> Secret {
        try builder.scope("skip") {
            let bound = limits(index)[.residual]
            let operand =
                layer.norm2 == .none
                ? masked : try builder.maskForServer(try builder.resized(x, toWidth: productWidth(bound)))
            let beta = ServerTensor(
                name: ServerTensorName.beta(index), shape: [1], scale: format.weightFractionBits, width: operand.width)
            let product = try builder.multiply(
                operand, server: beta, maps: [.segmentBroadcast(Segments(groups: 1, lengths: [x.count]))],
                shape: .elementwise(count: x.count), outputShape: x.shape, bound: bound)
            return try builder.rescale(
                builder.declared(product, below: bound, as: Bounds.Place.residual.rawValue), to: scale)
        }
    }
}

extension Architecture.Layer {
    /// Whether the FFN is one matrix on the residual stream itself, which then holds the skip connection too.
    var absorbsSkip: Bool { feedForward.fused && norm2 == .none }
}
