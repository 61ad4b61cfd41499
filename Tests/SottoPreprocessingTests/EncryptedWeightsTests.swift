import SottoAlgebra
import SottoLatticeEncryption
import SottoPreprocessing
import SottoRandomness
import SottoSecureComputation
import SottoTransport
import TestSupport
import Testing

/// Matrices of the server that the client has under encryption for a session.
@Suite struct EncryptedWeightsTests {
    /// Products of `rows x inner` masks with two matrices, one of them transposed and used twice, and of two shared matrices.
    private static func plan(rows: Int, inner: Int = 40, columns: Int = 24, width: Int = 40) -> CorrelationPlan {
        func client(_ index: Int, _ count: Int) -> CorrelationHandle<ClientMask> {
            CorrelationHandle(index: index, kind: ClientMask(count: count, width: width))
        }
        let shared = CorrelationHandle(index: 0, kind: RingMask(count: 100, width: width))
        let (first, second) = (client(1, rows * inner), client(2, rows * columns))
        func product(_ mask: CorrelationHandle<ClientMask>, _ weight: WeightView, k: Int, n: Int, bits: Int?)
            -> any Correlation
        {
            ServerProductCorrelation(
                mask: MaskView(mask), weight: weight, shape: .matrix(batch: 1, m: rows, k: k, n: n), width: width,
                magnitudeBits: bits)
        }
        let transposed = WeightView(weight: 1, maps: [.permute(shape: [inner, columns], order: [1, 0])])
        return CorrelationPlan(
            correlations: [
                shared.kind, first.kind, second.kind,
                product(first, WeightView(weight: 0), k: inner, n: columns, bits: 12),
                product(second, transposed, k: columns, n: inner, bits: nil),
                product(second, transposed, k: columns, n: inner, bits: nil),
                BeaverProductCorrelation(
                    left: MaskView(shared), right: MaskView(shared), shape: .matrix(batch: 1, m: 10, k: 10, n: 10),
                    width: width),
            ],
            weights: [
                WeightDeclaration(name: "a", shape: [inner, columns], width: 64, magnitudeBits: 12),
                WeightDeclaration(name: "b", shape: [inner, columns], width: 64),
            ])
    }

    /// Of the declared magnitudes, the ends among them.
    private static func weights(_ plan: CorrelationPlan, seed: UInt64) throws -> [[UInt64]] {
        var weights = try CorrelationExamples.weights(plan, Ring64(), seed: seed)
        weights[0] = weights[0].enumerated().map { index, word in
            let value = index < 2 ? [4096, -4096][index] : Int64(word % 8193) - 4096
            return UInt64(bitPattern: value)
        }
        return weights
    }

    private static let method = TwoPartyMethod(SessionEnd.transfers)

    /// Every run of a session is right and takes no request; shorter and longer runs use what the session has, and one of so many
    /// rows that nothing is proved of them does not.
    @Test func everyRunUsesWhatTheSetupSent() throws {
        let plans = [5, 5, 3, 8, 300].map { Self.plan(rows: $0) }
        let weights = try Self.weights(plans[0], seed: 1)
        let setup = SessionEnd.Setup(plan: plans[0], inferences: 1000, weights: weights)
        let ends = try SessionEnd.both(seed: 1, setup: setup) { end in
            for plan in plans { try end.make(plan, weights: weights) }
        }
        for (index, plan) in plans.enumerated() {
            try MadeCorrelations(
                domain: Ring64(), plan: plan, weights: weights, shares: ends.map { $0.shares[index] }
            ).check()
        }
        var memory = Self.method.memory(afterSetupOf: plans[0], inferences: 1000)
        var declared = Self.method.setupRows(plans[0], inferences: 1000).reduce(.zero) { $0 + $1.cost.bytesSent }
        for plan in plans {
            let rows = Self.method.offlineRows(plan, &memory)
            let costs = Self.method.costs(plan, memory)
            declared = (rows.map(\.cost) + costs).reduce(declared) { $0 + $1.bytesSent }
            for index in 3..<6 where memory.hasMatrix(of: plan.correlations[index]) {
                // The client alone says anything.
                #expect(costs[index].bytesSent.server == 0 && costs[index].bytesSent.client > 0)
            }
        }
        let kept = plans.map { plan in (3..<6).count { memory.hasMatrix(of: plan.correlations[$0]) } }
        #expect(kept == [3, 3, 3, 3, 0])
        #expect(ends.map { $0.channel.frames.reduce(0) { $0 + $1.payload.count } } == declared)
        // Shares are masked by the ring's uniform numbers: none is the product itself, and no run has another's.
        let shares = (0..<2).map { run in ends.map { $0.shares[run][3].products.tensors[0] } }
        #expect(Party.allCases.allSatisfy { shares[0][$0] != shares[1][$0] })
    }

    /// The choice is by bytes, matrix by matrix: none for one run, and from some number of runs on all of them; a session takes
    /// fewer bytes with than without exactly where it is made.
    @Test func whatIsSentOncePays() throws {
        let plan = Self.plan(rows: 40, inner: 256, columns: 128)
        let asked = Self.method.costs(plan, PreprocessingMemory()).reduce(0) { $0 + $1.bytesSent.total }
        let setup = Self.method.setupRows(plan, inferences: 1).reduce(0) { $0 + $1.cost.bytesSent.total }
        var kept: [Int] = []
        for inferences in [1, 2, 4, 8, 16, 32, 1000] {
            let rows = Self.method.setupRows(plan, inferences: inferences)
            let memory = Self.method.memory(afterSetupOf: plan, inferences: inferences)
            kept.append((3..<6).count { memory.hasMatrix(of: plan.correlations[$0]) })
            let once = rows.reduce(0) { $0 + $1.cost.bytesSent.total }
            let run = Self.method.costs(plan, memory).reduce(0) { $0 + $1.bytesSent.total }
            if kept.last == 0 {
                #expect(rows.count == 2 && once == setup && run == asked)
            } else {
                #expect(rows.last?.path == "setup/weights/encrypted" && rows.last?.cost.rounds == 1)
                #expect(once + inferences * run < setup + inferences * asked)
                #expect(rows.last?.cost.bytesSent.server == Self.method.weightBytes(plan, memory).reduce(0, +))
            }
        }
        #expect(kept.first == 0 && kept.last == 3 && kept == kept.sorted() && Set(kept).count > 1)
    }

    /// For more rows than anything is proved of, and in another ring, the client asks as without.
    @Test func otherProductsAreAskedFor() throws {
        let plan = Self.plan(rows: 5)
        let memory = Self.method.memory(afterSetupOf: plan, inferences: 1000)
        #expect(memory.hasMatrix(of: plan.correlations[3]) && !memory.hasMatrix(of: plan.correlations[6]))
        for other in [Self.plan(rows: 5, width: 39), Self.plan(rows: 5, inner: 41)] {
            #expect(!memory.hasMatrix(of: other.correlations[3]))
            #expect(Self.method.costs(other, memory) == Self.method.costs(other, PreprocessingMemory()))
        }
    }

    @Test func messagesAreTheSameForAnyNumberOfThreadsAndForAnyWeights() throws {
        let plan = Self.plan(rows: 70)
        func frames(_ seed: UInt64, threads: Int) throws -> ByParty<[[UInt8]]> {
            let weights = try Self.weights(plan, seed: seed)
            let setup = SessionEnd.Setup(plan: plan, inferences: 1000, weights: weights)
            return try SessionEnd.both(seed: 3, setup: setup, threads: threads) {
                try $0.make(plan, weights: weights)
            }.map { $0.channel.frames.map(\.payload) }
        }
        let (one, three, other) = (
            try frames(1, threads: 1), try frames(1, threads: 3), try frames(2, threads: 1)
        )
        #expect(one == three)
        #expect(one.map { $0.map(\.count) } == other.map { $0.map(\.count) } && one.server != other.server)
    }

    /// On a line that is all delay the weights take one round more, on one that is all rate their bytes.
    @Test func replaysHaveTheWeights() throws {
        let (plan, delay) = (Self.plan(rows: 5), 1_000_000)
        let line = Link(bitsPerSecond: 1e18, delay: delay)
        let method = TwoPartyMethod()
        let times = method.replaySetup(plan, inferences: 1000, on: line, work: .none)
        #expect(times == ByParty(server: 5 * delay, client: 6 * delay))
        var work = PreprocessingWork.none
        work.weight = { party, _ in party == .server ? 1000 : 10 }
        let worked = method.replaySetup(plan, inferences: 1000, on: line, work: work)
        #expect(worked == ByParty(server: 5 * delay + 2000, client: 6 * delay + 2010))
        let slow = Link(bitsPerSecond: 8e9, delay: 0)
        let bytes = method.setupRows(plan, inferences: 1000).reduce(.zero) { $0 + $1.cost.bytesSent }
        #expect(method.replaySetup(plan, inferences: 1000, on: slow, work: .none).client == bytes.server)
    }

    /// A server's matrix that is none: too short, too long, or with residues that are not below their prime.
    @Test(arguments: [
        MisbehavingChannel.Misdeed.extend(byteCount: 1), .truncate(byteCount: 5), .fill(0xFF),
    ]) func malformedWeightsAreRefused(misdeed: MisbehavingChannel.Misdeed) throws {
        let plan = Self.plan(rows: 5)
        let weights = try Self.weights(plan, seed: 1)
        let (server, client) = InMemoryChannel.pair(timeout: .seconds(20))
        let ends = ByParty<any Channel>(server: server, client: client)
        let run: @Sendable (Party) -> Result<Void, any Error> = { own in
            // Behind keys and four messages.
            let channel = own == .server ? MisbehavingChannel(ends[own], misdeeds: [5: misdeed]) : ends[own]
            defer { channel.close() }
            return Result {
                var seeds = InsecureSeededSource(own == .server ? 3 : 4)
                let maker = try TwoPartyMaker(own, SessionEnd.transfers, seeds: &seeds)
                _ = try maker.setUp(plan, inferences: 1000, weights: own == .server ? weights : [], over: channel)
            }
        }
        let other = Background { run(.server) }
        let result = run(.client)
        _ = try other.result()
        guard case .failure(let error) = result else {
            Issue.record("\(misdeed) was taken")
            return
        }
        switch error {
        case TransportError.unexpectedSize, PreprocessingError.malformedMaking: break
        default: Issue.record("\(misdeed) gave \(error)")
        }
    }
}
