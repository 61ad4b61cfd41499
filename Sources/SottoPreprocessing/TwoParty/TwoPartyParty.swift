import SottoAlgebra
import SottoObliviousTransfer
import SottoRandomness
import SottoTransport

/// A party's side of a session without a dealer: the OTs' setup, then all correlations of a run before it.
///
/// - Complexity: Memory of all expanded correlations of a run, and at the client of ``KeptWeights``.
final class TwoPartyParty<Domain: ShareDomain>: PartyPreprocessing {
    private let domain: Domain
    private let party: Party
    private let maker: TwoPartyMaker
    private var seeds: SeedStream
    /// The server's, modulo their rings.
    private var weights: [[UInt64]] = []

    /// - Parameters:
    ///   - threads: that answer an encrypted request.
    ///   - root: of everything that the party draws.
    /// - Throws: ``PreprocessingError/ringsOnly`` for another domain than a ring modulo powers of two.
    init(_ domain: Domain, _ party: Party, _ transfers: TransferPlan, threads: Int, root: Seed) throws {
        guard let ring = domain as? Ring64 else { throw PreprocessingError.ringsOnly }
        self.domain = domain
        self.party = party
        seeds = SeedStream(root)
        maker = try TwoPartyMaker(party, transfers, ring: ring, threads: threads, seeds: &seeds)
    }

    func setUp(
        _ plan: CorrelationPlan, inferences: Int, weights: (String) throws -> [Int64], over peer: any Channel
    ) throws -> SetupRecord {
        if party == .server {
            self.weights = try plan.weights.map { weight in
                let values = try weights(weight.name)
                guard values.count == weight.count else {
                    throw PreprocessingError.weightSize(name: weight.name, expected: weight.count, got: values.count)
                }
                return Ring64().encode(values)
            }
        }
        var record = SetupRecord()
        record.bytesSent = try maker.setUp(plan, inferences: inferences, weights: self.weights, over: peer)
        record.work = maker.weightTimes.map { Int($0 / .nanoseconds(1)) }
        return record
    }

    func begin(_ run: PreprocessedRun, over peer: any Channel) throws -> any CorrelationSource<Domain> {
        let shares = try maker.make(run.plan, over: peer, weights: weights, seeds: &seeds)
        guard let made = shares as? [CorrelationShare<Domain.Elements>] else { throw PreprocessingError.ringsOnly }
        return MadeCorrelations(made, sentBytes: maker.sentBytes, times: maker.times)
    }

    func end() {}

    var channels: [any Channel] { [] }

    func close() {}
}

/// Correlations that were all made before, each given away once and then gone.
private final class MadeCorrelations<Domain: ShareDomain>: CorrelationSource {
    private var shares: [CorrelationShare<Domain.Elements>?]
    private let durations: [Duration]
    let sentBytes: [Int: Int]

    init(_ shares: [CorrelationShare<Domain.Elements>], sentBytes: [Int: Int], times: [Duration]) {
        self.shares = shares
        self.sentBytes = sentBytes
        durations = times
    }

    func take(_ index: Int) throws -> CorrelationShare<Domain.Elements> {
        guard shares.indices.contains(index) else {
            throw PreprocessingError.notInPlan(index: index, count: shares.count)
        }
        guard let share = shares[index] else { throw PreprocessingError.alreadyUsed(index: index) }
        shares[index] = nil
        return share
    }

    var receivedBytes: [Int: Int] { [:] }

    func times(of index: Int) -> CorrelationTimes {
        var times = CorrelationTimes()
        times.preparation = durations[index]
        return times
    }
}
