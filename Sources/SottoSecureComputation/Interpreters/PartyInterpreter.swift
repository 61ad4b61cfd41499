import SottoAlgebra
import SottoPreprocessing
import SottoTransport

/// Runs one party of a program: its shares, a channel to the peer, its correlations.
///
/// It runs on the calling thread and blocks while it waits for the peer.
package struct PartyInterpreter<Domain: ShareDomain> {
    package let domain: Domain
    package let party: Party
    package let threads: Int
    let channel: any Channel

    package init(domain: Domain, party: Party, channel: any Channel, threads: Int = 1) {
        self.domain = domain
        self.party = party
        self.channel = channel
        self.threads = threads
    }

    /// - Parameters:
    ///   - tensors: this party's inputs; the server's include its weights.
    ///   - kept: what the session has of earlier runs.
    ///   - meter: keeps the party's times; by default one that measures them.
    ///   - progress: called after every instruction with the number of those done and of all.
    /// - Returns: what was opened to this party, and its trace.
    /// - Throws: errors of the channel, of the correlations and of inputs; the run cannot be resumed.
    package func run(
        _ program: Program, source: any CorrelationSource<Domain>, tensors: any TensorSource,
        kept: KeptDifferences<Domain> = KeptDifferences(), meter: ComputeMeter = ComputeMeter(),
        progress: ((Int, Int) -> Void)? = nil
    ) throws -> PartyResult {
        let state = PartyState(
            domain: domain, party: party, slotCount: program.slotCount, source: source, tensors: tensors,
            kept: kept, threads: threads)
        let run = PartyRun(state: state, channel: channel, meter: meter, program: program)
        try run.run { done in progress?(done, program.instructionCount) }
        return PartyResult(
            opened: state.opened, trace: run.trace(received: source.receivedBytes, sent: source.sentBytes))
    }
}

/// What a party has after a run.
public struct PartyResult: Sendable {
    /// Raw integers by output name, at the program's output scales.
    public let opened: [String: [Int64]]
    public let trace: Trace
}

/// A run in progress: the party's schedule, carried out over a channel, and the meter.
private final class PartyRun<Domain: ShareDomain> {
    private let state: PartyState<Domain>
    private let channel: any Channel
    private let meter: ComputeMeter
    /// No message of the program lies deeper.
    private let deepest: Int
    private var events: [TraceEvent] = []
    private let program: Program
    private var readers: SlotReaders

    init(state: PartyState<Domain>, channel: any Channel, meter: ComputeMeter, program: Program) {
        self.program = program
        readers = SlotReaders(program)
        self.state = state
        self.channel = channel
        self.meter = meter
        deepest = program.instructionCount * FrameTag.roundLimit
    }

    /// - Parameters:
    ///   - received: from the dealer, by correlation.
    ///   - sent: to the peer, by correlation.
    func trace(received: [Int: Int], sent: [Int: Int]) -> Trace {
        Trace(
            events: events, times: ByParty { $0 == state.party ? meter.times : [:] },
            dealerBytes: received.mapValues { .only(state.party, $0) },
            makingBytes: sent.mapValues { .only(state.party, $0) })
    }

    func run(progress: (Int) -> Void) throws {
        var schedule = PartySchedule(program.nodes, program.tiling, party: state.party)
        var done = 0
        while let (step, strand) = schedule.next() {
            switch step.kind {
            case .start:
                strand.exchanges = try timed(step) { try strand.instruction!.primitive.run(state) }
            case .outgoing:
                try send(step, strand)
            case .receive:
                try receive(step, strand, overtaking: schedule.overtakingTags)
                schedule.noteArrival(strand)
            case .incoming:
                let payload = strand.payload
                strand.payload = []
                try timed(step) { try strand.exchanges[step.round].incoming(payload) }
            }
            guard step.kind == .start || step.kind == .incoming, strand.isAtEnd else { continue }
            strand.exchanges = []
            state.release(readers.finish(strand.instruction!.primitive))
            done += 1
            progress(done)
        }
    }

    private func receive(_ step: PartyStep, _ strand: Strand, overtaking: Set<UInt32>) throws {
        let frame = try channel.receive(
            tag: strand.tag, byteCount: strand.rounds[step.round][state.party.peer],
            alsoExpected: overtaking)
        guard frame.depth >= 1, Int(frame.depth) <= deepest else {
            throw InterpreterError.impossibleDepth(path: strand.instruction!.path, depth: frame.depth)
        }
        strand.clock = max(strand.clock, Int(frame.depth))
        strand.payload = frame.payload
    }

    private func send(_ step: PartyStep, _ strand: Strand) throws {
        let payload = try timed(step) { try strand.exchanges[step.round].outgoing() }
        let declared = strand.rounds[step.round][state.party]
        guard payload.count == declared else {
            throw InterpreterError.undeclaredBytes(
                path: strand.instruction!.path, declared: declared, sent: payload.count)
        }
        guard declared > 0 else { return }
        try channel.send(Frame(tag: strand.tag, depth: UInt32(strand.clock + 1), payload: payload))
        events.append(
            TraceEvent(
                instruction: step.instruction, round: step.round, sender: state.party, bytes: payload.count,
                depth: strand.clock + 1))
    }

    private func timed<Result>(_ step: PartyStep, _ body: () throws -> Result) rethrows -> Result {
        let start = ProcessorTime.now
        state.resetTimes()
        let result = try body()
        let elapsed = ProcessorTime.now - start
        meter.record(step, online: elapsed - state.inSource, correlations: state.correlationTimes)
        return result
    }
}
