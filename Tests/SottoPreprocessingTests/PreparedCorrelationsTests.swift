import SottoAlgebra
import SottoPreprocessing
import SottoRandomness
import Testing

@Suite struct PreparedCorrelationsTests {
    private let domain = Ring64()

    private func source(_ plan: CorrelationPlan, party: Party) throws -> DealtCorrelations<Ring64> {
        let dealer = try InsecureInProcessDealer(domain: domain, seeds: InsecureSeededSource(7))
        let masked = try plan.weights.enumerated().map { index, weight in
            try dealer.weightMasks.masked(
                weight, index: index, value: CorrelationExamples.weights(plan, domain, seed: 3)[index],
                in: domain)
        }
        return dealer.source(party, plan: plan, maskedWeights: party == .client ? masked : [])
    }

    @Test(arguments: Party.allCases)
    func areThoseOfTheirSource(party: Party) throws {
        let plan = CorrelationExamples.plan(count: 9, width: 17)
        let direct = try source(plan, party: party)
        let prepared = try PreparedCorrelations(source(plan, party: party), plan: plan)
        #expect(
            prepared.receivedBytes.values.reduce(0, +) == plan.correctionBytes[party])
        // In another order than that of the plan.
        for index in plan.correlations.indices.reversed() {
            #expect("\(try prepared.take(index))" == "\(try direct.take(index))")
            #expect(prepared.times(of: index).preparation > .zero)
        }
        #expect(prepared.receivedBytes == direct.receivedBytes)
    }

    @Test func eachIsGivenAwayOnce() throws {
        let plan = CorrelationExamples.plan(count: 3, width: 8)
        let inner = try source(plan, party: .client)
        let prepared = try PreparedCorrelations(inner, plan: plan)
        for index in plan.correlations.indices {
            _ = try prepared.take(index)
            #expect(throws: PreprocessingError.alreadyUsed(index: index)) { try prepared.take(index) }
            // Nor can it be had around it.
            #expect(throws: PreprocessingError.alreadyUsed(index: index)) { try inner.take(index) }
        }
        for index in [-1, plan.correlations.count] {
            #expect(throws: PreprocessingError.notInPlan(index: index, count: plan.correlations.count)) {
                try prepared.take(index)
            }
        }
    }

    @Test func aSourceThatFailsPreparesNothing() throws {
        let plan = CorrelationExamples.plan(count: 3, width: 8)
        let dealer = try InsecureInProcessDealer(domain: domain, seeds: InsecureSeededSource(7))
        // Without the masked weights of the setup.
        #expect(throws: PreprocessingError.missingWeight(name: "a")) {
            try PreparedCorrelations(dealer.source(.client, plan: plan), plan: plan)
        }
    }
}
