import SottoAlgebra
import SottoRandomness
import SottoTransport

/// A third process deals correlated randomness: PRG-compressed, one party gets seeds and the other seeds and corrections.
package struct DealerMethod: PreprocessingMethod {
    package init() {}

    package var name: String { "dealer" }
    package var usesDealer: Bool { true }

    /// Paths of what belongs to no operation of a program.
    package static let maskedWeightsPath = "setup/weights/masked"
    package static let setupSeedPath = "setup/seeds/dealer"
    package static let inferenceSeedsPath = "preprocessing/seeds/dealer"

    /// - Communication: the masked weights in 1 round, and the dealer's seed to the server.
    package func setupRows(_ plan: CorrelationPlan, inferences: Int) -> [PreprocessingRow] {
        let bytes = plan.weights.reduce(0) { $0 + $1.wireBytes }
        return [
            PreprocessingRow(
                path: Self.maskedWeightsPath,
                cost: PreprocessingCost(bytesSent: .only(.server, bytes), rounds: bytes > 0 ? 1 : 0), isTimed: true),
            PreprocessingRow(
                path: Self.setupSeedPath, cost: PreprocessingCost(dealerBytes: .only(.server, Seed.byteCount)),
                isTimed: false),
        ]
    }

    package func memory(afterSetupOf plan: CorrelationPlan, inferences: Int) -> PreprocessingMemory {
        PreprocessingMemory()
    }

    package func weightBytes(_ plan: CorrelationPlan, _ memory: PreprocessingMemory) -> [Int] {
        plan.weights.map(\.wireBytes)
    }

    /// - Communication: a seed from the dealer to either party.
    package func offlineRows(
        _ plan: CorrelationPlan, _ memory: inout PreprocessingMemory
    ) -> [PreprocessingRow] {
        [
            PreprocessingRow(
                path: Self.inferenceSeedsPath, cost: PreprocessingCost(dealerBytes: ByParty.both(Seed.byteCount)),
                isTimed: false)
        ]
    }

    /// - Communication: the corrections.
    package func costs(_ plan: CorrelationPlan, _ memory: PreprocessingMemory) -> [PreprocessingCost] {
        plan.correlations.map { PreprocessingCost(dealerBytes: $0.correctionBytes) }
    }

    package func largestFrame(of correlation: any Correlation) -> Int { correlation.products.bytes }

    // MARK: Replay

    /// The server masks one weight after the other and sends it.
    package func replaySetup(
        _ plan: CorrelationPlan, inferences: Int, on link: Link, work: PreprocessingWork
    ) -> ByParty<Int> {
        var line = link
        var times = ByParty(server: link.delay, client: 0)
        for (index, weight) in plan.weights.enumerated() {
            times.server = times.server.advanced(byNanoseconds: work.weight(.server, index))
            times.client = max(times.client, line.transmit(bytes: weight.wireBytes, at: times.server))
            times.client = times.client.advanced(byNanoseconds: work.weight(.client, index))
        }
        return times
    }

    /// Each party has a link of its own to the dealer. When the dealer has heard both it sends either a seed, and one
    /// correction after the other as it makes them. A party prepares what has arrived.
    package func replayOffline(
        _ plan: CorrelationPlan, _ memory: PreprocessingMemory, on link: Link, work: PreprocessingWork
    ) -> ByParty<Int> {
        var links = ByParty.both(link)
        var dealer = link.delay
        var times = ByParty { links[$0].transmit(bytes: Seed.byteCount, at: dealer) }
        // By correlation: its instruction, and how many of the instruction's are still to come.
        var users = [Int?](repeating: nil, count: plan.correlations.count)
        var left: [Int: Int] = [:]
        for use in plan.uses {
            for index in use.correlations { users[index] = use.instruction }
            left[use.instruction] = use.correlations.count
        }
        var begun: Set<Int> = []
        for index in plan.streamOrder {
            guard let user = users[index] else { continue }
            if begun.insert(user).inserted { dealer = dealer.advanced(byNanoseconds: work.dealing(user)) }
            let bytes = plan.correlations[index].correctionBytes
            for party in Party.allCases where bytes[party] > 0 {
                times[party] = max(times[party], links[party].transmit(bytes: bytes[party], at: dealer))
            }
            left[user]! -= 1
            guard left[user] == 0 else { continue }
            for party in Party.allCases {
                times[party] = times[party].advanced(byNanoseconds: work.preparation(party, user))
            }
        }
        return times
    }

    // MARK: Parties

    package func party<Domain: ShareDomain>(
        _ session: PreprocessingSession<Domain>
    ) throws -> any PartyPreprocessing<Domain> {
        if let keys = session.keys { return try KeyFileParty(session, keys) }
        return try DealtParty(session)
    }

    package func insecureParties<Domain: ShareDomain>(
        _ domain: Domain, seeds: some SeedSource, threads: Int
    ) throws -> ByParty<any PartyPreprocessing<Domain>> {
        let dealer = try InsecureInProcessDealer(domain: domain, seeds: seeds, threads: threads)
        return ByParty { dealer.party($0) }
    }
}
