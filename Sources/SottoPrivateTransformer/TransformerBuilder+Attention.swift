import SottoAlgebra
import SottoModel
import SottoSecureComputation

extension TransformerBuilder {
    private var heads: Int { architecture.heads }
    private var headWidth: Int { architecture.headWidth }
    private var keyValueHeads: Int { architecture.keyValueHeads }
    private var keyValueWidth: Int { architecture.keyValueWidth }
    /// Heads that read the same keys and values.
    private var group: Int { heads / keyValueHeads }
    private var width: Int { architecture.width }
    private var scale: Int { format.fractionBits }

    /// `x + MHA(norm(x))`; with `lastOnly` for the last position alone, which attends to all.
    func attention(_ x: Secret, _ layer: Architecture.Layer, _ index: Int, lastOnly: Bool) throws -> Secret {
        let limits = AttentionLimits(self, index)
        let normed = try norm(x, layer.norm1, width: productWidth(limits.projections))
        let rows = lastOnly ? 1 : pass.new
        let projected = try builder.scope("qkv") {
            try projections(
                try linear(
                    try builder.maskForServer(normed), ServerTensorName.queryKeyValue(index),
                    outputs: architecture.queryKeyValueWidth, bias: hasBias(after: layer.norm1),
                    bound: limits.projections, as: .projections), queryRows: (pass.new - rows)..<pass.new, limits)
        }
        var query = projected.query
        if layer.temperature {
            query = try builder.scope("temperature") { try divideByTemperature(query, index, limits) }
        }
        let context = try attended(query, projected.key, projected.value, index, limits)
        let output = try builder.scope("output") {
            try builder.rescale(
                try linear(
                    try builder.maskForServer(context), ServerTensorName.attentionOutput(index), outputs: width,
                    bias: architecture.hasBiases, bound: limits.residual, as: .residual), to: scale)
        }
        let skip = rows == pass.new ? x : try lastRow(x)
        return try residual(skip, output, self.limits(index))
    }

    private func lastRow(_ x: Secret) throws -> Secret {
        try builder.scope("residual") {
            try builder.map(
                x, .slice(shape: x.shape, axis: 0, range: (x.shape[0] - 1)..<x.shape[0]), shape: [1, width])
        }
    }

    private typealias Projections = (query: Secret, key: Secret, value: Secret)

    /// Queries, keys and values at the scale of activations, from their product with the matrix. Queries are for
    /// `queryRows` only, `[rows, width]`, keys and values `[new, keyValueWidth]`.
    private func projections(
        _ product: Secret, queryRows: Range<Int>, _ limits: AttentionLimits
    ) throws -> Projections {
        let (keys, values) = (width + keyValueWidth, architecture.queryKeyValueWidth)
        guard case .rotary(let theta) = architecture.positions else {
            let all = try builder.rescale(product, to: scale, minimumWidth: limits.widest)
            return (
                try rows(queryRows, of: columns(0..<width, of: all)), try columns(width..<keys, of: all),
                try columns(keys..<values, of: all)
            )
        }
        let (rotated, value) = try builder.parallel(
            { try rotate(try columns(0..<keys, of: product), theta: theta, limits) },
            {
                try builder.rescale(
                    try columns(keys..<values, of: product), to: scale, minimumWidth: limits.valueWidth)
            })
        return (
            try rows(queryRows, of: columns(0..<width, of: rotated)), try columns(width..<keys, of: rotated), value
        )
    }

    /// Queries and keys side by side, rotated. The truncation of their product with the matrix, which has to extend the
    /// ring anyway, leaves room for the coefficients, so that the rotation's own truncation is local.
    private func rotate(_ product: Secret, theta: Double, _ limits: AttentionLimits) throws -> Secret {
        let precision = format.weightFractionBits
        let wide = try builder.rescale(product, to: scale, minimumWidth: limits.scoreWidth + precision)
        let rotated = try builder.rotate(
            wide, heads: heads + keyValueHeads, theta: theta, firstPosition: pass.past, coefficientScale: precision,
            bound: limits.projections)
        return try builder.rescale(
            builder.declared(rotated, below: limits.projections, as: Bounds.Place.projections.rawValue), to: scale,
            minimumWidth: limits.scoreWidth)
    }

    private func columns(_ range: Range<Int>, of x: Secret) throws -> Secret {
        try builder.map(x, .slice(shape: x.shape, axis: 1, range: range), shape: [x.shape[0], range.count])
    }

    private func rows(_ range: Range<Int>, of x: Secret) throws -> Secret {
        guard range.count < x.shape[0] else { return x }
        return try builder.map(x, .slice(shape: x.shape, axis: 0, range: range), shape: [range.count, x.shape[1]])
    }

    /// Queries divided by the temperature of their head and position: a product with the server's reciprocals.
    private func divideByTemperature(
        _ query: Secret, _ index: Int, _ limits: AttentionLimits
    ) throws -> Secret {
        let rows = query.shape[0]
        let byHead = try builder.map(
            query, .permute(shape: [rows, heads, headWidth], order: [1, 0, 2]), shape: [heads, rows, headWidth])
        let table = [heads, architecture.context]
        let reciprocals = ServerTensor(
            name: ServerTensorName.inverseTemperature(index), shape: table, scale: format.weightFractionBits,
            width: query.width)
        let maps: [LinearMap] = [
            .slice(shape: table, axis: 1, range: (pass.total - rows)..<pass.total),
            .segmentBroadcast(Segments(rows: heads * rows, columns: headWidth)),
        ]
        let divided = try builder.multiply(
            try builder.maskForServer(byHead), server: reciprocals, maps: maps,
            shape: .elementwise(count: byHead.count), outputShape: byHead.shape, bound: limits.projections)
        let short = try builder.rescale(
            builder.declared(divided, below: limits.projections, as: Bounds.Place.projections.rawValue), to: scale,
            minimumWidth: limits.scoreWidth)
        return try builder.map(
            short, .permute(shape: [heads, rows, headWidth], order: [1, 0, 2]), shape: [rows, width])
    }

    /// Queries, keys and values, opened under one-time masks, by head: `[heads, rows, headWidth]`,
    /// `[keyValueHeads, headWidth, total]` and `[keyValueHeads, total, headWidth]`.
    private struct OpenedHeads {
        let query: MaskedSecret
        let key: MaskedSecret
        let value: MaskedSecret
    }

    /// Softmax-weighted values `[rows, width]` in the ring of the output's product. Queries are cut into tiles of rows, each
    /// of which goes all the way, so that no matrix of scores is ever whole where it is large.
    private func attended(
        _ query: Secret, _ key: Secret, _ value: Secret, _ layer: Int, _ limits: AttentionLimits
    ) throws -> Secret {
        let rows = query.shape[0]
        let opened = try builder.scope("scores") { try openedHeads(query, key, value, layer, limits) }
        // The longest rows first: their tree of maxima is the deepest, and what it adds to the rounds is charged in order.
        let ranges = Array(scoreTiles(rows: rows).reversed())
        let parts = try builder.chosenTiles(ranges) { range -> Secret in
            let triangle = CausalTriangle(
                groups: heads, past: pass.total - rows + range.lowerBound, new: range.count, columns: pass.total)
            let scores = try builder.scope("scores") {
                try maskedScores(try queries(range, of: opened.query), opened.key, triangle, limits)
            }
            let weights = try builder.scope("softmax") {
                try builder.softmax(
                    scores, rows: triangle.segments, longestRow: pass.total, scale: scale,
                    minimumWidth: limits.valueWidth)
            }
            return try builder.scope("context") { try weightedValues(weights, opened.value, triangle, limits) }
        }
        guard parts.count > 1 else { return parts[0] }
        return builder.scope("context") { builder.concatenate(parts.reversed(), shape: [rows, width]) }
    }

    /// Ranges of query rows whose squares of scores fit a tile. A row has one entry more than the row before, and a tree of
    /// maxima halves it again and again, so that tiles hold multiples of 8 elements, level by level, exactly where they
    /// have multiples of 16 rows and begin at one.
    private func scoreTiles(rows: Int) -> [Range<Int>] {
        let past = pass.total - rows
        let limit = builder.tiling.linearElements / (4 * heads * pass.total)
        let size = max(16, limit / 16 * 16)
        guard rows > limit, rows > size, past.isMultiple(of: 16) else { return [0..<rows] }
        return stride(from: 0, to: rows, by: size).map { $0..<min($0 + size, rows) }
    }

    /// Keys and values as tensors that stay opened, where the pass is one of a generation.
    private func kept(_ layer: Int) -> [KeptTensor?] {
        [2 * layer, 2 * layer + 1].map { pass.keeps ? KeptTensor(index: $0, past: pass.past) : nil }
    }

    private func openedHeads(
        _ query: Secret, _ key: Secret, _ value: Secret, _ layer: Int, _ limits: AttentionLimits
    ) throws -> OpenedHeads {
        let opened = try builder.openMasked(
            [
                query.narrowed(to: limits.scoreWidth), key.narrowed(to: limits.scoreWidth),
                value.narrowed(to: limits.valueWidth),
            ], keeping: [nil] + kept(layer))
        let rows = query.shape[0]
        return OpenedHeads(
            query: try builder.map(
                opened[0], .permute(shape: [rows, heads, headWidth], order: [1, 0, 2]),
                shape: [heads, rows, headWidth]),
            key: try builder.map(
                opened[1], .permute(shape: [pass.total, keyValueHeads, headWidth], order: [1, 2, 0]),
                shape: [keyValueHeads, headWidth, pass.total]),
            value: try builder.map(
                opened[2], .permute(shape: [pass.total, keyValueHeads, headWidth], order: [1, 0, 2]),
                shape: [keyValueHeads, pass.total, headWidth]))
    }

    private func queries(_ range: Range<Int>, of query: MaskedSecret) throws -> MaskedSecret {
        guard range.count < query.shape[1] else { return query }
        return try builder.map(
            query, .slice(shape: query.shape, axis: 1, range: range), shape: [heads, range.count, headWidth])
    }

    /// Packed causal scores at the scale of activations. Heads that share keys are rows of one matrix product, so that keys
    /// are never copied.
    private func maskedScores(
        _ query: MaskedSecret, _ key: MaskedSecret, _ triangle: CausalTriangle, _ limits: AttentionLimits
    ) throws -> Secret {
        let rows = triangle.new
        let product = try builder.multiply(
            query, key, shape: .matrix(batch: keyValueHeads, m: group * rows, k: headWidth, n: pass.total),
            outputShape: [heads, rows, pass.total], bound: limits.scores)
        // Masked positions are in the square, and no bound is theirs.
        let packed = builder.declared(
            try builder.map(product, .packTriangle(triangle), shape: [triangle.segments.elementCount]),
            below: limits.scores, as: Bounds.Place.scores.rawValue)
        return try builder.rescale(packed, to: scale)
    }

    /// The attention-weighted values, `[rows, width]` in the ring of products.
    private func weightedValues(
        _ weights: Secret, _ value: MaskedSecret, _ triangle: CausalTriangle, _ limits: AttentionLimits
    ) throws -> Secret {
        let rows = triangle.new
        let opened = try builder.openMasked(weights.narrowed(to: limits.valueWidth))
        let square = try builder.map(opened, .fillTriangle(triangle), shape: [heads, rows, pass.total])
        let product = try builder.multiply(
            square, value, shape: .matrix(batch: keyValueHeads, m: group * rows, k: pass.total, n: headWidth),
            outputShape: [heads, rows, headWidth], bound: limits.projections)
        let byRow = try builder.map(
            product, .permute(shape: [heads, rows, headWidth], order: [1, 0, 2]), shape: [rows, width])
        let next = productWidth(limits.residual)
        return try builder.rescale(
            builder.declared(byRow, below: limits.projections, as: Bounds.Place.projections.rawValue), to: scale,
            minimumWidth: next
        ).narrowed(to: next)
    }
}

/// A layer's bounds of attention, and the rings of its products of two secrets.
private struct AttentionLimits {
    let residual: Double
    let projections: Double
    let scores: Double
    /// Ring of queries with keys, with a bit to spare for differences of scores.
    let scoreWidth: Int
    /// Ring of attention with values.
    let valueWidth: Int
    var widest: Int { max(scoreWidth, valueWidth) }

    init(_ builder: TransformerBuilder, _ layer: Int) {
        let limits = builder.limits(layer)
        (residual, projections, scores) = (limits[.residual], limits[.projections], limits[.scores])
        let spare = builder.builder.profile.hasNarrowRings ? 1 : 0
        scoreWidth = builder.productWidth(scores) + spare
        valueWidth = builder.productWidth(projections) + spare
    }
}
