import Algebra
import SecureComputation

extension TransformerBuilder {
    private var heads: Int { architecture.heads }
    private var headWidth: Int { architecture.headWidth }
    private var width: Int { architecture.width }
    private var scale: Int { format.fractionBits }

    /// `x + MHA(norm(x))`; with `lastOnly` for the last position alone, which attends to all.
    func attention(_ x: Secret, _ layer: Architecture.Layer, _ index: Int, lastOnly: Bool) throws -> Secret {
        let normed = try norm(x, layer.norm1)
        let projected = try builder.scope("qkv") {
            let product = try linear(normed, ServerTensorName.queryKeyValue(index), outputs: 3 * width)
            return try builder.rescale(product, to: scale, minimumWidth: scoreWidth)
        }
        let rows = lastOnly ? 1 : pass.new
        var query = try part(projected, 0, rows: (pass.new - rows)..<pass.new)
        if layer.temperature {
            query = try builder.scope("temperature") { try divideByTemperature(query, index) }
        }
        let key = try withPast(try part(projected, 1, rows: 0..<pass.new), index, "key")
        let value = try withPast(try part(projected, 2, rows: 0..<pass.new), index, "value")
        let triangle = CausalTriangle(groups: heads, past: pass.total - rows, new: rows)
        let (scores, openedValue) = try builder.scope("scores") {
            try maskedScores(query, key, value, triangle)
        }
        let weights = try builder.scope("softmax") {
            try builder.softmax(scores, rows: triangle.segments, scale: scale, minimumWidth: scoreWidth)
        }
        let context = try builder.scope("context") { try weightedValues(weights, openedValue, triangle) }
        let output = try builder.scope("output") {
            try builder.rescale(
                try linear(context, ServerTensorName.attentionOutput(index), outputs: width), to: scale)
        }
        let skip = rows == pass.new ? x : try lastRow(x)
        return try builder.scope("residual") { try builder.add(skip, output) }.promised(below: format.activationBound)
    }

    private func lastRow(_ x: Secret) throws -> Secret {
        try builder.scope("residual") {
            try builder.map(
                x, .slice(shape: x.shape, axis: 0, range: (x.shape[0] - 1)..<x.shape[0]), shape: [1, width])
        }
    }

    /// Columns of queries (0), keys (1) or values (2) of some rows.
    private func part(_ projected: Secret, _ which: Int, rows: Range<Int>) throws -> Secret {
        try builder.scope("qkv") {
            let columns = try builder.map(
                projected, .slice(shape: projected.shape, axis: 1, range: (which * width)..<((which + 1) * width)),
                shape: [pass.new, width])
            guard rows.count < pass.new else { return columns }
            return try builder.map(
                columns, .slice(shape: columns.shape, axis: 0, range: rows), shape: [rows.count, width])
        }
    }

    private func withPast(_ x: Secret, _ index: Int, _ name: String) throws -> Secret {
        guard pass.past > 0 else { return x }
        return builder.scope("qkv") {
            let past = builder.sharedInput(
                ForwardPass.pastName(layer: index, name), shape: [pass.past, width], scale: scale,
                bound: format.activationBound, width: scoreWidth)
            return builder.concatenate([past, x], shape: [pass.total, width])
        }
    }

    /// Queries divided by the temperature of their head and position: a product with the server's reciprocals.
    private func divideByTemperature(_ query: Secret, _ index: Int) throws -> Secret {
        let rows = query.shape[0]
        let byHead = try builder.map(
            query, .permute(shape: [rows, heads, headWidth], order: [1, 0, 2]), shape: [heads, rows, headWidth])
        let table = [heads, architecture.context]
        let reciprocals = ServerTensor(
            name: ServerTensorName.inverseTemperature(index), shape: table, scale: format.weightFractionBits,
            width: scoreWidth)
        let maps: [LinearMap] = [
            .slice(shape: table, axis: 1, range: (pass.total - rows)..<pass.total),
            .segmentBroadcast(Segments(rows: heads * rows, columns: headWidth)),
        ]
        let divided = try builder.multiply(
            builder.maskForServer(byHead), server: reciprocals, maps: maps,
            shape: .elementwise(count: byHead.count), outputShape: byHead.shape, bound: format.activationBound)
        let short = try builder.rescale(divided, to: scale, minimumWidth: scoreWidth)
        return try builder.map(
            short, .permute(shape: [heads, rows, headWidth], order: [1, 0, 2]), shape: [rows, width])
    }

    /// Packed causal scores at the scale of activations; opens queries, keys and values under one-time masks.
    private func maskedScores(
        _ query: Secret, _ key: Secret, _ value: Secret, _ triangle: CausalTriangle
    ) throws -> (Secret, MaskedSecret) {
        let opened = try builder.openMasked([query, key, value].map { $0.narrowed(to: scoreWidth) })
        let rows = triangle.new
        let byHead = try builder.map(
            opened[0], .permute(shape: [rows, heads, headWidth], order: [1, 0, 2]), shape: [heads, rows, headWidth])
        let transposed = try builder.map(
            opened[1], .permute(shape: [pass.total, heads, headWidth], order: [1, 2, 0]),
            shape: [heads, headWidth, pass.total])
        let product = try builder.multiply(
            byHead, transposed, shape: .matrix(batch: heads, m: rows, k: headWidth, n: pass.total),
            outputShape: [heads, rows, pass.total], bound: format.activationBound)
        let packed = try builder.map(product, .packTriangle(triangle), shape: [triangle.segments.elementCount])
        let values = try builder.map(
            opened[2], .permute(shape: [pass.total, heads, headWidth], order: [1, 0, 2]),
            shape: [heads, pass.total, headWidth])
        return (try builder.rescale(packed, to: scale), values)
    }

    /// The attention-weighted values, `[rows, width]` in the ring of products.
    private func weightedValues(_ weights: Secret, _ value: MaskedSecret, _ triangle: CausalTriangle) throws -> Secret {
        let rows = triangle.new
        let opened = try builder.openMasked(weights.narrowed(to: scoreWidth))
        let square = try builder.map(opened, .fillTriangle(triangle), shape: [heads, rows, pass.total])
        let product = try builder.multiply(
            square, value, shape: .matrix(batch: heads, m: rows, k: pass.total, n: headWidth),
            outputShape: [heads, rows, headWidth], bound: format.activationBound)
        let byRow = try builder.map(
            product, .permute(shape: [heads, rows, headWidth], order: [1, 0, 2]), shape: [rows, width])
        return try builder.rescale(byRow, to: scale, minimumWidth: productWidth).narrowed(to: productWidth)
    }
}

extension ForwardPass {
    /// Name of the shares of a layer's keys or values of earlier positions, `[past, width]`.
    public static func pastName(layer: Int, _ part: String) -> String { "layer.\(layer)/attention/past-\(part)" }
}
