import SottoAlgebra
import SottoPreprocessing
import SottoRandomness
import SottoSecureComputation
import TestSupport
import Testing

@Suite struct DealerEngineTests {
    private func engine(_ plan: CorrelationPlan, seed: UInt64) throws -> DealerEngine<Ring64> {
        var seeds = InsecureSeededSource(seed)
        return DealerEngine(
            domain: Ring64(), plan: plan, seeds: ByParty(server: try seeds.nextSeed(), client: try seeds.nextSeed()),
            weightMasks: WeightMasks(domain: Ring64(), seed: try seeds.nextSeed()))
    }

    @Test(arguments: CorrelationExamples.counts)
    func declaredBytesAreTheActualOnes(count: Int) throws {
        for width in CorrelationExamples.widths {
            let plan = CorrelationExamples.plan(count: count, width: width)
            let engine = try engine(plan, seed: 1)
            for (index, correlation) in plan.correlations.enumerated() {
                #expect(
                    try engine.corrections(index)?.count ?? 0 == correlation.correctionBytes.total, "\(correlation)")
            }
        }
    }

    @Test func masksHaveNoCorrections() throws {
        let plan = CorrelationPlan(
            correlations: [RingMask(count: 9, width: 30), ClientMask(count: 9, width: 30)], weights: [])
        let engine = try engine(plan, seed: 1)
        #expect(try engine.corrections(0) == nil)
        #expect(try engine.corrections(1) == nil)
    }

    /// What party 0 receives is masked by party 1's shares.
    @Test func correctionsLookUniform() throws {
        let ring = CorrelationHandle(index: 0, kind: RingMask(count: 2000, width: 64))
        let client = CorrelationHandle(index: 1, kind: ClientMask(count: 2000, width: 64))
        let kinds: [any Correlation] = [
            BeaverProductCorrelation(
                left: MaskView(ring), right: MaskView(ring), shape: .rowDots(rows: 1000, columns: 2), width: 32),
            ServerProductCorrelation(
                mask: MaskView(client), weight: WeightView(weight: 0), shape: .matrix(batch: 1, m: 1000, k: 2, n: 1),
                width: 24),
            CorrelatedOT(count: 4000, width: 2), MillionairesLeaves(count: 512, bits: 11, thresholds: 2),
            BitProducts(count: 800, copies: 2, planes: 5, subsets: [3, 7, 15, 31, 24]),
            SelectionCorrelation(count: 800, thresholds: 2, degree: 3, isMasked: true, width: 13),
            SelectionCorrelation(count: 800, thresholds: 3, degree: 0, isMasked: false, width: 16),
        ]
        for kind in kinds {
            var bytes: [UInt8] = []
            for seed in 0..<8 {
                let plan = CorrelationPlan(
                    correlations: [ring.kind, client.kind, kind],
                    weights: [WeightDeclaration(name: "w", shape: [2, 1], width: 64)])
                bytes += try engine(plan, seed: UInt64(seed)).corrections(2)!
            }
            #expect(bytes.count >= 5000)
            #expect(abs(ChiSquare.deviation(ofBytes: bytes)) < 6, "\(kind)")
        }
    }

    @Test func masksOfDifferentItemsSeedsAndPartiesDiffer() throws {
        let plan = CorrelationPlan(
            correlations: [any Correlation](repeating: RingMask(count: 64, width: 64), count: 40), weights: [])
        var words: Set<UInt64> = []
        var masks = 0
        for seed in 1...3 {
            let dealer = try InsecureInProcessDealer(
                domain: Ring64(), seeds: InsecureSeededSource(UInt64(seed)))
            for party in Party.allCases {
                let source = dealer.source(party, plan: plan)
                for index in plan.correlations.indices {
                    words.formUnion(try source.take(index).masks.tensors[0])
                    masks += 1
                }
            }
        }
        #expect(masks == 240)
        // Uniform 64-bit words do not repeat among fifteen thousand.
        #expect(words.count == masks * 64)
    }

    @Test func threadsDoNotChangeCorrections() throws {
        let left = CorrelationHandle(index: 0, kind: RingMask(count: 40 * 50, width: 64))
        let right = CorrelationHandle(index: 1, kind: RingMask(count: 50 * 30, width: 64))
        let plan = CorrelationPlan(
            correlations: [
                left.kind, right.kind,
                BeaverProductCorrelation(
                    left: MaskView(left), right: MaskView(right), shape: .matrix(batch: 1, m: 40, k: 50, n: 30),
                    width: 64),
            ], weights: [])
        var results: [[UInt8]?] = []
        for threads in [1, 2, 5] {
            var seeds = InsecureSeededSource(1)
            results.append(
                try DealerEngine(
                    domain: Ring64(), plan: plan,
                    seeds: ByParty(server: try seeds.nextSeed(), client: try seeds.nextSeed()),
                    weightMasks: WeightMasks(domain: Ring64(), seed: try seeds.nextSeed()), threads: threads
                ).corrections(2))
        }
        #expect(results[0] != nil && results[1] == results[0] && results[2] == results[0])
    }
}
