import Algebra
import Preprocessing
import Transport

/// Runs one party of a program: its shares, a channel to the peer, its correlations.
///
/// It runs on the calling thread and blocks while it waits for the peer.
public struct PartyInterpreter<Domain: ShareDomain> {
    public let domain: Domain
    public let party: Party
    public let threads: Int
    let channel: any Channel

    public init(domain: Domain, party: Party, channel: any Channel, threads: Int = 1) {
        self.domain = domain
        self.party = party
        self.channel = channel
        self.threads = threads
    }

    /// - Parameters:
    ///   - tensors: this party's inputs; the server's include its weights.
    ///   - meter: keeps the party's times; by default one that measures them.
    ///   - progress: called after every top-level node with the number of nodes done and of all.
    /// - Returns: what was opened to this party, and its trace.
    /// - Throws: errors of the channel, of the correlations and of inputs; the run cannot be resumed.
    public func run(
        _ program: Program, source: any CorrelationSource<Domain>, tensors: any TensorSource,
        meter: ComputeMeter = ComputeMeter(), progress: ((Int, Int) -> Void)? = nil
    ) throws -> PartyResult {
        let state = PartyState(
            domain: domain, party: party, program: program, source: source, tensors: tensors, threads: threads)
        let run = PartyRun(state: state, channel: channel, meter: meter, instructionCount: program.instructionCount)
        try run.run(program) { top in
            state.release(program.releases[top])
            progress?(top + 1, program.nodes.count)
        }
        return PartyResult(opened: state.opened, trace: run.trace(received: source.receivedBytes))
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

    init(state: PartyState<Domain>, channel: any Channel, meter: ComputeMeter, instructionCount: Int) {
        self.state = state
        self.channel = channel
        self.meter = meter
        deepest = instructionCount * Strand.roundLimit
    }

    func trace(received: [Int: Int]) -> Trace {
        var times: [[Int: InstructionTimes]] = [[:], [:]]
        times[state.party.rawValue] = meter.times
        return Trace(
            events: events, times: times,
            dealerBytes: received.mapValues { state.isServer ? [$0, 0] : [0, $0] })
    }

    func run(_ program: Program, finished: (Int) -> Void) throws {
        var schedule = PartySchedule(program.nodes, party: state.party)
        while let (step, strand) = schedule.next(finished: finished) {
            switch step.kind {
            case .start:
                strand.exchanges = try timed(step) { try strand.instruction!.primitive.run(state) }
            case .outgoing:
                try send(step, strand)
            case .receive:
                try receive(step, strand, overtaking: schedule.overtakingTags)
            case .incoming:
                let payload = strand.payload
                strand.payload = []
                try timed(step) { try strand.exchanges[step.round].incoming(payload) }
            }
        }
    }

    private func receive(_ step: PartyStep, _ strand: Strand, overtaking: Set<UInt32>) throws {
        let frame = try channel.receive(
            tag: strand.tag, byteCount: strand.rounds[step.round].bytes[state.party.peer.rawValue],
            alsoExpected: overtaking)
        guard frame.depth >= 1, Int(frame.depth) <= deepest else {
            throw InterpreterError.impossibleDepth(path: strand.instruction!.path, depth: frame.depth)
        }
        strand.clock = max(strand.clock, Int(frame.depth))
        strand.payload = frame.payload
    }

    private func send(_ step: PartyStep, _ strand: Strand) throws {
        let payload = try timed(step) { try strand.exchanges[step.round].outgoing() }
        let declared = strand.rounds[step.round].bytes[state.party.rawValue]
        guard payload.count == declared else {
            throw InterpreterError.undeclaredBytes(
                path: strand.instruction!.path, declared: declared, sent: payload.count)
        }
        guard declared > 0 else { return }
        try channel.send(Frame(tag: strand.tag, depth: UInt32(strand.clock + 1), payload: payload))
        events.append(
            TraceEvent(
                instruction: step.instruction, round: step.round, sender: state.party.rawValue, bytes: payload.count,
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
