import SottoAlgebra
import SottoPreprocessing
import SottoTransport

/// A message of a run: who sent how much in which round of which instruction, and at what causal depth.
public struct TraceEvent: Sendable, Hashable, Codable {
    public let instruction: Int
    public let round: Int
    public let sender: Party
    public let bytes: Int
    public let depth: Int

    package init(instruction: Int, round: Int, sender: Party, bytes: Int, depth: Int) {
        self.instruction = instruction
        self.round = round
        self.sender = sender
        self.bytes = bytes
        self.depth = depth
    }
}

/// What one party's local work for an instruction took, in nanoseconds; waiting for the peer is not in it.
public struct InstructionTimes: Sendable, Hashable, Codable {
    /// Making its correlations from seeds and corrections: offline.
    public var preparation: Int
    /// The dealer's work on them, where it is in the party's process.
    public var dealing: Int
    /// Online work by place, see ``PartyStep/place``.
    public var steps: [Int]

    package init(preparation: Int = 0, dealing: Int = 0, steps: [Int] = []) {
        self.preparation = preparation
        self.dealing = dealing
        self.steps = steps
    }

    public var online: Int { steps.reduce(0, +) }

    /// Adds the time of the step at `place`.
    package mutating func add(_ nanoseconds: Int, at place: Int) {
        while steps.count <= place { steps.append(0) }
        steps[place] += nanoseconds
    }
}

/// The online messages of one run of a program, of one party or of both, and what the parties' work took.
public struct Trace: Sendable, Hashable, Codable {
    public private(set) var events: [TraceEvent]
    /// By party, then by instruction; empty where nothing was measured.
    public var times: ByParty<[Int: InstructionTimes]>
    /// Bytes from the dealer by receiver, for each correlation that needed any.
    public var dealerBytes: [Int: ByParty<Int>]
    /// Bytes between the parties by sender, for each correlation that they made and that needed any.
    public var makingBytes: [Int: ByParty<Int>]

    package init(
        events: [TraceEvent] = [], times: ByParty<[Int: InstructionTimes]> = .both([:]),
        dealerBytes: [Int: ByParty<Int>] = [:], makingBytes: [Int: ByParty<Int>] = [:]
    ) {
        self.events = events.sorted(by: Self.isOrderedBefore)
        self.times = times
        self.dealerBytes = dealerBytes
        self.makingBytes = makingBytes
    }

    private static func isOrderedBefore(_ a: TraceEvent, _ b: TraceEvent) -> Bool {
        (a.instruction, a.round, a.sender.rawValue) < (b.instruction, b.round, b.sender.rawValue)
    }

    /// The traces of both parties in one, in declaration order.
    public func merged(with peer: Trace) -> Trace {
        Trace(
            events: events + peer.events,
            times: ByParty { times[$0].merging(peer.times[$0]) { own, _ in own } },
            dealerBytes: dealerBytes.merging(peer.dealerBytes, uniquingKeysWith: +),
            makingBytes: makingBytes.merging(peer.makingBytes, uniquingKeysWith: +))
    }

    /// Whether the trace is that of a run of `program` by `party`, message by message: a peer's must be before it is used.
    ///
    /// - Parameters:
    ///   - memory: what the session has before.
    ///   - longest: the most nanoseconds of work that all times together may say.
    package func isExact(
        for program: Program, _ memory: PreprocessingMemory, party: Party, longest: Int
    ) -> Bool {
        let declared = CostInterpreter().run(program, memory).trace.events.filter { $0.sender == party }
        let costs = program.target.preprocessing.costs(program.plan, memory)
        return events == declared && dealerBytes == Self.only(party, costs.map(\.dealerBytes))
            && makingBytes == Self.only(party, costs.map(\.bytesSent)) && times[party.peer].isEmpty
            && Self.arePlausible(times[party], of: program, longest: longest)
    }

    /// One party's bytes, by correlation.
    private static func only(_ party: Party, _ bytes: [ByParty<Int>]) -> [Int: ByParty<Int>] {
        var own: [Int: ByParty<Int>] = [:]
        for (index, bytes) in bytes.enumerated() where bytes[party] > 0 { own[index] = .only(party, bytes[party]) }
        return own
    }

    private static func arePlausible(_ times: [Int: InstructionTimes], of program: Program, longest: Int) -> Bool {
        var left = longest
        for (index, times) in times {
            guard (0..<program.instructionCount).contains(index), times.steps.count <= 1 + 2 * FrameTag.roundLimit
            else {
                return false
            }
            for time in [times.preparation, times.dealing] + times.steps {
                guard (0...left).contains(time) else { return false }
                left -= time
            }
        }
        return true
    }

    /// Seconds of online work for an instruction, of the slower party.
    public func onlineSeconds(_ instruction: Int) -> Double {
        Double(times.map { $0[instruction]?.online ?? 0 }.largest) / 1e9
    }

    /// Seconds of preparing an instruction's correlations, of the slower party.
    public func offlineSeconds(_ instruction: Int) -> Double {
        Double(times.map { $0[instruction]?.preparation ?? 0 }.largest) / 1e9
    }
}

/// A pair of causal clocks, one for each party.
public typealias Clocks = ByParty<Int>

extension ByParty where Value == Int {
    /// A round: who sends does at depth one beyond its clock, then both take in what arrived.
    package mutating func exchange(_ bytes: ByParty<Int>) {
        let before = self
        if bytes.server > 0 { client = Swift.max(client, before.server + 1) }
        if bytes.client > 0 { server = Swift.max(server, before.client + 1) }
    }
}
