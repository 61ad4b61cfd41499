import Foundation
import SottoAlgebra
import SottoCostModel
import SottoModel
import SottoPreprocessing
import SottoPrivateTransformer
import SottoRandomness
import SottoSecureComputation
import SottoSessions
import SottoTransport
import Synchronization
import TestSupport
import Testing

/// A server, a client and a dealer with all their messages on record: the report has every byte of each direction.
@Suite struct SessionWireTests {
    /// What each of the three sent to each other, and the client's report.
    private struct Session {
        let report: CostReport
        let toServer, toClient, dealerToServer, dealerToClient: [Frame]

        init(_ architecture: Architecture, prompt: [Int], tokens: Int) throws {
            let prepared = PreparedWeights(try .random(architecture, seed: 3, standardDeviation: 0.2))
            let (serverEnd, clientEnd) = RecordingChannel.pair()
            let forServer = RecordingChannel.pair()
            let forClient = RecordingChannel.pair()
            let service = DealerService(
                domain: Ring64(), planner: { try ForwardPass.dealerProgram($0, target: .standard) })
            let failures = Mutex<[String]>([])
            let ended = DispatchGroup()
            func start(_ body: @escaping @Sendable () throws -> Void) {
                ended.enter()
                let thread = Thread {
                    do { try body() } catch { failures.withLock { $0.append("\(error)") } }
                    ended.leave()
                }
                thread.stackSize = 16 << 20
                thread.start()
            }
            for (index, channel) in [forServer.0, forClient.0].enumerated() {
                start {
                    let dealt = try service.serve(channel, seeds: InsecureSeededSource(UInt64(index)))
                    if let failure = dealt?.failure { throw failure }
                }
            }
            start { [forServer] in
                let session = try ServerSession(
                    channel: serverEnd,
                    model: .init(
                        name: "test", notation: "test", architecture: architecture, weights: prepared),
                    configuration: .standard, dealer: { forServer.1 })
                _ = try session.serve()
            }
            let client = try ClientSession(channel: clientEnd, configuration: .standard, dealer: { forClient.1 })
            var cost = SessionCost()
            _ = try client.complete(prompt: prompt, count: tokens) { _, run in
                if cost.inferences == 0 {
                    cost.recordSetup(
                        of: run.accounted.program, sent: client.setup?.bytesSent, seconds: client.setup?.seconds)
                }
                cost.record(run.accounted.program, trace: run.accounted.trace)
                // With the depths that travelled, which a report does not show.
                #expect(run.accounted.trace.events == CostInterpreter().run(run.accounted.program).trace.events)
            }
            client.close()
            ended.wait()
            #expect(failures.withLock { $0 } == [])
            report = cost.report(Small.configuration())
            toClient = serverEnd.frames
            toServer = clientEnd.frames
            dealerToServer = forServer.0.frames
            dealerToClient = forClient.0.frames
        }
    }

    private static let setupTags: PartialRangeFrom<UInt32> = 0xF000_0000...
    /// The dealer's seed of the weights' masks, and those of inferences.
    private static let weightSeedTag: UInt32 = 0xE000_0000
    private static let seedTag: UInt32 = 0xE000_0001

    private func bytes(_ frames: [Frame], where isMeant: (Frame) -> Bool = { _ in true }) -> Int {
        frames.filter(isMeant).reduce(0) { $0 + $1.payload.count }
    }

    @Test(arguments: Small.notations)
    func theReportHasEveryByteOfTheWire(notation: String) throws {
        let architecture = try Small.architecture(notation)
        let (prompt, tokens) = ([1, 2, 30, 0], 2)
        let session = try Session(architecture, prompt: prompt, tokens: tokens)
        let totals = session.report.totals
        let isSetup: (Frame) -> Bool = { Self.setupTags.contains($0.tag) }
        #expect(totals.setup.bytesSent == [bytes(session.toClient, where: isSetup), 0])
        #expect(
            totals.online.bytesSent == [
                bytes(session.toClient) { !isSetup($0) }, bytes(session.toServer),
            ])
        let isWeightSeed: (Frame) -> Bool = { $0.tag == Self.weightSeedTag }
        #expect(totals.setup.dealerBytes == [bytes(session.dealerToServer, where: isWeightSeed), 0])
        #expect(
            totals.offline.dealerBytes == [
                bytes(session.dealerToServer) { !isWeightSeed($0) }, bytes(session.dealerToClient),
            ])
        // A client's seed is all that it gets.
        #expect(session.dealerToClient.map(\.tag) == [UInt32](repeating: Self.seedTag, count: tokens))

        var estimate = SessionCost()
        for index in 0..<tokens {
            let past = index == 0 ? 0 : prompt.count + index - 1
            let program = try ForwardPass(
                architecture: architecture, past: past, new: index == 0 ? prompt.count : 1, output: .last, keeps: true
            ).program(target: .standard)
            if index == 0 { estimate.recordSetup(of: program) }
            estimate.record(program)
        }
        let expected = estimate.report(Small.configuration())
        #expect(session.report.firstDifference(from: expected) == nil)
        for phase in CostReport.Phase.allCases { #expect(totals[phase].rounds == expected.totals[phase].rounds) }
    }
}
