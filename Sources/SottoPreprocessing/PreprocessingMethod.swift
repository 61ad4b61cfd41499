import SottoAlgebra
import SottoLatticeEncryption
import SottoRandomness
import SottoTransport

/// Where correlated randomness comes from, as everything else needs to know it: what it costs, how long that takes on a
/// network, and how a party gets it.
package protocol PreprocessingMethod: Sendable {
    /// As reports, handshakes and the command line name it.
    var name: String { get }
    /// Whether there is a third process.
    var usesDealer: Bool { get }

    /// The setup of a session.
    /// - Parameters:
    ///   - plan: of its first run; its weights are those of all.
    ///   - inferences: runs that the session is declared to have, at least 1: what is sent once may pay or not. It binds nobody.
    func setupRows(_ plan: CorrelationPlan, inferences: Int) -> [PreprocessingRow]
    /// What a session has for its runs after its setup.
    func memory(afterSetupOf plan: CorrelationPlan, inferences: Int) -> PreprocessingMemory
    /// What an inference needs that belongs to no single correlation and that the session does not have yet; then it has.
    func offlineRows(_ plan: CorrelationPlan, _ memory: inout PreprocessingMemory) -> [PreprocessingRow]
    /// What each correlation of a plan costs in a session that has so much.
    func costs(_ plan: CorrelationPlan, _ memory: PreprocessingMemory) -> [PreprocessingCost]
    /// Bytes that the setup sends of each weight of a plan.
    func weightBytes(_ plan: CorrelationPlan, _ memory: PreprocessingMemory) -> [Int]
    /// The payload bytes of the largest frame of a correlation's preprocessing.
    func largestFrame(of correlation: any Correlation) -> Int

    /// When either party is done with the setup, in nanoseconds, if the client asks for it at 0.
    func replaySetup(
        _ plan: CorrelationPlan, inferences: Int, on link: Link, work: PreprocessingWork
    ) -> ByParty<Int>
    /// When either party has what the online phase needs, in nanoseconds, if both ask at 0.
    /// - Parameter memory: what the session has before.
    func replayOffline(
        _ plan: CorrelationPlan, _ memory: PreprocessingMemory, on link: Link, work: PreprocessingWork
    ) -> ByParty<Int>

    /// A party's side, for a session.
    func party<Domain: ShareDomain>(_ session: PreprocessingSession<Domain>) throws -> any PartyPreprocessing<Domain>
    /// Both sides in one process, for simulations: whoever holds them can compute every secret.
    func insecureParties<Domain: ShareDomain>(
        _ domain: Domain, seeds: some SeedSource, threads: Int
    ) throws -> ByParty<any PartyPreprocessing<Domain>>
}

/// What the parties of a session keep from one run to the next, as far as costs depend on it.
package struct PreprocessingMemory: Sendable, Hashable {
    /// What either party has sent keys of encryption for.
    var keys: ByParty<Set<LatticeParameters>> = .both([])
    /// What the client has of the server's weights; they are sent in the setup alone.
    var weights: EncryptedWeights?

    package init() {}

    /// Whether a product is one with a matrix that the client has from the setup.
    package func hasMatrix(of correlation: any Correlation) -> Bool {
        guard let weights, let use = (correlation as? any TwoPartyCorrelation)?.serverMatrix else { return false }
        return weights.answer(use) != nil
    }
}

/// Bytes and rounds of a part of the preprocessing.
public struct PreprocessingCost: Sendable, Hashable {
    /// By sender.
    public var bytesSent: ByParty<Int>
    /// By receiver.
    public var dealerBytes: ByParty<Int>
    public var rounds: Int

    package init(bytesSent: ByParty<Int> = .zero, dealerBytes: ByParty<Int> = .zero, rounds: Int = 0) {
        self.bytesSent = bytesSent
        self.dealerBytes = dealerBytes
        self.rounds = rounds
    }
}

/// A row of a report.
package struct PreprocessingRow: Sendable, Hashable {
    /// As in `setup/weights/masked`.
    package let path: String
    package let cost: PreprocessingCost
    /// Whether the time that a setup was measured to take is this row's.
    package let isTimed: Bool

    package init(path: String, cost: PreprocessingCost, isTimed: Bool) {
        self.path = path
        self.cost = cost
        self.isTimed = isTimed
    }
}

/// What local work of preprocessing takes, in nanoseconds.
package struct PreprocessingWork {
    /// A party's preparation of an instruction's correlations.
    package var preparation: (Party, _ instruction: Int) -> Int
    /// The dealer's work on them.
    package var dealing: (_ instruction: Int) -> Int
    /// The work of either party on a weight in the setup.
    package var weight: (Party, _ weight: Int) -> Int

    package init(
        preparation: @escaping (Party, Int) -> Int, dealing: @escaping (Int) -> Int,
        weight: @escaping (Party, Int) -> Int
    ) {
        self.preparation = preparation
        self.dealing = dealing
        self.weight = weight
    }

    package static var none: PreprocessingWork {
        PreprocessingWork(preparation: { _, _ in 0 }, dealing: { _ in 0 }, weight: { _, _ in 0 })
    }
}

/// What a party brings to the preprocessing of a session.
package struct PreprocessingSession<Domain: ShareDomain> {
    package let domain: Domain
    package let party: Party
    /// Chosen by the server.
    package let name: String
    package let threads: Int
    /// Connects to the dealer, for a method that has one.
    package let dealer: () throws -> any Channel
    /// Tells others that this party works.
    package let pulse: Pulse
    /// What a dealer has dealt ahead, in place of the dealer.
    package let keys: KeyFile?

    package init(
        domain: Domain, party: Party, name: String, threads: Int, pulse: Pulse, keys: KeyFile? = nil,
        dealer: @escaping () throws -> any Channel
    ) {
        self.domain = domain
        self.party = party
        self.name = name
        self.threads = threads
        self.pulse = pulse
        self.keys = keys
        self.dealer = dealer
    }
}

/// One party's preprocessing, for as long as its session.
package protocol PartyPreprocessing<Domain>: AnyObject {
    associatedtype Domain: ShareDomain

    /// Makes the setup for the plan's weights, together with the peer's; once, before the first run.
    /// - Parameters:
    ///   - inferences: runs that the session is declared to have; the same at both parties.
    ///   - weights: the server's weights by name; not called at the client.
    func setUp(
        _ plan: CorrelationPlan, inferences: Int, weights: (String) throws -> [Int64], over peer: any Channel
    ) throws -> SetupRecord

    /// Makes or asks for the correlations of the next run, together with the peer's. What has to be said before a run is
    /// said here, for the whole plan and in its order.
    /// - Throws: `TransportError.refusedByPeer` where both parties' runs differ.
    func begin(_ run: PreprocessedRun, over peer: any Channel) throws -> any CorrelationSource<Domain>

    /// Says that the run begun last is done: from here on the session may stand idle.
    func end() throws

    /// Connections beside that to the peer, for whoever looks for the cause of a failure.
    var channels: [any Channel] { get }
    func close()
}

/// A run as preprocessing knows it.
package struct PreprocessedRun: Sendable {
    package let plan: CorrelationPlan
    /// Public description from which a dealer makes the program: architecture and lengths.
    package let description: String
    /// Fingerprint of the program.
    package let fingerprint: String
    /// What it is of, for errors.
    package let name: String

    package init(plan: CorrelationPlan, description: String, fingerprint: String, name: String = "another run") {
        self.name = name
        self.plan = plan
        self.description = description
        self.fingerprint = fingerprint
    }
}

/// What a party did and saw in a setup.
public struct SetupRecord: Sendable, Hashable {
    /// By sender, as this party saw them.
    public var bytesSent: ByParty<Int> = .zero
    /// Nanoseconds of work on every weight.
    public var work: [Int] = []

    package init() {}
}
