import Foundation
import SottoAlgebra
import SottoPreprocessing
import SottoRandomness
import SottoTransport
import TestSupport
import Testing

/// A run's keys are given out once, whatever happens in between.
@Suite struct KeyFileUseTests {
    private typealias Plot = KeySetFixture.Plot

    /// Every kind of correlation, to the bit, and as many bytes.
    @Test func whatIsReadIsWhatADealerDeals() throws {
        let fixture = try KeySetFixture(seed: 7)
        let plan = KeySetFixture.plan
        let seen = try fixture.use()
        let dealer = try InsecureInProcessDealer(domain: KeySetFixture.domain, seeds: InsecureSeededSource(7))
        let values = try CorrelationExamples.weights(plan, KeySetFixture.domain, seed: 3)
        let domain = KeySetFixture.domain
        let masked = try plan.weights.enumerated().map { index, weight in
            let whole = try dealer.weightMasks.masked(weight, index: index, value: values[index], in: domain)
            // As it arrives.
            return try domain.unpack(
                domain.pack(whole, width: weight.width), count: weight.count, width: weight.width)
        }
        for party in Party.allCases {
            let direct = dealer.source(party, plan: plan, maskedWeights: party == .client ? masked : [])
            #expect(try seen[party].runs == [plan.streamOrder.map { "\(try direct.take($0))" }])
            #expect(seen[party].received == [plan.correctionBytes[party]])
            #expect(seen[party].setup.bytesSent.server == plan.weights.reduce(0) { $0 + $1.wireBytes })
        }
    }

    @Test func whoComesBackGetsTheNextRun() throws {
        let fixture = try KeySetFixture(runs: 3)
        let whole = try KeySetFixture(runs: 3).use(Plot(runs: 3))
        for run in 0..<3 {
            let seen = try fixture.use()
            for party in Party.allCases { #expect(seen[party].runs == [whole[party].runs[run]]) }
            #expect(try fixture.open(.server).cursor == run + 1)
            #expect(try fixture.open(.client).cursor == run + 1)
        }
        for party in Party.allCases { #expect(Set(whole[party].runs).count == 3) }
        let end = try fixture.session()
        #expect(throws: KeyFileError.usedUp(runs: 3)) { try end.server.get() }
        #expect(throws: KeyFileError.usedUp(runs: 3)) { try end.client.get() }
    }

    @Test func oneSessionHasNoMoreRunsThanTheFile() throws {
        let fixture = try KeySetFixture(runs: 2)
        let ends = try fixture.session(Plot(runs: 3))
        #expect(throws: KeyFileError.usedUp(runs: 2)) { try ends.server.get() }
    }

    /// What the disk has between the advance and the first byte: beyond the run, and without its seed.
    @Test(arguments: Party.allCases) func aCrashLosesTheRun(party: Party) throws {
        let fixture = try KeySetFixture(runs: 3)
        let before = try fixture.bytes(party)
        let keys = try ByParty { try fixture.open($0) }
        _ = try fixture.session(server: keys.server, client: keys.client, Plot(isFinished: false))
        let after = try fixture.bytes(party)
        let seeds = KeyFilePlaces.seed(0, of: 3)..<KeyFilePlaces.seed(1, of: 3)
        #expect(before[seeds].contains { $0 != 0 } && after[seeds].allSatisfy { $0 == 0 })
        #expect(
            after[seeds.upperBound..<KeyFilePlaces.seed(3, of: 3)]
                == before[seeds.upperBound..<KeyFilePlaces.seed(3, of: 3)])
        #expect(after[4096..<4096 + 128] == after[8192..<8192 + 128] && after[4096...] != before[4096...])
        withExtendedLifetime(keys) {}
    }

    /// Either copy of the state is enough, and without the seed an older state gives nothing either.
    @Test func aStateThatWasTornIsNoWayBack() throws {
        let fixture = try KeySetFixture(runs: 3)
        let fresh = try fixture.bytes(.server)
        _ = try fixture.use(Plot(runs: 2))
        let used = try fixture.bytes(.server)
        for state in KeyFilePlaces.states {
            try fixture.replace(.server, used.flipped(state + 30))
            #expect(try fixture.open(.server).cursor == 2)
        }
        try fixture.replace(.server, Array(fresh[..<KeyFilePlaces.place(0)] + used[KeyFilePlaces.place(0)...]))
        #expect(try fixture.open(.server).cursor == 2)
    }

    /// A dead process leaves the corrections; who opens the file next overwrites them.
    @Test func usedKeysAreZeros() throws {
        let fixture = try KeySetFixture(runs: 2)
        let fresh = try fixture.bytes(.server)
        let start = KeyFilePlaces.firstRun(of: 2)
        let end = start + (fresh.count - start) / 2
        #expect(fresh[start..<end].contains { $0 != 0 })
        do {
            let keys = try ByParty { try fixture.open($0) }
            _ = try fixture.session(server: keys.server, client: keys.client)
            let used = try fixture.bytes(.server)
            #expect(used[start..<end].allSatisfy { $0 == 0 } && used[end...] == fresh[end...])
        }
        // As if the process had ended before it erased: the state before, the corrections still there.
        let erased = try fixture.bytes(.server)
        var dead = erased
        dead.replaceSubrange(start..<end, with: fresh[start..<end])
        for state in KeyFilePlaces.states {
            // Runs that are erased.
            dead[state + 28] = 0
            dead = KeyFilePlaces.sealed(dead, state, 128)
        }
        try fixture.replace(.server, dead)
        _ = try fixture.open(.server)
        #expect(try fixture.bytes(.server) == erased)
    }

    /// Nobody can tell: the documentation says so.
    @Test func aRestoredCopyIsNotDetected() throws {
        let fixture = try KeySetFixture(runs: 2)
        let copies = try ByParty { try fixture.bytes($0) }
        let first = try fixture.use()
        for party in Party.allCases { try fixture.replace(party, copies[party]) }
        #expect(try fixture.use().server.runs == first.server.runs)
    }

    /// Of one file alone it does no harm: both parties go on from the later place.
    @Test(arguments: Party.allCases) func bothSkipToTheLaterRun(behind: Party) throws {
        let fixture = try KeySetFixture(runs: 4)
        let whole = try KeySetFixture(runs: 4).use(Plot(runs: 4))
        let copy = try fixture.bytes(behind)
        _ = try fixture.use(Plot(runs: 2))
        try fixture.replace(behind, copy)
        #expect(try fixture.open(behind).cursor == 0)
        let seen = try fixture.use()
        for party in Party.allCases {
            #expect(seen[party].runs == [whole[party].runs[2]])
            #expect(try fixture.open(party).cursor == 3)
        }
        let left = try fixture.bytes(behind)
        #expect(left[KeyFilePlaces.seed(0, of: 4)..<KeyFilePlaces.seed(3, of: 4)].allSatisfy { $0 == 0 })
    }

    @Test func weightsAreMaskedOnceButForThemselves() throws {
        let fixture = try KeySetFixture(runs: 3)
        _ = try fixture.use(Plot(weightSeed: 3))
        _ = try fixture.use(Plot(weightSeed: 3))
        let other = try fixture.session(Plot(weightSeed: 4))
        #expect(throws: KeyFileError.otherWeights) { try other.server.get() }
        #expect(throws: (any Error).self) { try other.client.get() }
        #expect(try fixture.open(.server).cursor == 2)
        // A copy of the server's file from before knows of no weights, but the client's does.
        let copied = try KeySetFixture(runs: 3)
        let copy = try copied.bytes(.server)
        _ = try copied.use(Plot(weightSeed: 3))
        try copied.replace(.server, copy)
        let refused = try copied.session(Plot(weightSeed: 4))
        #expect(throws: KeyFileError.otherWeights) { try refused.server.get() }
        _ = try copied.use(Plot(weightSeed: 3))
        // Nor do other weights bind the set before it is clear that they are its own.
        let strange = try KeySetFixture(runs: 1)
        var plot = Plot()
        plot.plan = KeySetFixture.otherPlan
        let ends = try strange.session(plot)
        #expect(throws: KeyFileError.otherModel) { try ends.server.get() }
        _ = try strange.use()
    }

    @Test func aRunOfAnotherProgramIsRefusedAndCostsNothing() throws {
        let fixture = try KeySetFixture(runs: 1)
        let ends = try fixture.session(Plot(fingerprint: String(repeating: "0", count: 64)))
        for party in Party.allCases {
            #expect(throws: KeyFileError.otherRun(number: 0, holds: "run 0", wanted: "what is wanted")) {
                try ends[party].get()
            }
        }
        _ = try fixture.use()
    }

    @Test func oneSessionAtATimeHasTheFile() throws {
        let fixture = try KeySetFixture(runs: 2)
        let keys = try fixture.open(.server)
        #expect(throws: KeyFileError.inUse) { try KeyFile(path: fixture.url(.server).path) }
        let session = PreprocessingSession(
            domain: KeySetFixture.domain, party: .server, name: "s", threads: 1, pulse: Pulse(), keys: keys,
            dealer: { throw KeyFileError.notAgreed })
        let first = try DealerMethod().party(session)
        #expect(throws: KeyFileError.inUse) { try DealerMethod().party(session) }
        first.close()
        let second = try DealerMethod().party(session)
        #expect(throws: KeyFileError.notAgreed) {
            try second.begin(
                PreprocessedRun(plan: KeySetFixture.plan, description: "", fingerprint: KeySetFixture.fingerprint),
                over: InMemoryChannel.pair().0)
        }
        #expect(keys.cursor == 0)
    }
}
