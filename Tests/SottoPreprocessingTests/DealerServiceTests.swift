import Foundation
import SottoAlgebra
import SottoPreprocessing
import SottoRandomness
import SottoSecureComputation
import SottoTransport
import Synchronization
import TestSupport
import Testing

/// What strangers can do to a dealer, and what it says of whom.
@Suite struct DealerServiceTests {
    private static let fingerprint = String(repeating: "a", count: 64)

    /// A dealer in this process, with a thread for each connection.
    private final class Dealer: Sendable {
        let service: DealerService<Ring64>
        private let ended = DispatchGroup()
        private let sessions = Mutex<[DealtSession]>([])
        private let errors = Mutex<[any Error]>([])

        init(_ limits: DealerLimits = DealerLimits(), planner: @escaping DealerService<Ring64>.Planner = plan) {
            service = DealerService(domain: Ring64(), limits: limits, planner: planner)
        }

        /// A new connection of `role`.
        func connect(_ role: String, timeout: Duration = .seconds(20)) -> InMemoryChannel {
            let (own, theirs) = InMemoryChannel.pair(names: (role, "dealer"), timeout: timeout)
            ended.enter()
            Thread.detachNewThread {
                defer { self.ended.leave() }
                do {
                    if let session = try self.service.serve(theirs, seeds: InsecureSeededSource(1)) {
                        self.sessions.withLock { $0.append(session) }
                    }
                } catch { self.errors.withLock { $0.append(error) } }
            }
            return own
        }

        func party(_ role: String, session: String = "s") throws -> DealerConnection {
            try DealerConnection(channel: connect(role), role: role, session: session)
        }

        /// All that was done, once every connection has ended.
        func end() -> (sessions: [DealtSession], errors: [any Error]) {
            ended.wait()
            return (sessions.withLock { $0 }, errors.withLock { $0 })
        }

        func waitUntil(waiting: Int) {
            let deadline = ContinuousClock.now + .seconds(10)
            while service.waitingParties != waiting, ContinuousClock.now < deadline {
                Thread.sleep(forTimeInterval: 0.002)
            }
        }
    }

    @Sendable private static func plan(_ description: String) throws -> DealerProgram {
        DealerProgram(fingerprint: fingerprint, plan: CorrelationExamples.plan(count: 9, width: 8))
    }

    /// A run of both parties.
    private func run(_ server: DealerConnection, _ client: DealerConnection) throws {
        let (fingerprint, ended) = (Self.fingerprint, DispatchSemaphore(value: 0))
        let channel = client.channel
        Thread.detachNewThread {
            let request = DealerRequest(sequence: 0, description: "d", fingerprint: fingerprint)
            try? channel.sendControl(Array((try? JSONEncoder().encode(request)) ?? Data()))
            _ = try? channel.receive(tag: FrameTag.dealerSeed)
            try? channel.sendControl([])
            ended.signal()
        }
        _ = try server.weightSeed()
        _ = try server.begin(description: "d", fingerprint: fingerprint)
        let plan = CorrelationExamples.plan(count: 9, width: 8)
        let corrections = server.corrections(of: plan, for: .server)
        for (index, correlation) in plan.correlations.enumerated() where correlation.correctionBytes.server > 0 {
            _ = try corrections.corrections(index, byteCount: correlation.correctionBytes.server)
        }
        try server.end()
        ended.wait()
    }

    @Test func aSessionIsDealtForAndCounted() throws {
        let dealer = Dealer()
        let (client, server) = (try dealer.party("client"), try dealer.party("server"))
        try run(server, client)
        client.close()
        let (sessions, errors) = dealer.end()
        #expect(errors.isEmpty && sessions.count == 1)
        #expect(sessions[0].runs == 1 && sessions[0].failure == nil && sessions[0].parties == ["server", "client"])
        let plan = CorrelationExamples.plan(count: 9, width: 8)
        #expect(sessions[0].bytes == 48 + plan.correctionBytes.total)
    }

    @Test(arguments: [
        "", " ", "a b", "\n", "\u{7F}", "é", String(repeating: "a", count: 65), String(repeating: "x", count: 9999),
    ])
    func sessionsHaveShortPrintableNames(name: String) throws {
        let dealer = Dealer()
        let connection = try dealer.party("client", session: name)
        #expect(throws: TransportError.self) { try connection.weightSeed() }
        #expect(dealer.end().errors.count == 1)
        #expect(!SessionName.isOne(name) && SessionName.isOne(String(repeating: "~", count: 64)))
    }

    @Test func onlyServersAndClientsAreServedAndEachOnce() throws {
        let dealer = Dealer()
        for role in ["dealer", "", "Server", String(repeating: "x", count: 60)] {
            let channel = dealer.connect("x")
            let hello = Handshake(version: WireProtocol.version, role: role, fields: ["session": "s"])
            _ = try hello.exchange(over: channel, expecting: [], peerRole: nil)
            let error = #expect(throws: TransportError.self) { try channel.receiveControl(limit: 0) }
            #expect(error?.category == .protocolViolation)
        }
        let first = try dealer.party("client")
        dealer.waitUntil(waiting: 1)
        let second = try dealer.party("client")
        #expect(throws: TransportError.self) { try second.weightSeed() }
        first.close()
        _ = dealer.end()
        #expect(dealer.service.waitingParties == 0)
    }

    @Test func whoLeavesWaitsNoLonger() throws {
        let dealer = Dealer()
        for index in 0..<50 { try dealer.party("server", session: "\(index)").close() }
        let (sessions, errors) = dealer.end()
        #expect(sessions.isEmpty && errors.count == 50)
        #expect(dealer.service.waitingParties == 0)
    }

    @Test func whoWaitsTooLongIsToldWhy() throws {
        let dealer = Dealer(DealerLimits(patience: .milliseconds(30)))
        let connection = try dealer.party("server")
        let error = #expect(throws: TransportError.self) { try connection.weightSeed() }
        #expect(error?.category == .unavailable)
        #expect("\(error.map { "\($0)" } ?? "")".contains("partner"))
        #expect(dealer.end().errors.first as? PreprocessingError == .partnerMissing(role: "server", seconds: 0.03))
    }

    /// Whoever came first goes, so that orphans keep nobody away.
    @Test func thereIsRoomForSoManyWhoWait() throws {
        let dealer = Dealer(DealerLimits(waiting: 3))
        var orphans: [DealerConnection] = []
        for index in 0..<8 { orphans.append(try dealer.party("client", session: "o\(index)")) }
        /// What the orphans were told, once so many of them were told something.
        func told(_ count: Int) -> [TransportError] {
            let deadline = ContinuousClock.now + .seconds(10)
            while true {
                let failures = orphans.compactMap(\.channel.failure)
                guard failures.count != count, ContinuousClock.now < deadline else { return failures }
                Thread.sleep(forTimeInterval: 0.002)
            }
        }
        func countBusy(_ failures: [TransportError]) -> Int {
            failures.count { if case .busy = $0 { true } else { false } }
        }
        #expect(countBusy(told(5)) == 5)
        #expect(dealer.service.waitingParties == 3)
        let (server, client) = (try dealer.party("server"), try dealer.party("client"))
        try run(server, client)
        client.close()
        #expect(countBusy(told(6)) == 6)
        dealer.service.dismissWaitingParties()
        let all = told(8)
        #expect(all.count == 8 && countBusy(all) == 6 && all.allSatisfy { $0.category == .unavailable })
        #expect(dealer.end().sessions.map(\.runs) == [1])
    }

    @Test func thereIsRoomForSoManySessions() throws {
        let dealer = Dealer(DealerLimits(sessions: 1))
        let (server, client) = (try dealer.party("server"), try dealer.party("client"))
        _ = try server.weightSeed()
        let others = [try dealer.party("server", session: "t"), try dealer.party("client", session: "t")]
        for other in others {
            let error = #expect(throws: TransportError.self) { try other.weightSeed() }
            guard case .busy? = error else {
                Issue.record("told \(error.map { "\($0)" } ?? "nothing")")
                continue
            }
        }
        client.close()
        _ = server
        let next = Dealer(DealerLimits(sessions: 1))
        for _ in 0..<3 {
            let (server, client) = (try next.party("server"), try next.party("client"))
            try run(server, client)
            client.close()
            while server.channel.failure == nil { Thread.sleep(forTimeInterval: 0.001) }
        }
        #expect(next.end().sessions.map(\.runs) == [1, 1, 1])
        #expect(dealer.end().sessions.count == 2)
    }

    /// Both parties learn who asked for what could not be read.
    @Test(arguments: [
        "", "{}", "[]", "null", #"{"sequence":0,"description":"d"}"#,
        #"{"sequence":1,"description":"d","fingerprint":"\#(fingerprint)"}"#,
        #"{"sequence":-9223372036854775808,"description":"d","fingerprint":"\#(fingerprint)"}"#,
        #"{"sequence":1e400,"description":"d","fingerprint":"\#(fingerprint)"}"#,
        #"{"sequence":0,"description":"d","fingerprint":"A"}"#,
    ])
    func requestsThatAreNoneEndTheirSession(request: String) throws {
        let dealer = Dealer()
        let (server, client) = (try dealer.party("server"), try dealer.party("client"))
        try client.channel.sendControl(Array(request.utf8))
        _ = try server.weightSeed()
        for party in [server, client] {
            let error = #expect(throws: TransportError.self) { try party.channel.receive(tag: FrameTag.dealerSeed) }
            #expect(error?.category == .protocolViolation)
            #expect("\(error.map { "\($0)" } ?? "")".contains("client"))
        }
        #expect(dealer.end().sessions.first?.failure is PreprocessingError)
    }

    /// A seed that comes again would be used again.
    @Test func aSeedServesOneRun() throws {
        let (dealer, party) = InMemoryChannel.pair(timeout: .seconds(20))
        let greeting = Background {
            _ = try Handshake(version: WireProtocol.version, role: "dealer", fields: [:])
                .exchange(over: dealer, expecting: [], peerRole: nil)
        }
        let connection = try DealerConnection(channel: party, role: "client", session: "s")
        try greeting.result()
        let seed = Frame(tag: FrameTag.dealerSeed, depth: 0, payload: [UInt8](repeating: 7, count: 16))
        for _ in 0..<2 { try dealer.send(seed) }
        _ = try connection.begin(description: "d", fingerprint: Self.fingerprint)
        try connection.end()
        #expect(throws: PreprocessingError.seedOfAnotherRun(0, expected: 1)) {
            try connection.begin(description: "d", fingerprint: Self.fingerprint)
        }
    }

    /// Nothing is dealt for parties that have left.
    @Test(arguments: ["server", "client"])
    func dealingEndsWhenAPartyHasLeft(leaver: String) throws {
        let count = 1 << 15
        let dealer = Dealer { _ in
            let items = [any Correlation](repeating: CorrelatedOT(count: count, width: 64), count: 4096)
            return DealerProgram(fingerprint: Self.fingerprint, plan: CorrelationPlan(correlations: items, weights: []))
        }
        let (server, client) = (try dealer.party("server"), try dealer.party("client"))
        let request = DealerRequest(sequence: 0, description: "d", fingerprint: Self.fingerprint)
        for party in [server, client] {
            try party.channel.sendControl(Array(try JSONEncoder().encode(request)))
        }
        _ = try client.channel.receive(tag: FrameTag.dealerSeed)
        (leaver == "server" ? server : client).close()
        let session = try #require(dealer.end().sessions.first)
        #expect(session.runs == 0 && session.bytes < 4096 * count * 8 / 4)
        #expect(session.failure as? TransportError == .peerClosed(peer: leaver))
        let other = leaver == "server" ? client : server
        guard case .unavailableBehind(_, let reason)? = other.channel.failure else {
            Issue.record("told \(other.channel.failure.map { "\($0)" } ?? "nothing")")
            return
        }
        #expect(reason.contains(leaver))
    }
}
