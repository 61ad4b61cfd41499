import SottoPreprocessing
import TestSupport
import Testing

@Suite struct DealerEngineTests {
    private func engine(_ plan: CorrelationPlan, seed: UInt64) throws -> DealerEngine<Ring64> {
        var seeds = InsecureSeededSource(seed)
        return DealerEngine(
            domain: Ring64(), plan: plan, seeds: [try seeds.nextSeed(), try seeds.nextSeed()],
            weightMasks: WeightMasks(domain: Ring64(), seed: try seeds.nextSeed()))
    }

    @Test(arguments: CorrelationExamples.counts)
    func declaredBytesAreTheActualOnes(count: Int) throws {
        for width in CorrelationExamples.widths {
            let plan = CorrelationExamples.plan(count: count, width: width)
            let engine = try engine(plan, seed: 1)
            for (index, correlation) in plan.correlations.enumerated() {
                #expect(try engine.corrections(index)?.count ?? 0 == correlation.dealerBytes[0], "\(correlation)")
                #expect(correlation.dealerBytes.count == 2)
            }
        }
    }

    @Test func masksHaveNoCorrections() throws {
        let plan = CorrelationPlan(
            correlations: [.ringMask(count: 9, width: 30), .clientMask(count: 9, width: 30)], weights: [])
        let engine = try engine(plan, seed: 1)
        #expect(try engine.corrections(0) == nil)
        #expect(try engine.corrections(1) == nil)
    }

    /// What party 0 receives is masked by party 1's shares.
    @Test func correctionsLookUniform() throws {
        let kinds: [Correlation] = [
            .beaverProduct(
                left: MaskView(mask: 0), right: MaskView(mask: 0), shape: .rowDots(rows: 1000, columns: 2), width: 32),
            .serverProduct(
                mask: MaskView(mask: 1), weight: WeightView(weight: 0), shape: .matrix(batch: 1, m: 1000, k: 2, n: 1),
                width: 24),
            .correlatedOT(count: 4000, width: 2), .millionairesLeaves(count: 512, bits: 11, thresholds: 2),
            .bitProducts(count: 800, copies: 2, planes: 5, subsets: [3, 7, 15, 31, 24]),
            .selection(count: 800, thresholds: 2, degree: 3, masked: true, width: 13),
            .selection(count: 800, thresholds: 3, degree: 0, masked: false, width: 16),
        ]
        for kind in kinds {
            var bytes: [UInt8] = []
            for seed in 0..<8 {
                let plan = CorrelationPlan(
                    correlations: [.ringMask(count: 2000, width: 64), .clientMask(count: 2000, width: 64), kind],
                    weights: [WeightDeclaration(name: "w", shape: [2, 1], width: 64)])
                bytes += try engine(plan, seed: UInt64(seed)).corrections(2)!
            }
            #expect(bytes.count >= 5000)
            #expect(abs(ChiSquare.deviation(ofBytes: bytes)) < 6, "\(kind)")
        }
    }

    @Test func masksOfDifferentItemsSeedsAndPartiesDiffer() throws {
        let plan = CorrelationPlan(
            correlations: [Correlation](repeating: .ringMask(count: 64, width: 64), count: 40), weights: [])
        var words: Set<UInt64> = []
        var masks = 0
        for seed in 1...3 {
            let dealer = try InsecureInProcessDealer(
                domain: Ring64(), plan: plan, seeds: InsecureSeededSource(UInt64(seed)))
            for party in 0...1 {
                let source = dealer.source(party: party)
                for index in plan.correlations.indices {
                    guard case .elements(let mask) = try source.take(index) else { continue }
                    words.formUnion(mask)
                    masks += 1
                }
            }
        }
        #expect(masks == 240)
        // Uniform 64-bit words do not repeat among fifteen thousand.
        #expect(words.count == masks * 64)
    }

    @Test func wrongReferencesAreRefused() throws {
        let plan = CorrelationPlan(
            correlations: [
                .clientMask(count: 4, width: 8), .ringMask(count: 4, width: 8),
                .beaverProduct(
                    left: MaskView(mask: 0), right: MaskView(mask: 1), shape: .elementwise(count: 4), width: 8),
                .serverProduct(
                    mask: MaskView(mask: 1), weight: WeightView(weight: 0), shape: .elementwise(count: 4), width: 8),
            ], weights: [WeightDeclaration(name: "w", shape: [4], width: 8)])
        let engine = try engine(plan, seed: 1)
        #expect(throws: PreprocessingError.wrongKind(index: 0)) { try engine.corrections(2) }
        #expect(throws: PreprocessingError.wrongKind(index: 1)) { try engine.corrections(3) }
    }

    @Test func threadsDoNotChangeCorrections() throws {
        let plan = CorrelationPlan(
            correlations: [
                .ringMask(count: 40 * 50, width: 64), .ringMask(count: 50 * 30, width: 64),
                .beaverProduct(
                    left: MaskView(mask: 0), right: MaskView(mask: 1), shape: .matrix(batch: 1, m: 40, k: 50, n: 30),
                    width: 64),
            ], weights: [])
        var results: [[UInt8]?] = []
        for threads in [1, 2, 5] {
            var seeds = InsecureSeededSource(1)
            results.append(
                try DealerEngine(
                    domain: Ring64(), plan: plan, seeds: [try seeds.nextSeed(), try seeds.nextSeed()],
                    weightMasks: WeightMasks(domain: Ring64(), seed: try seeds.nextSeed()), threads: threads
                ).corrections(2))
        }
        #expect(results[0] != nil && results[1] == results[0] && results[2] == results[0])
    }
}
