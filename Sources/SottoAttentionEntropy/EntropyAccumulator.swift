/// Entropies of causal attention, from its rows one at a time: no row is kept.
///
/// Rows may come in any order, from any engine, of several windows of a text. What is kept is one sum and one count for
/// each layer, head and query position.
public struct EntropyAccumulator: Sendable {
    /// Heads of each layer.
    public let heads: [Int]
    /// T, the positions of a window.
    public let context: Int
    /// The constant in the logarithm.
    public let epsilon: Double
    /// Sums of entropies, [layer][head·context + query].
    private var sums: [[Double]]
    /// Rows behind each sum.
    private var counts: [[Int]]

    /// An accumulator that has seen nothing.
    /// - Parameters:
    ///   - heads: of each layer.
    ///   - context: T, the positions of a window.
    /// - Throws: ``EntropyError``.
    public init(
        heads: [Int], context: Int, epsilon: Double = AttentionRowEntropy.defaultEpsilon
    ) throws(EntropyError) {
        guard !heads.isEmpty, heads.allSatisfy({ $0 > 0 }) else { throw .noHeads }
        guard context > 0 else { throw .invalidContext(context) }
        guard AttentionRowEntropy.epsilons.contains(epsilon) else { throw .invalidEpsilon }
        self.heads = heads
        self.context = context
        self.epsilon = epsilon
        sums = heads.map { Array(repeating: 0, count: $0 * context) }
        counts = heads.map { Array(repeating: 0, count: $0 * context) }
    }

    /// Adds one query's attention.
    /// - Parameters:
    ///   - row: probabilities of keys 0 to `query`; later keys may follow if their probabilities are 0.
    ///   - query: its position in the window, from 0.
    /// - Throws: ``EntropyError``; nothing is added then.
    @inlinable
    public mutating func add<Row: Collection>(
        _ row: Row, layer: Int, head: Int, query: Int
    ) throws(EntropyError) where Row.Element: BinaryFloatingPoint {
        try check(layer: layer, head: head, query: query)
        guard row.count <= context else { throw .rowTooLong(row.count, context: context) }
        let entropy: Double
        do {
            entropy = try AttentionRowEntropy.entropy(of: row, epsilon: epsilon)
        } catch {
            throw .invalidRow(layer: layer, head: head, query: query, error)
        }
        if let later = row.dropFirst(query + 1).enumerated().first(where: { $0.element != 0 }) {
            throw .laterKey(layer: layer, head: head, query: query, key: query + 1 + later.offset)
        }
        try add(entropy: entropy, layer: layer, head: head, query: query)
    }

    /// Adds one query's entropy, for engines that compute it themselves.
    /// - Parameter entropy: nats; what epsilon or rounding pushes below 0, by 1e-3 at most, is 0.
    /// - Throws: ``EntropyError``; nothing is added then.
    public mutating func add(entropy: Double, layer: Int, head: Int, query: Int) throws(EntropyError) {
        try check(layer: layer, head: head, query: query)
        guard EntropyDistribution.accepts(entropy) else { throw .invalidEntropy(layer: layer, head: head) }
        sums[layer][head * context + query] += max(entropy, 0)
        counts[layer][head * context + query] += 1
    }

    @usableFromInline
    func check(layer: Int, head: Int, query: Int) throws(EntropyError) {
        guard heads.indices.contains(layer), (0..<heads[layer]).contains(head) else {
            throw .unknownHead(layer: layer, head: head)
        }
        guard (0..<context).contains(query) else { throw .unknownQuery(query, context: context) }
    }

    /// Adds what another accumulator has seen.
    /// - Throws: ``EntropyError/differentAccumulators``.
    public mutating func add(_ other: EntropyAccumulator) throws(EntropyError) {
        guard heads == other.heads, context == other.context, epsilon == other.epsilon else {
            throw .differentAccumulators
        }
        for layer in heads.indices {
            for index in sums[layer].indices {
                sums[layer][index] += other.sums[layer][index]
                counts[layer][index] += other.counts[layer][index]
            }
        }
    }

    /// The entropies of all that has been seen.
    /// - Throws: ``EntropyError/unseenHead(layer:head:)``.
    public func entropies() throws(EntropyError) -> AttentionEntropies {
        var perQuery: [[[Double?]]] = []
        var means: [[Double]] = []
        var ratios: [[Double?]] = []
        for layer in heads.indices {
            perQuery.append([])
            means.append([])
            ratios.append([])
            for head in 0..<heads[layer] {
                let range = head * context..<(head + 1) * context
                let summary = Summary(sums: sums[layer][range], counts: counts[layer][range])
                guard let mean = summary.mean else { throw .unseenHead(layer: layer, head: head) }
                perQuery[layer].append(summary.perQuery)
                means[layer].append(mean)
                ratios[layer].append(summary.reachableRatio)
            }
        }
        return AttentionEntropies(context: context, perQuery: perQuery, means: means, reachableRatios: ratios)
    }

    /// What the sums of one head say.
    private struct Summary {
        let perQuery: [Double?]
        let mean: Double?
        let reachableRatio: Double?

        init(sums: ArraySlice<Double>, counts: ArraySlice<Int>) {
            let queries = Array(zip(sums, counts))
            perQuery = queries.map { $1 == 0 ? nil : $0 / Double($1) }
            let rows = counts.reduce(0, +)
            mean = rows == 0 ? nil : sums.reduce(0, +) / Double(rows)
            // Query 0 has one key only: its entropy is 0, and so is the most that it can reach.
            let later = queries.enumerated().dropFirst()
            let laterRows = rows - (queries.first?.1 ?? 0)
            let ratios = later.reduce(0) { $0 + $1.element.0 / EntropyMaximum.ofQuery($1.offset) }
            reachableRatio = laterRows == 0 ? nil : ratios / Double(laterRows)
        }
    }
}
