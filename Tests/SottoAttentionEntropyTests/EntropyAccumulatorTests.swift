import Foundation
import SottoAttentionEntropy
import TestSupport
import Testing

struct EntropyAccumulatorTests {
    /// A random causal row that is not near uniform.
    private static func row(_ query: Int, _ generator: inout SeededGenerator) -> [Double] {
        let powers = (0...query).map { _ in exp(Double.random(in: -6...0, using: &generator)) }
        return powers.map { $0 / powers.reduce(0, +) }
    }

    private static func entropy(_ row: [Double]) -> Double { row.reduce(0) { $0 - $1 * log($1) } }

    private static func error(_ body: () throws -> Void) -> EntropyError? {
        do { try body() } catch { return error as? EntropyError }
        return nil
    }

    @Test func meansOverWindowsAndQueries() throws {
        var generator = SeededGenerator(2)
        // Layers may differ in their heads.
        let (heads, context, windows) = ([2, 1, 3], 9, 4)
        var accumulator = try EntropyAccumulator(heads: heads, context: context)
        var expected = heads.map { Array(repeating: Array(repeating: 0.0, count: context), count: $0) }
        for _ in 0..<windows {
            for (layer, count) in heads.enumerated() {
                for head in 0..<count {
                    for query in (0..<context).shuffled(using: &generator) {
                        let row = Self.row(query, &generator)
                        try accumulator.add(row, layer: layer, head: head, query: query)
                        expected[layer][head][query] += Self.entropy(row) / Double(windows)
                    }
                }
            }
        }
        let entropies = try accumulator.entropies()
        #expect(entropies.context == context)
        #expect(abs(entropies.maximum - log(9)) < 1e-15)
        for (layer, count) in heads.enumerated() {
            for head in 0..<count {
                let queries = expected[layer][head]
                for (query, value) in queries.enumerated() {
                    #expect(abs((entropies.perQuery[layer][head][query] ?? .nan) - value) < 1e-10)
                }
                let mean = queries.reduce(0, +) / Double(context)
                #expect(abs(entropies.means[layer][head] - mean) < 1e-10)
                let ratio = (1..<context).reduce(0) { $0 + queries[$1] / log(Double($1 + 1)) } / Double(context - 1)
                #expect(abs((entropies.reachableRatios[layer][head] ?? .nan) - ratio) < 1e-10)
            }
            let means = entropies.means[layer]
            let statistics = entropies.layers[layer]
            let mean = means.reduce(0, +) / Double(count)
            #expect(abs(statistics.mean - mean) < 1e-12)
            #expect(abs(statistics.variance - means.map { $0 * $0 }.reduce(0, +) / Double(count) + mean * mean) < 1e-12)
            #expect(statistics.minimum == means.min() && statistics.maximum == means.max())
        }
        #expect(entropies.largest == entropies.means.joined().max())
    }

    @Test(arguments: [2, 5, 64])
    func uniformAttentionReachesTheCausalMaximum(context: Int) throws {
        var accumulator = try EntropyAccumulator(heads: [1], context: context, epsilon: 0)
        for query in 0..<context {
            try accumulator.add(
                [Double](repeating: 1 / Double(query + 1), count: query + 1), layer: 0, head: 0, query: query)
        }
        let entropies = try accumulator.entropies()
        for query in 0..<context {
            #expect(abs((entropies.perQuery[0][0][query] ?? .nan) - log(Double(query + 1))) < 1e-12)
        }
        #expect(abs(entropies.means[0][0] - EntropyMaximum.ofCausalHead(context: context)) < 1e-12)
        #expect(abs(entropies.means[0][0] - lgamma(Double(context + 1)) / Double(context)) < 1e-12)
        #expect(entropies.means[0][0] < entropies.maximum)
        #expect(abs((entropies.reachableRatios[0][0] ?? .nan) - 1) < 1e-12)
    }

    @Test func oneHotAttentionHasNone() throws {
        var accumulator = try EntropyAccumulator(heads: [2], context: 4)
        for head in 0..<2 {
            for query in 0..<4 {
                var row = [Float](repeating: 0, count: query + 1)
                row[head == 0 ? 0 : query] = 1
                try accumulator.add(row, layer: 0, head: head, query: query)
            }
        }
        let entropies = try accumulator.entropies()
        #expect(entropies.means == [[0, 0]] && entropies.reachableRatios == [[0, 0]])
        #expect(entropies.layers == [EntropyStatistics(of: [0, 0])])
    }

    @Test func windowsOfOneToken() throws {
        var accumulator = try EntropyAccumulator(heads: [1], context: 1)
        try accumulator.add([Float(1)], layer: 0, head: 0, query: 0)
        let entropies = try accumulator.entropies()
        #expect(entropies.means == [[0]] && entropies.maximum == 0)
        #expect(entropies.reachableRatios == [[nil]] && entropies.allReachableRatios == nil)
        #expect(entropies.reachableLayers == [nil])
    }

    @Test func queriesMayBeMissing() throws {
        var accumulator = try EntropyAccumulator(heads: [1], context: 4, epsilon: 0)
        try accumulator.add([0.5, 0.5], layer: 0, head: 0, query: 1)
        try accumulator.add([0.25, 0.25, 0.25, 0.25], layer: 0, head: 0, query: 3)
        try accumulator.add([1.0, 0, 0, 0], layer: 0, head: 0, query: 3)
        let entropies = try accumulator.entropies()
        #expect(entropies.perQuery[0][0][0] == nil && entropies.perQuery[0][0][2] == nil)
        #expect(abs((entropies.perQuery[0][0][3] ?? .nan) - log(2)) < 1e-12)
        #expect(abs(entropies.means[0][0] - log(2)) < 1e-12)
        #expect(abs((entropies.reachableRatios[0][0] ?? .nan) - 2 / 3) < 1e-12)
    }

    @Test func wholeRowsEqualTriangles() throws {
        var generator = SeededGenerator(3)
        var (triangle, square) = (
            try EntropyAccumulator(heads: [1], context: 6), try EntropyAccumulator(heads: [1], context: 6)
        )
        for query in 0..<6 {
            let row = Self.row(query, &generator)
            try triangle.add(row, layer: 0, head: 0, query: query)
            try square.add(row + [Double](repeating: 0, count: 5 - query), layer: 0, head: 0, query: query)
        }
        #expect(try triangle.entropies() == square.entropies())
    }

    @Test func partsAddUp() throws {
        var generator = SeededGenerator(4)
        var all = try EntropyAccumulator(heads: [2], context: 3)
        var parts = [all, all]
        for part in 0..<2 {
            for head in 0..<2 {
                for query in 0..<3 {
                    let row = Self.row(query, &generator)
                    try all.add(row, layer: 0, head: head, query: query)
                    try parts[part].add(row, layer: 0, head: head, query: query)
                }
            }
        }
        let second = parts[1]
        try parts[0].add(second)
        #expect(try parts[0].entropies() == all.entropies())
        let others = [
            try EntropyAccumulator(heads: [3], context: 3), try EntropyAccumulator(heads: [2], context: 4),
            try EntropyAccumulator(heads: [2], context: 3, epsilon: 0),
        ]
        for other in others {
            #expect(Self.error { try parts[0].add(other) } == .differentAccumulators)
        }
        #expect(try parts[0].entropies() == all.entropies())
    }

    /// Other engines' epsilons and rounding may make a little less than 0 of it.
    @Test func entropiesOfOtherEngines() throws {
        var accumulator = try EntropyAccumulator(heads: [1], context: 2)
        try accumulator.add(entropy: -1e-7, layer: 0, head: 0, query: 0)
        try accumulator.add(entropy: 0.5, layer: 0, head: 0, query: 1)
        #expect(try accumulator.entropies().perQuery == [[[0, 0.5]]])
    }

    @Test func misuse() throws {
        #expect(Self.error { _ = try EntropyAccumulator(heads: [], context: 3) } == .noHeads)
        #expect(Self.error { _ = try EntropyAccumulator(heads: [2, 0], context: 3) } == .noHeads)
        #expect(Self.error { _ = try EntropyAccumulator(heads: [1], context: 0) } == .invalidContext(0))
        for epsilon in [-1e-9, .nan, .infinity, 0.01] {
            #expect(
                Self.error { _ = try EntropyAccumulator(heads: [1], context: 3, epsilon: epsilon) } == .invalidEpsilon)
        }
        var accumulator = try EntropyAccumulator(heads: [2, 1], context: 3)
        func refusal(_ row: [Double], _ layer: Int, _ head: Int, _ query: Int) -> EntropyError? {
            Self.error { try accumulator.add(row, layer: layer, head: head, query: query) }
        }
        #expect(refusal([1], 2, 0, 0) == .unknownHead(layer: 2, head: 0))
        #expect(refusal([1], -1, 0, 0) == .unknownHead(layer: -1, head: 0))
        #expect(refusal([1], 1, 1, 0) == .unknownHead(layer: 1, head: 1))
        #expect(refusal([1], 0, -1, 0) == .unknownHead(layer: 0, head: -1))
        #expect(refusal([1], 0, 0, 3) == .unknownQuery(3, context: 3))
        #expect(refusal([1], 0, 0, -1) == .unknownQuery(-1, context: 3))
        #expect(refusal([1, 0, 0, 0], 0, 0, 2) == .rowTooLong(4, context: 3))
        #expect(refusal([0.4, 0.3, 0.3], 0, 0, 1) == .laterKey(layer: 0, head: 0, query: 1, key: 2))
        #expect(refusal([], 0, 1, 0) == .invalidRow(layer: 0, head: 1, query: 0, .empty))
        #expect(refusal([0.5, .nan], 0, 1, 1) == .invalidRow(layer: 0, head: 1, query: 1, .invalidProbability(key: 1)))
        #expect(refusal([1.5, -0.5], 0, 1, 1) == .invalidRow(layer: 0, head: 1, query: 1, .invalidProbability(key: 1)))
        #expect(refusal([0.5, 0.2], 0, 1, 1) == .invalidRow(layer: 0, head: 1, query: 1, .unnormalized))
        for entropy in [-1, Double.nan, .infinity] {
            #expect(
                Self.error { try accumulator.add(entropy: entropy, layer: 0, head: 1, query: 1) }
                    == .invalidEntropy(layer: 0, head: 1))
        }
        // Nothing of all that was added.
        #expect(Self.error { _ = try accumulator.entropies() } == .unseenHead(layer: 0, head: 0))
        try accumulator.add([1.0], layer: 0, head: 0, query: 0)
        try accumulator.add([1.0], layer: 1, head: 0, query: 0)
        #expect(Self.error { _ = try accumulator.entropies() } == .unseenHead(layer: 0, head: 1))
    }

    @Test func errorsAreSentences() {
        let errors: [EntropyError] = [
            .noHeads, .invalidContext(0), .invalidEpsilon, .unknownHead(layer: 1, head: 2),
            .unknownQuery(3, context: 2),
            .rowTooLong(4, context: 3), .laterKey(layer: 0, head: 0, query: 1, key: 2),
            .invalidRow(layer: 0, head: 0, query: 0, .empty), .unseenHead(layer: 0, head: 0), .differentAccumulators,
            .invalidRow(layer: 0, head: 0, query: 0, .invalidProbability(key: 3)), .invalidMaximum, .singleToken,
            .invalidRow(layer: 0, head: 0, query: 0, .unnormalized), .invalidEntropy(layer: 0, head: 0),
            .invalidCriterion("nearZero"), .invalidRegulariser("coefficient"),
        ]
        for error in errors {
            #expect(error.description.hasSuffix(".") && !error.description.contains("\n"))
        }
    }
}
