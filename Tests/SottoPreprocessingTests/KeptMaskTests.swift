import SottoAlgebra
import SottoPreprocessing
import SottoRandomness
import SottoSecureComputation
import TestSupport
import Testing

@Suite struct KeptMaskTests {
    @Test func rowsFollowOneAnother() throws {
        var generation = KeptGeneration<Int>()
        #expect(try generation.seeds(for: nil, own: 1) == 1)
        #expect(throws: PreprocessingError.otherGeneration(rows: 3, kept: 0)) {
            try generation.seeds(for: 3..<4, own: 1)
        }
        #expect(try generation.seeds(for: 0..<3, own: 2) == 2)
        #expect(try generation.seeds(for: 3..<4, own: 3) == 2)
        // Runs between that keep nothing.
        #expect(try generation.seeds(for: nil, own: 4) == 4)
        for rows in [0..<0, 3..<4, 2..<4, 5..<6] where rows.lowerBound > 0 {
            #expect(throws: PreprocessingError.otherGeneration(rows: rows.lowerBound, kept: 4)) {
                try generation.seeds(for: rows, own: 5)
            }
        }
        #expect(try generation.seeds(for: 4..<6, own: 5) == 2)
        // A new one has seeds of its own.
        #expect(try generation.seeds(for: 0..<1, own: 6) == 6)
        #expect(try generation.seeds(for: 1..<2, own: 7) == 6)
    }

    private func masks(_ range: Range<Int>, tensor: Int = 0, run: UInt64, generation: UInt64) throws -> [UInt64] {
        func seed(_ number: UInt64) throws -> Seed {
            var source = InsecureSeededSource(number)
            return try source.nextSeed()
        }
        let mask = RingMask(
            count: range.count, width: 40, kept: KeptElements(tensor: tensor, columns: 5, range: range))
        let plan = CorrelationPlan(correlations: [RingMask(count: 3, width: 40), mask], weights: [])
        let correlations = DealtCorrelations(
            domain: Ring64(), plan: plan, party: .client, seed: try seed(run), keptSeed: try seed(generation),
            stream: NoCorrections(), maskedWeights: ReceivedWeights(Ring64()))
        return try correlations.take(1).masks.tensors[0]
    }

    /// Whatever run asks, whichever part it asks for, and in which order.
    @Test func everyRunOfAGenerationHasTheSameMask() throws {
        let all = try masks(0..<40, run: 1, generation: 9)
        for range in [0..<5, 0..<40, 3..<11, 35..<40, 12..<13] {
            #expect(try masks(range, run: UInt64(range.count), generation: 9) == Array(all[range]))
        }
        #expect(try masks(7..<7, run: 1, generation: 9).isEmpty)
    }

    @Test func masksDifferEverywhereElse() throws {
        let all = try [(0, 9), (1, 9), (2, 9), (0, 10)].flatMap { tensor, generation in
            try masks(0..<200, tensor: tensor, run: 1, generation: UInt64(generation))
        }
        #expect(Set(all).count == all.count)
        #expect(all.allSatisfy { $0 < 1 << 40 })
    }

    private final class NoCorrections: CorrectionStream {
        let isDealer = false

        func corrections(_ index: Int, byteCount: Int) throws -> [UInt8] { [] }
    }
}
