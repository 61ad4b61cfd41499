import Foundation
import SottoAlgebra
import SottoPreprocessing
import SottoRandomness
import SottoTransport
import TestSupport
import Testing

/// Files that are none, that were changed, or that belong to others.
@Suite struct KeyFileFaultTests {
    private typealias Plot = KeySetFixture.Plot

    private func error(_ fixture: KeySetFixture, _ party: Party = .server) throws -> KeyFileError? {
        do {
            _ = try fixture.open(party)
            return nil
        } catch { return try #require(error as? KeyFileError) }
    }

    @Test func filesAreTheirOwnersAlone() throws {
        let fixture = try KeySetFixture()
        for party in Party.allCases {
            let path = fixture.url(party).path
            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            #expect(mode == 0o600)
            #expect(try fixture.bytes(party).count == fixture.lengths[party])
            try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: path)
            #expect(try error(fixture, party) == .readableByOthers)
        }
    }

    @Test(arguments: Party.allCases) func nothingIsOverwritten(there: Party) throws {
        let fixture = try KeySetFixture(runs: 1)
        let bytes = try fixture.bytes(there)
        try FileManager.default.removeItem(at: fixture.url(there.peer))
        #expect(throws: KeyFileError.exists(name: "\(there.name).keys")) {
            try KeySetFixture.writer.write(to: fixture.directory, runs: 1, seeds: SystemSeedSource()) { _ in
                DealtAheadRun(
                    name: "", program: DealerProgram(fingerprint: KeySetFixture.fingerprint, plan: KeySetFixture.plan))
            }
        }
        #expect(try fixture.bytes(there) == bytes)
        #expect(!FileManager.default.fileExists(atPath: fixture.url(there.peer).path))
    }

    @Test func whatCannotBeDealtLeavesNoFiles() throws {
        try withTemporaryDirectory { directory in
            let plans = [KeySetFixture.plan, KeySetFixture.otherPlan]
            for (runs, place) in [
                (2, directory), (0, directory), (65537, directory), (1, directory.appendingPathComponent("a/b")),
            ] {
                #expect(throws: KeyFileError.self) {
                    try KeySetFixture.writer.write(to: place, runs: runs, seeds: SystemSeedSource()) {
                        DealtAheadRun(
                            name: "", program: DealerProgram(fingerprint: KeySetFixture.fingerprint, plan: plans[$0]))
                    }
                }
                let left = try FileManager.default.contentsOfDirectory(atPath: directory.path)
                #expect(left.isEmpty)
            }
        }
    }

    @Test func aFileServesItsPartyItsTargetAndItsSet() throws {
        let (one, other) = (try KeySetFixture(), try KeySetFixture())
        let keys = try one.open(.server)
        #expect(throws: KeyFileError.otherParty(file: "server", party: "client")) {
            try keys.check(.client, target: KeySetFixture.target)
        }
        #expect(throws: KeyFileError.otherTarget(file: "the target", session: "another")) {
            try keys.check(.server, target: "another")
        }
        try keys.check(.server, target: KeySetFixture.target)
        let swapped = PreprocessingSession(
            domain: KeySetFixture.domain, party: .client, name: "s", threads: 1, pulse: Pulse(), keys: keys,
            dealer: { throw KeyFileError.notAgreed })
        #expect(throws: KeyFileError.otherParty(file: "server", party: "client")) { try DealerMethod().party(swapped) }
        let theirs = try other.open(.client)
        let ends = try one.session(server: keys, client: theirs)
        #expect(throws: KeyFileError.otherSet(ours: keys.set, theirs: theirs.set)) { try ends.server.get() }
        #expect(throws: (any Error).self) { try ends.client.get() }
        #expect(keys.cursor == 0 && theirs.cursor == 0)
    }

    @Test func aFileThatWasCutIsRefused() throws {
        let fixture = try KeySetFixture(runs: 2)
        let whole = try fixture.bytes(.server)
        for length in [0, 1, 4095, 4096, 8191, 12288, 12800, whole.count - 4096, whole.count - 1, whole.count + 1] {
            try fixture.replace(.server, Array((whole + [0]).prefix(length)))
            let expected: KeyFileError =
                length < 4096 ? .notAKeyFile : .wrongLength(expected: whole.count, actual: length)
            #expect(try error(fixture) == expected)
        }
        try fixture.replace(.server, whole)
        #expect(try error(fixture) == nil)
    }

    @Test func changedPartsAreNamed() throws {
        let fixture = try KeySetFixture(runs: 2)
        let whole = try fixture.bytes(.server)
        func opened(_ bytes: [UInt8]) throws -> KeyFileError? {
            try fixture.replace(.server, bytes)
            return try error(fixture)
        }
        #expect(try opened(whole.flipped(0)) == .notAKeyFile)
        #expect(try opened(whole.flipped(8, 2)) == .otherVersion(3, ours: 1))
        for place in [12, 16, 32, 36, 40, 48, 64, 96, 4095] {
            #expect(try opened(whole.flipped(place)) == .damaged(part: "its header"))
        }
        let states = KeyFilePlaces.states.reduce(whole) { $0.flipped($1 + 30) }
        #expect(try opened(states) == .damaged(part: "both copies of its state"))
        #expect(try opened(whole.flipped(KeyFilePlaces.seed(0, of: 2))) == .damaged(part: "the seed of run 0"))
        // Sizes that cannot be, under right checksums.
        for place in [32, 36, 40] {
            let header = KeyFilePlaces.sealed(whole.flipped(place + 3, 0x7F), 0, 4096)
            #expect(try opened(header) != nil)
        }
        #expect(try opened(KeyFilePlaces.sealed(whole.flipped(47, 0xFF), 0, 4096)) == .damaged(part: "its header"))
    }

    @Test func changedKeysEndTheSession() throws {
        let whole = try KeySetFixture(runs: 2)
        let (bytes, client) = (try whole.bytes(.server), try whole.bytes(.client))
        let (place, first) = (KeyFilePlaces.place(0), KeyFilePlaces.firstRun(of: 2))
        let changes: [(String, [UInt8])] = [
            ("the place of run 0", bytes.flipped(place + 40)),
            ("the place of run 0", KeyFilePlaces.sealed(bytes.flipped(place + 15, 0xFF), place, 256)),
            ("the place of run 0", KeyFilePlaces.sealed(bytes.flipped(place + 23, 0xFF), place, 256)),
            ("the place of run 0", KeyFilePlaces.sealed(bytes.flipped(place + 7, 0xFF), place, 256)),
            ("the place of run 0", KeyFilePlaces.sealed(bytes.flipped(place + 4, 0xFF), place, 256)),
            ("correction", bytes.flipped(first)), ("correction", bytes.flipped(first + 4)),
            ("correction", bytes.flipped(first + 11, 0xFF)), ("correction", bytes.flipped(first + 12)),
            ("correction", bytes.flipped(first + 16)),
        ]
        for (part, changed) in changes {
            try whole.replace(.server, changed)
            try whole.replace(.client, client)
            let end = try whole.session().server
            let error = #expect(throws: KeyFileError.self) { try end.get() }
            guard case .damaged(let named)? = error else {
                Issue.record("\(part): \(error.map { "\($0)" } ?? "nothing")")
                continue
            }
            #expect(named.hasPrefix(part))
        }
    }

    /// Whatever was changed: a typed error, or what is right.
    @Test func noChangeTrapsOrGivesAnythingElse() throws {
        let fixture = try KeySetFixture(runs: 1)
        let copies = try ByParty { try fixture.bytes($0) }
        let right = try fixture.use()
        var generator = SeededGenerator(Fuzzing.seed(5))
        for _ in 0..<150 * Fuzzing.factor {
            let party: Party = generator.next() % 2 == 0 ? .server : .client
            var bytes = copies[party]
            for _ in 0..<1 + generator.next() % 4 {
                // Most of a file is empty: where something stands is hit more often.
                let starts = [0, 4096, 8192, KeyFilePlaces.place(0), KeyFilePlaces.firstRun(of: 1)]
                let start = starts[Int(generator.next() % 5)]
                let index = min(start + Int(generator.next() % 300), bytes.count - 1)
                bytes[index] = UInt8(truncatingIfNeeded: generator.next())
            }
            for other in Party.allCases { try fixture.replace(other, other == party ? bytes : copies[other]) }
            do {
                let keys = try ByParty { try fixture.open($0) }
                let ends = try fixture.session(server: keys.server, client: keys.client)
                for party in Party.allCases {
                    guard case .success(let seen) = ends[party] else { continue }
                    #expect(seen.runs == right[party].runs)
                }
            } catch { #expect(error is KeyFileError) }
        }
    }

    @Test func whatIsNoFileIsRefused() throws {
        try withTemporaryDirectory { directory in
            #expect(throws: KeyFileError.self) { try KeyFile(path: directory.path) }
            #expect(throws: KeyFileError.self) { try KeyFile(path: directory.appendingPathComponent("none").path) }
            #expect(throws: KeyFileError.self) { try KeyFile(path: "") }
            let pipe = directory.appendingPathComponent("pipe").path
            #expect(mkfifo(pipe, 0o600) == 0)
            #expect(throws: KeyFileError.notRegular) { try KeyFile(path: pipe) }
        }
    }

    /// Who says nonsense of its file moves nobody's on.
    @Test(arguments: [
        "", "{}", "null", #"{"set":"SET","role":"client","cursor":-1}"#, #"{"set":"SET","role":"client","cursor":4}"#,
        #"{"set":"SET","role":"server","cursor":0}"#, #"{"set":"\u001b","role":"client","cursor":0}"#,
        #"{"set":"SET","role":"client","cursor":1e400}"#, #"{"set":"SET","role":"client","cursor":0,"weights":"x"}"#,
    ])
    func offersThatAreNoneAreRefused(offer: String) throws {
        let fixture = try KeySetFixture(runs: 3)
        let keys = try fixture.open(.server)
        let (own, theirs) = InMemoryChannel.pair(timeout: .seconds(20))
        try theirs.sendControl(Array(offer.replacing("SET", with: keys.set).utf8))
        #expect(throws: KeyFileError.malformedOffer(peer: "client")) { try KeySetFixture.side(.server, keys, own) }
        #expect(keys.cursor == 0)
        #expect(throws: (any Error).self) { try theirs.receive(tag: FrameTag.setupWeight(index: 0)) }
    }
}
