import Foundation
import SottoAlgebra
import SottoModel
import SottoPrivateTransformer
import SottoSecureComputation
import SottoSessions
import SottoTransport
import Testing

/// What a client may ask a server for, and what either tells the other.
@Suite struct SessionLimitTests {
    private let prompt = [1, 2, 3]

    @Test(arguments: [ForwardPass.Output.all, .blocks])
    func aServerOpensTheLastPositionUnlessToldOtherwise(output: ForwardPass.Output) throws {
        let fixture = try SessionFixture()
        let client = try fixture.client()
        let error = #expect(throws: TransportError.self) {
            output == .blocks
                ? try client.run(hidden: [Double](repeating: 0, count: 8))
                : try client.run(tokens: prompt, output: output)
        }
        #expect(error?.category == .protocolViolation)
        #expect("\(error.map { "\($0)" } ?? "")".contains("--allow-outputs"))
        let outcome = fixture.end()
        #expect(outcome.error as? SessionError == .notOffered(output, offered: [.last]))
        #expect(outcome.record == .init())
    }

    @Test func outputsAreOfferedByName() throws {
        let fixture = try SessionFixture(limits: SessionLimits(outputs: [.all]))
        let client = try fixture.client()
        #expect(try client.run(tokens: prompt, output: .all).values.count == 3 * 5)
        #expect(throws: TransportError.self) { try client.run(tokens: prompt, output: .last) }
        #expect(fixture.end().error as? SessionError == .notOffered(.last, offered: [.all]))
    }

    @Test func aSessionOpensSoManyPositions() throws {
        let fixture = try SessionFixture(limits: SessionLimits(outputs: [.last, .all], queries: 5))
        let client = try fixture.client()
        _ = try client.run(tokens: prompt, output: .all)
        _ = try client.run(tokens: prompt, output: .last)
        let error = #expect(throws: TransportError.self) { try client.run(tokens: [1, 2], output: .all) }
        #expect("\(error.map { "\($0)" } ?? "")".contains("--max-queries"))
        let outcome = fixture.end()
        #expect(outcome.error as? SessionError == .queriesUsedUp(asked: 2, left: 1))
        #expect(outcome.record.runs == 2 && outcome.record.opened == 4 && outcome.record.positions == 6)
    }

    @Test func runsBeyondTheBudgetAreRefused() throws {
        let fixture = try SessionFixture(limits: SessionLimits(budget: PassBudget(positions: 3)))
        let client = try fixture.client()
        _ = try client.run(tokens: prompt, output: .last)
        #expect(throws: TransportError.self) { try client.run(tokens: prompt + prompt, output: .last) }
        #expect(
            fixture.end().error as? PassBudgetError == PassBudgetError(quantity: "positions", asked: 6, limit: 3))
    }

    /// However long a client thinks, up to a limit of its own, and no heartbeat prolongs that.
    @Test func anIdleClientIsLetGo() throws {
        let fixture = try SessionFixture(limits: SessionLimits(idle: .milliseconds(50)))
        let client = try fixture.client()
        let outcome = fixture.end()
        #expect(outcome.error as? SessionError == .idle(seconds: 0.05))
        let error = #expect(throws: TransportError.self) { try client.run(tokens: prompt, output: .last) }
        #expect(error?.category == .unavailable)
    }

    /// A client's pause may be longer than the timeout.
    @Test func aPauseIsNoTimeout() throws {
        let fixture = try SessionFixture(timeout: .milliseconds(400))
        let client = try fixture.client()
        _ = try client.run(tokens: prompt, output: .last)
        Thread.sleep(forTimeInterval: 0.6)
        _ = try client.run(tokens: prompt, output: .last)
        client.close()
        #expect(fixture.end().error == nil)
    }

    @Test(arguments: [(true, true), (true, false), (false, true), (false, false)])
    func timesTravelIfBothWantIt(server: Bool, client: Bool) throws {
        let fixture = try SessionFixture(sharesTimes: server)
        let session = try fixture.client(sharesTimes: client)
        let run = try session.run(tokens: prompt, output: .last).accounted
        session.close()
        let outcome = fixture.end()
        #expect(outcome.error == nil)
        let other = try #require(outcome.runs.first)
        let areShared = server && client
        for (run, own) in [(run, Party.client), (other, .server)] {
            let peer = own.peer.rawValue
            #expect((run.times[peer].online > 0) == areShared)
            #expect(run.times[peer].setupWork.isEmpty != areShared)
            #expect(run.trace.times[peer].isEmpty != areShared)
            #expect((run.peakMemoryBytes?.values.allSatisfy { $0 > 0 } ?? false) == areShared)
            // One's own are always there, and bytes of both.
            #expect(run.times[own.rawValue].online > 0 && !run.trace.times[own.rawValue].isEmpty)
            #expect(run.cost == CostInterpreter().run(run.program))
            #expect(run.overheadBytesSent.values.allSatisfy { $0 > 0 })
        }
    }

    /// A report must be that of the program, message by message. It follows handshake, request and the setup's receipt.
    @Test(
        arguments: [
            #""bytes":\d+"# => #""bytes":9223372036854775807"#, #""bytes":\d+"# => #""bytes":1"#,
            #""depth":\d+"# => #""depth":4611686018427387904"#, #""sender":1"# => #""sender":0"#,
            #""instruction":\d+"# => #""instruction":-1"#, #""round":\d+"# => #""round":99"#,
            #""events":\["# => #""events":[{"instruction":0,"round":0,"sender":1,"bytes":1,"depth":1},"#,
            #""events":\[\{[^}]*\},"# => #""events":["#, #""dealerBytes":\{\}"# => #""dealerBytes":{"0":[0,5]}"#,
            #""overheadBytesSent":\d+"# => #""overheadBytesSent":-1"#,
            #""overheadBytesSent":\d+"# => #""overheadBytesSent":9223372036854775807"#,
            #"\{\}"# => #"{"0":{"preparation":1,"dealing":0,"steps":[1]}}"#, "^.*$" => "{}", "^.*$" => "",
            "^.*$" => "[1]",
            "^\\{" => #"{"peakMemoryBytes":1,"#,
        ])
    func aReportThatIsNotTheProgramsIsRefused(lie: Lie) throws {
        let fixture = try SessionFixture()
        let client = try fixture.client { AlteringChannel($0) { lie.tell($1, if: $0 == 3) } }
        // The client has the server's report by then, and may not hear of it.
        _ = try? client.run(tokens: prompt, output: .last)
        client.close()
        #expect(fixture.end().error as? SessionError == .foreignReport(peer: "client"), "\(lie)")
    }

    /// Sums beyond 64 bits of numbers that are each plausible.
    @Test(
        arguments: [
            #""preparation":\d+"# => #""preparation":1125899906842624"#, #""steps":\[\d+"# => #""steps":[-1"#,
            #""online":[0-9.e+-]+"# => #""online":1e300"#, #""setup":[0-9.e+-]+"# => #""setup":-1"#,
            #""setupWork":\["# => #""setupWork":[4611686018427387904,4611686018427387904,"#,
            #""peakMemoryBytes":\d+"# => #""peakMemoryBytes":9223372036854775807"#,
            #""steps":\["# => #""steps":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,"#,
        ])
    func impossibleTimesAreRefused(lie: Lie) throws {
        let fixture = try SessionFixture(sharesTimes: true)
        let client = try fixture.client(sharesTimes: true) { AlteringChannel($0) { lie.tell($1, if: $0 == 3) } }
        // The client has the server's report by then, and may not hear of it.
        _ = try? client.run(tokens: prompt, output: .last)
        client.close()
        #expect(fixture.end().error as? SessionError == .foreignReport(peer: "client"), "\(lie)")
    }
}

/// A message with one place changed.
struct Lie: Sendable, CustomStringConvertible {
    let pattern: String
    let replacement: String

    var description: String { "\(pattern) becomes \(replacement)" }

    func tell(_ message: [UInt8], if applies: Bool) -> [UInt8] {
        let text = String(decoding: message, as: UTF8.self)
        guard applies, let range = text.range(of: pattern, options: .regularExpression) else { return message }
        return Array(text.replacingCharacters(in: range, with: replacement).utf8)
    }
}

infix operator =>
func => (pattern: String, replacement: String) -> Lie { Lie(pattern: pattern, replacement: replacement) }
