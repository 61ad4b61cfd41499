import Foundation
import SottoAlgebra
import SottoApproximation
import SottoPreprocessing
import SottoRandomness
import SottoSecureComputation
import TestSupport
import Testing

/// Both parties' shares of every kind of correlation satisfy its defining equation.
@Suite struct CorrelationTests {
    private let domain = Ring64()

    fileprivate struct Dealt<Domain: ShareDomain> where Domain.Elements == [UInt64] {
        let domain: Domain
        let plan: CorrelationPlan
        let weights: [[UInt64]]
        let sources: ByParty<DealtCorrelations<Domain>>
        var shares: ByParty<[CorrelationShare<[UInt64]>]> = .both([])

        /// - Parameter order: the order in which either party takes the items.
        init(_ domain: Domain, count: Int, width: Int, seed: UInt64, order: ByParty<[Int]>? = nil) throws {
            let plan = CorrelationExamples.plan(count: count, width: width, hasTables: domain is Ring64)
            self.domain = domain
            self.plan = plan
            weights = try CorrelationExamples.weights(plan, domain, seed: seed)
            let dealer = try InsecureInProcessDealer(domain: domain, seeds: InsecureSeededSource(seed))
            let masked = try zip(plan.weights.indices, weights).map {
                try dealer.weightMasks.masked(plan.weights[$0], index: $0, value: $1, in: domain)
            }
            sources = ByParty(
                server: dealer.source(.server, plan: plan),
                client: dealer.source(.client, plan: plan, maskedWeights: masked))
            for party in Party.allCases {
                var taken: [Int: CorrelationShare<[UInt64]>] = [:]
                for index in order?[party] ?? Array(plan.correlations.indices) {
                    taken[index] = try sources[party].take(index)
                }
                shares[party] = plan.correlations.indices.map { taken[$0]! }
            }
        }

        func check() throws {
            try MadeCorrelations(domain: domain, plan: plan, weights: weights, shares: shares).check()
        }
    }

    @Test(arguments: CorrelationExamples.counts)
    func everyEquationHolds(count: Int) throws {
        for (seed, width) in CorrelationExamples.widths.enumerated() {
            try Dealt(domain, count: count, width: width, seed: UInt64(seed + 100 * count)).check()
        }
    }

    @Test(arguments: CorrelationExamples.counts, CorrelationExamples.primes)
    func everyEquationHoldsInAField(count: Int, prime: String) throws {
        let field = PrimeField(try PrimeModulus(prime))
        try Dealt(field, count: count, width: field.modulus.bits, seed: UInt64(count)).check()
    }

    @Test func orderDoesNotMatter() throws {
        let straight = try Dealt(domain, count: 33, width: 31, seed: 7)
        let indices = Array(straight.plan.correlations.indices)
        var generator = SeededGenerator(1)
        let shuffled = try Dealt(
            domain, count: 33, width: 31, seed: 7,
            order: ByParty(server: indices.reversed(), client: indices.shuffled(using: &generator)))
        for party in Party.allCases {
            for index in indices {
                #expect("\(straight.shares[party][index])" == "\(shuffled.shares[party][index])")
            }
        }
    }

    @Test func everyItemServesOnce() throws {
        let dealt = try Dealt(domain, count: 5, width: 20, seed: 3)
        for source in dealt.sources.values {
            for index in dealt.plan.correlations.indices {
                #expect(throws: PreprocessingError.alreadyUsed(index: index)) { try source.take(index) }
            }
            let count = dealt.plan.correlations.count
            for index in [count, count + 7, -1, .max, .min] {
                #expect(throws: PreprocessingError.notInPlan(index: index, count: count)) { try source.take(index) }
            }
        }
    }

    @Test func receivedBytesAreTheDeclaredOnes() throws {
        for (count, width) in [(0, 9), (9, 7), (64, 64)] {
            let dealt = try Dealt(domain, count: count, width: width, seed: 3)
            for (index, correlation) in dealt.plan.correlations.enumerated() {
                #expect(dealt.sources.server.receivedBytes[index] ?? 0 == correlation.correctionBytes.server)
                #expect(correlation.correctionBytes.client == 0)
            }
            #expect(dealt.sources.client.receivedBytes.isEmpty)
        }
    }

    /// A field has no digits of shares; whoever asks for them is told so.
    @Test func tablesAreForRings() throws {
        let field = PrimeField(try PrimeModulus(CorrelationExamples.primes[0]))
        let mask = CorrelationHandle(index: 0, kind: RingMask(count: 3, width: field.modulus.bits))
        let kinds: [any Correlation] = [
            MaskIndicators(mask: MaskView(mask), count: 3, width: 64, digits: [MaskDigit(low: 0, bits: 2)]),
            MaskedSumCorrelation(
                mask: MaskView(mask), count: 3, width: 64, functions: [.value],
                terms: [MaskedTerm(function: 0, exponent: 0)]),
        ]
        let dealer = try InsecureInProcessDealer(domain: field, seeds: InsecureSeededSource(1))
        for kind in kinds {
            let source = dealer.source(.server, plan: CorrelationPlan(correlations: [mask.kind, kind], weights: []))
            #expect(throws: InterpreterError.foreignDomain(domain: field.name, need: "digits of shares")) {
                try source.take(1)
            }
        }
    }

    @Test func maskedWeightsAreNeeded() throws {
        let plan = CorrelationExamples.plan(count: 4, width: 20)
        let dealer = try InsecureInProcessDealer(domain: Ring64(), seeds: InsecureSeededSource(1))
        let client = dealer.source(.client, plan: plan)
        for (index, correlation) in plan.correlations.enumerated() {
            guard let product = correlation as? ServerProductCorrelation else { continue }
            let name = plan.weights[product.weight.weight].name
            #expect(throws: PreprocessingError.missingWeight(name: name)) {
                try client.take(index)
            }
        }
    }

    /// Corrections that are too short, too long or not canonical are refused.
    @Test func malformedCorrections() throws {
        final class Stream: CorrectionStream {
            let isDealer = true
            let change: ([UInt8]) -> [UInt8]
            let engine: DealerEngine<Ring64>

            init(_ engine: DealerEngine<Ring64>, _ change: @escaping ([UInt8]) -> [UInt8]) {
                (self.engine, self.change) = (engine, change)
            }

            func corrections(_ index: Int, byteCount: Int) throws -> [UInt8] {
                change(try engine.corrections(index) ?? [])
            }
        }
        var seeds = InsecureSeededSource(4)
        let parties = ByParty(server: try seeds.nextSeed(), client: try seeds.nextSeed())
        let plan = CorrelationExamples.plan(count: 3, width: 11)
        let engine = DealerEngine(
            domain: domain, plan: plan, seeds: parties,
            weightMasks: WeightMasks(domain: domain, seed: try seeds.nextSeed()))
        for (index, correlation) in plan.correlations.enumerated() where correlation.correctionBytes.server > 0 {
            for change in [{ Array($0.dropLast()) }, { $0 + [0] }, { _ in [] }] as [([UInt8]) -> [UInt8]] {
                let source = DealtCorrelations(
                    domain: domain, plan: plan, party: .server, seed: parties.server, stream: Stream(engine, change),
                    maskedWeights: ReceivedWeights(domain))
                #expect(throws: PackingError.self) { try source.take(index) }
                // What failed once is spent.
                #expect(throws: PreprocessingError.alreadyUsed(index: index)) { try source.take(index) }
            }
        }
    }
}
