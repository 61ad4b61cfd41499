import Foundation
import SottoAttentionEntropy
import Testing

struct EntropyDistributionTests {
    private static func error(_ entropies: [[Double]], maximum: Double? = nil) -> EntropyError? {
        do { _ = try EntropyDistribution(of: entropies, maximum: maximum) } catch { return error }
        return nil
    }

    @Test func endsBelongToTheHigherRange() {
        let below = 1.0.nextDown
        for (entropy, range) in [
            (0, EntropyRange.lowest), (below, .lowest), (1, .lowerMiddle), (2.0.nextDown, .lowerMiddle),
            (2, .upperMiddle), (3.0.nextDown, .upperMiddle), (3, .highest), (4, .highest), (5, .highest),
        ] {
            #expect(EntropyRange(of: entropy, maximum: 4) == range, "\(entropy)")
        }
        #expect(EntropyRange(of: 0, maximum: 0) == .lowest)
        #expect(EntropyRange.allCases.map(\.verdict) == [.collapsed, .wellBehaved, .wellBehaved, .overloaded])
    }

    @Test func relativeToTheLargest() throws {
        let entropies = [[0.1, 1.1, 4], [2.5, 3.5], [3.9, 0.9, 1.9]]
        let distribution = try EntropyDistribution(of: entropies)
        #expect(distribution.maximum == 4 && distribution.heads == 8)
        #expect(distribution.counts == [2, 2, 1, 3])
        #expect(distribution.shares == [0.25, 0.25, 0.125, 0.375])
        #expect(distribution[.highest] == 0.375)
        let fixed = try EntropyDistribution(of: entropies, maximum: 8)
        #expect(fixed.maximum == 8 && fixed.counts == [4, 3, 1, 0])
        #expect(try EntropyDistribution(of: entropies, maximum: 1).counts == [1, 0, 0, 7])
    }

    @Test func degenerateHeads() throws {
        #expect(try EntropyDistribution(of: [[0.3]]).counts == [0, 0, 0, 1])
        #expect(try EntropyDistribution(of: [[2, 2], [2, 2]]).counts == [0, 0, 0, 4])
        #expect(try EntropyDistribution(of: [[0, 0], [0]]).counts == [3, 0, 0, 0])
        #expect(try EntropyDistribution(of: [[0, 1e-300]]).counts == [1, 0, 0, 1])
        // What epsilon and rounding make of 0.
        let negative = try EntropyDistribution(of: [[-1e-9, -1e-4]])
        #expect(negative.counts == [2, 0, 0, 0] && negative.maximum == 0)
    }

    @Test func misuse() {
        #expect(Self.error([]) == .noHeads)
        #expect(Self.error([[]]) == .noHeads)
        #expect(Self.error([[1], []]) == .noHeads)
        #expect(Self.error([[1, 2], [3, .nan]]) == .invalidEntropy(layer: 1, head: 1))
        #expect(Self.error([[.infinity]]) == .invalidEntropy(layer: 0, head: 0))
        #expect(Self.error([[0, -0.01]]) == .invalidEntropy(layer: 0, head: 1))
        for maximum in [-1, Double.nan, .infinity] { #expect(Self.error([[1]], maximum: maximum) == .invalidMaximum) }
    }

    @Test func asJSON() throws {
        let data = try JSONEncoder().encode(EntropyDistribution(of: [[0.5, 4], [2, 2]]))
        let object = try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
        #expect(object["maximum"] as? Double == 4)
        #expect(object["counts"] as? [Int] == [1, 0, 2, 1])
        #expect(object["shares"] as? [Double] == [0.25, 0, 0.5, 0.25])
        let statistics = EntropyStatistics(of: [1, 3])
        #expect(statistics.mean == 2 && statistics.variance == 1)
        #expect(
            try JSONDecoder().decode(EntropyStatistics.self, from: JSONEncoder().encode(statistics)) == statistics)
        #expect(EntropyStatistics(of: []).mean == 0)
    }
}
