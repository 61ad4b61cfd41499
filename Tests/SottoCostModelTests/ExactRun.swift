import SottoCostModel
import SottoRandomness
import SottoSecureComputation
import SottoTransport
import TestSupport

/// A run of a program by both parties, with what it declares, what was metered, and what went over the wire.
struct ExactRun: CustomStringConvertible {
    let program: Program
    let outcome: SimulationOutcome
    /// Sent by the server and by the client, in order.
    let frames: [[FrameHeader]]
    let declared: CostReport
    let metered: CostReport

    /// What an observer sees of a frame.
    struct FrameHeader: Hashable {
        let tag: UInt32
        let depth: Int
        let bytes: Int

        /// Frames of the setup have tags above those of any program.
        var isSetup: Bool { tag >= 0xF000_0000 }
    }

    init(
        _ program: Program, server: any TensorSource, client: any TensorSource, seed: UInt64 = 1, threads: Int = 1,
        over channels: (any Channel, any Channel) = InMemoryChannel.pair()
    ) throws {
        self.program = program
        let ends = (RecordingChannel(channels.0), RecordingChannel(channels.1))
        outcome = try program.simulated(
            server: server, client: client, seeds: InsecureSeededSource(seed), threads: threads, channels: ends)
        frames = [ends.0, ends.1].map { end in
            end.frames.map { FrameHeader(tag: $0.tag, depth: Int($0.depth), bytes: $0.payload.count) }
        }
        var (declared, metered) = (SessionCost(), SessionCost())
        declared.recordSetup(of: program)
        declared.record(program)
        metered.recordSetup(of: program, sent: outcome.setup.client.bytesSent, seconds: outcome.setupSeconds)
        metered.record(program, trace: outcome.trace)
        self.declared = declared.report(Small.configuration())
        self.metered = metered.report(Small.configuration())
    }

    init(_ program: Program, fill: InputFill = .zeros, seed: UInt64 = 1, threads: Int = 1) throws {
        try self.init(
            program, server: TensorDictionary(fill.tensors(of: program, owner: .server)),
            client: TensorDictionary(fill.tensors(of: program, owner: .client)), seed: seed, threads: threads)
    }

    /// Failed expectations print this instead of the whole run.
    var description: String { "run of \(program.instructionCount) instructions" }

    /// The first of all figures that is not as declared, or nil: every message with its depth, every correction, every
    /// row and total of the report, and both against the frames themselves.
    var mismatch: String? {
        let cost = CostInterpreter().run(program)
        if outcome.trace.events != cost.trace.events {
            return outcome.trace.firstDifference(from: cost.trace, in: program)?.description ?? "the trace differs"
        }
        if let difference = metered.firstDifference(from: declared) { return difference.description }
        return totalsMismatch ?? wireMismatch ?? dealerMismatch
    }

    private var totalsMismatch: String? {
        for phase in CostReport.Phase.allCases {
            let (found, wanted) = (metered.totals[phase], declared.totals[phase])
            guard found.bytesSent == wanted.bytesSent, found.dealerBytes == wanted.dealerBytes,
                found.rounds == wanted.rounds
            else { return "totals of \(phase) are \(found) where \(wanted) was declared" }
        }
        return nil
    }

    /// The report beside what really left either party.
    private var wireMismatch: String? {
        for party in 0...1 {
            let online = frames[party].filter { !$0.isSetup }.reduce(0) { $0 + $1.bytes }
            guard online == declared.totals.online.bytesSent[party] else {
                return "party \(party) sent \(online) bytes, declared were \(declared.totals.online.bytesSent[party])"
            }
            let setup = frames[party].filter(\.isSetup).reduce(0) { $0 + $1.bytes }
            guard setup == declared.totals.setup.bytesSent[party] else {
                return "party \(party) set up \(setup) bytes, declared were \(declared.totals.setup.bytesSent[party])"
            }
            guard !frames[party].contains(where: { $0.bytes == 0 && !$0.isSetup }) else {
                return "party \(party) sent an empty frame"
            }
        }
        let deepest = frames.joined().filter { !$0.isSetup }.map(\.depth).max() ?? 0
        return deepest == declared.totals.online.rounds
            ? nil : "the deepest frame is \(deepest), declared were \(declared.totals.online.rounds) rounds"
    }

    /// The dealer's declared bytes beside what the parties took in; every correlation serves one instruction.
    private var dealerMismatch: String? {
        var used = [Int](repeating: 0, count: program.plan.correlations.count)
        for index in program.instructions.flatMap(\.correlations) { used[index] += 1 }
        if let index = used.firstIndex(where: { $0 != 1 }) {
            return "correlation \(index) is used \(used[index]) times"
        }
        for party in 0...1 {
            let planned = program.plan.correctionBytes[party]
            let taken = outcome.trace.dealerBytes.values.reduce(0) { $0 + $1[party] }
            let reported = declared.totals.offline.dealerBytes[party] - Seed.byteCount
            guard planned == taken, planned == reported else {
                return "party \(party) took \(taken) bytes from the dealer; \(planned) planned, \(reported) reported"
            }
        }
        return nil
    }
}
