import Preprocessing
import Transport

/// Replays a program on two links by discrete events: when either party is done, and with what waiting.
///
/// Each party works through its schedule; what it sends queues on its link, and what it waits for has arrived or it waits.
/// Nothing is computed, so a replay takes microseconds, and the same schedules drive the real run.
public struct LatencyReplay: Sendable {
    private struct Step: Sendable {
        let step: PartyStep
        /// Place of its message among all messages of the program.
        let message: Int
        /// Declared bytes that the party sends in it.
        let bytes: Int
    }
    private let steps: [[Step]]
    private let messageCount: Int
    private let program: Program
    /// Instructions that use correlations, with the server's bytes of each.
    private let dealt: [(instruction: Int, bytes: [Int])]

    /// Local work of a step, in nanoseconds.
    public typealias Work = (Party, PartyStep) -> Int

    public init(_ program: Program) {
        self.program = program
        let instructions = program.instructions
        var first = 0
        let places = instructions.map { instruction in
            defer { first += instruction.primitive.rounds.count }
            return first
        }
        messageCount = first
        steps = Party.allCases.map { party in
            var schedule = PartySchedule(program.nodes, party: party)
            var steps: [Step] = []
            while let (step, strand) = schedule.next() {
                steps.append(
                    Step(
                        step: step, message: places[step.instruction] + step.round,
                        bytes: step.kind == .outgoing ? strand.rounds[step.round].bytes[party.rawValue] : 0))
            }
            return steps
        }
        dealt = instructions.compactMap { instruction in
            let correlations = instruction.primitive.correlations
            guard !correlations.isEmpty else { return nil }
            return (instruction.index, correlations.map { program.plan.correlations[$0].dealerBytes[0] })
        }
    }

    /// The order of a party's work.
    public func steps(of party: Party) -> [PartyStep] { steps[party.rawValue].map(\.step) }

    /// When either party is done online, in nanoseconds, if both begin at 0.
    /// - Parameters:
    ///   - link: either direction.
    ///   - trace: metered messages in place of declared ones; one that it lacks takes no time on the line.
    ///   - work: what steps take; nothing by default.
    public func online(on link: Link, trace: Trace? = nil, work: Work = { _, _ in 0 }) -> [Int] {
        let metered = trace.map(bytes(of:))
        var links = [link, link]
        var times = [0, 0]
        var next = [0, 0]
        // By receiver; negative until sent.
        var arrivals = [[Int]](repeating: [Int](repeating: -1, count: messageCount), count: 2)
        var isStuck = false
        while !isStuck {
            isStuck = true
            for party in Party.allCases {
                let (own, peer) = (party.rawValue, party.peer.rawValue)
                while next[own] < steps[own].count {
                    let step = steps[own][next[own]]
                    if step.step.kind == .receive {
                        guard arrivals[own][step.message] >= 0 else { break }
                        times[own] = max(times[own], arrivals[own][step.message])
                    } else {
                        times[own] = times[own].advanced(byNanoseconds: work(party, step.step))
                    }
                    if step.bytes > 0 {
                        let bytes = metered.map { $0[own][step.message] } ?? step.bytes
                        arrivals[peer][step.message] = links[own].transmit(bytes: bytes, at: times[own])
                    }
                    next[own] += 1
                    isStuck = false
                }
            }
        }
        return times
    }

    private func bytes(of trace: Trace) -> [[Int]] {
        var first = 0
        let places = program.instructions.map { instruction in
            defer { first += instruction.primitive.rounds.count }
            return first
        }
        var bytes = [[Int]](repeating: [Int](repeating: 0, count: messageCount), count: 2)
        for event in trace.events where places.indices.contains(event.instruction) {
            bytes[event.sender][places[event.instruction] + event.round] += event.bytes
        }
        return bytes
    }
}

/// What local work the phases before the online one take, in nanoseconds; nothing by default.
public struct PreparationWork {
    /// A party's preparation of an instruction's correlations.
    public var preparation: (Party, _ instruction: Int) -> Int = { _, _ in 0 }
    /// The dealer's work on them.
    public var dealing: (_ instruction: Int) -> Int = { _ in 0 }
    /// The work of either party on a weight: masking and packing it, unpacking it.
    public var weight: (Party, _ weight: Int) -> Int = { _, _ in 0 }

    public init() {}
}

extension LatencyReplay {
    /// When either party has what the online phase needs, in nanoseconds.
    ///
    /// Each party has a link of its own to the dealer. At 0 both ask; when the dealer has heard them it sends either a
    /// seed, and the server one correction after the other as it makes them. A party prepares what has arrived.
    public func offline(on link: Link, work: PreparationWork = PreparationWork()) -> [Int] {
        var links = [link, link]
        var dealer = link.delay
        var times = links.indices.map { links[$0].transmit(bytes: SetupCost.inferenceSeedBytes, at: dealer) }
        for (instruction, bytes) in dealt {
            dealer = dealer.advanced(byNanoseconds: work.dealing(instruction))
            for bytes in bytes where bytes > 0 {
                times[0] = max(times[0], links[0].transmit(bytes: bytes, at: dealer))
            }
            for party in Party.allCases {
                times[party.rawValue] = times[party.rawValue].advanced(
                    byNanoseconds: work.preparation(party, instruction))
            }
        }
        return times
    }

    /// When either party is done with the setup, in nanoseconds, if the client asks for it at 0: the server masks one
    /// weight after the other and sends it.
    public static func setup(
        of program: Program, on link: Link, work: PreparationWork = PreparationWork()
    ) -> [Int] {
        var line = link
        var times = [link.delay, 0]
        for (index, weight) in program.plan.weights.enumerated() {
            times[0] = times[0].advanced(byNanoseconds: work.weight(.server, index))
            times[1] = max(times[1], line.transmit(bytes: weight.wireBytes, at: times[0]))
            times[1] = times[1].advanced(byNanoseconds: work.weight(.client, index))
        }
        return times
    }
}
