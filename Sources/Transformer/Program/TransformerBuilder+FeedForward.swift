import Algebra
import SecureComputation

extension TransformerBuilder {
    private var scale: Int { format.fractionBits }

    /// `beta·x + (1/alpha)·FFN(norm(x))`. What is linear goes into matrices: 1/alpha always, beta and the skip
    /// connection where the FFN is one matrix without a norm.
    func feedForward(_ x: Secret, _ layer: Architecture.Layer, _ index: Int) throws -> Secret {
        let normed = try norm(x, layer.norm2)
        let masked = builder.scope(layer.feedForward.fused ? "fused" : "input") { builder.maskForServer(normed) }
        let transformed = try self.transformed(masked, layer, index)
        guard !layer.absorbsSkip else { return transformed }
        let skip = layer.feedForward.scaled ? try scaledSkip(x, masked, layer, index) : x
        return try builder.scope("residual") { try builder.add(skip, transformed) }
            .promised(below: format.activationBound)
    }

    private func transformed(_ x: ClientMaskedSecret, _ layer: Architecture.Layer, _ index: Int) throws -> Secret {
        if layer.feedForward.fused {
            return try builder.scope("fused") {
                try builder.rescale(
                    try linear(
                        x, ServerTensorName.fused(index), outputs: architecture.width,
                        bias: hasBias(after: layer.norm2)), to: scale)
            }
        }
        let inner = try builder.scope("input") {
            try linear(
                x, ServerTensorName.feedForwardInput(index), outputs: architecture.feedForwardInputWidth(layer),
                bias: hasBias(after: layer.norm2))
        }
        let activated =
            layer.feedForward.gated ? try gated(inner, layer.activation) : try activation(inner, layer.activation)
        return try builder.scope("output") {
            try builder.rescale(
                try linear(activated, ServerTensorName.feedForwardOutput(index), outputs: architecture.width), to: scale
            )
        }
    }

    /// `act(gate) ⊙ up` of the two halves of every row: both factors are opened under masks at once, and their product is
    /// truncated once.
    private func gated(_ x: Secret, _ activation: Architecture.Activation) throws -> Secret {
        let (rows, columns) = (x.shape[0], architecture.feedForwardWidth)
        func half(_ range: Range<Int>) throws -> Secret {
            try builder.map(x, .slice(shape: x.shape, axis: 1, range: range), shape: [rows, columns])
        }
        let (gate, up) = try builder.scope("gate") { (try half(0..<columns), try half(columns..<(2 * columns))) }
        // The second factor is truncated while the activation is under way.
        let factors = try builder.parallel(
            { try self.activation(gate, activation) },
            {
                try builder.scope("gate") {
                    try builder.rescale(up, to: scale, minimumWidth: productWidth).narrowed(to: productWidth)
                }
            })
        return try builder.scope("gate") {
            let opened = try builder.openMasked([factors.0, factors.1])
            let product = try builder.multiply(
                opened[0], opened[1], shape: .elementwise(count: up.count), outputShape: up.shape,
                bound: format.activationBound)
            return try builder.rescale(product, to: scale, minimumWidth: productWidth).narrowed(to: productWidth)
        }
    }

    /// From the product scale to activations in the ring of products.
    private func activation(_ x: Secret, _ activation: Architecture.Activation) throws -> Secret {
        func smooth(_ name: String, _ function: PiecewisePolynomial) throws -> Secret {
            try builder.scope(name) {
                let y = try builder.evaluate(function, at: try builder.rescale(x, to: scale))
                return try builder.rescale(y, to: scale, minimumWidth: productWidth).narrowed(to: productWidth)
            }
        }
        switch activation {
        case .identity:
            return try builder.scope("identity") {
                try builder.rescale(x, to: scale, minimumWidth: productWidth).narrowed(to: productWidth)
            }
        case .relu:
            return try builder.scope("relu") {
                try builder.resized(try builder.relu(try builder.rescale(x, to: scale)), toWidth: productWidth)
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
            let operand =
                layer.norm2 == .none
                ? masked : builder.maskForServer(try builder.resized(x, toWidth: productWidth))
            let beta = ServerTensor(
                name: ServerTensorName.beta(index), shape: [1], scale: format.weightFractionBits, width: productWidth)
            let product = try builder.multiply(
                operand, server: beta, maps: [.segmentBroadcast(Segments(groups: 1, lengths: [x.count]))],
                shape: .elementwise(count: x.count), outputShape: x.shape, bound: format.activationBound)
            return try builder.rescale(product, to: scale)
        }
    }
}

extension Architecture.Layer {
    /// Whether the FFN is one matrix on the residual stream itself, which then holds the skip connection too.
    var absorbsSkip: Bool { feedForward.fused && norm2 == .none }
}
