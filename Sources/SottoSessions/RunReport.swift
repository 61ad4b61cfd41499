import Foundation
import SottoAlgebra
import SottoPreprocessing
import SottoSecureComputation
import SottoTransport

/// What a party tells the other after a run, for the account of both.
package struct RunReport: Codable, Sendable {
    package let trace: Trace
    /// Framing, control messages and handshakes so far, of the channels to the peer and to the dealer.
    package let overheadBytesSent: Int
    /// The largest resident memory of the process so far; nil where the parties do not share their measurements.
    package let peakMemoryBytes: Int?
    /// nil where the parties do not share their measurements; the trace has no times then either.
    package let times: SessionTimes?

    /// - Parameter channels: all connections of the party.
    init(_ result: PartyResult, _ channels: [any Channel], _ times: SessionTimes) {
        trace = result.trace
        overheadBytesSent = channels.reduce(0) { $0 + $1.overheadBytesSent }
        peakMemoryBytes = SottoSessions.peakMemoryBytes()
        self.times = times
    }

    private init(trace: Trace, overheadBytesSent: Int) {
        self.trace = trace
        self.overheadBytesSent = overheadBytesSent
        peakMemoryBytes = nil
        times = nil
    }

    /// What the peer can count itself: no times and no memory.
    private var withoutMeasurements: RunReport {
        RunReport(
            trace: Trace(
                events: trace.events, dealerBytes: trace.dealerBytes, makingBytes: trace.makingBytes),
            overheadBytesSent: overheadBytesSent)
    }

    /// The most bytes of a report of a run of the program.
    package static func byteLimit(_ program: Program) -> Int {
        (1 << 16) + program.instructionCount * (1 << 12)
            + (program.plan.correlations.count + program.plan.weights.count) * (1 << 6)
    }

    /// The peer's report, from its bytes: it must have exactly the messages and the dealer's bytes that the program
    /// declares, and measurements only if they are shared.
    ///
    /// - Parameters:
    ///   - memory: what the session has from its setup.
    ///   - elapsed: how long the run took here; no peer worked much longer.
    /// - Throws: ``SessionError/foreignReport(peer:)``.
    package init(
        json bytes: [UInt8], of program: Program, _ memory: PreprocessingMemory, party: Party, isMeasured: Bool,
        elapsed: Duration, peer: String
    ) throws {
        guard let report = try? UntrustedJSON.decode(RunReport.self, from: bytes),
            report.isExact(for: program, memory, party: party, isMeasured: isMeasured, elapsed: elapsed)
        else { throw SessionError.foreignReport(peer: peer) }
        self = report
    }

    private func isExact(
        for program: Program, _ memory: PreprocessingMemory, party: Party, isMeasured: Bool, elapsed: Duration
    ) -> Bool {
        // Clocks differ, and the peer may have begun earlier.
        let longest = isMeasured ? Int(min(elapsed * 2 / .nanoseconds(1) + 1e10, 0x1p53)) : 0
        let sizes = 0...(1 << 50)
        guard trace.isExact(for: program, memory, party: party, longest: longest), sizes.contains(overheadBytesSent)
        else { return false }
        guard isMeasured else {
            return times == nil && peakMemoryBytes == nil && trace.times.values.allSatisfy(\.isEmpty)
        }
        guard let times, let peakMemoryBytes else { return false }
        return sizes.contains(peakMemoryBytes)
            && times.arePlausible(weights: program.plan.weights.count, longest: longest)
    }

    /// Swaps reports with the peer.
    /// - Parameters:
    ///   - memory: what the session has from its setup.
    ///   - shares: whether both parties tell each other what they measured.
    ///   - start: of the run.
    func exchanged(
        over channel: any Channel, _ program: Program, _ memory: PreprocessingMemory, party: Party, shares: Bool,
        since start: ContinuousClock.Instant
    ) throws -> AccountedRun {
        try channel.sendControl(Array(try JSONEncoder().encode(shares ? self : withoutMeasurements)))
        let bytes = try channel.receiveControl(limit: Self.byteLimit(program))
        let peer = try RunReport(
            json: bytes, of: program, memory, party: party.peer, isMeasured: shares, elapsed: .now - start,
            peer: channel.peerName)
        return AccountedRun(program: program, own: self, peer: peer, party: party)
    }
}

/// A run of a session, as either party can account for it.
public struct AccountedRun: Sendable {
    public let program: Program
    public let cost: ProgramCost
    /// Messages of both parties. Work times of both where the parties share them, else this party's alone.
    public let trace: Trace
    public let overheadBytesSent: ByParty<Int>
    /// nil unless the parties share their measurements.
    public let peakMemoryBytes: ByParty<Int>?
    /// Where the parties do not share their times, those of the other are 0.
    public let times: ByParty<SessionTimes>

    init(program: Program, own: RunReport, peer: RunReport, party: Party) {
        let reports = ByParty { $0 == party ? own : peer }
        self.program = program
        trace = reports.server.trace.merged(with: reports.client.trace)
        cost = CostInterpreter().replay(program, trace: trace)
        overheadBytesSent = reports.map(\.overheadBytesSent)
        if let server = reports.server.peakMemoryBytes, let client = reports.client.peakMemoryBytes {
            peakMemoryBytes = ByParty(server: server, client: client)
        } else {
            peakMemoryBytes = nil
        }
        times = reports.map { $0.times ?? SessionTimes() }
    }
}
