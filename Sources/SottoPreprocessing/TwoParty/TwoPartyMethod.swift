import SottoAlgebra
import SottoObliviousTransfer
import SottoRandomness
import SottoTransport

/// Server and client make all correlations by themselves, by oblivious transfer and lattice encryption, in rings
/// modulo powers of two.
package struct TwoPartyMethod: PreprocessingMethod {
    private let transfers: TransferPlan

    package init(_ transfers: TransferPlan = .standard) { self.transfers = transfers }

    package var name: String { "two-party" }
    package var usesDealer: Bool { false }

    /// Paths of what belongs to no operation of a program.
    package static let transferPath = "setup/transfers"
    package static let setupKeyPath = "setup/keys"
    package static let weightPath = "setup/weights/encrypted"
    package static let keyPath = "preprocessing/keys"
    package static let stepPath = "preprocessing/steps"
    package static let leftoverPath = "preprocessing/leftover"

    /// The schedule of a plan.
    ///
    /// Every product that a program of 64 bits asks for has its encryption; what two parties cannot make is not used by the
    /// suites that a target of this method has.
    private func schedule(
        _ plan: CorrelationPlan, _ memory: PreprocessingMemory = PreprocessingMemory()
    ) -> MakingSchedule {
        Self.holding { try MakingSchedule(plan, transfers, memory) }
    }

    private static func holding<Result>(_ body: () throws -> Result) -> Result {
        do {
            return try body()
        } catch {
            preconditionFailure("no encryption holds the products of this plan: \(error)")
        }
    }

    /// What of the server's matrices the client is to have; nil for nothing.
    func weights(of plan: CorrelationPlan, inferences: Int) -> EncryptedWeights? {
        Self.holding { try EncryptedWeights(plan, inferences: inferences, transfers) }
    }

    /// What a session has for its weights alone.
    private func memory(ofWeights plan: CorrelationPlan, inferences: Int) -> PreprocessingMemory {
        var memory = PreprocessingMemory()
        memory.weights = weights(of: plan, inferences: inferences)
        return memory
    }

    /// - Communication: the setup of OTs in both directions, 4 rounds, next to the first message keys for the plan, and behind the
    ///   last, in a round of their own, the server's matrices that are cheaper sent once.
    package func setupRows(_ plan: CorrelationPlan, inferences: Int) -> [PreprocessingRow] {
        let memory = memory(ofWeights: plan, inferences: inferences)
        let rows = [
            PreprocessingRow(
                path: Self.transferPath,
                cost: PreprocessingCost(
                    bytesSent: .both(TwoPartyMaker.setupBytes(transfers)), rounds: TwoPartyTransfers.setupRounds),
                isTimed: true),
            PreprocessingRow(
                path: Self.setupKeyPath, cost: PreprocessingCost(bytesSent: schedule(plan, memory).keyBytes()),
                isTimed: false),
        ]
        guard let weights = memory.weights else { return rows }
        let cost = PreprocessingCost(bytesSent: .only(.server, weights.bytes), rounds: 1)
        return rows + [PreprocessingRow(path: Self.weightPath, cost: cost, isTimed: false)]
    }

    package func memory(afterSetupOf plan: CorrelationPlan, inferences: Int) -> PreprocessingMemory {
        var memory = memory(ofWeights: plan, inferences: inferences)
        schedule(plan, memory).encryption?.keep(in: &memory)
        return memory
    }

    package func weightBytes(_ plan: CorrelationPlan, _ memory: PreprocessingMemory) -> [Int] {
        plan.weights.indices.map { memory.weights?.bytes(ofWeight: $0) ?? 0 }
    }

    /// - Communication: keys in 1 round where the session has others, and the trees of OTs that nobody uses. Everything else is
    ///   correlations'; their rounds, which all share, are a row of their own.
    package func offlineRows(
        _ plan: CorrelationPlan, _ memory: inout PreprocessingMemory
    ) -> [PreprocessingRow] {
        let schedule = schedule(plan, memory)
        let keyBytes = schedule.keyBytes(memory)
        let keys = PreprocessingCost(bytesSent: keyBytes, rounds: keyBytes.total > 0 ? 1 : 0)
        let steps = PreprocessingCost(rounds: schedule.rounds(keyBytes: keyBytes) - keys.rounds)
        schedule.encryption?.keep(in: &memory)
        return [
            PreprocessingRow(path: Self.keyPath, cost: keys, isTimed: false),
            PreprocessingRow(path: Self.stepPath, cost: steps, isTimed: false),
            PreprocessingRow(
                path: Self.leftoverPath, cost: PreprocessingCost(bytesSent: schedule.leftoverBytes), isTimed: false),
        ]
    }

    /// - Communication: ``MakingSchedule/costs``.
    package func costs(_ plan: CorrelationPlan, _ memory: PreprocessingMemory) -> [PreprocessingCost] {
        schedule(plan, memory).costs.map { PreprocessingCost(bytesSent: $0) }
    }

    package func largestFrame(of correlation: any Correlation) -> Int { correlation.products.bytes }

    // MARK: Replay

    package func replaySetup(
        _ plan: CorrelationPlan, inferences: Int, on link: Link, work: PreprocessingWork
    ) -> ByParty<Int> {
        var lines = ByParty.both(link)
        // The client's request comes first.
        var times = ByParty(server: link.delay, client: 0)
        let memory = memory(ofWeights: plan, inferences: inferences)
        // Of both directions at the same time, the first behind the keys.
        let keys = schedule(plan, memory).keyBytes()
        for (index, size) in transfers.setupMessages.enumerated() {
            exchange(ByParty { size + (index == 0 ? keys[$0] : 0) }, &lines, &times)
        }
        // The server encrypts one weight after the other; a weight's work counts with the first of its matrices.
        var done: Set<Int> = []
        for request in memory.weights?.requests ?? [] {
            let weight = request.matrix.weight.weight
            let isFirst = done.insert(weight).inserted
            times.server = times.server.advanced(byNanoseconds: isFirst ? work.weight(.server, weight) : 0)
            let arrival = lines.server.transmit(bytes: request.product.requestBytes, at: times.server)
            times.client = max(times.client, arrival)
                .advanced(byNanoseconds: isFirst ? work.weight(.client, weight) : 0)
        }
        return times
    }

    package func replayOffline(
        _ plan: CorrelationPlan, _ memory: PreprocessingMemory, on link: Link, work: PreprocessingWork
    ) -> ByParty<Int> {
        let schedule = schedule(plan, memory)
        var lines = ByParty.both(link)
        var times = ByParty.both(0)
        exchange(schedule.keyBytes(memory), &lines, &times)
        var users = [Int?](repeating: nil, count: plan.correlations.count)
        for use in plan.uses { for index in use.correlations { users[index] = use.instruction } }
        var done: Set<Int> = []
        for step in 0..<schedule.steps {
            for (group, stage) in schedule.work(in: step) where stage == 0 {
                for user in schedule.groups[group].compactMap({ users[$0] }) where done.insert(user).inserted {
                    for party in Party.allCases {
                        times[party] = times[party].advanced(byNanoseconds: work.preparation(party, user))
                    }
                }
            }
            exchange(schedule.bytes(inStep: step), &lines, &times)
        }
        return times
    }

    private func exchange(_ bytes: ByParty<Int>, _ lines: inout ByParty<Link>, _ times: inout ByParty<Int>) {
        let before = times
        for party in Party.allCases where bytes[party] > 0 {
            let arrival = lines[party].transmit(bytes: bytes[party], at: before[party])
            times[party.peer] = max(times[party.peer], arrival)
        }
    }

    // MARK: Parties

    package func party<Domain: ShareDomain>(
        _ session: PreprocessingSession<Domain>
    ) throws -> any PartyPreprocessing<Domain> {
        try TwoPartyParty(
            session.domain, session.party, transfers, threads: session.threads, root: SystemEntropy.seed())
    }

    package func insecureParties<Domain: ShareDomain>(
        _ domain: Domain, seeds: some SeedSource, threads: Int
    ) throws -> ByParty<any PartyPreprocessing<Domain>> {
        var seeds = seeds
        return try ByParty {
            try TwoPartyParty(domain, $0, transfers, threads: threads, root: seeds.nextSeed())
                as any PartyPreprocessing<Domain>
        }
    }
}
