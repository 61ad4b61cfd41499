import SottoAlgebra
import SottoObliviousTransfer
import SottoPreprocessing
import SottoRandomness
import SottoTransport
import TestSupport
import Testing

/// One party of a session without a dealer, and what it has made.
struct SessionEnd: @unchecked Sendable {
    /// Of no security, for small plans.
    static let transfers = TransferPlan(
        softSpoken: SoftSpoken(treeDepth: 8), bootstrap: [],
        main: FerretParameters(trees: 100, logBase: 8, depth: 5))

    /// What a session's setup is made for.
    struct Setup: Sendable {
        let plan: CorrelationPlan
        var inferences = 1
        var weights: [[UInt64]] = []
    }

    let party: Party
    let channel: RecordingChannel
    private let maker: TwoPartyMaker
    private var seeds: InsecureSeededSource
    private(set) var shares: [[CorrelationShare<[UInt64]>]] = []

    private init(
        _ party: Party, _ channel: RecordingChannel, seed: UInt64, _ setup: Setup?, threads: Int
    ) throws {
        self.party = party
        self.channel = channel
        seeds = InsecureSeededSource(seed)
        maker = try TwoPartyMaker(party, Self.transfers, threads: threads, seeds: &seeds)
        let sent = try maker.setUp(
            setup?.plan, inferences: setup?.inferences ?? 1, weights: party == .server ? setup?.weights ?? [] : [],
            over: channel)
        let rows = setup.map { TwoPartyMethod(Self.transfers).setupRows($0.plan, inferences: $0.inferences) }
        #expect(
            sent == rows?.reduce(.zero) { $0 + $1.cost.bytesSent } ?? .both(TwoPartyMaker.setupBytes(Self.transfers)))
    }

    mutating func make(_ plan: CorrelationPlan, weights: [[UInt64]]) throws {
        shares.append(
            try maker.make(plan, over: channel, weights: party == .server ? weights : [], seeds: &seeds))
    }

    /// Both parties of a session, on a thread each.
    static func both(
        seed: UInt64, setup: Setup? = nil, threads: Int = 1,
        _ body: @escaping @Sendable (inout SessionEnd) throws -> Void
    ) throws -> ByParty<SessionEnd> {
        let (server, client) = RecordingChannel.pair()
        let end = Background { try run(.server, server, seed, setup, threads, body) }
        let other = Result { try run(.client, client, seed, setup, threads, body) }
        return ByParty(server: try end.result(), client: try other.get())
    }

    private static func run(
        _ party: Party, _ channel: RecordingChannel, _ seed: UInt64, _ setup: Setup?, _ threads: Int,
        _ body: (inout SessionEnd) throws -> Void
    ) throws -> SessionEnd {
        do {
            var end = try SessionEnd(
                party, channel, seed: 2 * seed + (party == .server ? 0 : 1), setup, threads: threads)
            try body(&end)
            return end
        } catch {
            channel.close()
            throw error
        }
    }
}
