import SottoAlgebra
import SottoLatticeEncryption
import SottoObliviousTransfer
import SottoPreprocessing
import SottoRandomness
import SottoSecureComputation
import SottoTransport
import TestSupport
import Testing

/// What two parties make by themselves satisfies the equations of what a dealer makes.
@Suite struct TwoPartyCorrelationTests {
    @Test(arguments: CorrelationExamples.counts)
    func everyEquationHolds(count: Int) throws {
        let plans = CorrelationExamples.widths.map {
            CorrelationExamples.plan(count: count, width: $0, hasTables: false)
        }
        let weights = try plans.enumerated().map {
            try CorrelationExamples.weights($1, Ring64(), seed: UInt64($0))
        }
        let ends = try SessionEnd.both(seed: UInt64(count)) { end in
            for (plan, weights) in zip(plans, weights) { try end.make(plan, weights: weights) }
        }
        for (index, plan) in plans.enumerated() {
            try MadeCorrelations(
                domain: Ring64(), plan: plan, weights: weights[index], shares: ends.map { $0.shares[index] }
            ).check()
        }
    }

    /// Bytes by sender, messages and their order are those of the schedule.
    @Test(arguments: [(0, 9), (9, 7), (130, 33)])
    func bytesAndRoundsAreTheDeclaredOnes(count: Int, width: Int) throws {
        let plan = CorrelationExamples.plan(count: count, width: width, hasTables: false)
        let ends = try SessionEnd.both(seed: 5) { end in
            try end.make(plan, weights: try CorrelationExamples.weights(plan, Ring64(), seed: 1))
        }
        let schedule = try MakingSchedule(plan, SessionEnd.transfers)
        let declared = schedule.costs.reduce(schedule.leftoverBytes, +) + schedule.keyBytes()
        for party in Party.allCases {
            let frames = ends[party].channel.frames
            let setup = frames.prefix(4).reduce(0) { $0 + $1.payload.count }
            #expect(setup == TwoPartyMaker.setupBytes(SessionEnd.transfers))
            #expect(frames.dropFirst(4).reduce(0) { $0 + $1.payload.count } == declared[party])
        }
        #expect(schedule.steps == schedule.groups.count + 3)
        // By the frames' tags: a message of a step is one deeper than what its sender had taken in before that step.
        var clocks = ByParty<Int>.zero
        let frames = ends.map { $0.channel.frames.dropFirst(4) }
        for tag in Set(frames.values.flatMap { $0.map(\.tag) }).sorted() {
            let before = clocks
            for party in Party.allCases where frames[party].contains(where: { $0.tag == tag }) {
                clocks[party.peer] = max(clocks[party.peer], before[party] + 1)
            }
        }
        #expect(schedule.rounds(keyBytes: schedule.keyBytes()) == clocks.largest)
    }

    @Test func messagesAreTheSameForAnyNumberOfThreads() throws {
        let plan = CorrelationExamples.plan(count: 70, width: 33, hasTables: false)
        let weights = try CorrelationExamples.weights(plan, Ring64(), seed: 6)
        let payloads = try [1, 3].map { threads in
            try SessionEnd.both(seed: 6, threads: threads) { end in try end.make(plan, weights: weights) }
                .map { $0.channel.frames.map(\.payload) }
        }
        #expect(payloads[0] == payloads[1])
    }

    /// Products of long rows are made as such, under keys of both parties, and of exactly the declared bytes.
    @Test(arguments: [64, 20]) func productsOfLongRowsHold(width: Int) throws {
        let plan = CorrelationExamples.longRows(width: width)
        let ends = try SessionEnd.both(seed: 7) { end in try end.make(plan, weights: []) }
        try MadeCorrelations(domain: Ring64(), plan: plan, weights: [], shares: ends.map { $0.shares[0] }).check()
        let schedule = try MakingSchedule(plan, SessionEnd.transfers)
        let encryption = try #require(schedule.encryption)
        #expect(encryption.keepsRows && encryption.keepsDots && encryption.areRowKeysMutual)
        let (rows, elements) = (try #require(encryption.rows), encryption.elements)
        #expect(rows.packingLevels > 1 && elements == nil && schedule.keyBytes() == .both(rows.setupBytes))
        let declared = schedule.costs.reduce(schedule.leftoverBytes, +) + schedule.keyBytes()
        for party in Party.allCases {
            let frames = ends[party].channel.frames.dropFirst(4)
            #expect(frames.reduce(0) { $0 + $1.payload.count } == declared[party])
        }
        // Of two pairs of factors 99 thousand times, and two dot products' as many again: 139 bytes each, without rows.
        if width == 64 { #expect(declared.total < 139 * (2 * 98_925 + 150_000) * 2 / 3) }
    }

    /// A model's embedding, with many entries in a narrow ring, has a ring and keys of its own beside many layers'; products
    /// that are alike share one.
    @Test func productsOfOtherSizesHaveRingsOfTheirOwn() throws {
        func terms(_ inner: Int, _ columns: Int, width: Int) throws -> EncryptedTerms {
            EncryptedTerms(
                matrices: [
                    try MatrixProduct(rows: 128, inner: inner, columns: columns, width: width, magnitudeBits: width - 1)
                ])
        }
        let layers = try [(768, 2304), (768, 3072), (3072, 768)].map { try terms($0.0, $0.1, width: 46) }
        let embedding = try terms(50257, 768, width: 30)
        let alike = try #require(try PlanEncryption(for: layers))
        let apart = try #require(try PlanEncryption(for: layers + [embedding]))
        #expect(alike.matrices.count == 1 && apart.matrices.count == 2 && apart.matrices[1] == alike.matrices[0])
        #expect(apart.keys(of: .client) == apart.matrices && apart.keys(of: .server).isEmpty)
        let together = try LatticeParameters.smallest(for: (layers + [embedding]).flatMap(\.matrices))
        func bytes(_ product: EncryptedProduct) -> Int { product.requestBytes + product.responseBytes }
        let products = (layers + [embedding]).flatMap(\.matrices)
        let own = try products.reduce(apart.keyBytes().total) { $0 + bytes(try apart.product($1)) }
        let shared = try products.reduce(together.setupBytes) { $0 + bytes(try EncryptedProduct($1, together)) }
        #expect(own < shared)
        #expect(try apart.product(embedding.matrices[0]).parameters == apart.matrices[0])
        #expect(try apart.product(layers[0].matrices[0]).parameters == apart.matrices[1])
    }

    /// Of two shared matrices either party encrypts the smaller one and answers for the other: as many bytes from both, and as
    /// many for a product as for its transpose.
    @Test func eitherPartyEncryptsTheSmallerMatrix() throws {
        let plans = [(40, 9), (9, 40)].map { CorrelationExamples.matrices(m: $0.0, k: 24, n: $0.1) }
        let bytes = try plans.map { plan in
            let ends = try SessionEnd.both(seed: 11) { end in try end.make(plan, weights: []) }
            try MadeCorrelations(domain: Ring64(), plan: plan, weights: [], shares: ends.map { $0.shares[0] }).check()
            let schedule = try MakingSchedule(plan, SessionEnd.transfers)
            let encryption = try #require(schedule.encryption)
            let mutual = try #require(encryption.mutual)
            #expect(encryption.matrices.isEmpty && Party.allCases.allSatisfy { encryption.keys(of: $0) == [mutual] })
            let declared = schedule.costs.reduce(.zero, +)
            #expect(declared.server == declared.client)
            for party in Party.allCases {
                let frames = ends[party].channel.frames.dropFirst(4)
                #expect(frames.reduce(0) { $0 + $1.payload.count } == declared[party] + mutual.setupBytes)
            }
            return declared
        }
        #expect(bytes[0] == bytes[1])
    }

    /// Products of many elements are encrypted, those of few are made by OT: each of exactly the declared bytes.
    @Test(arguments: [64, 20]) func productsOfManyElementsHold(width: Int) throws {
        let plan = CorrelationExamples.manyElements(width: width)
        let weights = try CorrelationExamples.weights(plan, Ring64(), seed: 2)
        let ends = try SessionEnd.both(seed: 9) { end in try end.make(plan, weights: weights) }
        try MadeCorrelations(domain: Ring64(), plan: plan, weights: weights, shares: ends.map { $0.shares[0] }).check()
        let schedule = try MakingSchedule(plan, SessionEnd.transfers)
        #expect(schedule.encryption?.elements != nil)
        let declared = schedule.costs.reduce(schedule.leftoverBytes, +) + schedule.keyBytes()
        for party in Party.allCases {
            let frames = ends[party].channel.frames.dropFirst(4)
            #expect(frames.reduce(0) { $0 + $1.payload.count } == declared[party])
        }
        // Of a few nothing is encrypted but matrices.
        let few = try #require(
            try MakingSchedule(CorrelationExamples.plan(count: 9, width: width, hasTables: false)).encryption)
        #expect(few.elements == nil && few.rows == nil && few.matrices.count == 1)
    }

    /// Of the trees that OTs come from each correlation has its part, to a byte; what nobody uses is no one's.
    @Test func treesAreSharedInProportion() throws {
        let counts = [1000, 0, 3000, 20_000]
        let kinds = counts.map { BitNumberProducts(count: $0, widths: ByParty(server: [40], client: [7, 9])) }
        let schedule = try MakingSchedule(CorrelationPlan(correlations: kinds, weights: []))
        let (plan, total) = (TransferPlan.standard, kinds.reduce(.zero) { $0 + $1.transfers })
        for party in Party.allCases {
            let bytes = plan.runBytes(total[party]) - plan.leftoverBytes(total[party])
            let shares = schedule.transferBytes.map { $0[party] }
            #expect(bytes > 1000 && schedule.leftoverBytes[party] == plan.leftoverBytes(total[party]))
            #expect(shares.reduce(0, +) == bytes)
            for (share, kind) in zip(shares, kinds) {
                #expect(abs(share * total[party] - bytes * kind.transfers[party]) < total[party])
            }
        }
    }

    /// On a line that is all delay every round takes it once: four in the setup, and no more offline than there are messages.
    @Test func replaysTakeEveryRoundOnce() throws {
        let plan = CorrelationExamples.plan(count: 9, width: 20, hasTables: false)
        let (method, delay) = (TwoPartyMethod(), 1_000_000)
        let link = Link(bitsPerSecond: 1e18, delay: delay)
        // Behind the client's request, which the server waits for.
        let request = ByParty(server: delay, client: 0)
        #expect(
            method.replaySetup(plan, inferences: 1, on: link, work: .none) == .both(4 * delay) + request)
        for kept in [PreprocessingMemory(), method.memory(afterSetupOf: plan, inferences: 1)] {
            var memory = kept
            let rows = method.offlineRows(plan, &memory)
            let rounds = rows.reduce(0) { $0 + $1.cost.rounds }
            let (schedule, isKept) = (try MakingSchedule(plan), kept != PreprocessingMemory())
            let bytes = schedule.leftoverBytes + (isKept ? .zero : schedule.keyBytes())
            #expect(rows.reduce(.zero) { $0 + $1.cost.bytesSent } == bytes)
            #expect(rounds == schedule.rounds(keyBytes: isKept ? .zero : schedule.keyBytes()))
            #expect(method.replayOffline(plan, kept, on: link, work: .none).largest == rounds * delay)
            #expect(memory == method.memory(afterSetupOf: plan, inferences: 1))
        }
        // And one that is all rate takes every byte of the busier direction once.
        let slow = Link(bitsPerSecond: 8e9, delay: 0)
        let setup = method.setupRows(plan, inferences: 1).reduce(.zero) { $0 + $1.cost.bytesSent }
        #expect(method.replaySetup(plan, inferences: 1, on: slow, work: .none) == .both(setup.largest))
    }

    /// A session's keys are sent once: in its setup for the plan that it has, and in a run for what it has no keys for.
    @Test func keysAreSentOnce() throws {
        let plans = [(9, 20), (11, 20), (9, 64), (9, 20)].map {
            CorrelationExamples.plan(count: $0.0, width: $0.1, hasTables: false)
        }
        let weights = try plans.map { try CorrelationExamples.weights($0, Ring64(), seed: 1) }
        let schedules = try plans.map { try MakingSchedule($0, SessionEnd.transfers) }
        // Counts are rounded up to the same sizes; other widths have other keys.
        #expect(
            schedules[0].encryption == schedules[1].encryption && schedules[0].encryption != schedules[2].encryption)
        let first = plans[0]
        let ends = try SessionEnd.both(seed: 8, setup: SessionEnd.Setup(plan: first)) { end in
            for (plan, weights) in zip(plans, weights) { try end.make(plan, weights: weights) }
        }
        for (index, plan) in plans.enumerated() {
            try MadeCorrelations(
                domain: Ring64(), plan: plan, weights: weights[index], shares: ends.map { $0.shares[index] }
            ).check()
        }
        var (memory, declared) = (PreprocessingMemory(), ByParty<Int>.zero)
        for schedule in schedules {
            declared = schedule.costs.reduce(declared + schedule.leftoverBytes + schedule.keyBytes(memory), +)
            schedule.encryption?.keep(in: &memory)
        }
        let setup = ByParty.both(TwoPartyMaker.setupBytes(SessionEnd.transfers))
        #expect(ends.map { $0.channel.frames.reduce(0) { $0 + $1.payload.count } } == declared + setup)
    }

    /// A peer whose messages are too short or too long, whichever of them: refused as its fault, and never a trap or a wait.
    @Test(arguments: Party.allCases, 0..<6) func messagesOfOtherSizesAreRefused(party: Party, frame: Int) throws {
        let plan = CorrelationExamples.plan(count: 9, width: 20, hasTables: false)
        let weights = try CorrelationExamples.weights(plan, Ring64(), seed: 1)
        // The setup's last message is empty where there is no bootstrap.
        let misdeeds: [MisbehavingChannel.Misdeed] =
            [.extend(byteCount: 1)] + (frame == 3 ? [] : [.truncate(byteCount: 5)])
        for misdeed in misdeeds {
            let (server, client) = InMemoryChannel.pair(timeout: .seconds(20))
            let ends = ByParty<any Channel>(server: server, client: client)
            let run: @Sendable (Party) -> Result<Void, any Error> = { own in
                let channel = own == party ? MisbehavingChannel(ends[own], misdeeds: [frame: misdeed]) : ends[own]
                defer { channel.close() }
                return Result {
                    var seeds = InsecureSeededSource(own == .server ? 3 : 4)
                    let maker = try TwoPartyMaker(own, SessionEnd.transfers, seeds: &seeds)
                    _ = try maker.setUp(over: channel)
                    _ = try maker.make(plan, over: channel, weights: own == .server ? weights : [], seeds: &seeds)
                }
            }
            let other = Background { run(party.peer) }
            _ = run(party)
            let result = try other.result()
            guard case .failure(let error) = result else {
                Issue.record("\(misdeed) of frame \(frame) was taken")
                continue
            }
            switch error {
            case TransportError.unexpectedSize, PreprocessingError.malformedMaking: break
            default: Issue.record("\(misdeed) of frame \(frame) gave \(error)")
            }
        }
    }

    /// With other weights and other secrets everything that travels has the same size, and looks uniform but for the
    /// primes of the encryption.
    @Test func whatTravelsHasTheSameSizes() throws {
        let plan = CorrelationExamples.plan(count: 64, width: 33, hasTables: false)
        func sizes(_ seed: UInt64) throws -> ByParty<[Int]> {
            try SessionEnd.both(seed: seed) { end in
                try end.make(plan, weights: try CorrelationExamples.weights(plan, Ring64(), seed: seed))
            }.map { $0.channel.frames.map(\.payload.count) }
        }
        #expect(try sizes(1) == sizes(2))
    }
}
