import SottoAlgebra
import SottoPreprocessing
import SottoTransport

/// Replays a program on two links by discrete events: when either party is done, and with what waiting.
///
/// Each party works through its schedule; what it sends queues on its link, and what it waits for has arrived or it waits.
/// Nothing is computed, so a replay takes microseconds, and the same schedules drive the real run.
package struct LatencyReplay: Sendable {
    private struct Step: Sendable {
        let step: PartyStep
        /// Place of its message among all messages of the program.
        let message: Int
        /// Declared bytes that the party sends in it.
        let bytes: Int
    }
    private let steps: ByParty<[Step]>
    private let messageCount: Int
    private let program: Program

    /// Local work of a step, in nanoseconds.
    package typealias Work = (Party, PartyStep) -> Int

    package init(_ program: Program) {
        self.program = program
        let instructions = program.instructions
        var first = 0
        let places = instructions.map { instruction in
            defer { first += instruction.rounds.count }
            return first
        }
        messageCount = first
        steps = ByParty { party in
            var schedule = PartySchedule(program.nodes, program.tiling, party: party)
            var steps: [Step] = []
            while let (step, strand) = schedule.next() {
                steps.append(
                    Step(
                        step: step, message: places[step.instruction] + step.round,
                        bytes: step.kind == .outgoing ? strand.rounds[step.round][party] : 0))
            }
            return steps
        }
    }

    /// The order of a party's work.
    package func steps(of party: Party) -> [PartyStep] { steps[party].map(\.step) }

    /// When either party is done online, in nanoseconds, if both begin at 0.
    /// - Parameters:
    ///   - link: either direction.
    ///   - trace: metered messages in place of declared ones; one that it lacks takes no time on the line.
    ///   - work: what steps take; nothing by default.
    package func online(on link: Link, trace: Trace? = nil, work: Work = { _, _ in 0 }) -> ByParty<Int> {
        let metered = trace.map(bytes(of:))
        var links = ByParty.both(link)
        var times = ByParty.both(0)
        var next = ByParty.both(0)
        // By receiver; negative until sent.
        var arrivals = ByParty.both([Int](repeating: -1, count: messageCount))
        var isStuck = false
        while !isStuck {
            isStuck = true
            for party in Party.allCases {
                let (own, peer) = (party, party.peer)
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

    private func bytes(of trace: Trace) -> ByParty<[Int]> {
        var first = 0
        let places = program.instructions.map { instruction in
            defer { first += instruction.rounds.count }
            return first
        }
        var bytes = ByParty.both([Int](repeating: 0, count: messageCount))
        for event in trace.events where places.indices.contains(event.instruction) {
            bytes[event.sender][places[event.instruction] + event.round] += event.bytes
        }
        return bytes
    }
}
